"""How a connection does: for an admin, and for the engineer who is called at night."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.operations.connections import ConnectionKeyPath, ExistingLeadsDoc
from pointsman.api.operations.reps_without_user import RepWithoutUserDoc
from pointsman.domain.messages.message import message_from_json
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.health import ConnectionHealth, OwnerChangesHealth, connection_health
from pointsman.services.ports.booking.crm_owners import OwnerOutcome
from pointsman.services.wording.rendering import MessageReader, render

router = APIRouter(tags=["Connections"])


class HealthState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    WAITING = "waiting"
    PROBING = "probing"
    OUT_OF_USE = "out-of-use"
    SWITCHED_OFF = "switched-off"


class QuotaDoc(BaseModel):
    """What the vendor said is left of a quota."""

    left: int
    limit: int | None
    resets_at: datetime | None
    told_at: datetime


class HeldDoc(BaseModel):
    """A mailbox, or a user, for which calls wait."""

    subject: str = Field(description="As the vendor counts calls by it: an address, mostly.")
    until: datetime
    refused: bool = Field(description="The sign-in for it was refused, twice and more; else the vendor throttles it.")
    error: str | None


class OwnerDifferenceDoc(BaseModel):
    """A lead whose owner in the CRM is another than here."""

    lead: UUID
    ours: str | None = Field(description="The key of the rep who had the lead as it was found; null: nobody.")
    theirs: str | None = Field(description="The key of the rep who owns it in the CRM; null: nobody, or no rep.")
    user: str | None = Field(description="The CRM's id of its owner; null: nobody.")
    outcome: OwnerOutcome
    reason: str
    at: datetime


class OwnerChangesDoc(BaseModel):
    """Changes of leads' owners by others than us, and what became of them (`owner_changes` of the policy)."""

    last_hour: int
    last_day: int
    accepted: int = Field(
        description="Within the day: the rep got the lead, or the rules gave on what had lost its owner."
    )
    refused: int = Field(
        description="Within the day: by the policy, role, gate or calendar, or since no rep has the address."
    )
    reverted: int = Field(description="Within the day: our owner was written again.")
    given_up: int = Field(description="Within the day: it would have been once too often, and stays as it is there.")
    differences: list[OwnerDifferenceDoc] = Field(
        description="Leads whose owner in the CRM is another than here, the newest first; at most 100."
    )

    @staticmethod
    def of(found: OwnerChangesHealth | None, reader: MessageReader) -> "OwnerChangesDoc | None":
        if found is None:
            return None

        def count(*outcomes: OwnerOutcome) -> int:
            return sum(found.by_outcome.get(one, 0) for one in outcomes)

        return OwnerChangesDoc(
            last_hour=found.hour,
            last_day=sum(found.by_outcome.values()),
            accepted=count(OwnerOutcome.ACCEPTED, OwnerOutcome.RELEASED),
            refused=count(OwnerOutcome.REFUSED, OwnerOutcome.NOT_ALLOWED, OwnerOutcome.NO_REP),
            reverted=count(OwnerOutcome.REVERTED),
            given_up=count(OwnerOutcome.GIVEN_UP),
            differences=[
                OwnerDifferenceDoc(
                    lead=one.lead_id,
                    ours=one.ours,
                    theirs=one.theirs,
                    user=one.owner or None,
                    outcome=OwnerOutcome(one.outcome),
                    reason=render(message_from_json(one.message), reader),
                    at=one.at,
                )
                for one in found.differences
            ],
        )


class ConnectionHealthDoc(BaseModel):
    """How a connection does."""

    key: str
    state: HealthState = Field(
        description="`closed`: calls go through. `waiting`: none before `until`, since the vendor asked for that or cannot "
        "be reached. `probing`: one call at a time, until one is answered. `out-of-use`: the vendor refused the credentials "
        "twice; it is asked again every few minutes, and at once by `PUT` or `check`. `switched-off`: by an admin."
    )
    until: datetime | None = Field(description="No call begins before.")
    fault: str | None = Field(
        description="Why it is out of use; before a first sign-in also what the last try to sign in came to."
    )
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None
    failures_in_a_row: int
    calls_in_flight: int = Field(description="Over all processes.")
    quota: QuotaDoc | None = Field(description="Null where the vendor tells none.")
    held: list[HeldDoc] = Field(
        description="The mailboxes or users for which calls wait while others go on, where the vendor counts those; at most 100."
    )
    deliveries_waiting: int
    oldest_delivery_at: datetime | None = Field(description="Since when the oldest of them is owed.")
    own_writes_told: int = Field(
        description="How often within an hour the vendor told us of our own writes. That is usual, and changes nothing."
    )
    existing_leads: ExistingLeadsDoc | None = Field(
        description="How far a CRM was told of the leads that reps had when it was connected; null: it is told of none but "
        "by their next change."
    )
    reps_without_user: list[RepWithoutUserDoc] = Field(
        description="With `sync_owners`, the active reps who are no active users there, as it was last looked: once a day, and "
        "when the connection or the roster changes; at most 100. What is owed of their leads waits."
    )
    owner_changes: OwnerChangesDoc | None = Field(
        description="What others made of leads' owners there; null of what is no CRM that hears of owners."
    )

    @staticmethod
    def of(found: ConnectionHealth, reader: MessageReader) -> "ConnectionHealthDoc":
        pace, fault = found.pace, found.connection.fault
        quota, told_at = (pace.quota, pace.quota_told_at) if pace else (None, None)
        return ConnectionHealthDoc(
            key=found.connection.key,
            state=HealthState.SWITCHED_OFF if found.state is None else HealthState(found.state.value),
            until=found.until,
            fault=render(fault, reader) if fault else None,
            last_success_at=pace.last_success_at if pace else None,
            last_error_at=pace.last_error_at if pace else None,
            last_error=render(pace.last_error, reader) if pace and pace.last_error else None,
            failures_in_a_row=pace.failures if pace else 0,
            calls_in_flight=pace.in_flight if pace else 0,
            quota=QuotaDoc(left=quota.left, limit=quota.limit, resets_at=quota.resets_at, told_at=told_at)
            if quota and told_at
            else None,
            held=[
                HeldDoc(
                    subject=one.subject,
                    until=one.until,
                    refused=one.refused,
                    error=render(one.error, reader) if one.error else None,
                )
                for one in found.held
            ],
            deliveries_waiting=found.owed.waiting,
            oldest_delivery_at=found.owed.oldest_at,
            own_writes_told=found.own_writes_told,
            existing_leads=ExistingLeadsDoc.of(found.existing_leads),
            reps_without_user=[RepWithoutUserDoc.of(one) for one in found.without_user],
            owner_changes=OwnerChangesDoc.of(found.owner_changes, reader),
        )


@router.get(
    "/v1/connections/{key}/health",
    summary="How does this connection do?",
    description="What is remembered of its calls, over all processes; the vendor is not asked.",
    responses=problem_responses(401, 403, 404, 422),
)
async def health(
    key: ConnectionKeyPath, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.CONNECTION)]
) -> ConnectionHealthDoc:
    return ConnectionHealthDoc.of(await connection_health(env, key), reader)
