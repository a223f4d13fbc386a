"""Working an accepted item off: it ends done, or dead with a reason that a human sees."""

import contextlib
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
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
    Unavailable,
    UnsupportedMedia,
)
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.messages.message import as_written, intake_name, say
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.roster.reps import Roster
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.handover.handover import hand_over
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.intake.intakes import load_mapping
from pointsman.services.intake.mapping.event_json import read_event_json
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import MappedEvent, map_event
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.intake.read_events import (
    BODY,
    EVENT,
    read_events,
    read_refused_event,
    require_object,
    with_kept_headers,
)
from pointsman.services.intake.refused_items import alert_to_refused
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead_in_tx
from pointsman.services.leads.fields import known_fields
from pointsman.services.leads.upsert import upsert_lead
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, DatabaseBusy, DatabaseUnavailable, Env, Tx
from pointsman.services.ports.intake.inbox import InboxRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

#: So many attempts in a row that did not come to an end, and the item is taken for what kills its workers.
MAX_UNENDED_ATTEMPTS = 5
LEASE = timedelta(seconds=20)  # a killed worker's item is taken up after it; two at once do no harm
_AFTER_OUTAGE = timedelta(seconds=5)

#: Warnings of fields, without what was sent.
_IN_WORDS = {
    "read-in-part": "read by a rule of docs/intake.md (How values are read): the least that it states",
    "wrong-type": "does not fit the field's type: left out",
    "not-an-email": "is not one email address: left out",
    "not-an-id": "is no id, strangers would share it: left out",
    "in-the-future": "cannot have happened yet: taken as the time of arrival",
    "phone-unread": "no number that can be called is read in it: kept as written, finds no lead",
    "names-no-company": "names no company: left out",
    "names-no-person": "stands for no address: left out",
    "expression-failed": "the mapping's expression met a value that it cannot take: left out",
    "no-such-rep": "is no rep of the roster",
}
#: What no repetition mends.
_PERMANENT = (Invalid, TooLarge, UnsupportedMedia, NotFound, RoleProtected)


async def process_item(env: Env, inbox_id: UUID) -> None:
    """Work one item off. Running it twice, late or at the same time as another worker does no harm.

    The attempt is counted before it runs, so that an item which kills its worker ends in the dead letters too. An outage of
    the database costs no attempt.
    """
    now = env.clock()
    lease = now + LEASE
    async with env.uow.autocommit() as tx:
        item = await tx.inbox.claim(inbox_id, at=now, lease_until=lease)
    if item is None:
        return
    if item.unended_attempts >= MAX_UNENDED_ATTEMPTS:
        await _fail(env, item, lease, "gave-up: its worker died in every attempt", permanent=True)
        return
    try:
        await _run(env, item)
    except DatabaseUnavailable:
        # It may be back already. If it is not, the lease runs out, and the sweep takes the item up again.
        with contextlib.suppress(DatabaseUnavailable, DatabaseBusy):
            async with env.uow.autocommit() as tx:
                await tx.inbox.give_back(inbox_id, leased_until=lease, retry_at=env.clock() + _AFTER_OUTAGE)
        raise
    except DatabaseBusy as error:
        await _fail(env, item, lease, f"{error.code}: {error}", permanent=False)
    except PointsmanError as error:
        await _fail(env, item, lease, f"{error.code}: {error}", permanent=isinstance(error, _PERMANENT))
    except Exception as error:  # noqa: BLE001  # an item ends done or dead, whatever goes wrong inside it
        await _fail(env, item, lease, _error_code(error), permanent=False)


async def _run(env: Env, item: InboxRow) -> None:
    actor = Actor(name=f"intake:{item.intake_key}", kind=CallerKind.WEBHOOK)
    assert item.intake_id is not None, "what no intake sent is refused, and not worked off"
    async with env.uow.autocommit() as tx:
        mapping = await load_mapping(env, tx, item.intake_id, item.intake_version)
        known = await known_fields(env, tx)
    if (item.result or {}).get("refused") in (BODY, EVENT):  # of a hand-over, `refused` is what the gate refused
        await _take_apart(env, item, mapping)
        return
    event = await read_event_json(env, item.body)
    require_object(event)
    mapped = map_event(
        event, mapping, known, intake=item.intake_key, at=item.received_at, evaluation=Evaluation(len(item.body))
    )
    if item.intake_kind == "handover":
        await _hand_over(env, item, mapped, actor)
    else:
        await _submit(env, item, mapped, actor)


async def _take_apart(env: Env, item: InboxRow, mapping: IntakeMapping) -> None:
    """What was refused, a body or an event of it: its events become items of their own, which came in when it did.

    So an event that its sender delivered again meanwhile, or delivers later, counts once: it has the same name.
    """
    refused = item.result or {}
    if refused["refused"] == BODY:
        headers: Mapping[str, str] = refused.get("headers", {})
        read = with_kept_headers(await read_events(env, mapping, headers, item.body, mend=True), headers)
    else:
        read = await read_refused_event(env, mapping, refused, item.body)
    for event in read.refused:
        if event.dedupe_key == item.dedupe_key:  # it is the whole body, and would be taken for a repetition of it
            code, _, why = str(event.error).partition(": ")
            raise Invalid(why, code=code)

    async def work(tx: Tx) -> None:
        if await tx.inbox.lock(item.id) is None:
            return  # done, or with another worker
        assert item.intake_id is not None, "its mapping was read"
        stored = await tx.inbox.accept_batch(
            batch_id=env.new_id(),
            intake_id=item.intake_id,
            intake_version=item.intake_version,
            raw=item.body,
            events=read.events,
            at=item.received_at,  # what gives no time of its own was true then
            even_closed=True,
        )
        if not stored.is_intake_current:
            raise Unavailable("The intake was changed meanwhile: the body is taken apart by its new mapping soon.")
        await alert_to_refused(env, tx, item.intake_key, read, stored.inbox_ids)
        items = [str(found) for found in stored.inbox_ids]
        flaws = refused.get("faults") or []  # what was taken out, or read by a rule
        told: dict[str, object] = {"warnings": flaws} if flaws else {}
        if not read.events:
            told["note"] = "The mapping finds no event in this body: nothing became of it."
        result = {"events": len(read.events), "items": items} | told
        await tx.inbox.finish(item.id, at=env.clock(), lead_id=None, result=result)

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
            result=_handover_result(handed) | _warned((*warned, *handed.warnings)),
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


def _handover_result(handed: HandoverResult) -> dict[str, Any]:
    return {
        "gate_passed": handed.gate.passed,
        "gate_check_id": str(handed.check_id),
        "missing": [{"what": item.what, "why": item.why.as_json()} for item in handed.gate.missing],
        "refused": [{"what": item.what, "why": item.why.as_json()} for item in handed.gate.refused],
        "failed": [leaf.words.as_json() for leaf in handed.gate.failed_conditions],
        "what_happens": handed.what_happens.as_json(),
        "stage": handed.stage,
        "closer": handed.closer,
        "decision_id": str(handed.routing.decision_id) if handed.routing else None,
        "outcome": handed.routing.decision.outcome.value if handed.routing else None,
        "hold_reason": handed.routing.decision.hold_reason if handed.routing else None,
        "appointment_id": str(handed.appointment.id) if handed.appointment else None,
    }


async def _submit(env: Env, item: InboxRow, mapped: MappedEvent, actor: Actor) -> None:
    async def attempt(calendars: Mapping[str, CalendarState]) -> None:
        async def work(tx: Tx) -> None:
            if await tx.inbox.lock(item.id) is None:
                return  # done, or with another worker
            submitted = await submit_lead_in_tx(env, tx, mapped.lead_input, actor=actor, calendars=calendars)
            await tx.inbox.finish(
                item.id,
                at=env.clock(),
                lead_id=submitted.lead.id,
                result=_result(submitted) | _warned((*mapped.warnings, *submitted.warnings)),
            )

        await run_in_transaction(env, work)

    await with_closer_calendars(env, attempt)


def _result(submitted: SubmitResult) -> dict[str, Any]:
    """Ids and codes; what the person said stays in the lead."""
    result: dict[str, Any] = {"created": submitted.created, "routed": submitted.routed is not None}
    if submitted.note is not None:
        result["note"] = submitted.note.as_json()
    if submitted.routed is not None:
        decision = submitted.routed.decision
        result |= {
            "decision_id": str(submitted.routed.decision_id),
            "outcome": decision.outcome.value,
            "work": decision.work,
            "rule": decision.rule,
            "pool": decision.pool,
            "rep": decision.rep,
            "hold_reason": decision.hold_reason,
        }
    return result


def _warned(warnings: Sequence[Fault]) -> dict[str, Any]:
    return {"warnings": list(map(_warning, warnings))} if warnings else {}


def _warning(fault: Fault) -> dict[str, str]:
    """Messages about fields may quote what a person wrote: words of the code stand for them, but not for those about evidence."""
    told = {"path": fault.path, "code": fault.code}
    message = fault.message if fault.path.startswith("evidence[") else _IN_WORDS.get(fault.code)
    return told if message is None else told | {"message": message}


async def _fail(env: Env, item: InboxRow, lease: datetime, error: str, *, permanent: bool) -> None:
    """An attempt that was overtaken by another one, as its worker stood still, says nothing of the item any more."""
    now = env.clock()
    wait = None
    if not permanent:
        wait = inbox_retry_delay(item.attempts, item.id, tried_for=now - (item.tried_since or now))
    reason = safe_error_text(error)
    async with env.uow() as tx:
        retry_at = None if wait is None else now + wait
        if await tx.inbox.fail(item.id, leased_until=lease, error=reason, retry_at=retry_at) and wait is None:
            sender = intake_name(item.intake_key)
            message = say("alerts.inbox-dead", intake=sender, error=as_written(reason), item=str(item.id))
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.INBOX_DEAD, subject=f"inbox:{item.id}", message=message
            )


def _error_code(error: Exception) -> str:
    """Type and place alone: a message may quote what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "pointsman" in frame.filename] or list(frames)
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"internal: {type(error).__name__}{place}"


def resolve_setter(roster: Roster, setter: str | None) -> str | None:
    """The rep whose key or email is `setter`."""
    wanted = (setter or "").casefold()
    return next((rep.key for rep in roster.reps.values() if wanted in (rep.key.casefold(), rep.email.casefold())), None)
