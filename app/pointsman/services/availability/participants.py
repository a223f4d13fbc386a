"""Who takes part in an appointment at the time that is asked for: the rep who leads it, and the companions.

| offer      | who leads                                                                                     |
|------------|-----------------------------------------------------------------------------------------------|
| `strict`   | the holder                                                                                    |
| `flexible` | the holder when free, else whom routing decides for among those who are                       |
| `balanced` | whom routing decides for: of those free, who has the fewest appointments for the weight       |

An appointment that is moved goes on as `flexible` in a strict pool, unless its rep is to be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import LOST_TO_OTHERS, Obstacle
from pointsman.domain.errors import Conflict, PointsmanError, SlotTaken, Unavailable
from pointsman.domain.policy.pools import Offer
from pointsman.domain.roster.roles import Work
from pointsman.services.availability.at_time import Scene, look
from pointsman.services.availability.booking_context import Bookable, hindrance
from pointsman.services.calendars.readings import Reading
from pointsman.services.ports import Actor, Env, LostRace, Tx
from pointsman.services.ports.meeting import Companion
from pointsman.services.routing.dry_run import Foreseen, foresee
from pointsman.services.routing.route_lead import TurnBack, route_lead

__all__ = ["Asking", "Party", "asks_the_pool", "choose_party", "refuse_hopeless", "refused", "would_be_party"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Everybody on our side of one appointment; `what` holds the rep who leads it, whoever held the lead before."""

    what: Bookable
    companions: tuple[Companion, ...] = ()

    @property
    def rep_ids(self) -> tuple[UUID, ...]:
        return (self.what.rep.id, *(companion.rep_id for companion in self.companions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked for, and what is known of calendars: a rep without a reading counts as unreadable.

    `moving` and `hold` do not stand in their own way: an appointment that is moved, a slot hold of this very lead.
    """

    wanted: Interval
    readings: Mapping[str, Reading]
    moving: UUID | None = None
    hold: UUID | None = None
    keep_rep: bool = False  # nobody but the holder
    another_rep: bool = False  # anybody but the holder
    past_holders: frozenset[str] = frozenset()  # nor any of these


def asks_the_pool(what: Bookable, asking: Asking) -> bool:
    """Whether somebody else than the holder may be booked."""
    if asking.keep_rep:
        return False
    return asking.another_rep or asking.moving is not None or what.rules.offer is not Offer.STRICT


async def choose_party(env: Env, tx: Tx, what: Bookable, asking: Asking, *, trigger: str, actor: Actor) -> Party:
    """Who takes part, their rows locked, the lead assigned anew where the pool's offer says so. The lead's row is locked.

    Raises SlotTaken, Conflict "slot-not-offered", Unavailable "calendar-unreadable"; LostRace when the world changed
    between the look and the lock: the transaction is run again.
    """
    scene = await _look(env, tx, what, asking)
    if not _stays(scene, asking):
        foreseen = await _foresee(env, tx, what, asking, scene)
        _chosen(scene, foreseen, asking)  # refuse what can be refused without a lock
        await tx.ledgers.lock(foreseen.counters)
        scene = await _look(env, tx, what, asking)
        foreseen = await _foresee(env, tx, what, asking, scene)
        if _chosen(scene, foreseen, asking) != what.rep.key:
            what = await _assigned_anew(env, tx, what, asking, scene, trigger=trigger, actor=actor)
    party = Party(what=what, companions=scene.companions_of(what.rep.key))
    await tx.appointments.lock_reps(party.rep_ids)
    await tx.slot_holds.expire(at=env.clock(), rep_ids=party.rep_ids)
    return await _still(env, tx, party, asking)


async def refuse_hopeless(env: Env, tx: Tx, what: Bookable, asking: Asking) -> None:
    """Raises as `choose_party` while nobody who may lead is free; by one statement and without a lock."""
    _stays(await _look(env, tx, what, asking), asking)


async def would_be_party(env: Env, tx: Tx, what: Bookable, asking: Asking) -> Party:
    """Who would take part as things stand; nothing is locked and nothing is written. Raises as `choose_party`."""
    scene = await _look(env, tx, what, asking)
    if not _stays(scene, asking):
        key = _chosen(scene, await _foresee(env, tx, what, asking, scene), asking)
        rep = what.known.roster.reps[key]
        held = replace(what.held, rep_id=rep.id, rep_key=rep.key, rep_name=rep.name, supplier=rep.supplier)
        what = replace(what, rep=rep, held=held)
    return Party(what=what, companions=scene.companions_of(what.rep.key))


def refused(why: Obstacle) -> PointsmanError:
    """An obstacle as the caller reads it: somebody was faster, this time was never on offer, or nobody can tell."""
    extra = {"reason": why.code}
    if why.code == "calendar-unreadable":
        said = f"{why.sentence} Unknown is not free. Try later."
        return Unavailable(said, code="calendar-unreadable", extra=extra)
    if why.code in LOST_TO_OTHERS:
        return SlotTaken(f"{why.sentence} Choose another slot.", extra=extra)
    return Conflict(f"{why.sentence} Choose another slot.", code="slot-not-offered", extra=extra)


async def _look(env: Env, tx: Tx, what: Bookable, asking: Asking) -> Scene:
    return await look(
        env,
        tx,
        what,
        asking.wanted,
        asking.readings,
        anybody=asks_the_pool(what, asking),
        moving=asking.moving,
        hold=asking.hold,
        hindrance=hindrance,
    )


def _stays(scene: Scene, asking: Asking) -> bool:
    """Whether the holder leads without the rules having to be asked. Raises when nobody who may lead is free."""
    why = scene.obstacle_of(scene.what.rep.key)
    if not asks_the_pool(scene.what, asking):
        if why is not None:
            raise refused(why)
        return True
    anew = scene.what.rules.offer is Offer.BALANCED and asking.moving is None
    if why is None and not asking.another_rep and not anew:
        return True
    if scene.hopeless:  # no need to ask the rules whom they would choose
        raise _nobody(scene, asking)
    return False


async def _foresee(env: Env, tx: Tx, what: Bookable, asking: Asking, scene: Scene) -> Foreseen:
    return await foresee(
        env,
        tx,
        what.lead,
        purpose=Work(what.held.work),
        calendars=scene.calendars,
        past_holders=await _not_again(tx, what, asking),
        turn=what.held.decision_id,
    )


async def _not_again(tx: Tx, what: Bookable, asking: Asking) -> frozenset[str]:
    holder = frozenset({what.rep.key})
    relieved = await tx.decisions.relieved(what.lead.id, what.held.work)
    return relieved | holder | asking.past_holders if asking.another_rep else relieved - holder


def _chosen(scene: Scene, foreseen: Foreseen, asking: Asking) -> str:
    """Whom the lead would go to. Raises what is in the way of everybody; of others than the holder, no name is told."""
    key = foreseen.decided(scene.asked).rep
    if key is not None:
        return key
    raise _nobody(scene, asking)


def _nobody(scene: Scene, asking: Asking) -> PointsmanError:
    return refused(scene.in_everybodys_way(besides=scene.what.rep.key if asking.another_rep else None))


async def _assigned_anew(
    env: Env, tx: Tx, what: Bookable, asking: Asking, scene: Scene, *, trigger: str, actor: Actor
) -> Bookable:
    """The lead goes to whom routing decides for among those who are free; LostRace when that is nobody by now."""
    held = what.held
    when = f"{asking.wanted.start:%Y-%m-%d %H:%M} UTC"
    routed = await route_lead(
        env,
        tx,
        what.lead,
        purpose=Work(held.work),
        trigger=trigger,
        actor=actor,
        calendars=scene.calendars,
        past_holders=await _not_again(tx, what, asking),
        turn_back=TurnBack(decision_id=held.decision_id, reason=f"{trigger}: another rep for {when}")
        if held.decision_id
        else None,
        asked=scene.asked,
    )
    now_held = await tx.gates.held(what.lead.id, at=env.clock())
    if routed.rep is None or now_held is None:
        raise LostRace("nobody could be booked any more")
    return replace(what, held=now_held, rep=routed.rep, check=now_held.check)


async def _still(env: Env, tx: Tx, party: Party, asking: Asking) -> Party:
    """The same party, now that nobody else can take their time. LostRace where another choice is worth a try."""
    scene = await look(
        env,
        tx,
        party.what,
        asking.wanted,
        asking.readings,
        anybody=False,
        moving=asking.moving,
        hold=asking.hold,
        hindrance=hindrance,
        only={companion.rep_key for companion in party.companions},
    )
    if (why := scene.time_of(party.what.rep.key)) is not None:
        if asks_the_pool(party.what, asking):
            raise LostRace(why.sentence)
        raise refused(why)
    for companion in party.companions:
        if (why := scene.time_of(companion.rep_key)) is not None:
            raise LostRace(why.sentence)
    return party
