"""Any order of what people do with appointments, against a small model of whose time is whose."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
)

from pointsman.domain.booking.calendar_diff import BETWEEN_LOOKS
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.availability import participants as parties
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slot_holds import hold_slot, release_slot_hold
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.ports import CalendarEvent
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.roster.change_roster import add_time_off
from pointsman.services.routing.ledger_audit import verify_ledger
from support.databases.fixtures import EmptyDatabase
from support.deep import every
from support.floors.booking_floor import CLOSERS, SETTER, open_floor
from support.floors.booking_machine import DESIGNERS, HOLDER, LENGTH, BookingMachine, run_lives, time_of
from support.floors.use_case_env import ADMIN, POLICY, absence
from support.hypothesis_profiles import scaled

T = TypeVar("T")
LEADS = 6
#: Quarters of an hour after nine on one of two days: few, so that everybody wants the same.
TIMES = st.tuples(st.integers(0, 1), st.integers(0, 7))
LEAD = st.integers(0, LEADS - 1)
ANYBODY = st.sampled_from([*CLOSERS, "dora", "emil"])

OVERLAPS = (
    "select 1 from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id and a.active and b.active"
    " and a.during && b.during"
)
STANDING = (
    "select a.lead_id, a.id, a.starts_at, r.key as rep,"
    " array(select c.key from appointment_companions x join reps c on c.id = x.rep_id where x.appointment_id = a.id) as others"
    " from appointments a join reps r on r.id = a.rep_id where a.status in ('requested', 'confirmed')"
)
KEPT = "select array_agg(r.key) from reservations v join reps r on r.id = v.rep_id where v.slot_hold_id = :hold and v.active"


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the model knows of an appointment or a slot hold."""

    id: UUID
    people: frozenset[str]
    rep: str  # who leads it
    start: datetime

    def overlaps(self, start: datetime) -> bool:
        return self.start < start + LENGTH and start < self.start + LENGTH


@dataclass(slots=True)
class Model:
    """Whose time is whose: the naive truth that the service has to agree with."""

    meetings: dict[UUID, Meeting] = field(default_factory=dict)  # by lead
    holds: dict[UUID, Meeting] = field(default_factory=dict)
    away: list[tuple[str, datetime, datetime]] = field(default_factory=list)  # absences and strangers' events
    companions: tuple[str, ...] = ()  # one of them comes along

    def free(self, rep: str, start: datetime, *, lead: UUID) -> bool:
        """Whether `rep` can meet `lead` then, and somebody can come along."""
        along = any(self.alone(who, start, lead=lead) for who in self.companions) or not self.companions
        return along and self.alone(rep, start, lead=lead)

    def alone(self, rep: str, start: datetime, *, lead: UUID) -> bool:
        """Whether nothing is in this one's way, what that very lead has already left aside."""
        taken = [m for which in (self.meetings, self.holds) for other, m in which.items() if other != lead]
        in_the_way = any(rep in m.people and m.overlaps(start) for m in taken)
        return not in_the_way and not any(
            who == rep and begin < start + LENGTH and start < end for who, begin, end in self.away
        )


class Appointments(BookingMachine):
    """Every rule is one call of the service; the model says beforehand whether it must succeed."""

    offer = "strict"

    @initialize()
    def open(self) -> None:
        url = self.begin()
        self.model = Model(companions=DESIGNERS if self.with_companions else ())
        self.run(self._open(url))

    async def _open(self, url: str) -> None:
        booking = {"offer": self.offer} | ({"companion_pools": ["designers"]} if self.with_companions else {})
        pools = {
            **POLICY["pools"],
            "closers-mid-market": {**POLICY["pools"]["closers-mid-market"], "booking": booking},
        }
        if self.with_companions:
            pools["designers"] = {"work": "solution_design", "members": [*DESIGNERS]}
        self.floor = await self.stack.enter_async_context(open_floor(url))
        if self.with_companions:
            await self.hire_designers()
        await self.floor.world.publish({**POLICY, "pools": pools})
        if not self.checked:
            self.patch.setattr(parties, "find_booking_obstacle", lambda *_: None)
        for _ in range(LEADS):
            lead, _ = await self.floor.ready()
            self.leads.append(lead)

    async def close(self) -> None:
        try:
            await self.floor.work_out()
            standing = [(who, m.start) for m in self.model.meetings.values() for who in m.people]
            live = [(event.calendar.removesuffix("-cal"), event.start) for event in self.floor.vendor.events()]
            assert sorted(live) == sorted(standing), "the calendars show what stands, once"
            for pool in await self.floor.world.rows("select pool from pool_ledgers"):
                assert (await verify_ledger(self.floor.env, pool.pool)).agrees, pool.pool
        finally:
            await self.stack.aclose()

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    @rule(which=LEAD, chosen=TIMES)
    def book(self, which: int, chosen: tuple[int, int]) -> None:
        lead, start = self.leads[which], time_of(chosen)
        possible = lead not in self.model.meetings and self._somebody_free(lead, start)
        row = self.attempt(lambda: book(self.floor.env, lead, start, actor=SETTER), possible=possible)
        if row is not None:
            self.model.holds.pop(lead, None)
            self._stands(lead)
            assert self.model.meetings[lead].start == start

    @rule(which=LEAD, chosen=TIMES)
    def hold(self, which: int, chosen: tuple[int, int]) -> None:
        lead, start = self.leads[which], time_of(chosen)
        possible = lead not in self.model.meetings and self._somebody_free(lead, start)
        row = self.attempt(lambda: hold_slot(self.floor.env, lead, start, actor=SETTER), possible=possible)
        if row is not None:
            if self.checked:
                assert self.model.free(row.rep_key, start, lead=lead)
            people = self.run(self.floor.world.value(KEPT, hold=row.id))
            self.model.holds[lead] = Meeting(row.id, frozenset(people), row.rep_key, row.starts_at)

    @rule(which=LEAD)
    def let_go(self, which: int) -> None:
        held = self.model.holds.pop(self.leads[which], None)
        if held is None:
            return
        self.attempt(lambda: release_slot_hold(self.floor.env, held.id, actor=SETTER), possible=True)

    @rule(which=LEAD, chosen=TIMES)
    def reschedule(self, which: int, chosen: tuple[int, int]) -> None:
        lead, meeting = self._one(which)
        if meeting is None:
            return
        start = time_of(chosen)
        possible = any(self.model.free(rep, start, lead=lead) for rep in CLOSERS)
        row = self.attempt(
            lambda: reschedule(self.floor.env, meeting.id, start, by=ActorRole.PROSPECT, reason="moved", actor=SETTER),
            possible=possible,
        )
        if row is not None:
            if self.checked and self.offer != "balanced" and self.model.free(meeting.rep, start, lead=lead):
                assert row.rep_key == meeting.rep, "the rep is kept when free"
            self.model.holds.pop(lead, None)
            self._stands(lead)
            assert self.model.meetings[lead].start == start

    @rule(which=LEAD)
    def reassign(self, which: int) -> None:
        lead, meeting = self._one(which)
        if meeting is None:
            return
        done = self.attempt(lambda: reassign(self.floor.env, lead, reason="ill", actor=ADMIN), possible=None)
        if done is not None:
            self._stands(lead)
            assert self.model.meetings[lead].rep != meeting.rep
            assert self.model.meetings[lead].start == meeting.start

    @rule(which=LEAD, by=st.sampled_from([ActorRole.PROSPECT, ActorRole.CLOSER]))
    def cancel(self, which: int, by: ActorRole) -> None:
        lead, meeting = self._one(which)
        if meeting is None:
            return
        self.attempt(lambda: cancel(self.floor.env, meeting.id, by=by, reason="no", actor=SETTER), possible=True)
        del self.model.meetings[lead]

    @rule(rep=ANYBODY, chosen=TIMES)
    def go_away(self, rep: str, chosen: tuple[int, int]) -> None:
        if not self.with_companions and rep in DESIGNERS:
            return
        start, end = time_of(chosen), time_of(chosen) + timedelta(hours=1)
        self.attempt(lambda: add_time_off(self.floor.env, rep, absence(start, end), actor=ADMIN), possible=True)
        self.model.away.append((rep, start, end))

    @rule(rep=ANYBODY, chosen=TIMES)
    def enter_something_else(self, rep: str, chosen: tuple[int, int]) -> None:
        """The rep writes something of their own into the calendar, also over an appointment."""
        start, end = time_of(chosen), time_of(chosen) + timedelta(minutes=20)
        self.floor.vendor.busy.setdefault(f"{rep}-cal", []).append((start, end))
        self.model.away.append((rep, start, end))

    @rule(which=LEAD, chosen=TIMES)
    def drag(self, which: int, chosen: tuple[int, int]) -> None:
        """The rep drags the event elsewhere: where that cannot be, the appointment stands, and the event is put back."""
        lead, meeting = self._one(which)
        if meeting is None:
            return
        start = time_of(chosen)
        possible = self.model.free(meeting.rep, start, lead=lead)
        self.run(self._deliver())
        event = self._event_of(meeting)
        self.floor.vendor.drag(event, start)
        self.run(self._compare())
        now = self._standing()[lead]
        if self.checked:
            assert (now.start == start) == possible or start == meeting.start
        if now.start != start:
            self.floor.vendor.drag(event, meeting.start)
            self.run(self._compare())
        self._stands(lead)

    @rule(which=LEAD)
    def remove(self, which: int) -> None:
        """The rep deletes the event: the appointment is called off."""
        lead, meeting = self._one(which)
        if meeting is None:
            return
        self.run(self._deliver())
        event = self._event_of(meeting)
        self.floor.vendor.remove(event)
        self.run(self._compare())
        self.floor.world.clock.advance(BETWEEN_LOOKS)
        self.run(self._compare())
        if lead not in self._standing():
            del self.model.meetings[lead]
        else:  # an emptied calendar is doubted
            self.floor.vendor.drag(event, meeting.start)
            self.run(self._compare())

    # ── what must always hold ───────────────────────────────────────────────────────────────────

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        if hasattr(self, "floor"):
            assert not self.run(self.floor.world.rows(OVERLAPS))

    @invariant()
    def the_service_knows_what_the_model_knows(self) -> None:
        if hasattr(self, "floor"):
            assert self._standing() == self.model.meetings

    # ── the machine's own ───────────────────────────────────────────────────────────────────────

    def attempt(self, act: Callable[[], Awaitable[T]], *, possible: bool | None) -> T | None:
        """What the act gave, or None when it was refused; where the service looks: exactly when it was not possible."""

        async def tried() -> T | None:
            await self.floor.world.rows("delete from calendar_reads")  # no reading is remembered
            try:
                return await act()
            except PointsmanError as refused:
                if possible and self.checked:
                    raise AssertionError(f"refused, though it was possible: {refused}") from refused
                return None

        done = self.run(tried())
        assert done is None or possible is None or possible or not self.checked, "refused by nobody"
        return done

    def _somebody_free(self, lead: UUID, start: datetime) -> bool:
        holder = self.run(self.floor.world.value(HOLDER, lead=lead))
        asked = (holder,) if self.offer == "strict" else CLOSERS
        return any(self.model.free(rep, start, lead=lead) for rep in asked)

    def _stands(self, lead: UUID) -> None:
        """Take the lead's appointment over from the service, if the model agrees that its time was free."""
        found = self._standing()[lead]
        if self.checked and found != self.model.meetings.get(lead):
            assert all(self.model.alone(who, found.start, lead=lead) for who in found.people)
        self.model.meetings[lead] = found

    def _event_of(self, meeting: Meeting) -> CalendarEvent:
        ours = [event for event in self.floor.vendor.events() if str(meeting.id) in event.key]
        (event,) = [event for event in ours if event.calendar == f"{meeting.rep}-cal"]
        return event

    def _standing(self) -> dict[UUID, Meeting]:
        rows = self.run(self.floor.world.rows(STANDING))
        return {
            row.lead_id: Meeting(row.id, frozenset([row.rep, *row.others]), row.rep, row.starts_at.astimezone(UTC))
            for row in rows
        }

    def _one(self, which: int) -> tuple[UUID, Meeting | None]:
        return self.leads[which], self.model.meetings.get(self.leads[which])

    async def _deliver(self) -> None:
        while await self.floor.work():
            pass

    async def _compare(self) -> None:
        await sync_calendars(self.floor.env)
        await self._deliver()


KINDS = ("strict", "flexible", "balanced", "companions")
#: What is offered, and whether the service looks before it writes or leaves it to the database alone.
WAYS = {f"{kind}-checked": (kind, True) for kind in KINDS} | {
    f"{kind}-by-the-database": (kind, False) for kind in KINDS
}


@pytest.mark.parametrize("way", every(3, WAYS, always=[f"{kind}-checked" for kind in KINDS]))
def test_no_rep_is_ever_booked_twice_and_each_free_rep_can_be_booked(
    empty_database: EmptyDatabase, way: tuple[str, bool]
) -> None:
    kind, checked = way
    with_companions = kind == "companions"
    given = {"offer": "flexible" if with_companions else kind, "with_companions": with_companions, "checked": checked}
    run_lives(Appointments, empty_database, lives=scaled(5), steps=25, **given)
