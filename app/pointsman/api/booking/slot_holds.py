"""Slot holds over HTTP: a slot is kept while somebody looks at it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.idempotency import IdempotencyKey, run_idempotent
from pointsman.api.http.lead_reference import LeadReference, meant_lead
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.openapi.example_timestamps import in_days
from pointsman.domain.permissions.operations import Operation
from pointsman.services.booking.slot_holds import (
    PreparedSlotHold,
    get_slot_hold,
    hold_slot_in_tx,
    prepare_slot_hold,
    release_slot_hold,
)
from pointsman.services.idempotency import IdempotentResponse
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.slot_holds import SlotHoldRow
from pointsman.services.wording.rendering import MessageReader

router = APIRouter(tags=["Hand-over and booking"])

_ROUTE = "POST /v1/slot-holds"


class SlotHoldIn(BaseModel):
    """The start of a slot that was offered, or of another time that is free."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"lead_id": "01936f0e-7b1a-7c3e-9d55-2f60a1b2c3d4", "start": in_days(8)}]},
    )

    lead_id: LeadReference
    start: Timestamp
    end: Timestamp | None = Field(default=None, description="Default: the pool's usual length after the start.")


class SlotHoldDoc(BaseModel):
    """A slot that is kept, or was."""

    id: UUID
    lead_id: UUID
    rep: str | None = Field(
        description="The rep who would have been booked then. Null to a partner's key where it is no rep of its own.",
        examples=["anna"],
    )
    start: datetime
    end: datetime
    status: Literal["open", "booked", "cancelled", "expired", "replaced"]
    made_by: str
    created_at: datetime
    expires_at: datetime
    released_at: datetime | None

    @staticmethod
    def of(row: SlotHoldRow, now: datetime, reader: MessageReader) -> "SlotHoldDoc":
        status = row.release_reason or ("open" if row.expires_at > now else "expired")
        return SlotHoldDoc.model_validate(
            {
                "id": row.id,
                "lead_id": row.lead_id,
                "rep": reader.shown_rep(row.rep_key),
                "start": row.starts_at,
                "end": row.ends_at,
                "status": status,
                "made_by": row.made_by,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "released_at": row.released_at,
            }
        )


@router.post(
    "/v1/slot-holds",
    status_code=201,
    response_model=SlotHoldDoc,
    summary="Keep a slot for a lead",
    description="For as long as the pool says (`booking.slot_hold_for`), no other lead gets this time of the rep who would be "
    "booked. A lead has one slot hold: another one replaces it, at most 20 an hour (409 `too-many-holds`). Booking the lead uses "
    "it up. 409 `slot-taken`, `slot-not-offered`, `already-booked` and `no-email`, 503 `calendar-unreadable` as for a booking.",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def hold(
    given: SlotHoldIn,
    request: Request,
    env: EnvDep,
    reader: ReaderDep,
    caller: Annotated[Caller, may(Operation.SLOT_HOLD)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    async def prepare() -> PreparedSlotHold:
        lead_id = await meant_lead(env, given.lead_id, caller, "body.lead_id")
        return await prepare_slot_hold(env, lead_id, given.start, actor=caller.actor, end=given.end)

    async def write(tx: Tx, holding: PreparedSlotHold) -> IdempotentResponse:
        row = await hold_slot_in_tx(env, tx, holding)
        return IdempotentResponse(status=201, body=_doc(env, reader, row).model_dump_json().encode())

    return await run_idempotent(env, request, caller, route=_ROUTE, key=idempotency_key, prepare=prepare, write=write)


@router.get(
    "/v1/slot-holds/{slot_hold_id}", summary="Read a slot hold", responses=problem_responses(401, 403, 404, 422)
)
async def show(
    slot_hold_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.SLOT_HOLD)]
) -> SlotHoldDoc:
    return _doc(env, reader, await get_slot_hold(env, slot_hold_id, actor=caller.actor))


@router.delete(
    "/v1/slot-holds/{slot_hold_id}",
    summary="Give a slot back",
    description="The slot is free again at once. Again is harmless.",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def release(
    slot_hold_id: UUID, env: EnvDep, reader: ReaderDep, caller: Annotated[Caller, may(Operation.SLOT_HOLD)]
) -> SlotHoldDoc:
    return _doc(env, reader, await release_slot_hold(env, slot_hold_id, actor=caller.actor))


def _doc(env: Env, reader: MessageReader, row: SlotHoldRow) -> SlotHoldDoc:
    return SlotHoldDoc.of(row, env.clock(), reader)
