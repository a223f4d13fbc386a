"""A lead that goes to another rep takes its appointment along: same time, and everybody who came along stays when free.

What an absence or a mistake makes necessary is never too late or too early: minimum notice and horizon do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import Act, By
from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import Decision, canonical
from pointsman.services.appointments.transition_effects import require_gate
from pointsman.services.appointments.transitions import refuse_illegal
from pointsman.services.availability.at_time import look
from pointsman.services.availability.booking_context import Bookable, bookable, hindrance
from pointsman.services.availability.participant_calendars import read_party_calendars
from pointsman.services.availability.participants import Asking, choose_party
from pointsman.services.booking.apply_change import as_it_stands, change_over
from pointsman.services.calendars.readings import FOR_BOOKING, Reading
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.routing.dry_run import foresee
from pointsman.services.routing.route_lead import Routed

TRIGGER = "reassign"
_YEAR = timedelta(days=366)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """A lead's appointment, and the calendars of all who might take it over, read for its time."""

    appointment_id: UUID
    readings: Mapping[str, Reading]


async def prepare_takeover(env: Env, lead_id: UUID, *, to: str | None = None) -> Takeover | None:
    """Read the calendars of whoever the rules might choose, or of the rep `to`; None for a lead without an appointment.

    Raises Conflict "not-legal-now" where it can go to nobody any more.
    """
    now = env.clock()
    async with env.uow() as tx:
        lead, row = await tx.leads.get(lead_id), await tx.appointments.of_lead(lead_id)
        if lead is None or row is None:
            return None
        refuse_illegal(row, Act.REASSIGN, now)
        what = await _what(env, tx, lead, row)
    if to is not None and (rep := what.known.roster.reps.get(to)) is not None:
        what = replace(what, rep=rep)
    window = Interval(now, row.ends_at + _DAY)
    readings = await read_party_calendars(env, what, max_age=FOR_BOOKING, window=window, anybody=to is None)
    return Takeover(appointment_id=row.id, readings=readings)


async def meeting_of(tx: Tx, lead: LeadRow, takeover: Takeover | None) -> AppointmentRow | None:
    """The appointment of the lead, both locked.

    Conflict "moved-meanwhile" when it is not the one that the takeover was prepared for: other calendars may have to be read.
    """
    seen = await tx.appointments.of_lead(lead.id)
    row = await tx.appointments.get(seen.id, lock=True) if seen else None
    if (row.id if row else None) != (takeover.appointment_id if takeover else None):
        what = "was called off" if row is None else "was made"
        raise Conflict(f"An appointment of this lead {what} meanwhile. Ask again.", code="moved-meanwhile")
    return row


async def take_over_by_rules(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, takeover: Takeover, *, reason: str, actor: Actor
) -> Routed:
    """The lead and its appointment go to whom the rules choose of those who never had it and are free then.

    Conflict "nobody-free", which says of everybody who was looked at what is in the way: then nothing has changed.
    """
    refuse_illegal(row, Act.REASSIGN, env.clock())
    await require_gate(env, tx, row, lead)
    what = await _what(env, tx, lead, row)
    never = await tx.decisions.past_holders(lead.id)
    asking = Asking(
        wanted=row.interval, readings=takeover.readings, moving=row.id, another_rep=True, past_holders=never
    )
    try:
        party = await choose_party(env, tx, what, asking, trigger=TRIGGER, actor=actor)
    except PointsmanError as error:
        raise await _nobody(env, tx, what, asking, row, error) from error
    await change_over(env, tx, row, party, row.interval, act=Act.REASSIGN, by=By.OPERATOR, actor=actor, reason=reason)
    held = party.what.held
    decided = await tx.decisions.get(held.decision_id) if held.decision_id else None
    assert decided is not None, "it was decided just now"
    return Routed(
        decision_id=decided.id,
        decision=Decision.from_json(canonical(decided.record)),
        assignment_id=held.assignment_id,
        rep=party.what.rep,
    )


async def may_take_over(
    env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, takeover: Takeover, to: str
) -> tuple[Bookable, Asking]:
    """What the appointment rests on now, and the question whether `to` is free then, who is. Conflict "not-free"."""
    refuse_illegal(row, Act.REASSIGN, env.clock())
    what = await _what(env, tx, lead, row)
    asking = Asking(wanted=row.interval, readings=takeover.readings, moving=row.id, keep_rep=True)
    named = replace(what, rep=what.known.roster.reps[to])
    scene = await look(
        env,
        tx,
        named,
        row.interval,
        takeover.readings,
        anybody=False,
        moving=row.id,
        hold=None,
        hindrance=hindrance,
    )
    if (why := scene.obstacle_of(to)) is not None:
        raise Conflict(
            f"{why.sentence} Name somebody else, or move the appointment to a time when {named.rep.name} is free.",
            code="not-free",
            extra={"rep": to, "reason": why.code, "start": row.starts_at.isoformat()},
        )
    return what, asking


async def taken_over(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    what: Bookable,
    asking: Asking,
    *,
    reason: str,
    actor: Actor,
) -> None:
    """The appointment follows its lead, which was given to another rep by hand just now."""
    held = await tx.gates.held(row.lead_id, at=env.clock())
    assert held is not None, "it was written just now"
    now_with = replace(what, held=held, rep=what.known.roster.reps[held.rep_key], check=held.check)
    party = await choose_party(env, tx, now_with, asking, trigger=TRIGGER, actor=actor)
    await change_over(env, tx, row, party, row.interval, act=Act.REASSIGN, by=By.OPERATOR, actor=actor, reason=reason)


async def _what(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow) -> Bookable:
    """By the rules under which it was made; any pool for its work may take it over."""
    what = as_it_stands(await bookable(env, tx, lead, now=env.clock(), moving=True), row)
    rules = what.rules.model_copy(update={"minimum_notice": timedelta(0), "horizon": _YEAR})
    return replace(what, rules=rules, pool=None)


async def _nobody(
    env: Env, tx: Tx, what: Bookable, asking: Asking, row: AppointmentRow, error: PointsmanError
) -> PointsmanError:
    """The answer to an admin, with names; any other fault as it is."""
    if not isinstance(error, Conflict) and error.code != "calendar-unreadable":
        return error
    scene = await look(
        env,
        tx,
        what,
        asking.wanted,
        asking.readings,
        anybody=True,
        moving=row.id,
        hold=None,
        hindrance=hindrance,
    )
    foreseen = await foresee(
        env,
        tx,
        what.lead,
        purpose=Work(what.held.work),
        calendars=scene.calendars,
        past_holders=asking.past_holders,
        turn=what.held.decision_id,
    )
    decision = foreseen.decided(scene.asked)
    dropped = [{"rep": c.rep, "code": c.code, "sentence": c.sentence} for c in decision.candidates if not c.eligible]
    said = "; ".join(dict.fromkeys(str(item["sentence"]) for item in dropped)) or "no pool has anybody else"
    return Conflict(
        f"Nobody else can take the appointment on {row.starts_at:%Y-%m-%d %H:%M} UTC: {said}. Nothing was changed: move it "
        "to another time, name a rep yourself, or call it off.",
        code="nobody-free",
        extra={"appointment": str(row.id), "dropped": dropped},
    )
