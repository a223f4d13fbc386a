"""Working an accepted item off: it ends done, or dead with a reason that a human sees."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.backoff import inbox_retry_delay
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import (
    Fault,
    Invalid,
    NotFound,
    PointsmanError,
    RoleProtected,
    TooLarge,
    UnsupportedMedia,
)
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import intake_name, say
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.roster.reps import Roster
from pointsman.services.calendars.closer_calendars import CalendarsUnread, with_closer_calendars
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.handover.handover import hand_over
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.intake.inbox_errors import GAVE_UP, busy_database, refusal_of, unforeseen
from pointsman.services.intake.intakes import load_mapping
from pointsman.services.intake.items.item_result import handover_result, submit_result, warnings_kept
from pointsman.services.intake.items.take_apart import StillRefusedError, take_apart
from pointsman.services.intake.mapping.event_json import read_event_json
from pointsman.services.intake.mapping.events import fetched_event
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import MappedEvent, map_event
from pointsman.services.intake.read_events import (
    BODY,
    EVENT,
    require_object,
)
from pointsman.services.intake.submit_lead import submit_lead_in_tx
from pointsman.services.leads.fields import known_fields
from pointsman.services.leads.upsert import upsert_lead
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, DatabaseBusy, DatabaseUnavailable, Env, Tx
from pointsman.services.ports.booking.crm_owners import LOOK_TASK
from pointsman.services.ports.intake.inbox import InboxRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

#: So many attempts in a row that did not come to an end, and the item is taken for what kills its workers.
MAX_UNENDED_ATTEMPTS = 5
LEASE = timedelta(seconds=20)  # a killed worker's item is taken up after it; two at once do no harm
_AFTER_OUTAGE = timedelta(seconds=5)
_AFTER_LOST_JOB = timedelta(seconds=60)
_FIRST = 10  # priority of a job

#: What no repetition mends.
_PERMANENT = (Invalid, TooLarge, UnsupportedMedia, NotFound, RoleProtected)


async def process_item(env: Env, inbox_id: UUID, *, asks_vendors: bool = True) -> None:
    """Work one item off. Running it twice, late or at the same time as another worker does no harm.

    Without `asks_vendors` one that has to read calendars is left to a job that may wait for vendors.

    The attempt is counted before it runs, so that an item which kills its worker ends in the dead letters too. An outage of
    the database costs no attempt.
    """
    now = env.clock()
    lease = now + LEASE
    async with env.uow.autocommit() as tx:
        item = await tx.inbox.claim(inbox_id, at=now, lease_until=lease)
    if item is None:
        return
    await _notice(env, item)
    if item.unended_attempts >= MAX_UNENDED_ATTEMPTS:
        await _fail(env, item, lease, GAVE_UP, permanent=True)
        return
    if not asks_vendors and item.intake_kind == "handover":
        await _leave_to_vendor_queue(env, item, lease)
        return
    try:
        await _run(env, item, asks_vendors=asks_vendors)
    except CalendarsUnread:
        await _leave_to_vendor_queue(env, item, lease)
    except DatabaseUnavailable:
        # It may be back already. If it is not, the lease runs out, and the sweep takes the item up again.
        with contextlib.suppress(DatabaseUnavailable, DatabaseBusy):
            async with env.uow.autocommit() as tx:
                await tx.inbox.give_back(inbox_id, leased_until=lease, retry_at=env.clock() + _AFTER_OUTAGE)
        raise
    except DatabaseBusy as error:
        await _fail(env, item, lease, busy_database(error), permanent=False)
    except StillRefusedError as again:
        await _fail(env, item, lease, again.error, permanent=True)
    except PointsmanError as error:
        await _fail(env, item, lease, refusal_of(error), permanent=isinstance(error, _PERMANENT))
    except Exception as error:  # noqa: BLE001  # an item ends done or dead, whatever goes wrong inside it
        await _fail(env, item, lease, unforeseen(error), permanent=False)


async def _notice(env: Env, item: InboxRow) -> None:
    """What an event is about may be the record of a lead, whose owner somebody changed: that is looked at by itself."""
    if item.about is None or item.intake_id is None:
        return
    async with env.uow.autocommit() as tx:
        if await tx.crm_owners.notice(item.intake_id, about=item.about, at=env.clock()):
            await tx.jobs.defer_once(LOOK_TASK, calls_vendor=True)


async def _leave_to_vendor_queue(env: Env, item: InboxRow, lease: datetime) -> None:
    """Before all that vendors are told: this is a decision. A job that is lost is found by the sweep."""
    async with env.uow() as tx:
        await tx.inbox.give_back(item.id, leased_until=lease, retry_at=env.clock() + _AFTER_LOST_JOB)
        args = {"inbox_id": str(item.id), "asks_vendors": True}
        await tx.jobs.defer("inbox.process", args, calls_vendor=True, priority=_FIRST)


async def _run(env: Env, item: InboxRow, *, asks_vendors: bool) -> None:
    actor = Actor(name=f"intake:{item.intake_key}", kind=CallerKind.WEBHOOK)
    assert item.intake_id is not None, "what no intake sent is refused, and not worked off"
    async with env.uow.autocommit() as tx:
        mapping = await load_mapping(env, tx, item.intake_id, item.intake_version)
        known = await known_fields(env, tx)
    if (item.result or {}).get("refused") in (BODY, EVENT):  # of a hand-over, `refused` is what the gate refused
        await take_apart(env, item, mapping)
        return
    event, evaluation = await read_event_json(env, item.body), Evaluation(len(item.body))
    if item.about is not None:
        event = fetched_event(event, mapping, evaluation)
        if event is None:
            await _end_without_event(env, item)
            return
    require_object(event)
    mapped = map_event(
        event,
        mapping,
        known,
        intake=item.intake_key,
        at=item.occurred_at or item.received_at,
        evaluation=evaluation,
    )
    if item.intake_kind == "handover":
        await _hand_over(env, item, mapped, actor)
    else:
        await _submit(env, item, mapped, actor, asks_vendors=asks_vendors)


async def _end_without_event(env: Env, item: InboxRow) -> None:
    """What was fetched is not what the mapping means."""

    async def work(tx: Tx) -> None:
        if await tx.inbox.lock(item.id) is not None:
            note = say("arrival.mapped-to-nothing").as_json()
            await tx.inbox.finish(item.id, at=env.clock(), lead_id=None, result={"note": note})

    await run_in_transaction(env, work)


async def _hand_over(env: Env, item: InboxRow, mapped: MappedEvent, actor: Actor) -> None:
    """The lead first, then the hand-over; the item is marked in the hand-over's own transaction, so it happens once."""

    async def matched(tx: Tx) -> tuple[UUID, str | None]:
        upserted = await upsert_lead(env, tx, mapped.lead_input, actor=actor)
        return upserted.lead.id, resolve_setter((await load_routing_config(env, tx)).roster, mapped.setter)

    lead_id, setter = await run_in_transaction(env, matched)
    warned = list(mapped.warnings)
    if mapped.setter and setter is None:
        warned.append(Fault(path="setter", code="no-such-rep", message="is no rep of the roster"))

    async def mark(tx: Tx, handed: HandoverResult) -> bool:
        if await tx.inbox.lock(item.id) is None:
            return False  # another worker was faster: this hand-over must leave nothing behind
        await tx.inbox.finish(
            item.id,
            at=env.clock(),
            lead_id=lead_id,
            result=handover_result(handed) | warnings_kept((*warned, *handed.warnings)),
        )
        return True

    await hand_over(
        env,
        lead_id,
        evidence=_attribute_to_setter(mapped, setter, item.intake_key),
        setter=setter,
        actor=actor,
        auto_book=_auto_book(mapped, env.clock()),
        before_commit=mark,
    )


def _auto_book(mapped: MappedEvent, now: datetime) -> AutoBook:
    """The earliest slot of the sender's window; nothing where nothing is left of the window."""
    window = mapped.window.interval_from(now) if mapped.window else None
    return AutoBook(earliest=mapped.auto_book and (mapped.window is None or window is not None), window=window)


def _attribute_to_setter(mapped: MappedEvent, setter: str | None, intake: str) -> tuple[Evidence, ...]:
    """The evidence under the rep's key, where the sender names a rep; under the intake's name, where it names none."""
    source = f"sdr:{setter}" if setter else f"intake:{intake}"
    return tuple(
        replace(item, source=source) if item.source == f"sdr:{mapped.setter}" else item
        for item in mapped.lead_input.evidence
    )


async def _submit(env: Env, item: InboxRow, mapped: MappedEvent, actor: Actor, *, asks_vendors: bool) -> None:
    async def attempt(calendars: Mapping[str, CalendarState]) -> None:
        async def work(tx: Tx) -> None:
            if await tx.inbox.lock(item.id) is None:
                return  # done, or with another worker
            submitted = await submit_lead_in_tx(env, tx, mapped.lead_input, actor=actor, calendars=calendars)
            await tx.inbox.finish(
                item.id,
                at=env.clock(),
                lead_id=submitted.lead.id,
                result=submit_result(submitted) | warnings_kept((*mapped.warnings, *submitted.warnings)),
            )

        await run_in_transaction(env, work)

    if asks_vendors:
        await with_closer_calendars(env, attempt)
    else:
        await attempt({})


async def _fail(env: Env, item: InboxRow, lease: datetime, error: CodedMessage, *, permanent: bool) -> None:
    """An attempt that was overtaken by another one, as its worker stood still, says nothing of the item any more."""
    now = env.clock()
    wait = None
    if not permanent:
        wait = inbox_retry_delay(item.attempts, item.id, tried_for=now - (item.tried_since or now))
    async with env.uow() as tx:
        retry_at = None if wait is None else now + wait
        if await tx.inbox.fail(item.id, leased_until=lease, error=error, retry_at=retry_at) and wait is None:
            sender = intake_name(item.intake_key)
            message = say("alerts.inbox-dead", intake=sender, error=error.message, item=str(item.id))
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.INBOX_DEAD, subject=f"inbox:{item.id}", message=message
            )


def resolve_setter(roster: Roster, setter: str | None) -> str | None:
    """The rep whose key or email is `setter`."""
    wanted = (setter or "").casefold()
    return next((rep.key for rep in roster.reps.values() if wanted in (rep.key.casefold(), rep.email.casefold())), None)
