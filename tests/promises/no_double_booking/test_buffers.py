"""Two appointments of one rep lie as far apart as the longer of both buffers, on every path that gives time away."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import Conflict, PointsmanError, SlotTaken
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel, mark_attended
from pointsman.services.availability import participants as parties
from pointsman.services.booking import book as booking
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule, reschedule_from_calendar
from pointsman.services.booking.slot_holds import hold_slot
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.reassignment import appointment_transfer
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY
from support.wording import english

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
LENGTH, QUARTER = 30 * MINUTE, 15 * MINUTE
HELPERS = {"work": "customer_service", "members": ["eva"]}


def policy(*members: str, **rules: Any) -> dict[str, Any]:
    """POLICY, whose closers are booked by these rules."""
    closers = {**POLICY["pools"]["closers-mid-market"], "members": list(members), "booking": {**rules}}
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": closers, "customer-care": HELPERS}}


PAUSE_AFTER = policy("anna", buffer_after="15m")


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    """Anna alone closes, and wants a quarter of an hour after each appointment."""
    async with open_floor(database_url, policy=PAUSE_AFTER) as opened:
        yield opened


async def booked(floor: Floor) -> datetime:
    """When Anna's appointment ends; it begins well inside her day."""
    lead, handed = await floor.ready()
    row = await book(floor.env, lead, handed.slots[4].start, actor=SETTER)
    return row.ends_at


async def refused(act: Awaitable[object]) -> str:
    """The reason why the time was taken."""
    with pytest.raises(SlotTaken) as caught:
        await act
    return str(caught.value.extra["reason"])


async def test_the_time_that_an_appointment_keeps_free_after_it_is_not_offered(floor: Floor) -> None:
    end = await booked(floor)
    lead, _ = await floor.ready()
    window = Interval(end - 90 * MINUTE, end + 90 * MINUTE)
    found = await slots_for_lead(floor.env, lead, limit=100, window=window)
    near = [slot.start - end for slot in found.slots if abs(slot.start - end) <= 75 * MINUTE]
    assert near == [-75 * MINUTE, 15 * MINUTE, 30 * MINUTE, 45 * MINUTE, 60 * MINUTE]


async def test_the_time_that_an_appointment_keeps_free_is_neither_booked_nor_kept(floor: Floor) -> None:
    end = await booked(floor)
    lead, _ = await floor.ready()
    for near in (end, end + 14 * MINUTE, end - 60 * MINUTE):
        assert await refused(book(floor.env, lead, near, actor=SETTER)) == "reserved"
        assert await refused(hold_slot(floor.env, lead, near, actor=SETTER)) == "reserved"
    await hold_slot(floor.env, lead, end + QUARTER, actor=SETTER)
    assert (await book(floor.env, lead, end + QUARTER, actor=SETTER)).starts_at == end + QUARTER


async def test_a_slot_hold_keeps_its_buffer_free_and_its_own_lead_may_be_booked_anywhere(floor: Floor) -> None:
    lead, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead, handed.slots[4].start, actor=SETTER)
    other, _ = await floor.ready()
    assert await refused(hold_slot(floor.env, other, hold.ends_at, actor=SETTER)) == "reserved"
    assert (await hold_slot(floor.env, lead, hold.ends_at, actor=SETTER)).starts_at == hold.ends_at
    assert (await book(floor.env, lead, hold.ends_at + QUARTER, actor=SETTER)).starts_at == hold.ends_at + QUARTER


async def test_a_slot_hold_that_has_run_out_keeps_no_buffer(floor: Floor) -> None:
    lead, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead, handed.slots[4].start, actor=SETTER)
    await floor.world.owner_rows(
        "with moved as (update slot_holds set created_at = now() - interval '1 hour', expires_at = now() where id = :id"
        " returning id, expires_at) update reservations v set expires_at = m.expires_at from moved m"
        " where v.slot_hold_id = m.id",
        past_guards=True,
        id=hold.id,
    )
    other, _ = await floor.ready()
    assert (await book(floor.env, other, hold.ends_at, actor=SETTER)).starts_at == hold.ends_at


async def test_an_appointment_is_moved_beside_its_own_old_time_and_not_beside_anothers(floor: Floor) -> None:
    end = await booked(floor)
    lead, _ = await floor.ready()
    row = await book(floor.env, lead, end + 120 * MINUTE, actor=SETTER)
    for start in (end, end + 10 * MINUTE):
        moving = reschedule(floor.env, row.id, start, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        assert await refused(moving) == "reserved"
    moved = await reschedule(floor.env, row.id, row.ends_at, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    assert moved.starts_at == row.ends_at


async def test_an_event_that_is_dragged_too_close_to_another_appointment_is_not_followed(floor: Floor) -> None:
    end = await booked(floor)
    lead, _ = await floor.ready()
    row = await book(floor.env, lead, end + 120 * MINUTE, actor=SETTER)
    near, far = end + 10 * MINUTE, end + QUARTER
    why = await reschedule_from_calendar(floor.env, row.id, near, near + LENGTH, actor=SETTER)
    assert why is not None
    assert "too close" in english(why)
    assert await reschedule_from_calendar(floor.env, row.id, far, far + LENGTH, actor=SETTER) is None


async def test_what_is_called_off_keeps_nothing_free_and_what_took_place_does(floor: Floor) -> None:
    lead, handed = await floor.ready()
    row = await book(floor.env, lead, handed.slots[4].start, actor=SETTER)
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    other, _ = await floor.ready()
    next_one = await book(floor.env, other, row.ends_at, actor=SETTER)
    floor.world.clock.advance(next_one.starts_at + MINUTE - floor.env.clock())
    await mark_attended(floor.env, next_one.id, actor=SETTER)
    stands = "select buffer_after from reservations where appointment_id = :id and active"
    assert await floor.world.value(stands, id=next_one.id) == QUARTER


async def test_the_earliest_appointment_at_a_hand_over_keeps_its_distance(floor: Floor) -> None:
    lead = await floor.lead()
    first = (await floor.hand_over(lead, at_earliest=True)).appointment
    other = await floor.lead()
    second = (await floor.hand_over(other, at_earliest=True)).appointment
    assert first is not None
    assert second is not None
    assert second.starts_at == first.ends_at + QUARTER


@pytest.mark.parametrize("named", [False, True])
async def test_an_appointment_is_not_handed_on_to_a_rep_who_has_another_too_close(
    database_url: str, named: bool
) -> None:
    async with open_floor(database_url, policy=policy("anna", "ben", offer="flexible", buffer_after="15m")) as floor:
        first, handed = await floor.ready()
        there = await book(floor.env, first, handed.slots[4].start, actor=SETTER)
        second, _ = await floor.ready()
        row = await book(floor.env, second, there.ends_at, actor=SETTER)
        assert row.rep_key != there.rep_key
        to = {"rep": there.rep_key, "work": Work.CLOSING, "override_id": None} if named else {}
        act: Callable[..., Awaitable[object]] = assign_manually if named else reassign
        with pytest.raises(Conflict) as caught:
            await act(floor.env, second, **to, reason="x", actor=ADMIN)
        assert caught.value.code == ("not-free" if named else "no-rep-free")


async def test_a_companion_too_has_time_between_two_appointments(database_url: str) -> None:
    rules = {"offer": "flexible", "buffer_after": "15m", "companion_pools": ["customer-care"]}
    async with open_floor(database_url, policy=policy("anna", "ben", **rules)) as floor:
        bound = [CalendarBindingInput(connection="cal", calendar="eva-cal", writes=True)]
        await bind_calendars(floor.env, "eva", bound, actor=SETTER)
        first, handed = await floor.ready()
        there = await book(floor.env, first, handed.slots[4].start, actor=SETTER)
        second, _ = await floor.ready()
        with pytest.raises(PointsmanError):
            await book(floor.env, second, there.ends_at, actor=SETTER)
        row = await book(floor.env, second, there.ends_at + QUARTER, actor=SETTER)
        assert [item.rep_key for item in row.companions] == ["eva"]


async def test_the_soonest_rep_is_the_soonest_with_the_buffer_of_what_stands(database_url: str) -> None:
    soonest = policy("anna", "ben", buffer_after="15m")
    soonest["pools"]["closers-mid-market"]["method"] = "soonest"
    async with open_floor(database_url, policy=soonest) as floor:
        keys = []
        for _ in range(4):
            lead, handed = await floor.ready()
            row = await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
            keys.append((row.rep_key, row.starts_at))
        first = keys[0][1]
        assert [at - first for _, at in keys] == [timedelta(0), timedelta(0), 45 * MINUTE, 45 * MINUTE]


# ── buffers that differ ─────────────────────────────────────────────────────────────────────────


async def stored(floor: Floor, appointment: UUID) -> tuple[timedelta, timedelta]:
    asked = "select buffer_before, buffer_after from reservations where appointment_id = :id and active"
    ((before, after),) = await floor.world.rows(asked, id=appointment)
    return before, after


async def test_a_change_of_the_policy_leaves_what_stands_and_counts_from_then_on(database_url: str) -> None:
    async with open_floor(database_url, policy=policy("anna")) as floor:
        lead, handed = await floor.ready()
        first = await book(floor.env, lead, handed.slots[4].start, actor=SETTER)
        lead, _ = await floor.ready()
        second = await book(floor.env, lead, first.ends_at, actor=SETTER)
        await floor.world.publish(policy("anna", buffer_before="20m", buffer_after="10m"))
        assert await stored(floor, first.id) == await stored(floor, second.id) == (timedelta(0), timedelta(0))
        lead, _ = await floor.ready()
        for near in (second.ends_at + 15 * MINUTE, first.starts_at - LENGTH - 5 * MINUTE):
            assert await refused(book(floor.env, lead, near, actor=SETTER)) == "reserved"
        third = await book(floor.env, lead, second.ends_at + 20 * MINUTE, actor=SETTER)
        assert await stored(floor, third.id) == (20 * MINUTE, 10 * MINUTE)
        await floor.world.publish(policy("anna"))  # lowered again: what was made in between keeps what it was made with
        lead, _ = await floor.ready()
        assert await refused(book(floor.env, lead, third.ends_at + 5 * MINUTE, actor=SETTER)) == "reserved"
        assert (await book(floor.env, lead, third.ends_at + 10 * MINUTE, actor=SETTER)).starts_at > third.ends_at


async def test_an_appointment_that_is_handed_on_keeps_its_buffers_and_one_that_is_moved_gets_new_ones(
    database_url: str,
) -> None:
    async with open_floor(database_url, policy=policy("anna", "ben", buffer_before="5m", buffer_after="10m")) as floor:
        lead, handed = await floor.ready()
        row = await book(floor.env, lead, handed.slots[4].start, actor=SETTER)
        await floor.world.publish(policy("anna", "ben", buffer_after="45m"))
        await reassign(floor.env, lead, reason="ill", actor=ADMIN)
        assert await stored(floor, row.id) == (5 * MINUTE, 10 * MINUTE)
        moved = await reschedule(
            floor.env, row.id, row.ends_at, by=ActorRole.PROSPECT, reason="x", actor=SETTER, keep_rep=True
        )
        assert moved.rep_key != row.rep_key
        assert await stored(floor, row.id) == (timedelta(0), 45 * MINUTE)


@pytest.mark.parametrize("act", ["book", "hold", "move"])
async def test_the_database_refuses_what_is_too_close_where_the_service_does_not_look(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    end = await booked(floor)
    lead, _ = await floor.ready()
    row = await book(floor.env, lead, end + 120 * MINUTE, actor=SETTER) if act == "move" else None
    for module in (booking, parties, appointment_transfer):
        monkeypatch.setattr(module, "find_booking_obstacle", lambda *_given: None)

    def at(start: datetime) -> Awaitable[object]:
        if row is not None:
            return reschedule(floor.env, row.id, start, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
        does: Callable[..., Awaitable[object]] = book if act == "book" else hold_slot
        return does(floor.env, lead, start, actor=SETTER)

    for near in (end, end + QUARTER - timedelta(microseconds=1), end - 60 * MINUTE):
        with pytest.raises(SlotTaken) as caught:
            await at(near)
        assert caught.value.code == "slot-taken"
    await at(end + QUARTER)
