"""Who would take part in an appointment at the time that is asked for: the rep who leads it, and the companions."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.availability import Interval
from pointsman.domain.booking import LOST_TO_OTHERS, Obstacle
from pointsman.domain.errors import Conflict, SlotTaken, Unavailable
from pointsman.services.bookable import Bookable, hindrance, taken
from pointsman.services.calendars import Reading
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.meeting import Companion

__all__ = ["Asking", "Party", "choose_party", "would_be_party"]


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


async def choose_party(env: Env, tx: Tx, what: Bookable, asking: Asking, *, trigger: str, actor: Actor) -> Party:
    """Who takes part, their rows locked, the lead assigned anew where the pool's offer says so. The lead's row is locked.

    Raises SlotTaken, Conflict "slot-not-offered", Unavailable "calendar-unreadable"; LostRace when the world changed
    between the look and the lock: the transaction is run again.
    """
    await would_be_party(env, tx, what, asking)
    await tx.appointments.lock_reps([what.rep.id])
    await tx.slot_holds.expire(at=env.clock(), rep_ids=[what.rep.id])
    return await would_be_party(env, tx, what, asking)


async def would_be_party(env: Env, tx: Tx, what: Bookable, asking: Asking) -> Party:
    """Who would take part as things stand; nothing is locked and nothing is written. Raises as `choose_party`."""
    reading = asking.readings.get(what.rep.key)
    if reading is None or not reading.state.readable or reading.known_in(asking.wanted) != asking.wanted:
        why = (reading.state.reason if reading else "") or "that time was not read"
        raise Unavailable(
            f"{what.rep.name}'s calendar cannot be read ({why}), and unknown is not free. Try later.",
            code="calendar-unreadable",
            extra={"rep": what.rep.key},
        )
    gone = await taken(tx, what, asking.wanted)
    if why_not := hindrance(what, asking.wanted, reading.busy, gone, env.clock()):
        raise refused(why_not)
    return Party(what=what)


def refused(why: Obstacle) -> Conflict:
    """An obstacle as the caller reads it: somebody was faster, or this time was never on offer."""
    if why.code in LOST_TO_OTHERS:
        return SlotTaken(f"{why.sentence} Choose another slot.", extra={"reason": why.code})
    return Conflict(f"{why.sentence} Choose another slot.", code="slot-not-offered", extra={"reason": why.code})
