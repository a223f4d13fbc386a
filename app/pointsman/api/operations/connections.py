"""Connections to vendors, and the calendars of reps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.api.http.auth import Caller, needs
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars, list_calendars
from pointsman.services.connections.connections import (
    check_connection,
    get_connection,
    list_connections,
    save_connection,
)
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.booking.connections import ConnectionRow

router = APIRouter(tags=["Connections"])

_KEY = r"^[a-z0-9][a-z0-9-]*$"
ConnectionKeyPath = Annotated[str, Path(pattern=_KEY, max_length=100, examples=["team-calendars"])]
NewConnectionKeyPath = Annotated[str, Path(pattern=_KEY, max_length=100, description="Yours.", examples=["sandbox"])]
RepKeyPath = Annotated[str, Path(max_length=100, description="The rep's key.", examples=["anna"])]


class ConnectorDescription(Protocol):
    """What an installed connector says about itself."""

    name: str
    distribution: str
    version: str
    fault: str | None
    title: str
    capabilities: tuple[str, ...]
    auth: str
    docs: str
    config_schema: Mapping[str, Any]


class Catalogue(Protocol):
    """The installed connectors; `app.state.connectors`."""

    def describe(self) -> Sequence[ConnectorDescription]: ...


class ConnectorDoc(BaseModel):
    """An installed connector; `fault` says why it cannot be used."""

    name: str
    title: str
    version: str
    distribution: str
    capabilities: list[str]
    auth: str
    docs: str
    config_schema: dict[str, Any] = Field(description="The JSON Schema of a connection's `config`.")
    fault: str | None


class ConnectorsDoc(BaseModel):
    """All installed connectors, by name."""

    items: list[ConnectorDoc]


class ConnectionIn(BaseModel):
    """A connection to make or change."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"connector": "memory", "config": {"world": "sandbox"}, "active": True}]},
    )

    connector: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    config: dict[str, Any] = Field(description="As the connector's `config_schema` says, secrets included.")
    active: bool = True
    sync_owners: bool = Field(
        default=False,
        description="A CRM that hears who owns a lead with an appointment, and of the meeting. Only for a connector with "
        "the capability `crm`.",
    )
    max_reading_age_s: Annotated[
        int | None,
        Field(
            ge=5,
            le=3_600,
            description="How old a reading of its calendars may be, in seconds, to show slots and to route by; null: 60. "
            "Nothing is booked on a reading of more than 10 seconds.",
        ),
    ] = None


class ConnectionDoc(BaseModel):
    """A connection without its secrets."""

    key: str
    connector: str
    config: dict[str, Any]
    active: bool
    sync_owners: bool = Field(description="Whether it hears who owns a lead, and of meetings.")
    max_reading_age_s: int | None = Field(
        description="How old a reading may be to show slots and to route by; null: 60."
    )
    fault: str | None = Field(description="Why it is out of use.")
    created_at: datetime

    @staticmethod
    def of(row: ConnectionRow) -> "ConnectionDoc":
        return ConnectionDoc(
            key=row.key,
            connector=row.connector,
            config=dict(row.config),
            active=row.active,
            sync_owners=row.sync_owners,
            max_reading_age_s=row.max_reading_age_s,
            fault=row.fault,
            created_at=row.created_at,
        )


class CalendarIn(BaseModel):
    """One calendar of a rep."""

    model_config = ConfigDict(extra="forbid")

    connection: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    calendar: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = Field(
        description="The vendor's own name for it."
    )
    writes: bool = Field(default=False, description="Appointments are put here; set it on exactly one.")


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
    unreadable: str | None = Field(description="Why it could not be read the last time; its owner is unbookable.")
    read_at: datetime | None = Field(description="When it was last read, or tried; null: never.")


class CalendarsDoc(BaseModel):
    """All calendars of a rep."""

    rep: str
    calendars: list[CalendarDoc]

    @staticmethod
    def of(rep: str, found: Sequence[tuple[CalendarBinding, CalendarReading | None]]) -> "CalendarsDoc":
        return CalendarsDoc(
            rep=rep,
            calendars=[
                CalendarDoc(
                    id=binding.id,
                    connection=binding.connection.key,
                    calendar=binding.calendar,
                    writes=binding.writes,
                    unreadable=read.error if read else None,
                    read_at=read.read_at if read else None,
                )
                for binding, read in found
            ],
        )


@router.get("/v1/connectors", summary="List the installed connectors", responses=problem_responses(401, 403))
async def connectors(request: Request, _caller: Annotated[Caller, needs("admin")]) -> ConnectorsDoc:
    catalogue = cast("Catalogue", request.app.state.connectors)
    return ConnectorsDoc(
        items=[
            ConnectorDoc(
                name=sheet.name,
                title=sheet.title,
                version=sheet.version,
                distribution=sheet.distribution,
                capabilities=list(sheet.capabilities),
                auth=sheet.auth,
                docs=sheet.docs,
                config_schema=dict(sheet.config_schema),
                fault=sheet.fault,
            )
            for sheet in catalogue.describe()
        ]
    )


@router.get("/v1/connections", summary="List the connections", responses=problem_responses(401, 403, 422))
async def index(env: EnvDep, page: PageDep, _caller: Annotated[Caller, needs("admin")]) -> Page[ConnectionDoc]:
    rows = await list_connections(env, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[ConnectionDoc](items=[ConnectionDoc.of(row) for row in items], next=following)


@router.get("/v1/connections/{key}", summary="Read a connection", responses=problem_responses(401, 403, 404, 422))
async def show(key: ConnectionKeyPath, env: EnvDep, _caller: Annotated[Caller, needs("admin")]) -> ConnectionDoc:
    return ConnectionDoc.of(await get_connection(env, key))


@router.put(
    "/v1/connections/{key}",
    summary="Make or change a connection",
    description="Checked with one call to the vendor before it is saved; secrets are stored encrypted and never shown. "
    "Saving also puts a connection back into use, and sends what waited for it.",
    responses={201: {"model": ConnectionDoc, "description": "Made"}, **problem_responses(401, 403, 404, 409, 422, 503)},
)
async def put(
    key: NewConnectionKeyPath,
    given: ConnectionIn,
    env: EnvDep,
    response: Response,
    caller: Annotated[Caller, needs("admin")],
) -> ConnectionDoc:
    row, made = await save_connection(
        env,
        key,
        connector=given.connector,
        config=given.config,
        active=given.active,
        sync_owners=given.sync_owners,
        max_reading_age_s=given.max_reading_age_s,
        actor=caller.actor,
    )
    response.status_code = 201 if made else 200
    return ConnectionDoc.of(row)


@router.post(
    "/v1/connections/{key}/check",
    summary="Does this connection work?",
    description="One call to the vendor. `fault` in the answer says why not; 503 when the vendor does not answer.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def check(key: ConnectionKeyPath, env: EnvDep, caller: Annotated[Caller, needs("admin")]) -> ConnectionDoc:
    return ConnectionDoc.of(await check_connection(env, key, actor=caller.actor))


@router.get(
    "/v1/reps/{rep}/calendars", summary="Read a rep's calendars", responses=problem_responses(401, 403, 404, 409, 422)
)
async def calendars(rep: RepKeyPath, env: EnvDep, _caller: Annotated[Caller, needs("admin")]) -> CalendarsDoc:
    return CalendarsDoc.of(rep, await list_calendars(env, rep))


@router.put(
    "/v1/reps/{rep}/calendars",
    summary="Bind a rep to calendars",
    description="All of them are read for busy times; appointments are written to the one that `writes`.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def put_calendars(
    rep: RepKeyPath, given: CalendarsIn, env: EnvDep, caller: Annotated[Caller, needs("admin")]
) -> CalendarsDoc:
    bound = [
        CalendarBindingInput(connection=c.connection, calendar=c.calendar, writes=c.writes) for c in given.calendars
    ]
    await bind_calendars(env, rep, bound, actor=caller.actor)
    return CalendarsDoc.of(rep, await list_calendars(env, rep))
