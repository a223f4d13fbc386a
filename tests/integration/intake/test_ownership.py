"""Ownership: the policy's order says who is asked first, after the gate, and only the eligible get the lead."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from pointsman.domain.errors import Conflict
from pointsman.services.explain.explain import ExplainRequest, explain
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.accounts import merge_accounts, set_parent
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.roster.change_roster import deactivate_rep
from support.floors.use_case_env import ADMIN, POLICY, SENDER, World, open_world
from support.wording import english

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE"}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened


async def live(world: World, *order: str, tie: str = "most_leads") -> None:
    await world.publish(POLICY | {"ownership": {"order": list(order), "tie": tie}})


async def sent(world: World, email: str, **facts: Any) -> SubmitResult:
    known = DACH | {name.replace("__", "."): value for name, value in facts.items()}
    return await submit_lead(world.env, LeadInput(email=email, facts=known), actor=SENDER)


async def account_of(world: World, domain: str) -> UUID:
    found = await world.value("select id from accounts where domain = :d", d=domain)
    assert isinstance(found, UUID)
    return found


def told(submitted: SubmitResult) -> str:
    assert submitted.routed is not None
    return "; ".join(english(step.sentence) for step in submitted.routed.decision.steps)


def rep(submitted: SubmitResult) -> str | None:
    assert submitted.routed is not None
    return submitted.routed.decision.rep


async def test_the_contacts_owner_comes_before_the_accounts_in_the_default_order(world: World) -> None:
    done = await sent(world, "a@acme.example", lead__owner="jonas", account__owner="sofia")
    assert rep(done) == "jonas"
    assert "Jonas owns the contact" in told(done)


@pytest.mark.parametrize(
    ("order", "wanted", "why"),
    [
        (("account", "contact"), "sofia", "Sofia owns the account acme.example"),
        (("contact",), "jonas", "Jonas owns the contact"),
        (("parent", "account"), "lena", "Lena owns the parent account Holding AG"),
    ],
)
async def test_the_order_of_the_policy_decides(world: World, order: tuple[str, ...], wanted: str, why: str) -> None:
    await sent(world, "h@holding.example", account__owner="lena", company__name="Holding AG")
    await sent(world, "first@acme.example", account__owner="sofia")
    parent = await account_of(world, "holding.example")
    await set_parent(world.env, await account_of(world, "acme.example"), parent, reason="bought", actor=ADMIN)
    await live(world, *order)
    done = await sent(world, "a@acme.example", lead__owner="jonas")
    assert (rep(done), why in told(done)) == (wanted, True)


async def test_an_empty_order_asks_nobody(world: World) -> None:
    await live(world)
    done = await sent(world, "a@acme.example", lead__owner="jonas", account__owner="jonas")
    assert "own" not in told(done)


async def test_an_owner_is_known_by_email_too(world: World) -> None:
    assert rep(await sent(world, "a@acme.example", lead__owner="Jonas@example.com")) == "jonas"


async def test_the_accounts_owner_is_known_by_email_too(world: World) -> None:
    done = await sent(world, "a@acme.example", account__owner=" Jonas@Example.com")
    assert (rep(done), done.lead.account_owner) == ("jonas", "jonas")
    assert (await sent(world, "a@acme.example", account__owner="Sofia")).lead.account_owner == "sofia"


async def test_an_accounts_owner_that_the_roster_does_not_know_changes_nothing(world: World) -> None:
    await sent(world, "a@acme.example", account__owner="sofia")
    for email in ("a@acme.example", "b@acme.example"):
        assert (await sent(world, email, account__owner="crm-user-4711")).lead.account_owner == "sofia"


async def test_a_sender_may_say_to_which_company_an_account_belongs(world: World) -> None:
    await sent(world, "h@holding.example", account__owner="lena")
    done = await sent(world, "a@acme.example", account__parent_domain="https://www.Holding.example/en")
    assert rep(done) == "lena"
    assert "Lena owns the parent account holding.example" in told(done)
    assert done.lead.parent_domain == "holding.example"
    lines = "select count(*) from audit where action = 'account.parent-changed'"
    assert await world.value(lines) == 1
    again = await sent(world, "b@acme.example", account__parent_domain="holding.example")
    assert (rep(again), await world.value(lines)) == ("lena", 1)


async def test_a_parent_that_nobody_knows_is_made_and_found_again(world: World) -> None:
    made = (await sent(world, "a@acme.example", account__parent_domain="holding.example")).lead
    assert (made.parent_name, made.parent_id) == ("holding.example", await account_of(world, "holding.example"))
    known = await sent(world, "h@holding.example", company__name="Holding AG")
    assert known.lead.account_id == made.parent_id


async def test_a_sender_who_says_that_each_belongs_to_the_other_is_left_to_a_human(world: World) -> None:
    await sent(world, "a@acme.example", account__parent_domain="holding.example")
    done = await sent(world, "h@holding.example", account__parent_domain="acme.example")
    assert done.lead.parent_id is None
    alerts = "select count(*) from alerts where code = 'parent-circle' and resolved_at is null"
    assert await world.value(alerts) == 1
    itself = await sent(world, "b@acme.example", account__parent_domain="acme.example")
    assert itself.lead.parent_domain == "holding.example"


async def test_two_who_say_opposite_things_of_two_companies_at_once_make_no_circle(world: World) -> None:
    for turn in range(3):
        one, two = f"one{turn}.example", f"two{turn}.example"
        await asyncio.gather(
            *(sent(world, f"{name}@{one}", account__parent_domain=two) for name in "ab"),
            *(sent(world, f"{name}@{two}", account__parent_domain=one) for name in "ab"),
        )
        parents = "select count(*) from accounts where domain = any(:both) and parent_id is not null"
        assert await world.value(parents, both=[one, two]) == 1


async def test_an_owner_who_is_nobody_or_has_left_is_told_in_the_trace_and_the_rule_goes_on(world: World) -> None:
    nobody = await sent(world, "a@acme.example", lead__owner="crm-user-4711")
    assert rep(nobody) in {"lena", "jonas", "sofia"}
    assert "Crm-user-4711 owns the contact, but does not get the lead" in told(nobody)
    await deactivate_rep(world.env, "jonas", actor=ADMIN)
    left = await sent(world, "b@acme.example", lead__owner="jonas")
    assert rep(left) in {"lena", "sofia"}
    assert "Jonas owns the contact, but does not get the lead" in told(left)


async def test_owning_opens_no_gate_and_changes_no_role(world: World) -> None:
    done = await sent(world, "a@acme.example", lead__owner="anna", company__employees=500)
    assert done.routed is not None
    assert done.routed.decision.work == "qualification"
    assert rep(done) in {"lena", "jonas", "sofia"}


async def test_a_colleague_who_holds_the_accounts_other_leads_gets_the_next(world: World) -> None:
    await live(world, "contact", "colleague")
    for name in "ab":
        await sent(world, f"{name}@acme.example", lead__owner="sofia")
    await sent(world, "c@acme.example", lead__owner="jonas")
    done = await sent(world, "d@acme.example")
    assert rep(done) == "sofia"
    assert "Sofia holds 2 of the account's 3 other open leads" in told(done)
    other = await sent(world, "e@elsewhere.example")
    assert "holds" not in told(other)


async def test_the_latest_colleague_or_the_best_tier_may_come_first(world: World) -> None:
    await live(world, "contact", "colleague", tie="latest")
    for name, owner in (("a", "sofia"), ("b", "sofia"), ("c", "jonas")):
        await sent(world, f"{name}@acme.example", lead__owner=owner)
    assert rep(await sent(world, "d@acme.example")) == "jonas"


async def test_explain_says_who_owns_what_without_deciding(world: World) -> None:
    first = await sent(world, "a@acme.example", account__owner="sofia")
    shown = await explain(world.env, ExplainRequest(lead_id=first.lead.id))
    assert "Sofia owns the account acme.example" in "; ".join(english(step.sentence) for step in shown.decision.steps)
    guessed = await explain(world.env, ExplainRequest(facts={"lead.country": "DE", "lead.owner": "lena"}))
    assert "Lena owns the contact" in "; ".join(english(step.sentence) for step in guessed.decision.steps)


async def test_only_asking_for_colleagues_costs_a_statement_and_only_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def counting(self: Any, query: Any, *args: Any, **more: Any) -> Any:
        counted.append(str(query))
        return await execute(self, query, *args, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counting)

    async def cost(email: str) -> int:
        counted.clear()
        await sent(world, email, lead__owner="sofia")
        return len(counted)

    await cost("a@acme.example")  # what is read once per process
    plain = await cost("b@acme.example")
    await live(world, "contact", "account", "parent", "colleague")
    world.env.cache.clear()
    await cost("c@acme.example")
    assert await cost("d@acme.example") == plain + 1


async def test_parents_never_form_a_circle(world: World) -> None:
    for name in ("one", "two", "three"):
        await sent(world, f"x@{name}.example")
    one, two, three = [await account_of(world, f"{name}.example") for name in ("one", "two", "three")]
    await set_parent(world.env, one, two, reason="x", actor=ADMIN)
    await set_parent(world.env, two, three, reason="x", actor=ADMIN)
    for child, parent in ((three, one), (one, one)):
        with pytest.raises(Conflict) as caught:
            await set_parent(world.env, child, parent, reason="x", actor=ADMIN)
        assert caught.value.code == "parent-circle"
    with pytest.raises(Exception, match="own parent"):
        await world.rows("update accounts set parent_id = :one where id = :three", one=one, three=three)


async def test_merged_accounts_lead_their_names_leads_and_children_to_the_survivor(world: World) -> None:
    old = await sent(world, "a@old.example", account__owner="sofia", company__name="Nordlicht")
    await sent(world, "b@new.example")
    await sent(world, "c@child.example")
    one, into, child = [await account_of(world, f"{name}.example") for name in ("old", "new", "child")]
    await set_parent(world.env, child, one, reason="x", actor=ADMIN)
    done = await merge_accounts(world.env, one, into=into, reason="renamed", actor=ADMIN)
    assert (done.leads, done.survivor.owner, done.survivor.name) == (1, "sofia", "Nordlicht")
    again = await sent(world, "d@old.example")
    assert (again.lead.account_id, again.lead.account_domain) == (into, "new.example")
    named = await submit_lead(
        world.env, LeadInput(external_id="9", facts=DACH | {"company.name": "Nordlicht GmbH"}), actor=SENDER
    )
    assert named.lead.account_id == into
    assert await world.value("select account_id from leads where id = :id", id=old.lead.id) == into
    assert await world.value("select parent_id from accounts where id = :id", id=child) == into
    with pytest.raises(Conflict) as caught:
        await merge_accounts(world.env, one, into=child, reason="x", actor=ADMIN)
    assert caught.value.code == "account-merged"


async def test_a_subsidiary_merged_into_its_parent_and_the_other_way_leave_no_circle(world: World) -> None:
    for name in ("top", "mid", "low"):
        await sent(world, f"x@{name}.example")
    top, mid, low = [await account_of(world, f"{name}.example") for name in ("top", "mid", "low")]
    await set_parent(world.env, mid, top, reason="x", actor=ADMIN)
    await set_parent(world.env, low, mid, reason="x", actor=ADMIN)
    await merge_accounts(world.env, mid, into=low, reason="x", actor=ADMIN)
    assert await world.value("select parent_id from accounts where id = :id", id=low) == top
    await merge_accounts(world.env, low, into=top, reason="x", actor=ADMIN)
    assert await world.value("select parent_id from accounts where id = :id", id=top) is None
    assert await world.value("select merged_into from accounts where id = :id", id=mid) == top
