"""The calendars of a rep: which ones are read, and the one that appointments are written to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.calendars.refresh import out_of_use_reason
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars, list_calendars
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.wording.rendering import MessageReader, render

router = APIRouter(tags=["Connections"])

RepKeyPath = Annotated[str, Path(max_length=100, description="The rep's key.", examples=["anna"])]


class CalendarIn(BaseModel):
    """One calendar of a rep."""

    model_config = ConfigDict(extra="forbid")

    connection: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    calendar: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = Field(
        description="The vendor's own name for it."
    )
    writes: StrictBool = Field(default=False, description="Appointments are put here; set it on exactly one.")


class CalendarsIn(BaseModel):
    """All calendars of a rep; an empty list disconnects the rep, who is unbookable then."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"calendars": [{"connection": "team-calendars", "calendar": "/anna/work/", "writes": True}]}]
        },
    )

    calendars: Annotated[list[CalendarIn], Field(max_length=20)]


class CalendarDoc(BaseModel):
    """A calendar of a rep."""

    id: UUID
    connection: str
    calendar: str
    writes: bool
    unreadable: str | None = Field(
        description="Why it is not read, or could not be the last time; its owner is unbookable."
    )
    read_at: datetime | None = Field(description="When it was last read, or tried; null: never.")


class CalendarsDoc(BaseModel):
    """All calendars of a rep."""

    rep: str
    calendars: list[CalendarDoc]

    @staticmethod
    def of(
        rep: str, found: Sequence[tuple[CalendarBinding, CalendarReading | None]], reader: MessageReader
    ) -> "CalendarsDoc":
        return CalendarsDoc(
            rep=rep,
            calendars=[
                CalendarDoc(
                    id=binding.id,
                    connection=binding.connection.key,
                    calendar=binding.calendar,
                    writes=binding.writes,
                    unreadable=render(why, reader) if why else None,
                    read_at=read.read_at if read else None,
                )
                for binding, read in found
                for why in [(read.error if read else None) or out_of_use_reason(binding)]
            ],
        )


@router.get(
    "/v1/reps/{key}/calendars", summary="Read a rep's calendars", responses=problem_responses(401, 403, 404, 422)
)
async def calendars(
    key: RepKeyPath, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> CalendarsDoc:
    return CalendarsDoc.of(key, await list_calendars(env, key), reader)


@router.put(
    "/v1/reps/{key}/calendars",
    summary="Bind a rep to calendars",
    description="All of them are read for busy times; appointments are written to the one that `writes`. "
    "The vendor is asked for each new one: a calendar that it does not have is refused (`unknown-calendar`), and one to write "
    "to that shows its busy times alone (`events-unreadable`); where it does not answer, the calendar is bound and `unreadable` "
    "says why.",
    responses=problem_responses(401, 403, 404, 422),
)
async def put_calendars(
    key: RepKeyPath,
    given: CalendarsIn,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.CONNECTION)],
) -> CalendarsDoc:
    bound = [
        CalendarBindingInput(connection=c.connection, calendar=c.calendar, writes=c.writes) for c in given.calendars
    ]
    await bind_calendars(env, key, bound, actor=caller.actor)
    return CalendarsDoc.of(key, await list_calendars(env, key), reader)
