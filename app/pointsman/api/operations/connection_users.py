"""Which user of a CRM each rep is: proposed by address, and confirmed by an admin."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.connections import ConnectionKeyPath
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.users.confirm import confirm_users
from pointsman.services.connections.users.matching import UserMatch
from pointsman.services.connections.users.proposal import RepProposal, propose_users
from pointsman.services.ports.booking.rep_users import RepUser, UserState

router = APIRouter(tags=["Connections"])
_MOST = 5_000
_UserId = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
_RepKey = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class CrmUserDoc(BaseModel):
    """A user of the CRM."""

    user: str = Field(description="The CRM's own id: write it into `PUT`.")
    name: str
    email: str
    active: bool = Field(description="Who is not active can own nothing there.")


class ConfirmedUserDoc(BaseModel):
    """The user that an admin said a rep is."""

    rep: str
    user: str = Field(description="The CRM's own id.")
    name: str
    email: str
    state: UserState = Field(
        description="`active`: the rep's leads are told with this id, and nobody is looked up. `inactive`, `gone`: as the CRM "
        "said when it was last asked, once a day; the user is looked up by the rep's address until another one is confirmed."
    )
    confirmed_at: datetime
    seen_at: datetime = Field(description="When the CRM last said so.")

    @staticmethod
    def of(known: RepUser) -> "ConfirmedUserDoc":
        assert known.user_id is not None
        assert known.confirmed_at is not None
        return ConfirmedUserDoc(
            rep=known.rep_key,
            user=known.user_id,
            name=known.name,
            email=known.email,
            state=known.state,
            confirmed_at=known.confirmed_at,
            seen_at=known.seen_at,
        )


class ProposedUserDoc(BaseModel):
    """A rep, and the user who has the rep's address."""

    rep: str
    name: str
    email: str
    match: UserMatch = Field(
        description="`matched`: one active user has the address, in any spelling. `ambiguous`: several have. `inactive`: only "
        "somebody who is not active has. `none`: nobody has."
    )
    user: str | None = Field(description="Who was found, of `matched` and `inactive` alone.")
    confirmed: ConfirmedUserDoc | None = Field(description="Null: nobody said so yet.")

    @staticmethod
    def of(proposed: RepProposal) -> "ProposedUserDoc":
        rep, found, kept = proposed.rep, proposed.found, proposed.kept
        return ProposedUserDoc(
            rep=rep.key,
            name=rep.name,
            email=rep.email,
            match=found.match,
            user=found.user.id if found.user else None,
            confirmed=ConfirmedUserDoc.of(kept) if kept else None,
        )


class UserProposalDoc(BaseModel):
    """Active reps, and others who have a user, by name."""

    items: list[ProposedUserDoc]
    users: list[CrmUserDoc] = Field(description="All users of the CRM, by name.")
    complete: bool = Field(description="False where the CRM has more than 10,000 users: others were not looked at.")


class UsersIn(BaseModel):
    """All reps whose user is known; who is left out is looked up by address again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"users": {"anna": "user-1", "ben": "user-2"}}]}
    )

    users: Annotated[dict[_RepKey, _UserId], Field(max_length=_MOST)] = Field(
        description="The CRM's own id of the user, by the rep's key."
    )


class ConfirmedUsersDoc(BaseModel):
    """The users that were confirmed, by the rep's key."""

    items: list[ConfirmedUserDoc]

    @staticmethod
    def of(known: Iterable[RepUser]) -> "ConfirmedUsersDoc":
        return ConfirmedUsersDoc(items=[ConfirmedUserDoc.of(one) for one in known])


@router.get(
    "/v1/connections/{key}/users",
    summary="Which user of this CRM is which rep?",
    description="As the CRM answers now. 422 `no-user-list` where it lists none, `credentials-refused` where it refuses the "
    "connection, `not-signed-in` before a first sign-in; 503 when it does not answer.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def index(
    key: ConnectionKeyPath, env: EnvDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> UserProposalDoc:
    found = await propose_users(env, key)
    return UserProposalDoc(
        items=[ProposedUserDoc.of(one) for one in found.reps],
        users=[CrmUserDoc(user=one.id, name=one.name, email=one.email, active=one.active) for one in found.users],
        complete=found.complete,
    )


@router.put(
    "/v1/connections/{key}/users",
    summary="Say which user of this CRM each rep is",
    description="The whole list. Their leads are told with the id from then on, so that nobody is looked up, and the CRM hears "
    "at once of the leads and meetings of those who are another user than before. The CRM is asked where a pair is new: 422 "
    "`unknown-user` and `inactive-user`, `unknown-rep`, and `duplicate` for a user who is two reps. A changed `config` of the "
    "connection forgets them all: it may be another account.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def put(
    key: ConnectionKeyPath, given: UsersIn, env: EnvDep, caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> ConfirmedUsersDoc:
    return ConfirmedUsersDoc.of(await confirm_users(env, key, given.users, actor=caller.actor))
