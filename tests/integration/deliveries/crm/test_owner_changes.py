"""A human changes a lead's owner in the CRM: accepted, refused or set back, as the policy says, and never a fight."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.deliveries.alerts.late import alert_late_deliveries
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.operations.monitoring import state_counts
from pointsman.services.owner_changes.judge import MOST_A_DAY
from pointsman.services.owner_changes.look import look_at_owners
from pointsman.services.ports.leads.journeys import JourneyKind
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN
from support.scenes.crm_owners import USER_OF, OwnerFloor, open_owner_floor
from support.wording import english

pytestmark = pytest.mark.anyio

POLICIES = ("refuse", "accept", "revert")


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[OwnerFloor]:
    async with open_owner_floor(database_url) as floor:
        yield floor


@pytest.mark.parametrize("policy", POLICIES)
async def test_our_own_writes_are_no_change(floor: OwnerFloor, policy: str) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    await floor.assign(lead_id, "jonas")
    await floor.settle()
    assert (floor.owner(lead_id), await floor.outcomes(lead_id)) == ("jonas", [])


@pytest.mark.parametrize("policy", [None, "refuse"])
async def test_refused_the_lead_and_the_crm_stay_as_they_are_until_the_lead_goes_to_another(
    floor: OwnerFloor, policy: str | None
) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    writes = floor.writes()
    floor.human(lead_id, "jonas")
    await floor.settle()
    assert (floor.owner(lead_id), await floor.holder(lead_id), await floor.outcomes(lead_id)) == (
        "jonas",
        "lena",
        ["refused"],
    )
    assert (floor.writes(), await floor.alerts()) == (writes, [])
    await floor.assign(lead_id, "sofia")
    await floor.settle()
    assert (floor.owner(lead_id), await floor.outcomes(lead_id)) == ("sofia", ["refused"])


async def test_accepted_the_rep_gets_the_lead_by_a_decision_whose_source_is_the_crm(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    await floor.settle()
    assert (await floor.holder(lead_id), floor.owner(lead_id)) == ("jonas", "jonas")
    assert await floor.outcomes(lead_id) == ["accepted"]
    world = floor.crm.floor.world
    (decided,) = await world.rows(
        "select d.summary ->> 'key' as key, d.inputs -> 'manual' ->> 'connection' as connection, a.actor,"
        " a.after ->> 'by' as by from decisions d join owner_changes c on c.decision_id = d.id"
        " join audit a on a.after ->> 'decision' = d.id::text and a.action = 'lead.assigned'"
    )
    assert (decided.key, decided.connection, decided.actor, decided.by) == (
        "routing.in-crm",
        "crm",
        "connection:crm",
        "connection:crm",
    )


async def test_what_role_and_gate_forbid_is_refused_with_the_reason(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "anna")  # who closes, and qualifies nobody
    await floor.settle()
    assert (await floor.holder(lead_id), await floor.outcomes(lead_id)) == ("lena", ["not-allowed"])
    assert await floor.alerts() == [f"connection:crm/lead:{lead_id}"]
    why = await floor.crm.floor.world.value("select message ->> 'key' from owner_changes")
    assert why == "owner-change.role"


async def test_a_user_who_is_no_rep_is_refused_and_the_alert_ends_with_our_next_owner(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.crm.crm.crm.users.append(
        type(floor.crm.crm.crm.users[0])(id="stranger", email="stranger@example.com", name="S", active=True)
    )
    floor.crm.crm.crm.edit(floor.record(lead_id), owner="stranger")
    await floor.settle()
    assert (await floor.holder(lead_id), await floor.outcomes(lead_id)) == ("lena", ["no-rep"])
    await alert_late_deliveries(floor.env)
    assert await floor.alerts() == [f"connection:crm/lead:{lead_id}"]
    await floor.assign(lead_id, "jonas")
    await floor.settle()
    await alert_late_deliveries(floor.env)
    assert await floor.alerts() == []


async def test_an_owner_who_was_taken_away_releases_the_lead_to_the_rules(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, None)
    await floor.settle()
    holder = await floor.holder(lead_id)
    assert holder not in (None, "lena")
    assert (floor.owner(lead_id), await floor.outcomes(lead_id)) == (holder, ["released"])


@pytest.mark.parametrize("to", ["jonas", None])
async def test_set_back_our_owner_is_written_again(floor: OwnerFloor, to: str | None) -> None:
    await floor.policy("revert")
    lead_id = await floor.lead("lena")
    writes = floor.writes()
    floor.human(lead_id, to)
    await floor.settle()
    assert (floor.owner(lead_id), await floor.holder(lead_id)) == ("lena", "lena")
    assert (floor.writes() - writes, await floor.outcomes(lead_id)) == (1, ["reverted"])


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_bot_that_always_sets_its_owner_ends_in_an_alert_and_not_in_a_fight(
    floor: OwnerFloor, policy: str
) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    record, begun, seen = floor.record(lead_id), floor.writes(), len(floor.crm.crm.hooks.events)
    floor.human(lead_id, "jonas")

    def bot(floor: OwnerFloor) -> bool:
        """A workflow that answers each write of ours with another owner."""
        nonlocal seen
        new, seen = floor.crm.crm.hooks.events[seen:], len(floor.crm.crm.hooks.events)
        if not any(event["origin"] for event in new):
            return False
        floor.crm.crm.crm.edit(record, owner=USER_OF["sofia" if floor.owner(lead_id) == "jonas" else "jonas"])
        return True

    floor.bot = bot
    await floor.settle()
    outcomes = await floor.outcomes(lead_id)
    assert floor.writes() - begun <= MOST_A_DAY
    if policy == "refuse":
        assert set(outcomes) == {"refused"}
        return
    assert outcomes[:MOST_A_DAY] == [{"accept": "accepted", "revert": "reverted"}[policy]] * MOST_A_DAY
    assert outcomes[-1] == "given-up"
    assert await floor.alerts() == [f"connection:crm/lead:{lead_id}"]


@pytest.mark.parametrize("policy", POLICIES)
async def test_events_that_come_twice_late_and_out_of_order_make_nothing_more_of_it(
    floor: OwnerFloor, policy: str
) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    begun = len(floor.crm.crm.hooks.events)
    floor.human(lead_id, "jonas")
    floor.human(lead_id, "sofia")
    events = floor.crm.crm.hooks.events[begun:]
    await floor.tell(list(reversed(events)))
    await floor.tell(events)
    await floor.settle()
    await floor.tell(events)
    await floor.settle()
    expected = {"refuse": ("lena", "sofia"), "accept": ("sofia", "sofia"), "revert": ("lena", "lena")}[policy]
    assert (await floor.holder(lead_id), floor.owner(lead_id)) == expected
    assert len(await floor.outcomes(lead_id)) == 1


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_change_that_crosses_our_own_write_is_overtaken_by_it(floor: OwnerFloor, policy: str) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    await floor.assign(lead_id, "sofia")  # not told yet, as the event comes in
    await floor.tell()
    await floor.take_in()
    await look_at_owners(floor.env)
    assert await floor.outcomes(lead_id) == []
    await floor.settle()
    assert (await floor.holder(lead_id), floor.owner(lead_id), await floor.outcomes(lead_id)) == ("sofia", "sofia", [])


async def test_of_our_reassignment_and_a_humans_change_at_once_one_wins_and_both_sides_agree(
    floor: OwnerFloor,
) -> None:
    await floor.policy("accept")
    for _ in range(4):
        lead_id = await floor.lead("lena")
        floor.human(lead_id, "jonas")
        await floor.tell()
        await floor.take_in()
        await asyncio.gather(look_at_owners(floor.env), floor.assign(lead_id, "sofia"))
        await floor.settle()
        holder = await floor.holder(lead_id)
        assert (holder, floor.owner(lead_id)) == ("sofia", "sofia")


async def test_two_processes_follow_a_change_once(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    await floor.tell()
    await floor.take_in()
    await asyncio.gather(look_at_owners(floor.env), look_at_owners(floor.env))
    await floor.settle()
    assert (await floor.holder(lead_id), await floor.outcomes(lead_id)) == ("jonas", ["accepted"])


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_record_that_is_gone_is_no_change_of_owner_and_is_made_anew_with_the_next(
    floor: OwnerFloor, policy: str
) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    events = floor.crm.crm.hooks.events[floor.told :]
    del floor.crm.crm.crm.rows[floor.record(lead_id)]
    await floor.tell(events)
    await floor.settle()
    assert (await floor.holder(lead_id), await floor.outcomes(lead_id)) == ("lena", [])
    await floor.assign(lead_id, "sofia")
    await floor.settle()
    assert floor.owner(lead_id) == "sofia"


@pytest.mark.parametrize(("policy", "ends"), [("refuse", "jonas"), ("accept", "jonas"), ("revert", "lena")])
async def test_a_record_that_was_merged_there_is_judged_by_the_owner_of_what_it_became(
    floor: OwnerFloor, policy: str, ends: str
) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    floor.crm.crm.crm.convert(floor.record(lead_id))
    await floor.settle()
    assert floor.owner(lead_id) == ends
    assert len(await floor.outcomes(lead_id)) == 1


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_lead_that_nobody_has_here_keeps_the_owner_that_a_human_sets(floor: OwnerFloor, policy: str) -> None:
    await floor.policy(policy)
    lead_id = await floor.lead("lena")
    await floor.crm.floor.hand_over(lead_id, evidence=floor.crm.floor.evidence("need", affirmed=False))
    await floor.settle()
    assert (await floor.holder(lead_id), floor.owner(lead_id)) == (None, None)
    floor.human(lead_id, "jonas")
    await floor.settle()
    assert (floor.owner(lead_id), await floor.outcomes(lead_id)) == ("jonas", ["left"])


async def test_a_handed_over_lead_follows_the_crm_within_its_gate(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id, handed = await floor.crm.floor.ready()
    while handed.closer not in ("anna", "ben"):  # who are users of the CRM
        lead_id, handed = await floor.crm.floor.ready()
    await floor.settle()
    closer = handed.closer
    assert closer is not None
    other = next(one for one in ("anna", "ben") if one != closer)
    floor.human(lead_id, "lena")  # who may not close
    await floor.settle()
    floor.human(lead_id, other)
    await floor.settle()
    assert await floor.outcomes(lead_id) == ["not-allowed", "accepted"]
    assert await floor.holder(lead_id) == other


async def test_a_difference_that_a_human_ends_is_over(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "anna")
    await floor.settle()
    assert await floor.alerts() != []
    floor.human(lead_id, "lena")
    await floor.settle()
    assert (await floor.outcomes(lead_id), await floor.alerts()) == (["not-allowed", "agreed"], [])


async def test_a_crm_that_does_not_answer_is_asked_again(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    await floor.tell()
    await floor.take_in()
    floor.crm.wire.answer(503, times=100)
    await look_at_owners(floor.env)
    assert await floor.outcomes(lead_id) == []
    floor.crm.wire.heal()
    floor.crm.floor.world.clock.advance(timedelta(hours=1))
    await floor.settle()
    assert await floor.outcomes(lead_id) == ["accepted"]


async def test_the_health_of_the_connection_counts_them_and_lists_what_differs(floor: OwnerFloor) -> None:
    await floor.policy("accept")
    accepted, refused = await floor.lead("lena"), await floor.lead("lena")
    floor.human(accepted, "jonas")
    floor.human(refused, "anna")
    await floor.settle()
    found = (await floor.health()).owner_changes
    assert found is not None
    assert (found.hour, dict(found.by_outcome)) == (2, {"accepted": 1, "not-allowed": 1})
    assert [(one.lead_id, one.ours, one.theirs) for one in found.differences] == [(refused, "lena", "anna")]
    assert (await state_counts(floor.env))["owner_changes"] == {"accepted": 1, "not-allowed": 1}


async def test_the_journey_tells_what_became_of_it_to_the_house(floor: OwnerFloor) -> None:
    lead_id = await floor.lead("lena")
    floor.human(lead_id, "jonas")
    await floor.settle()
    journey = await load_journey(floor.env, lead_id, actor=ADMIN)
    (told,) = [one for one in journey.entries if one.kind == JourneyKind.OWNER_CHANGED]
    assert (told.details["connection"], told.details["outcome"], told.details["rep"]) == ("crm", "refused", "jonas")
    assert english(told.text).endswith("the owner here stands, as the policy says")


async def test_the_appointment_of_a_booked_lead_goes_along_and_a_rep_who_is_not_free_is_refused(
    floor: OwnerFloor,
) -> None:
    await floor.policy("accept")
    rows = {}
    while set(rows) != {"anna", "ben"}:
        lead_id, handed = await floor.crm.floor.ready()
        if handed.closer in ("anna", "ben") and handed.closer not in rows:
            at = rows["anna" if handed.closer == "ben" else "ben"].starts_at if rows else handed.slots[0].start
            rows[handed.closer] = await book(floor.env, lead_id, at, actor=SETTER)
    await floor.settle()
    row = rows["anna"]
    floor.human(row.lead_id, "ben")  # who has a meeting at that time
    await floor.settle()
    assert (await floor.holder(row.lead_id), await floor.outcomes(row.lead_id)) == ("anna", ["not-allowed"])
    await cancel(floor.env, rows["ben"].id, by=ActorRole.CLOSER, reason="x", actor=SETTER)
    floor.human(row.lead_id, "anna")
    await floor.settle()
    floor.human(row.lead_id, "ben")
    await floor.settle()
    assert (await floor.holder(row.lead_id), floor.owner(row.lead_id)) == ("ben", "ben")
    assert (await floor.crm.floor.appointment(row.id)).rep_key == "ben"
