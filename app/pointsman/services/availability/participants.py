"""The participants of an appointment at the requested time: the rep who leads it, and the companions.

| offer      | who leads                                                                                     |
|------------|-----------------------------------------------------------------------------------------------|
| `strict`   | the holder                                                                                    |
| `flexible` | the holder when free, else the free rep that routing chooses                                  |
| `balanced` | the rep that routing chooses: free, with the fewest appointments for the weight               |

An appointment that is moved goes on as `flexible` in a strict pool, unless its rep is to be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import SLOT_TAKEN_CODES, Obstacle
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.errors import Conflict, PointsmanError, SlotTaken, Unavailable
from pointsman.domain.messages.message import say
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import Decision
from pointsman.services.availability.at_time import Availability, load_availability
from pointsman.services.availability.booking_context import BookingContext, find_booking_obstacle
from pointsman.services.calendars.readings import RepCalendarReading
from pointsman.services.ports import Actor, Env, LostRace, Tx
from pointsman.services.ports.booking.appointments import Companion
from pointsman.services.routing.dry_run import DryRun, dry_run
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, TurnReversal, trigger_words
from pointsman.services.wording.english import english_error

__all__ = [
    "Participants",
    "SlotRequest",
    "choose_participants",
    "may_change_rep",
    "obstacle_error",
    "preview_choice",
    "preview_participants",
    "refuse_if_nobody_free",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participants:
    """Everybody on our side of one appointment. `context` has the rep who leads it."""

    context: BookingContext
    companions: tuple[Companion, ...] = ()

    @property
    def rep_ids(self) -> tuple[UUID, ...]:
        return (self.context.rep.id, *(companion.rep_id for companion in self.companions))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """What is asked for, and what is known of calendars: a rep without a reading counts as unreadable.

    `moving` and `hold` do not stand in their own way: an appointment that is moved, a slot hold of this very lead.
    """

    time: Interval
    readings: Mapping[str, RepCalendarReading]
    moving_id: UUID | None = None
    slot_hold_id: UUID | None = None
    holder_only: bool = False  # only the holder
    exclude_holder: bool = False  # any rep but the holder
    excluded_reps: frozenset[str] = frozenset()  # nor any of these


def may_change_rep(what: BookingContext, request: SlotRequest) -> bool:
    """Whether another rep than the holder may be booked."""
    if request.holder_only:
        return False
    return request.exclude_holder or request.moving_id is not None or what.rules.offer is not OfferMode.STRICT


async def choose_participants(
    env: Env, tx: Tx, what: BookingContext, request: SlotRequest, *, trigger: str, actor: Actor
) -> Participants:
    """Choose and lock the participants. The lead's row is locked; the lead is assigned again where the pool's offer says so.

    Raises SlotTaken, Conflict "slot-not-offered", Unavailable "calendar-unreadable"; LostRace when the world changed
    between the look and the lock: the transaction is run again.
    """
    availability = await _load_availability(env, tx, what, request)
    if not _holder_leads(availability, request):
        preview = await _dry_run(env, tx, what, request, availability)
        _chosen_rep(availability, preview, request)  # refuse what can be refused without a lock
        await tx.ledgers.lock(preview.ledgers)
        availability = await _load_availability(env, tx, what, request)
        preview = await _dry_run(env, tx, what, request, availability)
        if _chosen_rep(availability, preview, request) != what.rep.key:
            what = await _reassign_lead(env, tx, what, request, availability, trigger=trigger, actor=actor)
    participants = Participants(context=what, companions=availability.companions_of(what.rep.key))
    await tx.appointments.lock_reps(participants.rep_ids)
    await tx.slot_holds.expire(at=env.clock(), rep_ids=participants.rep_ids)
    return await _confirm_participants(env, tx, participants, request)


async def refuse_if_nobody_free(env: Env, tx: Tx, what: BookingContext, request: SlotRequest) -> None:
    """Raises as `choose_participants` while no rep who may lead is free; one statement, no lock."""
    _holder_leads(await _load_availability(env, tx, what, request), request)


async def preview_participants(env: Env, tx: Tx, what: BookingContext, request: SlotRequest) -> Participants:
    """The participants now; nothing is locked or written. Raises as `choose_participants`."""
    return (await preview_choice(env, tx, what, request))[0]


async def preview_choice(
    env: Env, tx: Tx, what: BookingContext, request: SlotRequest
) -> tuple[Participants, Decision | None]:
    """`preview_participants`, and the decision that chose who leads; None where the holder leads unasked."""
    availability = await _load_availability(env, tx, what, request)
    decision = None
    if not _holder_leads(availability, request):
        preview = await _dry_run(env, tx, what, request, availability)
        rep = what.config.roster.reps[_chosen_rep(availability, preview, request)]
        decision = preview.decide(availability.asked_time)
        assignment = replace(what.assignment, rep_id=rep.id, rep_key=rep.key, rep_name=rep.name, supplier=rep.supplier)
        what = replace(what, rep=rep, assignment=assignment)
    return Participants(context=what, companions=availability.companions_of(what.rep.key)), decision


def obstacle_error(why: Obstacle, reps: Mapping[str, Rep]) -> PointsmanError:
    """An obstacle as an error: the slot is taken, the time was never on offer, or a calendar cannot be read."""
    extra = {"reason": why.code}
    if why.code == "calendar-unreadable":
        said = say("refusal.unreadable", why=why.sentence)
        return english_error(Unavailable, said, reps, code="calendar-unreadable", extra=extra)
    said = say("refusal.choose-another", why=why.sentence)
    if why.code in SLOT_TAKEN_CODES:
        return english_error(SlotTaken, said, reps, extra=extra)
    return english_error(Conflict, said, reps, code="slot-not-offered", extra=extra)


async def _load_availability(env: Env, tx: Tx, what: BookingContext, request: SlotRequest) -> Availability:
    return await load_availability(
        env,
        tx,
        what,
        request.time,
        request.readings,
        whole_pool=may_change_rep(what, request),
        moving=request.moving_id,
        hold=request.slot_hold_id,
        hindrance=find_booking_obstacle,
    )


def _holder_leads(availability: Availability, request: SlotRequest) -> bool:
    """Whether the current rep leads without the rules being asked. Raises when no rep who may lead is free."""
    why = availability.leader_obstacle(availability.context.rep.key)
    if not may_change_rep(availability.context, request):
        if why is not None:
            raise obstacle_error(why, availability.reps)
        return True
    anew = availability.context.rules.offer is OfferMode.BALANCED and request.moving_id is None
    if why is None and not request.exclude_holder and not anew:
        return True
    if availability.has_no_leader:  # no need to ask the rules for their choice
        raise _nobody_free_error(availability, request)
    return False


async def _dry_run(env: Env, tx: Tx, what: BookingContext, request: SlotRequest, availability: Availability) -> DryRun:
    return await dry_run(
        env,
        tx,
        what.lead,
        purpose=Work(what.assignment.work),
        calendars=availability.calendars,
        past_holders=await _excluded_reps(tx, what, request),
        reversed_turn=what.assignment.decision_id,
    )


async def _excluded_reps(tx: Tx, what: BookingContext, request: SlotRequest) -> frozenset[str]:
    holder = frozenset({what.rep.key})
    relieved = await tx.decisions.excluded_reps(what.lead.id, what.assignment.work)
    return relieved | holder | request.excluded_reps if request.exclude_holder else relieved - holder


def _chosen_rep(availability: Availability, preview: DryRun, request: SlotRequest) -> str:
    """The rep who would get the lead. Raises the obstacle that all reps share, without names of other reps."""
    key = preview.decide(availability.asked_time).rep
    if key is not None:
        return key
    raise _nobody_free_error(availability, request)


def _nobody_free_error(availability: Availability, request: SlotRequest) -> PointsmanError:
    return obstacle_error(
        availability.shared_obstacle(besides=availability.context.rep.key if request.exclude_holder else None),
        availability.reps,
    )


async def _reassign_lead(
    env: Env,
    tx: Tx,
    what: BookingContext,
    request: SlotRequest,
    availability: Availability,
    *,
    trigger: str,
    actor: Actor,
) -> BookingContext:
    """Route the lead among those who are free; LostRace when none is free any more."""
    assignment = what.assignment
    routing = RoutingRequest(
        lead=what.lead,
        purpose=Work(assignment.work),
        trigger=trigger,
        actor=actor,
        calendars=availability.calendars,
        past_holders=await _excluded_reps(tx, what, request),
        turn_reversal=TurnReversal(
            decision_id=assignment.decision_id,
            reason=say(
                "reason.another-rep",
                why=trigger_words(trigger),
                at=to_local_time(request.time.start, what.rep.time_zone),
            ),
        )
        if assignment.decision_id
        else None,
        requested_time=availability.asked_time,
    )
    routed = await route_lead(env, tx, routing)
    current = await tx.gates.current_assignment(what.lead.id, at=env.clock())
    if routed.rep is None or current is None:
        raise LostRace("no rep could be booked any more")
    return replace(what, assignment=current, rep=routed.rep, gate_check=current.gate_check)


async def _confirm_participants(env: Env, tx: Tx, participants: Participants, request: SlotRequest) -> Participants:
    """Confirm the participants under their locks. LostRace where another choice is worth a try."""
    availability = await load_availability(
        env,
        tx,
        participants.context,
        request.time,
        request.readings,
        whole_pool=False,
        moving=request.moving_id,
        hold=request.slot_hold_id,
        hindrance=find_booking_obstacle,
        companions_only={companion.rep_key for companion in participants.companions},
    )
    if (why := availability.own_obstacle(participants.context.rep.key)) is not None:
        if may_change_rep(participants.context, request):
            raise LostRace(why.code)
        raise obstacle_error(why, availability.reps)
    for companion in participants.companions:
        if (why := availability.own_obstacle(companion.rep_key)) is not None:
            raise LostRace(why.code)
    return participants
