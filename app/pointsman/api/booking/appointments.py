"""Appointments: booking, and what there is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pointsman.api.booking.appointment_schemas import AppointmentDoc, AppointmentHistoryDoc, TransitionDoc
from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.idempotency import IdempotencyKey, run_idempotent
from pointsman.api.http.lead_reference import LeadQuery, LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.paging import Page, PageDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, asks_of_others, explain_nothing, require_period
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.openapi.example_timestamps import in_days
from pointsman.domain.booking.lifecycle import TRANSITIONS, AppointmentStatus
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading
from pointsman.services.appointments.actions import appointment_history
from pointsman.services.booking.book import PreparedBooking, book_in_tx, prepare_booking
from pointsman.services.idempotency import IdempotentResponse
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import AppointmentFilter, AppointmentRow

router = APIRouter(tags=["Hand-over and booking"])

_ROUTE = "POST /v1/appointments"


class AppointmentIn(BaseModel):
    """A booking: one of the slots that were offered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"lead_id": "01936f0e-7b1a-7c3e-9d55-2f60a1b2c3d4", "start": in_days(7)}]},
    )

    lead_id: LeadReference
    start: Timestamp
    end: Timestamp | None = Field(default=None, description="Default: the pool's usual length after the start.")


@router.post(
    "/v1/appointments",
    status_code=201,
    response_model=AppointmentDoc,
    summary="Book an appointment",
    description="Books the closer who has the lead. 409 `slot-taken` when another request was faster, `slot-not-offered` when "
    "the time was never free to book, `already-booked` when the lead has an appointment; 503 `calendar-unreadable` "
    "when the closer's calendar cannot be read, since unknown is not free. The event reaches the calendar at once, "
    "and is retried until it does.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def book(
    given: AppointmentIn,
    request: Request,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_BOOK)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    async def prepare() -> PreparedBooking:
        lead_id = await meant_lead(env, given.lead_id, caller, "body.lead_id")
        return await prepare_booking(env, lead_id, given.start, actor=caller.actor, end=given.end)

    async def write(tx: Tx, prepared: PreparedBooking) -> IdempotentResponse:
        row = await book_in_tx(env, tx, prepared)
        shown = AppointmentDoc.of(row, env.clock(), reader, partner=not caller.may_read(Reading.COLLEAGUES))
        return IdempotentResponse(status=201, body=shown.model_dump_json().encode(), language=reader.language)

    return await run_idempotent(env, request, caller, route=_ROUTE, key=idempotency_key, prepare=prepare, write=write)


def _asked(
    *,
    lead: LeadQuery,
    rep: Annotated[
        FilterText | None,
        Query(description="Only those that this rep (key) leads or takes part in; a partner's key asks who leads."),
    ] = None,
    setter: Annotated[FilterText | None, Query(description="Only those that this rep (key) set.")] = None,
    pool: Annotated[FilterText | None, Query(description="Only those with reps of this pool.")] = None,
    status: Annotated[AppointmentStatus | None, Query(description="Only these.")] = None,
    start: Annotated[Timestamp | None, Query(description="Only those that start from this instant on.")] = None,
    end: Annotated[Timestamp | None, Query(description="Only those that start before this instant.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
) -> AppointmentFilter:
    require_period(since=since, until=until)
    require_period(start=start, end=end)
    return AppointmentFilter(
        lead_id=lead,
        rep=rep,
        setter=setter,
        pool=pool,
        status=status,
        start=start,
        end=end,
        since=since,
        until=until,
    )


@router.get(
    "/v1/appointments",
    summary="List the appointments",
    description="Booked last, first; `since` and `until` are about the booking, `start` and `end` about the start. `due=result` "
    "are those that are over and have no result yet. A partner's key sees the appointments of leads that its reps hold or held.",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def index(
    env: EnvDep,
    page: PageDep,
    reader: ReaderDep,
    asked: Annotated[AppointmentFilter, Depends(_asked)],
    caller: Annotated[Caller, may(Operation.APPOINTMENT_READ)],
    *,
    due: Annotated[Literal["result"] | None, Query(description="Only those that wait for this.")] = None,
) -> Page[AppointmentDoc]:
    now, partner = env.clock(), not caller.may_read(Reading.COLLEAGUES)
    which = replace(asked, sees=caller.actor.sees, as_companion=not partner, ended_by=now if due else None)
    rows: Sequence[AppointmentRow] = ()
    if not asks_of_others(reader, asked.rep, asked.setter):
        async with env.uow() as tx:
            rows = await tx.appointments.page(which, after=page.after, limit=page.fetch_limit)
    if not rows and page.is_first:
        await explain_nothing(env, caller, rep=asked.rep, setter=asked.setter, pool=asked.pool)
    items, following = page.split(rows, lambda row: (row.created_at, row.id))
    return Page[AppointmentDoc](
        items=[AppointmentDoc.of(row, now, reader, partner=partner) for row in items], next=following
    )


@router.get(
    "/v1/appointments/transitions",
    summary="What each act on an appointment brings with it",
    description="The table that the service itself goes by: status, turn, gate, lead, and what calendars are told.",
    responses=problem_responses(401, 403),
)
async def transitions(_caller: Annotated[Caller, may(Operation.APPOINTMENT_READ)]) -> list[TransitionDoc]:
    return [TransitionDoc.of(row) for row in TRANSITIONS]


@router.get(
    "/v1/appointments/{appointment_id}",
    summary="Read an appointment",
    description="With what may be done with it now (`allowed_actions`) and all that was done (`history`).",
    responses=problem_responses(401, 403, 404, 422),
)
async def show(
    appointment_id: UUID,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.APPOINTMENT_READ)],
) -> AppointmentHistoryDoc:
    row, events = await appointment_history(env, appointment_id, actor=caller.actor)
    return AppointmentHistoryDoc.with_history(
        row, events, env.clock(), reader, partner=not caller.may_read(Reading.COLLEAGUES)
    )
