"""Any order of acts on reps whom two pools with unequal, changing buffers share, against a small model of the rule."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from pointsman.domain.booking.availability import Interval, Reservation
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel
from pointsman.services.availability import participants as parties
from pointsman.services.booking import book as booking
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slot_holds import hold_slot, release_slot_hold
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.reassignment import appointment_transfer
from pointsman.services.reassignment.by_rules import reassign
from support.databases.fixtures import EmptyDatabase
from support.floors.booking_floor import SETTER, open_floor
from support.floors.booking_machine import DESIGNERS, HOLDER, LENGTH, BookingMachine, run_lives, time_of
from support.floors.use_case_env import ADMIN, POLICY
from support.hypothesis_profiles import scaled
from support.strategies.reservations import NONE, far_enough

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
LEADS, STARTS = 6, 9
DAY, LEAD = st.integers(0, 1), st.integers(0, LEADS - 1)
#: Quarters of an hour after nine on one of two days: few, so that everybody wants the same.
TIMES = st.tuples(DAY, st.integers(0, STARTS - 1))
POOLS = {"closers-mid-market": ("anna", "ben"), "closers-big": ("anna", "clara")}
#: Before and after, in minutes.
BUFFERS = st.sampled_from([(0, 0), (15, 15), (30, 10), (5, 40), (10, 25)])

TOO_CLOSE = (
    "select 1 from reservations a join reservations b on a.rep_id = b.rep_id and a.id <> b.id and a.active and b.active"
    " and (a.during && b.during or (lower(a.during) < lower(b.during)"
    " and lower(b.during) < upper(a.during) + greatest(a.buffer_after, b.buffer_before)))"
)
STANDING = (
    "select v.appointment_id, v.slot_hold_id, v.lead_id, lower(v.during) as start, v.buffer_before, v.buffer_after,"
    " array_agg(r.key) as people from reservations v join reps r on r.id = v.rep_id where v.active group by 1, 2, 3, 4, 5, 6"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An appointment or a slot hold, as the model and the database tell of it."""

    id: UUID
    booked: bool
    people: frozenset[str]
    start: datetime
    before: timedelta
    after: timedelta

    @property
    def reservation(self) -> Reservation:
        return Reservation(Interval(self.start, self.start + LENGTH), self.before, self.after)


class Buffers(BookingMachine):
    """Every rule is one call of the service; the model says beforehand whether it must succeed."""

    @initialize(mid=BUFFERS, big=BUFFERS, then=BUFFERS, first=st.lists(TIMES, min_size=4, max_size=4))
    def open(
        self, mid: tuple[int, int], big: tuple[int, int], then: tuple[int, int], first: list[tuple[int, int]]
    ) -> None:
        url = self.begin()
        self.kept: dict[UUID, Kept] = {}  # by lead
        self.strangers: list[tuple[str, Reservation]] = []  # what calendars have besides
        self.buffers = dict(zip(POOLS, (mid, big), strict=True))
        self.run(self._open(url))
        for which, chosen in enumerate(first):
            self.book(which, chosen)
        self.change_the_policy("closers-big", then)

    async def _open(self, url: str) -> None:
        self.floor = await self.stack.enter_async_context(open_floor(url))
        if self.with_companions:
            await self.hire_designers()
        await self._publish()
        for number in range(LEADS):
            lead = await self.floor.lead(company__employees=(120, 5_000)[number % 2])
            await self.floor.hand_over(lead)
            self.leads.append(lead)
        if not self.checked:
            for module in (booking, parties, appointment_transfer):
                self.patch.setattr(module, "find_booking_obstacle", lambda *_: None)

    async def _publish(self) -> None:
        along = {"companion_pools": ["designers"]} if self.with_companions else {}
        pools = dict(POLICY["pools"])
        for name, members in POOLS.items():
            before, after = self.buffers[name]
            rules = {"offer": "flexible", "buffer_before": f"{before}m", "buffer_after": f"{after}m", **along}
            pools[name] = {"work": "closing", "members": [*members], "booking": rules}
        if self.with_companions:
            pools["designers"] = {"work": "solution_design", "members": [*DESIGNERS]}
        big = {
            "name": "Big",
            "when": {"field": "company.employees", "gte": 1_000},
            "work": "closing",
            "pool": "closers-big",
        }
        await self.floor.world.publish({**POLICY, "rules": [big, *POLICY["rules"]], "pools": pools})

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    @rule(which=LEAD, chosen=TIMES)
    def book(self, which: int, chosen: tuple[int, int]) -> None:
        lead, start = self.leads[which], time_of(chosen)
        possible = False if self._booked(lead) else self._possible(lead, start)
        done = self.attempt(lambda: book(self.floor.env, lead, start, actor=SETTER), possible=possible)
        if done is not None:
            self._is_kept(lead, start, self._rules(lead))

    @rule(which=LEAD, chosen=TIMES)
    def hold(self, which: int, chosen: tuple[int, int]) -> None:
        lead, start = self.leads[which], time_of(chosen)
        possible = False if self._booked(lead) else self._possible(lead, start)
        done = self.attempt(lambda: hold_slot(self.floor.env, lead, start, actor=SETTER), possible=possible)
        if done is not None:
            self._is_kept(lead, start, self._rules(lead))

    @rule(which=LEAD)
    def let_go(self, which: int) -> None:
        lead = self.leads[which]
        held = self.kept.get(lead)
        if held is not None and not held.booked:
            self.attempt(lambda: release_slot_hold(self.floor.env, held.id, actor=SETTER), possible=True)
            del self.kept[lead]

    @rule(which=LEAD, chosen=TIMES)
    def move(self, which: int, chosen: tuple[int, int]) -> None:
        lead, start = self.leads[which], time_of(chosen)
        there = self._booked(lead)
        if there is None or there.start == start:
            return
        moving = lambda: reschedule(  # noqa: E731  # as the other acts
            self.floor.env, there.id, start, by=ActorRole.PROSPECT, reason="moved", actor=SETTER
        )
        if self.attempt(moving, possible=self._possible(lead, start)) is not None:
            self._is_kept(lead, start, self._rules(lead))

    @rule(which=LEAD)
    def hand_on(self, which: int) -> None:
        lead = self.leads[which]
        there = self._booked(lead)
        if there is None:
            return
        done = self.attempt(lambda: reassign(self.floor.env, lead, reason="ill", actor=ADMIN), possible=None)
        if done is not None:
            kept = BookingRules(buffer_before=there.before, buffer_after=there.after)
            self._is_kept(lead, there.start, kept)

    @rule(which=LEAD, by=st.sampled_from([ActorRole.PROSPECT, ActorRole.CLOSER]))
    def call_off(self, which: int, by: ActorRole) -> None:
        lead = self.leads[which]
        there = self._booked(lead)
        if there is not None:
            self.attempt(lambda: cancel(self.floor.env, there.id, by=by, reason="no", actor=SETTER), possible=True)
            del self.kept[lead]

    @rule(rep=st.sampled_from(["anna", "ben", "clara"]), chosen=TIMES)
    def enter_something_else(self, rep: str, chosen: tuple[int, int]) -> None:
        start, end = time_of(chosen), time_of(chosen) + 20 * MINUTE
        self.floor.vendor.busy.setdefault(f"{rep}-cal", []).append((start, end))
        self.strangers.append((rep, Reservation(Interval(start, end), NONE, NONE)))

    @rule(pool=st.sampled_from([*POOLS]), buffers=BUFFERS)
    def change_the_policy(self, pool: str, buffers: tuple[int, int]) -> None:
        self.buffers[pool] = buffers
        self.run(self._publish())

    @precondition(lambda self: self.checked)
    @rule(day=DAY)
    def ask_for_slots(self, day: int) -> None:
        for which in range(LEADS - 2, LEADS):  # one of each pool
            self._ask_for_slots(which, day)

    def _ask_for_slots(self, which: int, day: int) -> None:
        lead, times = self.leads[which], [time_of((day, quarter)) for quarter in range(STARTS)]
        window = Interval(times[0], times[-1] + LENGTH)

        async def asked() -> list[datetime]:
            await self.floor.world.rows("delete from calendar_reads")
            found = await slots_for_lead(self.floor.env, lead, limit=100, window=window)
            return [slot.start for slot in found.slots]

        assert self.run(asked()) == [start for start in times if self._possible(lead, start)]

    # ── what must always hold ───────────────────────────────────────────────────────────────────

    @invariant()
    def no_two_of_a_rep_are_closer_than_the_rule(self) -> None:
        if hasattr(self, "floor"):
            assert not self.run(self.floor.world.rows(TOO_CLOSE))

    @invariant()
    def the_database_keeps_what_the_model_keeps(self) -> None:
        if hasattr(self, "floor"):
            assert self._stored() == self.kept

    # ── the machine's own ───────────────────────────────────────────────────────────────────────

    def attempt(self, act: Callable[[], Awaitable[T]], *, possible: bool | None) -> T | None:
        """What the act gave, or None when it was refused: exactly when it was not possible, where that is known."""

        async def tried() -> T | None:
            await self.floor.world.rows("delete from calendar_reads")  # no reading is remembered
            try:
                done = await act()
            except PointsmanError as refused:
                if possible:
                    raise AssertionError(f"refused, though it was possible: {refused}") from refused
                return None
            while await self.floor.work():  # our own events stand in the calendars beside the reservations
                pass
            return done

        done = self.run(tried())
        assert done is None or possible is not False, "refused by nobody"
        return done

    def _rules(self, lead: UUID) -> BookingRules:
        before, after = self.buffers[[*POOLS][self.leads.index(lead) % 2]]
        return BookingRules(buffer_before=before * MINUTE, buffer_after=after * MINUTE)

    def _booked(self, lead: UUID) -> Kept | None:
        found = self.kept.get(lead)
        return found if found is not None and found.booked else None

    def _free(self, rep: str, lead: UUID, start: datetime, rules: BookingRules) -> bool:
        """Whether nothing of another lead, and where the service looks, nothing in the calendar is too close."""
        there = [kept.reservation for other, kept in self.kept.items() if other != lead and rep in kept.people]
        if self.checked:
            there += [taken for who, taken in self.strangers if who == rep]
        return all(far_enough(Interval(start, start + LENGTH), rules, one) for one in there)

    def _possible(self, lead: UUID, start: datetime) -> bool | None:
        """Whether somebody can meet the lead then. Unchecked, the holder comes, and nobody knows which designer."""
        rules = self._rules(lead)
        holder = self.run(self.floor.world.value(HOLDER, lead=lead))
        if not self.checked:
            return None if self.with_companions else self._free(holder, lead, start, rules)
        leaders = {holder, *POOLS[[*POOLS][self.leads.index(lead) % 2]]} - self.run(self._relieved(lead)) | {holder}
        alone = any(self._free(rep, lead, start, rules) for rep in leaders)
        along = any(self._free(rep, lead, start, rules) for rep in DESIGNERS)
        return alone and (along or not self.with_companions)

    async def _relieved(self, lead: UUID) -> frozenset[str]:
        async with self.floor.env.uow() as tx:
            return await tx.decisions.excluded_reps(lead, Work.CLOSING.value)

    def _is_kept(self, lead: UUID, start: datetime, rules: BookingRules) -> None:
        """Take over what the database keeps for the lead, where the model agrees."""
        found = self._stored()[lead]
        assert (found.start, found.before, found.after) == (start, rules.buffer_before, rules.buffer_after)
        assert all(self._free(rep, lead, start, rules) for rep in found.people)
        self.kept[lead] = found

    def _stored(self) -> dict[UUID, Kept]:
        rows = self.run(self.floor.world.rows(STANDING))
        return {
            row.lead_id: Kept(
                row.appointment_id or row.slot_hold_id,
                row.appointment_id is not None,
                frozenset(row.people),
                row.start.astimezone(UTC),
                row.buffer_before,
                row.buffer_after,
            )
            for row in rows
        }


@pytest.mark.parametrize("checked", [True, False], ids=["checked", "by-the-database-alone"])
@pytest.mark.parametrize("with_companions", [False, True], ids=["alone", "companions"])
def test_no_two_appointments_of_a_rep_are_closer_than_the_longer_buffer_and_all_other_times_can_be_booked(
    empty_database: EmptyDatabase, with_companions: bool, checked: bool
) -> None:
    lives = scaled(4 if checked else 2)
    run_lives(Buffers, empty_database, lives=lives, steps=30, with_companions=with_companions, checked=checked)
