"""How a connection does: what an admin asks when appointments do not arrive, and the probes that heal it by themselves."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.services.connections.missing import no_connection
from pointsman.services.deliveries.connection_faults import put_back_into_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import WORKER, Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_owners import DIFFERENT, OwnerDifference
from pointsman.services.ports.booking.existing_leads import ExistingLeads
from pointsman.services.ports.booking.rep_users import RepWithoutUser
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.vendors.pace import HeldSubject, OwedWork, PaceRow, PaceState
from pointsman.services.transactions import run_in_transaction

PROBES_AT_ONCE = 10
MOST_SUBJECTS = 100  # that are shown, and told of
OWN_WRITES_OF = timedelta(hours=1)
OWNER_CHANGES_OF = timedelta(days=1)
MOST_DIFFERENCES = 100  # that are shown
_IDLE = timedelta(days=1)  # after which nothing is known of a mailbox for which no call was made


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChangesHealth:
    """Changes of leads' owners by others: of the last hour, of the last day by outcome, and the differences that stand."""

    hour: int
    by_outcome: Mapping[str, int]
    differences: Sequence[OwnerDifference]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """A connection, its pace (None: never used), and what is owed to it; `state` None says that it is switched off.

    `held` are the mailboxes, or users, for which calls wait while others go on. `own_writes_told` counts the events of the last
    hour by which the vendor told us of our own writes: they changed nothing. `existing_leads`: how far it was told of the leads
    that reps had when it was connected. `without_user` are the reps who are no users of a CRM that hears of owners, and
    `owner_changes` what others made of the owners there.
    """

    connection: ConnectionRow
    state: PaceState | None
    pace: PaceRow | None
    owed: OwedWork
    held: Sequence[HeldSubject] = ()
    own_writes_told: int = 0
    existing_leads: ExistingLeads | None = None
    without_user: Sequence[RepWithoutUser] = ()
    owner_changes: OwnerChangesHealth | None = None

    @property
    def until(self) -> datetime | None:
        """No call begins before."""
        return self.pace.not_before if self.pace else None


async def connection_health(env: Env, key: str) -> ConnectionHealth:
    """Raises NotFound."""
    now = env.clock()
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
        if connection is None:
            raise no_connection(key)
        pace = await tx.paces.show(connection.id, at=now)
        owed = await tx.paces.owed(connection.id)
        held = await tx.paces.held(connection.id, at=now, limit=MOST_SUBJECTS)
        echoes = await tx.events.own_writes_told(connection.id, since=now - OWN_WRITES_OF)
        existing = await tx.existing_leads.of(connection.id)
        without_user = await tx.rep_users.without_user(limit=MOST_SUBJECTS, connection_id=connection.id)
        changes = await _owner_changes(tx, connection, now) if connection.sync_owners else None
    return ConnectionHealth(
        connection=connection,
        state=_state(connection, pace, now),
        pace=pace,
        owed=owed,
        held=held,
        own_writes_told=echoes,
        existing_leads=existing,
        without_user=without_user,
        owner_changes=changes,
    )


async def _owner_changes(tx: Tx, connection: ConnectionRow, now: datetime) -> OwnerChangesHealth:
    hour = await tx.crm_owners.counts(connection.id, since=now - timedelta(hours=1))
    day = await tx.crm_owners.counts(connection.id, since=now - OWNER_CHANGES_OF)
    stand = await tx.crm_owners.differences(connection_id=connection.id, outcomes=DIFFERENT, limit=MOST_DIFFERENCES)
    return OwnerChangesHealth(hour=sum(hour.values()), by_outcome=day, differences=stand)


def _state(connection: ConnectionRow, pace: PaceRow | None, now: datetime) -> PaceState | None:
    if not connection.active:
        return None
    if connection.fault is not None:
        return PaceState.OUT_OF_USE
    return pace.state(at=now) if pace else PaceState.CLOSED


async def probe_connections(env: Env) -> int:
    """Ask the vendors of connections that are out of use, each every few minutes; how many are back in use.

    Also keeps the alerts about single mailboxes true, which the next call for each of them probes.
    """
    await run_in_transaction(env, lambda tx: _tell_of_subjects(env, tx))
    async with env.uow() as tx:
        due = await tx.connections.to_probe(at=env.clock(), limit=PROBES_AT_ONCE)
    return sum(await gather(*(_probe(env, connection) for connection in due)))


async def _probe(env: Env, connection: ConnectionRow) -> bool:
    began = env.clock()
    try:
        await env.calendars.check(connection.ref())
    except (VendorError, TimeoutError) as error:
        said: Message = failure_message(error)

        async def later(tx: Tx) -> None:
            await tx.paces.begin(connection.id, burst=1, at=began)
            await tx.paces.refused(connection.id, None, said, began=began, at=env.clock())

        await run_in_transaction(env, later)
        return False

    async def work(tx: Tx) -> bool:
        return await put_back_into_use(env, tx, connection, actor=WORKER)

    return await run_in_transaction(env, work)


async def _tell_of_subjects(env: Env, tx: Tx) -> None:
    """An alert for each mailbox, or user, for which the sign-in is refused, until calls for it are answered again."""
    now = env.clock()
    await tx.paces.forget_subjects(before=now - _IDLE)
    refused = {_alert_subject(one): one for one in await tx.paces.refused_subjects(limit=MOST_SUBJECTS)}
    told = {row["subject"] for row in await tx.alerts.list_open() if row["code"] == AlertCode.MAILBOX_REFUSED}
    for subject in sorted(told - refused.keys()):
        await tx.alerts.resolve(at=now, code=AlertCode.MAILBOX_REFUSED, subject=subject)
    for subject in sorted(refused.keys() - told):
        one = refused[subject]
        message = say(
            "alerts.mailbox-refused",
            mailbox=one.subject,
            connection=connection_name(one.connection_key),
            error=one.error or say("vendor.no-answer"),
        )
        await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.MAILBOX_REFUSED, subject=subject, message=message)


def _alert_subject(one: HeldSubject) -> str:
    return f"mailbox:{one.connection_key}:{one.subject}"
