"""Working an accepted item off: it ends done, or dead with a reason that a human sees."""

import traceback
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Invalid, NotFound, PointsmanError, RoleProtected, TooLarge
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.roster.reps import Roster
from pointsman.domain.text.strict_json import parse_json
from pointsman.services.deliveries.vendor_error_text import safe_text
from pointsman.services.handover.book_on_handover import Wish
from pointsman.services.handover.handover import HandedOver, hand_over
from pointsman.services.intake.intakes import stored_mapping
from pointsman.services.intake.mapping import Mapped, map_event
from pointsman.services.intake.submit_lead import Submitted, submit_in, upsert_lead
from pointsman.services.leads.fields import known_fields
from pointsman.services.ports import Actor, Env, Tx, Unreachable
from pointsman.services.ports.intake import InboxRow
from pointsman.services.routing.route_lead import current
from pointsman.services.transactions import in_transaction

MAX_ATTEMPTS = 8
LEASE = timedelta(seconds=20)  # a killed worker's item is taken up after it; two at once do no harm
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)

#: What no repetition mends.
_PERMANENT = (Invalid, TooLarge, NotFound, RoleProtected)


async def process_item(env: Env, inbox_id: UUID) -> None:
    """Work one item off. Running it twice, late or at the same time as another worker does no harm.

    The attempt is counted before it runs, so that an item which kills its worker ends in the dead letters too.
    """
    now = env.clock()
    async with env.uow.single() as tx:
        item = await tx.inbox.claim(inbox_id, at=now, lease_until=now + LEASE)
    if item is None:
        return
    if item.attempts > MAX_ATTEMPTS:
        await _fail(env, item, "gave-up: its worker died in every attempt", permanent=True)
        return
    try:
        await _run(env, item)
    except Unreachable:
        raise  # nothing can be recorded either: the lease runs out, and the sweep takes the item up again
    except PointsmanError as error:
        await _fail(env, item, f"{error.code}: {error}", permanent=isinstance(error, _PERMANENT))
    except Exception as error:  # noqa: BLE001  # an item ends done or dead, whatever goes wrong inside it
        await _fail(env, item, _place_of(error), permanent=False)


async def _run(env: Env, item: InboxRow) -> None:
    actor = Actor(name=f"intake:{item.intake_key}")
    async with env.uow.single() as tx:
        mapping = await stored_mapping(env, tx, item.intake_id, item.intake_version)
        known = await known_fields(env, tx)
    event = parse_json(item.body)
    mapped = map_event(event, mapping, known, intake=item.intake_key, at=item.received_at)
    if item.intake_kind == "handover":
        await _hand_over(env, item, mapped, actor)
    else:
        await _submit(env, item, mapped, actor)


async def _hand_over(env: Env, item: InboxRow, mapped: Mapped, actor: Actor) -> None:
    """The lead first, then the hand-over; the item is marked in the hand-over's own transaction, so it happens once."""

    async def matched(tx: Tx) -> tuple[UUID, str | None]:
        upserted = await upsert_lead(env, tx, mapped.given, actor=actor)
        return upserted.lead.id, setter_key((await current(env, tx)).roster, mapped.setter)

    lead_id, setter = await in_transaction(env, matched)
    warned = dict(_warned(mapped))
    if mapped.setter and setter is None:
        warned["warnings"] = [*warned.get("warnings", []), {"path": "setter", "code": "no-such-rep"}]

    async def mark(tx: Tx, handed: HandedOver) -> None:
        if await tx.inbox.lock(item.id) is None:
            raise _DoneElsewhere
        await tx.inbox.finish(item.id, at=env.clock(), lead_id=lead_id, result=_handed(handed) | warned)

    try:
        await hand_over(
            env,
            lead_id,
            evidence=_told_by(mapped, setter),
            setter=setter,
            actor=actor,
            wish=_wish(mapped, env.clock()),
            within=mark,
        )
    except _DoneElsewhere:
        return


def _wish(mapped: Mapped, now: datetime) -> Wish:
    """The earliest slot of the sender's window; nothing where nothing is left of the window."""
    window = mapped.window.from_now(now) if mapped.window else None
    return Wish(earliest=mapped.auto_book and (mapped.window is None or window is not None), window=window)


def _told_by(mapped: Mapped, setter: str | None) -> tuple[Evidence, ...]:
    """The evidence under the rep's key: senders name the setter by an address, which a closer should not have to read."""
    return tuple(
        replace(item, source=f"sdr:{setter}") if setter and item.source == f"sdr:{mapped.setter}" else item
        for item in mapped.given.evidence
    )


def _handed(handed: HandedOver) -> dict[str, Any]:
    return {
        "gate_passed": handed.gate.passed,
        "gate_check_id": str(handed.check_id),
        "missing": [{"what": item.what, "why": item.why} for item in handed.gate.missing],
        "refused": [{"what": item.what, "why": safe_text(item.why)} for item in handed.gate.refused],
        "failed": [leaf.words for leaf in handed.gate.failed_conditions],
        "what_happens": handed.what_happens,
        "stage": handed.stage,
        "closer": handed.closer,
        "decision_id": str(handed.routed.decision_id) if handed.routed else None,
        "outcome": handed.routed.decision.outcome.value if handed.routed else None,
        "hold_reason": handed.routed.decision.hold_reason if handed.routed else None,
        "appointment_id": str(handed.appointment.id) if handed.appointment else None,
    }


class _DoneElsewhere(Exception):  # not an error: another worker was faster
    """The item was worked off meanwhile: this transaction must leave nothing behind."""


async def _submit(env: Env, item: InboxRow, mapped: Mapped, actor: Actor) -> None:
    async def work(tx: Tx) -> None:
        if await tx.inbox.lock(item.id) is None:
            return  # done, or with another worker
        submitted = await submit_in(env, tx, mapped.given, actor=actor)
        await tx.inbox.finish(
            item.id, at=env.clock(), lead_id=submitted.lead.id, result=_result(submitted) | _warned(mapped)
        )

    await in_transaction(env, work)


def _result(submitted: Submitted) -> dict[str, Any]:
    """Ids and codes; what the person said stays in the lead."""
    result: dict[str, Any] = {"created": submitted.created, "routed": submitted.routed is not None}
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


def _warned(mapped: Mapped) -> dict[str, Any]:
    return (
        {"warnings": [{"path": fault.path, "code": fault.code} for fault in mapped.warnings]} if mapped.warnings else {}
    )


async def _fail(env: Env, item: InboxRow, error: str, *, permanent: bool) -> None:
    now = env.clock()
    dead = permanent or item.attempts >= MAX_ATTEMPTS
    wait = min(_FIRST_WAIT * 2 ** (item.attempts - 1), _LONGEST_WAIT)
    reason = safe_text(error)
    async with env.uow() as tx:
        await tx.inbox.fail(item.id, error=reason, retry_at=None if dead else now + wait)
        if dead:
            message = f"An event of intake {item.intake_key} could not be worked off: {reason}"
            await tx.alerts.put(id=env.new_id(), at=now, code="inbox-dead", subject=f"inbox:{item.id}", message=message)


def _place_of(error: Exception) -> str:
    """Type and place alone: a message may quote what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "pointsman" in frame.filename] or list(frames)
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"internal: {type(error).__name__}{place}"


def setter_key(roster: Roster, setter: str | None) -> str | None:
    """The rep whose key or email is `setter`."""
    wanted = (setter or "").casefold()
    return next((rep.key for rep in roster.reps.values() if wanted in (rep.key.casefold(), rep.email.casefold())), None)
