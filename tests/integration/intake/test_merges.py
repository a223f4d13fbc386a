"""Merging leads: one survives, everything that named the other finds it, and no history is lost."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import Conflict, Invalid, NotFound
from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.roster.roles import Work
from pointsman.services.handover.handover import hand_over
from pointsman.services.holds.drain import drain_holds
from pointsman.services.intake.merge_leads import LeadMergeResult, merge_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.roster.change_roster import deactivate_rep
from pointsman.services.routing.ledger_audit import verify_ledger
from pointsman.services.routing.overrides import add_override
from support.databases.fixtures import EmptyDatabase
from support.floors.use_case_env import ADMIN, SENDER, World, open_world
from support.hypothesis_profiles import examples

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE", "company.employees": 120}


async def submitted(world: World, **given: Any) -> UUID:
    facts = given.pop("facts", DACH)
    return (await submit_lead(world.env, LeadInput(facts=facts, **given), actor=SENDER)).lead.id


async def merged(world: World, lead: UUID, into: UUID) -> LeadMergeResult:
    return await merge_leads(world.env, lead, into=into, reason="same person", actor=ADMIN)


async def holders(world: World, lead: UUID) -> list[str]:
    rows = await world.rows(
        "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :l and a.ended_at is null",
        l=lead,
    )
    return [row[0] for row in rows]


async def test_what_named_the_merged_lead_finds_the_survivor_from_then_on(world: World) -> None:
    old = await submitted(world, email="mara@private.example", external_id="7", source_system="crm")
    new = await submitted(world, email="mara@firm.example", external_id="8", source_system="crm")
    await merged(world, old, new)
    assert await submitted(world, email="mara@private.example") == new
    assert await submitted(world, external_id="7", source_system="crm") == new
    assert await submitted(world, email="mara@firm.example", external_id="8", source_system="crm") == new
    assert await world.value("select count(*) from leads") == 2
    assert await world.value("select email from leads where id = :id", id=new) == "mara@firm.example"


async def test_a_chain_of_more_than_ten_merges_still_leads_to_its_last_survivor(world: World) -> None:
    unrouted = {"lead.country": "BR"}
    leads = [await submitted(world, external_id=str(n), source_system="crm", facts=unrouted) for n in range(1, 14)]
    for lead, into in pairwise(leads):
        await merged(world, lead, into)
    for n in range(1, 14):
        assert await submitted(world, external_id=str(n), source_system="crm", facts=unrouted) == leads[-1]
    assert await world.value("select count(distinct merged_into) from leads where merged_into is not null") == 1
    async with world.env.uow() as tx:
        assert set(await tx.merges.merged_leads(leads[-1])) == set(leads[:-1])


async def test_each_field_keeps_what_was_true_last_whichever_lead_said_it(world: World) -> None:
    now = world.clock()
    old = await submitted(world, email="a@x.example", first_name="Mara", facts=DACH | {"lead.title": "CEO"})
    new = await submitted(
        world,
        email="b@x.example",
        first_name="M.",
        facts=DACH | {"lead.title": "CTO"},
        occurred_at=now - timedelta(days=9),
    )
    done = await merged(world, old, new)
    assert done.survivor.facts["lead.title"] == "CEO"
    assert (done.survivor.first_name, done.survivor.email) == ("Mara", "b@x.example")
    back = await world.rows("select first_name, facts->>'lead.title' from leads where id = :id", id=old)
    assert tuple(back[0]) == ("Mara", "CEO")


async def test_a_survivor_keeps_a_companys_name_against_a_later_placeholder_and_gives_its_own_up(world: World) -> None:
    for n, names in enumerate((["n/a", "Nordlicht GmbH"], ["Nordlicht GmbH", "privat"])):
        old, new = [
            await submitted(world, email=f"p{n}{i}@gmail.com", facts=DACH | {"company.name": name})
            for i, name in enumerate(names)
        ]
        assert (await merged(world, new, old)).survivor.facts["company.name"] == "Nordlicht GmbH"


async def test_a_survivor_without_an_email_takes_the_merged_leads(world: World) -> None:
    old = await submitted(world, email="a@x.example")
    new = await submitted(world, external_id="8", source_system="crm")
    await merged(world, old, new)
    assert await world.value("select email from leads where id = :id", id=new) == "a@x.example"
    assert await submitted(world, email="A@x.example") == new


async def test_the_survivor_keeps_its_holder_and_the_other_turn_is_given_back(world: World) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@y.example")
    before = await holders(world, new)
    done = await merged(world, old, new)
    assert await holders(world, new) == before == [done.holder]
    assert await holders(world, old) == []
    assert await world.value("select end_reason from assignments where lead_id = :l", l=old) == "merged"
    assert await world.value("select count(*) from ledger_entries where kind = 'credit'") == 1
    assert (await verify_ledger(world.env, "sdr-dach")).agrees


async def test_a_survivor_without_a_holder_goes_on_with_the_merged_leads_holder(world: World) -> None:
    old = await submitted(world, email="a@x.example")
    new = await submitted(world, email="b@y.example", facts={"lead.country": "BR"})
    (holder,) = await holders(world, old)
    done = await merged(world, old, new)
    assert (done.holder, await holders(world, new)) == (holder, [holder])
    assert await world.value("select stage from leads where id = :id", id=new) == "working"
    assert await world.value("select count(*) from holds where released_at is null") == 0
    assert await world.value("select count(*) from ledger_entries where kind = 'credit'") == 0  # the turn is used


async def test_a_holder_who_has_left_takes_nothing_over(world: World) -> None:
    old = await submitted(world, email="a@x.example")
    new = await submitted(world, email="b@y.example", facts={"lead.source": "fair"})
    (holder,) = await holders(world, old)
    await deactivate_rep(world.env, holder, actor=ADMIN)
    done = await merged(world, old, new)
    assert done.holder not in (None, holder)
    assert done.routed is not None, "the survivor knows the country now, and is decided anew"


async def test_a_past_holder_of_the_merged_lead_does_not_get_the_survivor_by_a_reassignment(world: World) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@y.example")
    had = set(await holders(world, old)) | set(await holders(world, new))
    assert len(had) == 2, "two reps of three"
    await merged(world, old, new)
    moved = await reassign(world.env, new, reason="ill", actor=ADMIN)
    assert moved.decision.rep not in had
    last = await reassign(world.env, new, reason="ill too", actor=ADMIN)
    assert last.decision.rep is None


@pytest.mark.parametrize("waiting_survives", [True, False])
async def test_a_past_holder_does_not_get_the_lead_back_by_a_merge(world: World, waiting_survives: bool) -> None:
    waiting = await submitted(world, email="a@x.example")
    (relieved,) = await holders(world, waiting)
    for rep in {"lena", "jonas", "sofia"} - {relieved}:
        await deactivate_rep(world.env, rep, actor=ADMIN)
    assert (await reassign(world.env, waiting, reason="asked not to call", actor=ADMIN)).decision.rep is None
    other = await submitted(
        world, email="b@y.example", facts=DACH if waiting_survives else {"lead.source": "newsletter"}
    )
    pair = (other, waiting) if waiting_survives else (waiting, other)
    done = await merged(world, *pair)
    assert done.holder is None
    assert await drain_holds(world.env) == 0
    assert await holders(world, pair[1]) == []


async def test_what_the_merged_lead_passed_opens_no_gate_for_the_survivor(world: World) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@x.example")
    await world.pass_gate(old)
    await merged(world, old, new)
    assert await world.value("select count(*) from gate_checks where revoked_at is null and passed") == 0
    with pytest.raises(Exception, match="gate"):
        await world.rows(
            "insert into assignments (id, lead_id, rep_id, work, assigned_at)"
            " select :id, :lead, id, 'closing', now() from reps where key = 'anna'",
            id=world.env.new_id(), lead=new,
        )  # fmt: skip
    handed = await hand_over(world.env, new, evidence=(), setter=None, actor=ADMIN)
    assert handed.gate.passed, "the evidence came along: the survivor passes by its own hand-over"


async def test_evidence_that_says_no_shuts_the_survivors_gate(world: World) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@x.example")
    await world.pass_gate(new)
    no = Evidence(
        kind=EvidenceKind.QUALIFIED, name="need", value="none", affirmed=False, source="sdr:lena",
        observed_at=world.clock(), expires_at=None, id=world.env.new_id(), origin=("reps",),
    )  # fmt: skip
    async with world.env.uow() as tx:
        await tx.gates.add_evidence(old, [no], at=world.clock())
    await merged(world, old, new)
    assert await world.value("select count(*) from gate_checks where revoked_at is null and passed") == 0


async def test_a_lead_with_a_closer_is_not_merged_into_one_without(world: World) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@y.example")
    check = await world.pass_gate(old)
    await world.rows("update assignments set ended_at = now() where lead_id = :l", l=old)
    await world.rows(
        "insert into assignments (id, lead_id, rep_id, work, gate_check_id, assigned_at)"
        " select :id, :lead, id, 'closing', :check, now() from reps where key = 'anna'",
        id=world.env.new_id(), lead=old, check=check,
    )  # fmt: skip
    with pytest.raises(Conflict, match=f"merge {new} into {old}") as caught:
        await merged(world, old, new)
    assert caught.value.code == "merge-other-way"
    done = await merged(world, new, old)
    assert done.holder == "anna"


async def test_a_merged_lead_is_history_that_nobody_writes_to(world: World) -> None:
    first, second, third = [await submitted(world, email=f"{name}@x.example") for name in "abc"]
    await merged(world, first, second)
    for lead, into in ((first, third), (third, first)):
        with pytest.raises(Conflict) as caught:
            await merged(world, lead, into)
        assert (caught.value.code, caught.value.extra["merged_into"]) == ("lead-merged", str(second))
    with pytest.raises(Conflict, match="was merged into"):
        await hand_over(world.env, first, evidence=(), setter=None, actor=ADMIN)
    with pytest.raises(Conflict, match="was merged into"):
        await add_override(
            world.env, lead_id=first, rep="lena", work=Work.CLOSING, reason="x", approver="boss",
            expires_at=world.clock() + timedelta(days=1), actor=ADMIN,
        )  # fmt: skip
    with pytest.raises(Exception, match="was merged into another"):
        await world.rows(
            "insert into assignments (id, lead_id, rep_id, work, assigned_at)"
            " select :id, :lead, id, 'qualification', now() from reps where key = 'lena'",
            id=world.env.new_id(), lead=first,
        )  # fmt: skip
    with pytest.raises(Invalid):
        await merged(world, second, second)
    with pytest.raises(NotFound):
        await merged(world, second, world.env.new_id())


async def test_the_database_lets_nobody_undo_or_chain_a_merge(world: World) -> None:
    first, second, third = [await submitted(world, email=f"{name}@x.example") for name in "abc"]
    await merged(world, first, second)
    for statement in (
        "update leads set merged_into = null, merged_at = null where id = :first",
        "update leads set merged_into = :first, merged_at = now() where id = :third",
        "update leads set merged_into = :third, merged_at = now() where id = :second",
        "update leads set merged_into = :third, merged_at = now() where id = :third",
    ):
        with pytest.raises(Exception, match=r"merged|itself"):
            await world.rows(statement, first=first, second=second, third=third)


async def test_two_merges_of_a_pair_in_both_directions_leave_one_survivor(world: World) -> None:
    one, two = await submitted(world, email="a@x.example"), await submitted(world, email="b@x.example")
    done = await asyncio.gather(merged(world, one, two), merged(world, two, one), return_exceptions=True)
    assert sorted(type(result).__name__ for result in done) == ["Conflict", "LeadMergeResult"]
    assert await world.value("select count(*) from leads where merged_into is null") == 1


async def test_an_event_that_races_a_merge_lands_on_the_survivor(world: World) -> None:
    for turn in range(5):
        one = await submitted(world, email=f"a{turn}@x.example")
        two = await submitted(world, email=f"b{turn}@x.example")
        _, *found = await asyncio.gather(
            merged(world, one, two), *(submitted(world, email=f"a{turn}@x.example") for _ in range(3))
        )
        assert set(found) <= {one, two}
        assert await submitted(world, email=f"a{turn}@x.example") == two


async def test_over_http_the_merged_lead_answers_and_names_its_survivor(
    client: httpx.AsyncClient, sign_in: Any, world: World
) -> None:
    old, new = await submitted(world, email="a@x.example"), await submitted(world, email="b@y.example")
    admin = await sign_in("admin")
    body = {"into": str(new), "reason": "same person"}
    assert (await client.post(f"/v1/leads/{old}/merge", json=body, headers=await sign_in("intake"))).status_code == 403
    done = await client.post(f"/v1/leads/{old}/merge", json=body, headers=admin)
    assert (done.status_code, done.json()["survivor"]["id"]) == (200, str(new))
    shown = await client.get(f"/v1/leads/{old}", headers=admin)
    assert (shown.status_code, shown.json()["merged_into"]) == (200, str(new))
    assert (await client.get(f"/v1/leads/{new}", headers=admin)).json()["merged"] == [str(old)]
    again = await client.post(f"/v1/leads/{old}/merge", json=body, headers=admin)
    assert (again.status_code, again.json()["code"], again.json()["merged_into"]) == (409, "lead-merged", str(new))
    listed = (await client.get("/v1/leads", headers=admin)).json()["items"]
    assert [item["id"] for item in listed] == [str(new)]
    decided = (await client.get(f"/v1/leads/{new}/decisions", headers=admin)).json()["items"]
    assert {item["lead_id"] for item in decided} == {str(old), str(new)}
    lines = (await client.get("/v1/audit", params={"subject": f"lead:{old}"}, headers=admin)).json()["items"]
    assert "lead.merged" in {line["action"] for line in lines}


async def test_a_partner_sees_no_more_of_the_survivor_than_before(
    client: httpx.AsyncClient, sign_in: Any, world: World
) -> None:
    cold = await submitted(world, email="c@cold.example", facts={"lead.source": "cold_list"})
    ours = await submitted(world, email="o@ours.example")
    await merged(world, cold, ours)
    partner = await sign_in("read", supplier="callwerk")
    assert (await client.get(f"/v1/leads/{cold}", headers=partner)).status_code == 200
    assert (await client.get(f"/v1/leads/{ours}", headers=partner)).status_code == 404
    assert (await client.get(f"/v1/leads/{ours}/decisions", headers=partner)).status_code == 404


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 7), st.integers(0, 7)),
        st.tuples(st.just("merge"), st.integers(0, 7), st.integers(0, 7)),
    ),
    min_size=6,
    max_size=20,
)


@examples(12, fixture_serves_all=True)
@given(steps=STEPS)
async def test_after_any_merges_every_name_finds_one_living_lead_and_the_promises_hold(
    steps: list[tuple[str, int, int]], empty_database: EmptyDatabase
) -> None:
    with empty_database() as url:
        async with open_world(url) as world:
            leads: list[UUID] = []
            for what, one, other in steps:
                if what == "send" or len(leads) < 2:
                    country = "DE" if one % 3 else "BR"
                    leads.append(
                        await submitted(
                            world,
                            email=f"p{one}@x{other}.example",
                            external_id=f"c{other}",
                            source_system=f"s{one}",
                            facts={"lead.country": country},
                        )
                    )
                else:
                    try:
                        await merged(world, leads[one % len(leads)], leads[other % len(leads)])
                    except (Conflict, Invalid):
                        continue
            await _promises_hold(world)


async def _promises_hold(world: World) -> None:
    chains = "select count(*) from leads a join leads b on b.id = a.merged_into where b.merged_into is not null"
    assert await world.value(chains) == 0
    stray = "select count(*) from lead_identities i join leads l on l.id = i.lead_id where l.merged_into is not null"
    assert await world.value(stray) == 0
    for row in await world.rows(
        "select id, email, coalesce(merged_into, id) as now from leads where email is not null"
    ):
        assert await submitted(world, email=row.email) == row.now
    dead = "from {} t join leads l on l.id = t.lead_id where t.{} is null and l.merged_into is not null"
    for table, end in (("assignments", "ended_at"), ("holds", "released_at")):
        assert await world.value("select count(*) " + dead.format(table, end)) == 0
    living = await world.rows("select id, stage from leads where merged_into is null")
    for lead in living:
        if lead.stage == "working":
            assert len(await holders(world, lead.id)) == 1
    lost = "not exists (select from assignments a where a.decision_id = d.id)"
    assert await world.value(f"select count(*) from decisions d where outcome = 'assigned' and {lost}") == 0
    if await world.value("select count(*) from pool_ledgers where seq > 0 and pool = 'sdr-dach'"):
        verified = await verify_ledger(world.env, "sdr-dach")
        assert verified.agrees
        assert sum(verified.stored.balance(rep) for rep in verified.stored.balances) == 0
