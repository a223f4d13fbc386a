"""What a rule has the CRM do beside the owner: owed with the decision that gives the lead away by it, and done once."""

from collections.abc import AsyncIterator, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.messages.message import as_written
from pointsman.domain.roster.roles import Work
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.replay import replay_deliveries
from pointsman.services.deliveries.run import run_delivery
from pointsman.services.holds.close_lead import close_lead
from pointsman.services.ports.booking.deliveries import DeliveryFilter
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.routing.routing_request import RoutingResult
from pointsman_hubspot.fake import HubSpotVendor
from pointsman_hubspot.fake.catalogue import Owner
from pointsman_sdk.testing import FaultyTransport
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import IN_THE_CRM, OTHERS, USERS, CrmFloor, living_through, open_crm_floor
from support.floors.use_case_env import ADMIN, POLICY
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

CALL = {"subject": "Call back", "due_in": "4h", "text": "They asked for a demo"}
ACTIONS = {"set": {"pm_lane": "inbound", "pm_hot": True}, "tasks": [CALL], "lists": ["inbound-dach"]}


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        text = {"label": "x", "type": "text"}
        crm.crm.crm.custom["person"] = {"pm_lane": text, "pm_hot": {"label": "Hot", "type": "boolean"}}
        await publish(crm, ACTIONS)
        yield crm


async def publish(crm: CrmFloor, actions: dict[str, Any] | None, rule: str = "DACH inbound") -> None:
    """The floor's policy, of which one rule has the CRM do this."""
    policy = deepcopy(POLICY)
    (found,) = [one for one in policy["rules"] if one["name"] == rule]
    if actions is not None:
        found["crm"] = actions
    await replace(crm.floor.world, env=crm.env).publish(policy)


async def assigned(crm: CrmFloor) -> tuple[UUID, str]:
    """A lead that came to an SDR by the rule, and who it is."""
    lead_id = await crm.floor.world.lead(lead__country="DE")
    routed = await routed_by(crm, lead_id)
    assert (routed.decision.rule, routed.rep is None) == ("DACH inbound", False)
    assert routed.rep is not None
    return lead_id, routed.rep.key


async def routed_by(crm: CrmFloor, lead_id: UUID) -> RoutingResult:
    """Route it where the CRM is at hand."""
    return await replace(crm.floor.world, env=crm.env).route(lead_id)


async def by_hand(crm: CrmFloor, lead_id: UUID, rep: str) -> None:
    await assign_manually(crm.env, lead_id, rep=rep, work=Work.QUALIFICATION, override_id=None, reason="x", actor=ADMIN)


def other_than(rep: str) -> str:
    return next(one for one in ("lena", "jonas") if one != rep)


async def owed(crm: CrmFloor, lead_id: UUID) -> list[tuple[str, str]]:
    """Kind and status of what rules had the CRM do, decision by decision."""
    rows = await crm.floor.world.rows(
        "select kind, status from deliveries where lead_id = :lead and action is not null"
        " order by action ->> 'decision', kind",
        lead=lead_id,
    )
    return [(row.kind, row.status) for row in rows]


def tasks(crm: CrmFloor) -> list[tuple[str, str]]:
    """Title and owner of each that stands."""
    return [(one.values["title"], USERS[one.values["owner"]]) for one in crm.crm.tasks.items.values()]


def fields(crm: CrmFloor, lead_id: UUID) -> dict[str, Any]:
    (row,) = [one for one in crm.crm.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
    return {name: value for name, value in row.fields.items() if name.startswith("pm_")}


def members(crm: CrmFloor) -> Sequence[str]:
    return crm.crm.members("inbound-dach")


async def test_a_rule_makes_a_task_sets_fields_and_puts_the_lead_on_a_list(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    assert await owed(crm, lead_id) == [("fields", "pending"), ("membership", "pending"), ("task", "pending")]
    await crm.floor.work()
    assert tasks(crm) == [("Call back", rep)]
    assert fields(crm, lead_id) == {"pm_lane": "inbound", "pm_hot": True}
    assert list(members(crm)) == [f"{lead_id}@lead.example"]
    assert crm.owner_of(f"{lead_id}@lead.example") == rep
    (task,) = crm.crm.tasks.items.values()
    (person,) = crm.crm.crm.of("person")
    assert (task.values["person"], task.values["internal"]) == (person.id, CALL["text"])
    decided = await crm.floor.world.value("select at from decisions where lead_id = :lead", lead=lead_id)
    assert task.values["due"] == (decided + timedelta(hours=4)).isoformat()


async def test_they_are_written_with_the_decision_and_have_their_jobs(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    rows = await crm.floor.world.rows(
        "select xmin::text as written from decisions where lead_id = :lead"
        " union select xmin::text from deliveries where lead_id = :lead",
        lead=lead_id,
    )
    jobs = await crm.floor.world.owner_rows(
        "select queue_name from procrastinate_jobs j join deliveries d on d.id::text = j.args ->> 'delivery_id'"
        " where d.action is not null"
    )
    assert (len(rows), [job.queue_name for job in jobs]) == (1, ["pointsman-vendors"] * 3)


async def test_a_rule_without_actions_owes_none_and_a_lead_that_waits_or_is_nurtured_owes_none(crm: CrmFloor) -> None:
    await publish(crm, None)
    await assigned(crm)
    await publish(crm, ACTIONS)
    for rep in ("lena", "jonas", "sofia", "mia", "paul", "eva"):
        await crm.floor.world.rows("update reps set active = false where key = :key", key=rep)
    elsewhere = await crm.floor.world.lead(lead__country="BR")
    await routed_by(crm, elsewhere)
    assert await crm.floor.world.value("select count(*) from deliveries where action is not null") == 0


async def test_a_shut_gate_owes_nothing_and_its_opening_owes_the_closer_a_task(crm: CrmFloor) -> None:
    await publish(crm, {"tasks": [CALL]}, rule="Mid-market closing")
    lead_id = await crm.floor.lead()
    await crm.floor.hand_over(lead_id, evidence=crm.floor.evidence("need", affirmed=False))
    assert await owed(crm, lead_id) == []
    handed = await crm.floor.hand_over(await crm.floor.lead())
    await crm.floor.work_out()
    assert handed.routing is not None
    assert handed.routing.rep is not None
    assert tasks(crm) == [("Call back", handed.routing.rep.key)]


async def test_a_task_that_was_not_told_before_the_lead_went_to_another_is_not_made(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await by_hand(crm, lead_id, other_than(rep))
    await crm.floor.work_out()
    assert await owed(crm, lead_id) == [("fields", "done"), ("membership", "done"), ("task", "superseded")]
    assert (tasks(crm), fields(crm, lead_id)["pm_lane"]) == ([], "inbound")
    assert list(members(crm)) == [f"{lead_id}@lead.example"]


async def test_each_decision_by_the_rule_owes_its_rep_a_task_and_the_list_has_the_lead_once(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    moved = await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    assert moved.rep is not None
    await crm.floor.work_out()
    assert tasks(crm) == [("Call back", rep), ("Call back", moved.rep.key)]
    assert list(members(crm)) == [f"{lead_id}@lead.example"]


async def test_what_people_change_of_a_field_there_stands_through_later_changes_of_the_lead(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    (person,) = crm.crm.crm.of("person")
    person.fields["pm_lane"] = "by hand"
    await by_hand(crm, lead_id, other_than(rep))
    await crm.floor.work_out()
    assert crm.owner_of(f"{lead_id}@lead.example") == other_than(rep)
    assert fields(crm, lead_id) == {"pm_lane": "by hand", "pm_hot": True}


async def test_a_field_that_a_later_decision_sets_is_not_set_back_by_an_earlier_one_that_comes_late(
    crm: CrmFloor,
) -> None:
    lead_id, _ = await assigned(crm)
    late = [row.id for row in await crm.floor.world.rows("select id from deliveries where kind = 'fields'")]
    await crm.floor.world.rows("update deliveries set next_attempt_at = now() + interval '1 day' where kind = 'fields'")
    await publish(crm, {"set": {"pm_lane": "again"}})
    await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    await crm.floor.work()
    assert fields(crm, lead_id) == {"pm_lane": "again"}
    await crm.floor.work_out()
    assert fields(crm, lead_id) == {"pm_lane": "again", "pm_hot": True}
    assert await crm.floor.world.value("select status from deliveries where id = :id", id=late[0]) == "done"


async def test_lost_answers_and_a_process_that_dies_leave_one_of_each(crm: CrmFloor) -> None:
    for break_it in (lambda: crm.wire.lose_answer(times=4), crm_dies(crm)):
        lead_id, rep = await assigned(crm)
        before = len(tasks(crm))
        break_it()
        for _ in range(8):
            await living_through(crm.floor.work())
            await crm.floor.world.rows("update deliveries set lease_until = null where status = 'pending'")
        crm.wire.heal()
        crm.crashing.crashes = 0
        await crm.floor.work_out()
        assert tasks(crm)[before:] == [("Call back", rep)]
        assert members(crm).count(f"{lead_id}@lead.example") == 1
        assert fields(crm, lead_id) == {"pm_lane": "inbound", "pm_hot": True}
        assert {status for _, status in await owed(crm, lead_id)} == {"done"}


def crm_dies(crm: CrmFloor) -> Any:
    def arm() -> None:
        crm.crashing.crashes = 4

    return arm


async def test_what_the_crm_refuses_is_a_dead_letter_the_owner_is_told_all_the_same_and_a_replay_does_it(
    crm: CrmFloor,
) -> None:
    del crm.crm.crm.custom["person"]["pm_lane"]
    crm.crm.gone.add("inbound-dach")
    lead_id, rep = await assigned(crm)
    await crm.floor.work_out()
    assert crm.owner_of(f"{lead_id}@lead.example") == rep
    dead = [kind for kind, status in await owed(crm, lead_id) if status == "dead"]
    assert dead == ["fields", "membership"]
    alerts = await crm.floor.world.value("select count(*) from alerts where code = 'delivery-dead'")
    assert alerts == len(dead)
    crm.crm.crm.custom["person"]["pm_lane"] = {"label": "x", "type": "text"}
    crm.crm.gone.clear()
    for _ in range(2):
        await replay_deliveries(crm.env, DeliveryFilter(), dry_run=False, actor=SETTER)
        await crm.floor.work_out()
    assert list(members(crm)) == [f"{lead_id}@lead.example"]
    assert fields(crm, lead_id)["pm_lane"] == "inbound"


async def test_a_rep_who_is_no_user_there_keeps_the_task_waiting_and_has_it_as_soon_as_they_are(crm: CrmFloor) -> None:
    users, crm.crm.crm.users = crm.crm.crm.users, []
    lead_id, rep = await assigned(crm)
    await crm.floor.work()
    assert ("task", "pending") in await owed(crm, lead_id)
    assert tasks(crm) == []
    crm.crm.crm.users = users
    await crm.floor.work_out()
    assert tasks(crm) == [("Call back", rep)]


async def test_the_crm_that_is_named_does_it_else_the_one_that_was_connected_first(crm: CrmFloor) -> None:
    await crm.connect("a-later-one")
    first, _ = await assigned(crm)
    await publish(crm, {**ACTIONS, "connection": "a-later-one"})
    second, _ = await assigned(crm)
    found = {lead: {row.key for row in await crm.floor.world.rows(_WHERE, lead=lead)} for lead in (first, second)}
    assert found == {first: {"crm"}, second: {"a-later-one"}}


_WHERE = (
    "select k.key from deliveries d join connections k on k.id = d.connection_id where d.lead_id = :lead"
    " and d.action is not null"
)


async def test_without_a_crm_that_hears_of_leads_nothing_is_owed(crm: CrmFloor) -> None:
    await crm.connect(sync_owners=False)
    lead_id, _ = await assigned(crm)
    assert await owed(crm, lead_id) == []


async def test_a_lead_that_no_rep_has_any_more_before_the_crm_heard_of_it_is_not_made_there(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    async with crm.env.uow() as tx:
        lead = await tx.leads.get(lead_id, lock=True)
        assert lead is not None
        await close_lead(crm.env, tx, lead, end_reason="closed", why=as_written("x"), actor=ADMIN)
    await crm.floor.work_out()
    assert {status for _, status in await owed(crm, lead_id)} == {"superseded"}
    assert crm.crm.crm.of("person") == list(members(crm)) == tasks(crm) == []


async def test_another_account_is_not_told_of_what_was_done(crm: CrmFloor) -> None:
    lead_id, _ = await assigned(crm)
    await crm.floor.work()
    await save_connection(
        replace(crm.env, calendars=crm.gateway),
        "crm",
        connector="memory",
        config={"url": "https://another.example"},
        active=True,
        sync_owners=True,
        actor=SETTER,
    )
    assert {status for _, status in await owed(crm, lead_id)} == {"done"}
    assert [one.status for one in await crm.records(lead_id)] == ["pending"]


async def test_a_lead_without_an_address_has_its_task_and_its_fields_and_no_place_on_a_list(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.rows(
        "update leads set email = null, email_key = null, phone_key = '+491711234567' where id = :id", id=lead_id
    )
    await routed_by(crm, lead_id)
    await crm.floor.work_out()
    assert await owed(crm, lead_id) == [("fields", "done"), ("membership", "dead"), ("task", "done")]
    assert len(tasks(crm)) == len(crm.crm.crm.of("person")) == 1


async def test_deliveries_explanation_and_journey_tell_what_is_owed_and_what_was_done(crm: CrmFloor) -> None:
    lead_id, rep = await assigned(crm)
    decision = await crm.floor.world.value("select id from decisions where lead_id = :lead", lead=lead_id)
    with serve_floor(crm.env) as app:
        async with caller_of(app, "admin") as admin:
            listed = (await admin.get("/v1/deliveries", params={"lead": str(lead_id), "kind": "task"})).json()["items"]
            assert [(one["action"]["subject"], one["action"]["decision"]) for one in listed] == [
                ("Call back", str(decision))
            ]
            explained = (await admin.get(f"/v1/decisions/{decision}/explanation")).json()["explanation"]["crm"]
            assert explained[-2:] == [
                "In the CRM, the rep who gets the lead has a task “Call back”, due 4 hours after the decision.",
                "In the CRM, the lead is put on the list “inbound-dach”.",
            ]
            before = await _texts(admin, lead_id)
            await crm.floor.work_out()
            after = await _texts(admin, lead_id)
    name = rep.capitalize()
    assert {one for one in before if "is still to be done" in one} >= {
        f"The task for {name} in the CRM is still to be done."
    }
    done = {
        f"{name} has a task for it in the CRM.",
        "The lead is on a list in the CRM.",
        "The lead's record in the CRM has what a rule sets.",
    }
    assert done <= set(after)


async def _texts(admin: httpx.AsyncClient, lead_id: UUID) -> list[str]:
    journey = (await admin.get(f"/v1/leads/{lead_id}/journey")).json()
    return [entry["text"] for entry in journey["entries"]]


async def test_over_hubspot_a_rule_does_the_same(crm: CrmFloor) -> None:
    """Random order of the calls, and answers that are lost: one contact, one task, the list has it once."""
    vendor = HubSpotVendor(clock=crm.env.clock)
    users = {**IN_THE_CRM, **{key: f"{key}@example.com" for key in OTHERS}}
    vendor.owners = [
        Owner(id=str(i), email=email, first_name=key, last_name="x") for i, (key, email) in enumerate(users.items(), 90)
    ]
    there = vendor.add_list("17")
    wire, registry = FaultyTransport(vendor.transport), ConnectorRegistry.discover()
    contexts = ContextFactory(clock=crm.env.clock, transport=wire)
    gateway = ConnectorGateway(registry=registry, vault=Vault([new_key()]), contexts=contexts)
    crm.env = replace(crm.env, crm=ConnectorCrm(gateway=gateway, registry=registry))
    crm.floor.env = crm.env
    await save_connection(
        replace(crm.env, calendars=gateway),
        "portal",
        connector="hubspot",
        config={"token": vendor.token, "url": "https://hubspot.example"},
        active=True,
        sync_owners=True,
        actor=SETTER,
    )
    await publish(crm, {"connection": "portal", "set": {"jobtitle": "Buyer"}, "tasks": [CALL], "lists": [17]})
    for seed in range(4):
        lead_id, rep = await assigned(crm)
        due = await crm.floor.world.rows(
            "select d.id from deliveries d join connections k on k.id = d.connection_id"
            " where d.lead_id = :lead and k.key = 'portal' order by d.kind",
            lead=lead_id,
        )
        Random(seed).shuffle(due)
        wire.lose_answer(times=seed)
        for row in due:
            await run_delivery(crm.env, row.id)
        wire.heal()
        await crm.floor.work_out()
        owner = next(one.id for one in vendor.owners if one.first_name == rep)
        contacts = [one for one in vendor.records.rows["contacts"].values() if not one.archived]
        (contact,) = [one for one in contacts if one.values.get("email") == f"{lead_id}@lead.example"]
        assert (contact.values["hubspot_owner_id"], contact.values["jobtitle"]) == (owner, "Buyer")
        assert contact.id in there.members
        assert len(there.members) == len(contacts) == len(vendor.records.rows["tasks"]) == seed + 1
        assert {status for _, status in await owed(crm, lead_id)} == {"done"}
    await gateway.aclose()
