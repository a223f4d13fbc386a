"""Slot holds: kept for one lead, gone by themselves, and in nobody's way but the rep's whose time it is."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.slots import Slot
from pointsman.domain.errors import Conflict, NotFound, RoleProtected, SlotTaken
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.slot_holds import (
    MAX_HOLDS_PER_HOUR,
    expire_slot_holds,
    get_slot_hold,
    hold_slot,
    release_slot_hold,
)
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.ports import Actor
from pointsman.services.reassignment.by_rules import reassign
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY
from support.hypothesis_profiles import scaled

pytestmark = pytest.mark.anyio

CLOSING = {"work": "closing", "members": ["anna"], "time_zone": "Europe/Berlin"}
ONE_CLOSER = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": CLOSING}}
FLEXIBLE = {
    **POLICY,
    "pools": {
        **POLICY["pools"],
        "closers-mid-market": {**CLOSING, "members": ["anna", "ben", "clara"], "booking": {"offer": "flexible"}},
    },
}
OPEN = "select count(*) from reservations where active and kind = 'slot_hold'"


async def two_ready(floor: Floor) -> tuple[UUID, UUID, Slot]:
    """Two leads of the only closer, and a slot that both are offered."""
    first, handed = await floor.ready()
    second, _ = await floor.ready()
    return first, second, handed.slots[2]


def by_rules(**rules: str) -> dict[str, Any]:
    closing = {**CLOSING, "booking": rules}
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": closing}}


@pytest.mark.parametrize(
    "rules",
    [
        {"buffer_after": "15m"},
        {"buffer_before": "1h"},
        {"minimum_notice": "13d"},
        {"horizon": "5h"},
        {"duration": "1h"},
    ],
    ids="-".join,
)
async def test_a_kept_slot_is_booked_by_the_rules_by_which_it_was_kept(
    database_url: str, rules: dict[str, str]
) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, handed = await floor.ready()
        hold = await hold_slot(floor.env, first, handed.slots[4].start, actor=SETTER)
        for start in (hold.starts_at - (hold.ends_at - hold.starts_at), hold.ends_at):
            neighbour, _ = await floor.ready()
            await book(floor.env, neighbour, start, actor=SETTER)
        await floor.world.publish(by_rules(**rules))
        row = await book(floor.env, first, hold.starts_at, actor=SETTER)
        assert (row.starts_at, row.ends_at) == (hold.starts_at, hold.ends_at)
        assert (row.buffer_before, row.buffer_after) == (timedelta(0), timedelta(0))


async def test_a_kept_slot_is_booked_without_companions_whom_a_policy_asks_for_since(database_url: str) -> None:
    closing = {**CLOSING, "booking": {"companion_pools": ["customer-care"]}}
    asks = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": closing}}
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, handed = await floor.ready()
        hold = await hold_slot(floor.env, first, handed.slots[4].start, actor=SETTER)
        await floor.world.publish(asks)
        row = await book(floor.env, first, hold.starts_at, actor=SETTER)
        assert (row.starts_at, row.companions) == (hold.starts_at, ())


async def test_a_slot_that_is_kept_for_a_companion_too_is_booked_with_one(database_url: str) -> None:
    closing = {**CLOSING, "booking": {"companion_pools": ["customer-care"]}}
    asks = {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": closing}}
    more = {**closing, "booking": {"companion_pools": ["customer-care", "second-care"]}}
    async with open_floor(database_url, policy=asks, closers=("anna", "eva")) as floor:
        first, handed = await floor.ready()
        hold = await hold_slot(floor.env, first, handed.slots[4].start, actor=SETTER)
        pools = {**asks["pools"], "closers-mid-market": more, "second-care": asks["pools"]["customer-care"]}
        await floor.world.publish({**asks, "pools": pools})
        row = await book(floor.env, first, hold.starts_at, actor=SETTER)
        assert [item.rep_key for item in row.companions] == ["eva"]


async def test_a_kept_slot_is_booked_though_the_minimum_notice_has_passed_meanwhile(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, handed = await floor.ready()
        slot = handed.slots[0]
        floor.world.clock.advance(slot.start - timedelta(hours=4, minutes=1) - floor.env.clock())
        await hold_slot(floor.env, first, slot.start, actor=SETTER)
        floor.world.clock.advance(timedelta(minutes=2))
        assert (await book(floor.env, first, slot.start, actor=SETTER)).starts_at == slot.start


async def test_another_time_than_the_kept_one_is_booked_by_the_live_rules(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, handed = await floor.ready()
        await hold_slot(floor.env, first, handed.slots[0].start, actor=SETTER)
        await floor.world.publish(by_rules(buffer_after="15m"))
        row = await book(floor.env, first, handed.slots[4].start, actor=SETTER)
        assert row.buffer_after == timedelta(minutes=15)


async def test_a_slot_that_is_kept_is_offered_to_its_lead_alone(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, second, slot = await two_ready(floor)
        hold = await hold_slot(floor.env, first, slot.start, actor=SETTER)
        assert (hold.rep_key, hold.starts_at, hold.ends_at) == (slot.rep, slot.start, slot.end)
        assert hold.expires_at - hold.created_at == timedelta(minutes=5)
        assert slot.start not in {s.start for s in (await slots_for_lead(floor.env, second, limit=20)).slots}
        for attempt in (book, hold_slot):
            with pytest.raises(SlotTaken) as caught:
                await attempt(floor.env, second, slot.start, actor=SETTER)
            assert caught.value.extra["reason"] == "reserved"
        row = await book(floor.env, first, slot.start, actor=SETTER)
        assert row.starts_at == slot.start
        assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason == "booked"
        assert await floor.world.value(OPEN) == 0


async def test_the_event_line_of_a_booking_names_the_hold_that_it_used(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    async with floor.env.uow() as tx:
        (line,) = await tx.appointments.history(row.id)
    assert (line.act, line.by) == ("book", "operator")
    assert (line.detail["after"]["setter"], line.detail["after"]["slot_hold"]) == ("lena", str(hold.id))


async def test_booking_another_slot_than_the_one_kept_uses_the_hold_up_too(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await book(floor.env, lead_id, handed.slots[1].start, actor=SETTER)
    assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason == "booked"


async def test_a_booking_that_fails_leaves_the_hold_as_it_was(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    with pytest.raises(Conflict):
        await book(floor.env, lead_id, handed.slots[0].start + timedelta(days=90), actor=SETTER)
    assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).released_at is None


async def test_a_hold_that_was_given_back_frees_its_slot_and_again_is_harmless(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, second, slot = await two_ready(floor)
        hold = await hold_slot(floor.env, first, slot.start, actor=SETTER)
        released = await release_slot_hold(floor.env, hold.id, actor=SETTER)
        assert released.release_reason == "cancelled"
        assert await release_slot_hold(floor.env, hold.id, actor=ADMIN) == released
        assert (await book(floor.env, second, slot.start, actor=SETTER)).starts_at == slot.start
        actions = await floor.world.rows("select action from audit where action like 'slot_hold.%' order by at")
        assert [row.action for row in actions] == ["slot_hold.made", "slot_hold.released"]


async def test_a_hold_that_has_run_out_is_in_nobodys_way_before_any_sweep(database_url: str) -> None:
    async with open_floor(database_url, policy=ONE_CLOSER) as floor:
        first, second, slot = await two_ready(floor)
        hold = await hold_slot(floor.env, first, slot.start, actor=SETTER)
        await run_out(floor, hold.id)
        assert slot.start in {s.start for s in (await slots_for_lead(floor.env, second, limit=20)).slots}
        assert (await book(floor.env, second, slot.start, actor=SETTER)).starts_at == slot.start
        assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason == "expired"


async def test_a_lead_whose_hold_has_run_out_is_booked_by_the_slots_that_are_free(floor: Floor) -> None:
    """The hold chose a rep once; now another one may be meant, and the booking does not rest on it."""
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await run_out(floor, hold.id)
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    async with floor.env.uow() as tx:
        (line,) = await tx.appointments.history(row.id)
    assert "slot_hold" not in line.detail["after"]
    assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason == "expired"


async def test_the_sweep_frees_what_has_run_out_and_nothing_else(floor: Floor) -> None:
    kept = []
    for _ in range(2):
        lead_id, handed = await floor.ready()
        kept.append(await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER))
    await run_out(floor, kept[0].id)
    assert await expire_slot_holds(floor.env) == 1
    assert await expire_slot_holds(floor.env) == 0
    reasons = [(await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason for hold in kept]
    assert reasons == ["expired", None]


async def test_another_hold_replaces_the_first_one(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    first = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    overlapping = await hold_slot(floor.env, lead_id, handed.slots[1].start, actor=SETTER)
    assert (await get_slot_hold(floor.env, first.id, actor=SETTER)).release_reason == "replaced"
    assert (await get_slot_hold(floor.env, overlapping.id, actor=SETTER)).released_at is None
    assert await floor.world.value(OPEN) == 1


async def test_any_number_of_holds_of_one_client_keeps_one_slot_and_ends_at_the_limit(floor: Floor) -> None:
    lead_id, _ = await floor.ready()
    starts = [slot.start for slot in (await slots_for_lead(floor.env, lead_id, limit=100)).slots]
    made, refused = 0, set()
    for number in range(scaled(500)):
        try:
            await hold_slot(floor.env, lead_id, starts[number % len(starts)], actor=SETTER)
            made += 1
        except Conflict as error:
            refused.add(error.code)
    assert (made, refused) == (MAX_HOLDS_PER_HOUR, {"too-many-holds"})
    assert await floor.world.value(OPEN) == 1


async def test_a_hold_takes_the_time_of_one_rep_and_the_others_can_be_booked_then(database_url: str) -> None:
    """cal.com#24519: one reservation locked the slot for every host."""
    async with open_floor(database_url, policy=FLEXIBLE) as floor:
        first, handed = await floor.ready()
        start = handed.slots[0].start
        hold = await hold_slot(floor.env, first, start, actor=SETTER)
        others = set()
        for _ in range(6):
            lead_id, other = await floor.ready()
            if other.closer != hold.rep_key and other.closer not in others:
                assert (await book(floor.env, lead_id, start, actor=SETTER)).rep_key == other.closer
                others.add(other.closer)
        assert len(others) == 2


async def test_a_lead_with_an_appointment_keeps_no_slot(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    with pytest.raises(Conflict) as caught:
        await hold_slot(floor.env, lead_id, handed.slots[2].start, actor=SETTER)
    assert caught.value.code == "already-booked"
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="ill", actor=SETTER)
    assert await hold_slot(floor.env, lead_id, handed.slots[2].start, actor=SETTER)


async def test_without_an_open_gate_nothing_is_kept(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    await floor.world.rows("update gate_checks set revoked_at = now() where id = :id", id=handed.check_id)
    with pytest.raises(RoleProtected):
        await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)


async def reassigned(floor: Floor, lead_id: UUID) -> None:
    await reassign(floor.env, lead_id, reason="ill", actor=ADMIN)


async def sent_to_nurture(floor: Floor, lead_id: UUID) -> None:
    later = floor.env.clock() + timedelta(seconds=1)
    await floor.hand_over(lead_id, evidence=floor.evidence("intent", affirmed=False, at=later))


async def merged(floor: Floor, lead_id: UUID) -> None:
    into, _ = await floor.ready()
    await merge_leads(floor.env, lead_id, into=into, reason="the same person", actor=ADMIN)


@pytest.mark.parametrize("leaves", [reassigned, sent_to_nurture, merged])
async def test_a_lead_that_leaves_its_closer_keeps_no_slot(floor: Floor, leaves: object) -> None:
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    await leaves(floor, lead_id)  # type: ignore[operator]  # one of the three above
    assert (await get_slot_hold(floor.env, hold.id, actor=SETTER)).release_reason == "cancelled"
    assert await floor.world.value(OPEN) == 0


async def test_a_partner_sees_only_holds_of_leads_it_had(floor: Floor) -> None:
    lead_id, handed = await floor.ready()
    hold = await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    partner = Actor(name="key:p", kind=CallerKind.PARTNER, supplier="callwerk", scopes=SCOPES_FOR_WORK)
    for attempt in (get_slot_hold, release_slot_hold):
        with pytest.raises(NotFound):
            await attempt(floor.env, hold.id, actor=partner)
    with pytest.raises(NotFound):
        await hold_slot(floor.env, lead_id, handed.slots[0].start, actor=partner)


async def run_out(floor: Floor, hold_id: UUID) -> None:
    """The database judges expiry by its own clock, so the hold is made to have been made earlier."""
    for table in ("slot_holds", "reservations"):
        name = "id" if table == "slot_holds" else "slot_hold_id"
        made = ", created_at = now() - interval '1 hour'" if table == "slot_holds" else ""
        await floor.world.owner_rows(
            f"update {table} set expires_at = now() - interval '1 second'{made} where {name} = :id",
            past_guards=True,
            id=hold_id,
        )
