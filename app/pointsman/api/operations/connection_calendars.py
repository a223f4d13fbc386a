"""The calendars that a connection sees, from which an admin picks those of a rep."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.connections import ConnectionKeyPath
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.vendor_calendars import list_vendor_calendars

router = APIRouter(tags=["Connections"])


class VendorCalendarDoc(BaseModel):
    """A calendar at the vendor."""

    calendar: str = Field(description="How it is named there: write it into `PUT /v1/reps/{key}/calendars`.")
    name: str
    owner: str | None = Field(description="The owner's address; null where the vendor does not tell.")
    time_zone: str | None = Field(
        description="Of its whole days, else they are the rep's; null where the vendor states none."
    )
    writable: bool = Field(description="Appointments can be put there.")


@router.get(
    "/v1/connections/{key}/calendars",
    summary="Which calendars does this connection see?",
    description="As the vendor answers now, in its order and its pages; `cursor` is the `next` of the page before. "
    "Calendars that others share with its account may be missing, where the vendor lists an account's own alone. "
    "422 `no-calendar-list` where the vendor lists none, `credentials-refused` where it refuses the connection, "
    "`not-signed-in` before a first sign-in; 503 when it does not answer.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def index(
    key: ConnectionKeyPath,
    env: EnvDep,
    _caller: Annotated[Caller, may(Operation.CONNECTION)],
    cursor: Annotated[str | None, Query(min_length=1, max_length=4_000)] = None,
) -> Page[VendorCalendarDoc]:
    found = await list_vendor_calendars(env, key, cursor)
    items = [
        VendorCalendarDoc(
            calendar=one.id, name=one.name, owner=one.owner_email, time_zone=one.zone, writable=one.writable
        )
        for one in found.calendars
    ]
    return Page[VendorCalendarDoc](items=items, next=found.cursor)
