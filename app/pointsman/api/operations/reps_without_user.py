"""Reps who are no users of a CRM, as they are shown."""

from pydantic import BaseModel, Field

from pointsman.services.ports.booking.rep_users import RepWithoutUser, UserState


class RepWithoutUserDoc(BaseModel):
    """A rep whose leads the CRM cannot be told of."""

    rep: str
    state: UserState = Field(
        description="`missing`: no active user has the rep's address. `inactive`, `gone`: the confirmed user is so."
    )

    @staticmethod
    def of(found: RepWithoutUser) -> "RepWithoutUserDoc":
        return RepWithoutUserDoc(rep=found.rep_key, state=found.state)
