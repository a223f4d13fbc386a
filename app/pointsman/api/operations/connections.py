"""Connections to vendors: the accounts that are connected."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.reps_without_user import RepWithoutUserDoc
from pointsman.domain.field_mapping.mapped import CrmFieldType, Direction, MappedField, Transform, Winner
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.connections import (
    check_connection,
    get_connection,
    list_connections,
    save_connection,
)
from pointsman.services.connections.mapped_fields import MOST_FIELDS, MappedFieldIn
from pointsman.services.connections.record_fields import RecordFields
from pointsman.services.connections.users.following import look_for_users
from pointsman.services.deliveries.records.existing_leads import existing_leads_of
from pointsman.services.ports.booking.connections import ConnectionRow, OnRelease, RecordValue
from pointsman.services.ports.booking.existing_leads import ExistingLeads
from pointsman.services.ports.booking.rep_users import RepWithoutUser
from pointsman.services.wording.rendering import MessageReader, render

router = APIRouter(tags=["Connections"])

_KEY = r"^[a-z0-9][a-z0-9-]*$"
ConnectionKeyPath = Annotated[str, Path(pattern=_KEY, max_length=100, examples=["team-calendars"])]
NewConnectionKeyPath = Annotated[str, Path(pattern=_KEY, max_length=100, description="Yours.", examples=["sandbox"])]


class ConnectionIn(BaseModel):
    """A connection to make or change."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "connector": "memory",
                    "config": {
                        "url": "https://crm.example",
                        "client_id": "pointsman",
                        "client_secret": "as-given-there",
                    },
                    "active": True,
                }
            ]
        },
    )

    connector: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    config: dict[str, Any] = Field(description="As the connector's `config_schema` says, secrets included.")
    active: StrictBool = True
    sync_owners: StrictBool = Field(
        default=False,
        description="A CRM that hears who has each lead, and of its meetings. Only for a connector with "
        "the capabilities `people`, `owners` and `activities`.",
    )
    on_release: OnRelease = Field(
        default=OnRelease.CLEAR,
        description="What becomes of the owner in the CRM once nobody has the lead: taken away (`clear`), or left (`keep`). An "
        "owner that the CRM had before is left in any case.",
    )
    record: RecordFields = Field(
        default=RecordFields(),
        description="What a CRM is told of each lead beside its owner, and into which field it goes. Its fields are asked "
        "for when the connection is saved, where its connector has the capability `fields`.",
    )
    existing_leads: StrictBool = Field(
        default=True,
        description="Whether a CRM that begins to hear of leads, or is to be told more of each (`record`), is told of those that "
        "reps have already, and of their meetings to come: in the background, the newest leads first. `false` also ends "
        "that where it has begun. It is not kept.",
    )
    fields: Annotated[tuple[MappedFieldIn, ...], Field(max_length=MOST_FIELDS)] = Field(
        default=(),
        description="Facts of leads that go into fields of the CRM, come from them, or both. Checked when the connection is "
        "saved and daily, where its connector has the capability `fields`; preview them with "
        "`POST /v1/connections/{key}/fields/preview`.",
    )
    max_reading_age_s: Annotated[
        int | None,
        Field(
            strict=True,
            ge=5,
            le=3_600,
            description="How old a reading of its calendars may be, in seconds, to show slots and to route by; null: 60. "
            "Nothing is booked on a reading of more than 10 seconds.",
        ),
    ] = None


class MappedFieldDoc(BaseModel):
    """A fact of leads, and the CRM's field for it."""

    fact: str = Field(examples=["company.industry"])
    field: str = Field(examples=["industry"])
    type: CrmFieldType = Field(description="What the field held when it was looked at last.")
    direction: Direction
    wins: Winner
    choices: dict[str, str]
    transforms: list[Transform]
    fault: str | None = Field(description="Why it is left out, since the CRM was looked at last; null: it is used.")

    @staticmethod
    def of(one: MappedField, row: ConnectionRow, reader: MessageReader) -> "MappedFieldDoc":
        fault = row.field_faults.get(one.field)
        return MappedFieldDoc(
            fact=one.fact,
            field=one.field,
            type=one.type,
            direction=one.direction,
            wins=one.wins,
            choices=dict(one.choices),
            transforms=list(one.transforms),
            fault=render(fault, reader) if fault else None,
        )


class ConnectionDoc(BaseModel):
    """A connection without its secrets."""

    key: str
    connector: str
    config: dict[str, Any]
    active: bool
    pending: bool = Field(description="Nobody has signed in over it yet: POST /v1/connections/{key}/sign-in.")
    sync_owners: bool = Field(description="Whether it hears who has each lead, and of meetings.")
    on_release: OnRelease = Field(description="What becomes of the owner in the CRM once nobody has the lead.")
    record: dict[RecordValue, str] = Field(
        description="The CRM's field for each value that it is told beside the owner."
    )
    fields: list[MappedFieldDoc] = Field(description="Facts of leads that go into its fields, or come from them.")
    max_reading_age_s: int | None = Field(
        description="How old a reading may be to show slots and to route by; null: 60."
    )
    fault: str | None = Field(description="Why it is out of use.")
    created_at: datetime

    @staticmethod
    def of(row: ConnectionRow, reader: MessageReader) -> "ConnectionDoc":
        return ConnectionDoc(
            key=row.key,
            connector=row.connector,
            config=dict(row.config),
            active=row.active,
            pending=row.pending,
            sync_owners=row.sync_owners,
            on_release=row.on_release,
            record=dict(row.record),
            fields=[MappedFieldDoc.of(one, row, reader) for one in row.fields],
            max_reading_age_s=row.max_reading_age_s,
            fault=render(row.fault, reader) if row.fault else None,
            created_at=row.created_at,
        )


class ExistingLeadsDoc(BaseModel):
    """How far a CRM was told of the leads that reps had when it was connected."""

    total: int = Field(description="How many leads reps had as it began.")
    owed: int = Field(
        description="How many of their records are owed, or told, by now. One that is owed anyway is not counted."
    )
    meetings: int = Field(description="How many meetings to come.")
    began_at: datetime
    done_at: datetime | None = Field(description="When the last was owed; null while it goes on.")

    @staticmethod
    def of(row: ExistingLeads | None) -> "ExistingLeadsDoc | None":
        if row is None:
            return None
        return ExistingLeadsDoc(
            total=row.total, owed=row.owed, meetings=row.meetings, began_at=row.began_at, done_at=row.done_at
        )


class CheckedConnectionDoc(ConnectionDoc):
    """A connection as it was saved or checked."""

    existing_leads: ExistingLeadsDoc | None = Field(
        description="How far a CRM is with the leads that reps had when it was connected; null: it is told of none but by "
        "their next change."
    )
    reps_without_user: list[RepWithoutUserDoc] = Field(
        description="With `sync_owners`, the active reps who are no active users of the CRM: what is owed of their leads will "
        "wait. Say who they are there with PUT /v1/connections/{key}/users."
    )

    @staticmethod
    def beside(
        row: ConnectionRow,
        reader: MessageReader,
        existing: ExistingLeads | None,
        without_user: Sequence[RepWithoutUser],
    ) -> "CheckedConnectionDoc":
        return CheckedConnectionDoc(
            **ConnectionDoc.of(row, reader).model_dump(),
            existing_leads=ExistingLeadsDoc.of(existing),
            reps_without_user=[RepWithoutUserDoc.of(one) for one in without_user],
        )


@router.get("/v1/connections", summary="List the connections", responses=problem_responses(401, 403, 422))
async def index(
    env: EnvDep, page: PageDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> Page[ConnectionDoc]:
    rows = await list_connections(env, after=page.after, limit=page.fetch_limit)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[ConnectionDoc](items=[ConnectionDoc.of(row, reader) for row in items], next=following)


@router.get("/v1/connections/{key}", summary="Read a connection", responses=problem_responses(401, 403, 404, 422))
async def show(
    key: ConnectionKeyPath, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> ConnectionDoc:
    return ConnectionDoc.of(await get_connection(env, key), reader)


@router.put(
    "/v1/connections/{key}",
    summary="Make or change a connection",
    description="Checked with one call to the vendor before it is saved, unless `active` is false; secrets are stored encrypted "
    "and never shown. "
    "Saving also puts a connection back into use, and sends what waited for it. One over which a human signs in (OAuth 2) is "
    "saved `pending`, and checked after the sign-in; a changed `config` asks for a new one.",
    responses={
        201: {"model": CheckedConnectionDoc, "description": "Made"},
        **problem_responses(401, 403, 409, 422, 503),
    },
)
async def put(
    key: NewConnectionKeyPath,
    given: ConnectionIn,
    env: EnvDep,
    response: Response,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.CONNECTION)],
) -> CheckedConnectionDoc:
    row, made = await save_connection(
        env,
        key,
        connector=given.connector,
        config=given.config,
        active=given.active,
        sync_owners=given.sync_owners,
        on_release=given.on_release,
        record=given.record.by_value(),
        fields=given.fields,
        max_reading_age_s=given.max_reading_age_s,
        existing_leads=given.existing_leads,
        actor=caller.actor,
    )
    response.status_code = 201 if made else 200
    return await _checked(env, row, reader)


@router.post(
    "/v1/connections/{key}/check",
    summary="Does this connection work?",
    description="One call to the vendor. `fault` in the answer says why not; 503 when the vendor does not answer. A CRM with "
    "`sync_owners` is asked for its users, too.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def check(
    key: ConnectionKeyPath, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> CheckedConnectionDoc:
    row = await check_connection(env, key, actor=caller.actor)
    return await _checked(env, row, reader)


async def _checked(env: EnvDep, row: ConnectionRow, reader: MessageReader) -> CheckedConnectionDoc:
    existing, without_user = await existing_leads_of(env, row.id), await look_for_users(env, row.key)
    return CheckedConnectionDoc.beside(row, reader, existing, without_user)
