"""A person who changes employer goes to the new company's account; an account known by its name learns its domain."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pointsman.services.holds.close_lead import mark_won
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.facts import stored_facts
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import LeadRow
from support.floors.use_case_env import ADMIN, SENDER, World
from support.wording import english_sentence

pytestmark = pytest.mark.anyio

CUSTOMER = {"company.name": "Nordlicht GmbH", "account.status": "customer", "account.owner": "eva"}


async def sent(world: World, actor: Actor = SENDER, /, **given: Any) -> LeadRow:
    world.clock.advance(timedelta(minutes=1))
    return (await submit_lead(world.env, LeadInput(**given), actor=actor)).lead


async def won(world: World, lead: LeadRow) -> None:
    async with world.env.uow() as tx:
        row = await tx.leads.get(lead.id, lock=True)
        assert row is not None
        await mark_won(world.env, tx, row, actor=ADMIN)


async def at_nordlicht(world: World, **facts: Any) -> LeadRow:
    """Mara, known by her CRM's id 7, of a customer that eva owns."""
    facts = CUSTOMER | {"company.employees": 900} | facts
    return await sent(world, external_id="7", source_system="crm", email="mara@nord.example", facts=facts)


async def test_a_new_employers_address_and_name_move_the_lead_and_nothing_of_the_old_company_counts(
    world: World,
) -> None:
    before = await at_nordlicht(world)
    facts = {"company.name": "Vogel AG", "lead.country": "DE"}
    lead = await sent(world, external_id="7", source_system="crm", email="mara@vogel.example", facts=facts)
    assert (lead.id, lead.account_domain, lead.account_name) == (before.id, "vogel.example", "Vogel AG")
    assert (lead.account_status, lead.account_owner) == ("prospect", None)
    assert "company.employees" not in lead.facts
    assert (lead.match["account"], lead.match["moved_from"]) == ("email", str(before.account_id))
    (line,) = await world.rows("select before, after from audit where action = 'lead.changed'")
    assert line.before == {"account_id": str(before.account_id)}
    assert line.after["account_id"] == str(lead.account_id)
    assert await world.value("select status from accounts where domain = 'nord.example'") == "customer"


async def test_the_rep_who_has_the_lead_keeps_it(world: World) -> None:
    await at_nordlicht(world)
    held = "select rep_id, decision_id from assignments where ended_at is null"
    before = await world.rows(held)
    assert len(before) == 1
    await sent(world, external_id="7", source_system="crm", email="mara@vogel.example")
    assert await world.rows(held) == before


async def test_a_known_company_takes_the_person_with_its_own_owner(world: World) -> None:
    there = await sent(world, email="boss@vogel.example", facts={"account.owner": "lena"})
    await at_nordlicht(world)
    lead = await sent(world, email="mara@nord.example", facts={"company.domain": "www.vogel.example"})
    assert (lead.account_id, lead.account_owner, lead.match["account"]) == (
        there.account_id,
        "lena",
        "company.domain",
    )


async def test_who_bought_stays_a_customer_until_an_admin_says_where_the_person_works(world: World) -> None:
    before = await at_nordlicht(world)
    await won(world, before)
    news = [{"email": "mara@nord.example", "facts": {"company.domain": "vogel.example"}}]  # a stranger's form
    news += [{"external_id": "7", "source_system": "crm", "email": "mara@vogel.example"}]
    for said in news:
        lead = await sent(world, **said)
        assert (lead.account_id, lead.match["asks_for"]) == (before.account_id, "vogel.example")
        assert (stored_facts(lead)["account.status"], stored_facts(lead)["account.owner"]) == ("customer", "eva")
    (alert,) = await world.rows("select code, subject from alerts where resolved_at is null")
    assert (alert.code, alert.subject) == ("employer-change", f"lead:{lead.id}")
    lead = await sent(world, ADMIN, email="mara@vogel.example", facts={"company.domain": "vogel.example"})
    assert (lead.account_domain, stored_facts(lead)["account.status"]) == ("vogel.example", "prospect")
    assert (lead.match["bought_at"], "asks_for" in lead.match) == (str(before.account_id), False)
    assert "company.employees" not in lead.facts
    assert not await world.rows("select code from alerts where resolved_at is null")


async def test_what_waits_for_an_admin_changes_nothing_and_an_admin_may_say_no(world: World) -> None:
    before = await at_nordlicht(world, **{"company.domain": "nord.example"})
    await won(world, before)
    evil = {"company.domain": "evil.example", "company.name": "Evil", "company.employees": 2, "lead.title": "CEO"}
    waits = await sent(world, email="mara@nord.example", facts=evil)
    assert waits.facts == before.facts | {"lead.title": "CEO"}
    assert (waits.account_id, waits.match["asks_for"]) == (before.account_id, "evil.example")
    open_alerts = "select code from alerts where resolved_at is null"
    here = {"company.domain": "nord.example"}
    for actor, facts in ((SENDER, here), (ADMIN, {"lead.score": 5}), (ADMIN, {"company.name": "Evil"})):
        lead = await sent(world, actor, email="mara@nord.example", facts=facts)
        assert (lead.match["asks_for"], len(await world.rows(open_alerts))) == ("evil.example", 1)
    lead = await sent(world, ADMIN, email="mara@nord.example", facts=here)
    assert (lead.account_id, "asks_for" in lead.match, await world.rows(open_alerts)) == (before.account_id, False, [])


async def test_a_company_that_a_form_names_makes_no_customer_of_itself_by_who_bought_without_one(world: World) -> None:
    prospect = await sent(world, email="boss@bigco.example")
    lead = await sent(world, email="x@gmail.com")
    await won(world, lead)
    asked = await sent(world, email="x@gmail.com", facts={"company.domain": "bigco.example", "company.name": "BigCo"})
    assert (asked.account_id, asked.facts, asked.match["asks_for"]) == (None, lead.facts, "bigco.example")
    admins = await sent(world, ADMIN, email="x@gmail.com", facts={"company.domain": "bigco.example"})
    assert (admins.account_id, "asks_for" in admins.match) == (prospect.account_id, False)
    assert not await world.rows("select code from alerts where resolved_at is null")


@pytest.mark.parametrize("name", ["n/a", "privat", "Student"])
async def test_a_placeholder_beside_a_new_address_keeps_no_name_of_the_company_that_was_left(
    world: World, name: str
) -> None:
    await at_nordlicht(world)
    facts = {"company.name": name}
    lead = await sent(world, external_id="7", source_system="crm", email="mara@vogel.example", facts=facts)
    assert (lead.account_domain, "company.name" in lead.facts) == ("vogel.example", False)


async def test_who_bought_after_a_move_is_a_customer(world: World) -> None:
    lead = await at_nordlicht(world)
    await sent(world, external_id="7", source_system="crm", email="mara@vogel.example")
    await won(world, lead)
    lead = await sent(world, email="mara@vogel.example", facts={"lead.score": 3})
    assert stored_facts(lead)["account.status"] == "customer"


@pytest.mark.parametrize(("address", "trigger"), [("vogel", "returned"), ("nord", "customer-news")])
async def test_the_answer_says_whether_who_bought_was_routed_as_a_customer(
    world: World, address: str, trigger: str
) -> None:
    lead = await at_nordlicht(world)
    await world.rows("update assignments set ended_at = now(), end_reason = 'won' where lead_id = :id", id=lead.id)
    await world.rows("update leads set stage = 'won' where id = :id", id=lead.id)
    world.clock.advance(timedelta(minutes=1))
    given = LeadInput(email="mara@nord.example", facts={"company.domain": f"{address}.example"})
    told = await submit_lead(world.env, given, actor=ADMIN)
    assert told.note is not None
    assert english_sentence(told.note).endswith("as a prospect's." if address == "vogel" else "as a customer's.")
    assert await world.value("select count(*) from audit where reason ->> 'key' = :key", key=f"reason.{trigger}") == 1


async def test_older_news_move_nobody_and_say_nothing_of_the_present_company(world: World) -> None:
    began = world.clock()
    await at_nordlicht(world)
    moved = await sent(world, external_id="7", source_system="crm", email="mara@vogel.example")
    old = {"company.domain": "nord.example", "company.industry": "energy", "company.name": "Nordlicht GmbH"}
    lead = await sent(world, external_id="7", source_system="crm", facts=old, occurred_at=began)
    assert (lead.account_id, lead.account_domain) == (moved.account_id, "vogel.example")
    assert not {"company.domain", "company.industry"} & lead.facts.keys()


async def test_free_mail_later_or_another_spelling_of_the_name_moves_nobody(world: World) -> None:
    before = await at_nordlicht(world)
    lead = await sent(world, external_id="7", source_system="crm", email="mara@gmail.com")
    assert (lead.account_id, lead.email) == (before.account_id, "mara@gmail.com")
    lead = await sent(world, external_id="7", source_system="crm", facts={"company.name": "Nord-Licht Gruppe"})
    assert lead.account_id == before.account_id
    assert lead.facts["company.employees"] == 900


async def test_news_that_move_nobody_make_no_account(world: World) -> None:
    await at_nordlicht(world)
    await sent(world, external_id="7", source_system="crm", facts={"company.name": "Vogel AG"})
    stale = {"company.domain": "licht.example"}
    await sent(world, email="mara@nord.example", facts=stale, occurred_at=world.clock() - timedelta(days=9))
    assert await world.value("select count(*) from accounts") == 1


async def test_an_address_that_is_another_leads_moves_nobody(world: World) -> None:
    before = await at_nordlicht(world)
    await sent(world, email="eva@vogel.example")
    lead = await sent(world, external_id="7", source_system="crm", email="eva@vogel.example")
    assert (lead.account_id, lead.email) == (before.account_id, "mara@nord.example")
    await sent(world, external_id="8", source_system="crm")
    lead = await sent(world, external_id="8", source_system="crm", email="eva@vogel.example")
    assert lead.account_id is None


async def test_an_account_known_by_its_name_learns_the_domain_from_a_later_address(world: World) -> None:
    facts = {"company.name": "Nordlicht Energie GmbH"}
    first = await sent(world, external_id="7", source_system="crm", email="mara@gmail.com", facts=facts)
    site = "mara@nordlicht-energie.example"
    lead = await sent(world, external_id="7", source_system="crm", email=site, facts=facts)
    assert (lead.account_id, lead.account_domain) == (first.account_id, "nordlicht-energie.example")
    (line,) = await world.rows("select before, after from audit where action = 'account.changed'")
    assert (line.before["domain"], line.after["domain"]) == (None, "nordlicht-energie.example")
    colleague = await sent(world, email="ben@nordlicht-energie.example")
    assert colleague.account_id == first.account_id


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Bosch", {"company.name": "Bosch", "company.domain": "siemens.example"}),
        ("Siemens Energy", {"company.name": "Siemens", "company.domain": "siemens.example"}),
        ("Bosch Service", {"company.name": "Service", "company.domain": "siemens.example"}),
        ("Zeiss", {"company.name": "Zeiss", "company.domain": "zeiss.github.io"}),
        ("Zeiss", {"company.name": "Zeiss", "company.domain": "zeiss.jimdosite.com"}),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_customer_learns_no_domain_from_a_form_but_one_that_is_its_name(
    world: World, name: str, said: dict[str, str], is_known: bool
) -> None:
    customer = {"company.name": name, "account.status": "customer", "account.owner": "eva"}
    first = await sent(world, email="mara@gmail.com", facts=customer)
    if is_known:
        await sent(world, email="eve@gmail.com", facts={"company.name": name})
    lead = await sent(world, email="eve@gmail.com", facts=said)
    assert (lead.account_id != first.account_id, lead.account_status) == (True, "prospect")
    assert await world.value("select domain from accounts where status = 'customer'") is None


async def test_it_learns_it_from_a_colleague_when_the_domain_is_its_name(world: World) -> None:
    facts = {"company.name": "Nordlicht Energie GmbH"}
    first = await sent(world, email="mara@gmail.com", facts=facts)
    other = await sent(world, email="ben@nl-energie.example", facts=facts)  # perhaps another Nordlicht Energie
    colleague = await sent(world, email="eva@nordlicht-energie.example", facts=facts)
    assert other.account_id != first.account_id
    assert (colleague.account_id, colleague.account_domain) == (first.account_id, "nordlicht-energie.example")


async def test_a_domain_that_has_an_account_is_not_learned_but_takes_the_lead(world: World) -> None:
    there = await sent(world, email="boss@nord.example")
    facts = {"company.name": "Nordlicht"}
    first = await sent(world, external_id="7", source_system="crm", email="mara@gmail.com", facts=facts)
    lead = await sent(world, external_id="7", source_system="crm", email="mara@nord.example", facts=facts)
    assert lead.account_id == there.account_id != first.account_id


async def test_a_partners_word_moves_its_lead_and_teaches_no_account(world: World) -> None:
    from dataclasses import replace

    from pointsman.domain.permissions.callers import CallerKind, Scope

    partner = replace(SENDER, kind=CallerKind.PARTNER, supplier="in-house", scopes=frozenset({Scope.INTAKE}))
    facts = {"company.name": "Nordlicht"}
    first = (await submit_lead(world.env, LeadInput(email="m@gmail.com", facts=facts), actor=SENDER)).lead
    done = await submit_lead(world.env, LeadInput(email="b@nordlicht.example", facts=facts), actor=partner)
    assert done.lead.account_id != first.account_id
    assert await world.value("select count(*) from accounts where domain is null") == 1


async def test_many_at_once_move_one_lead_once_and_teach_one_account_one_domain(world: World) -> None:
    await at_nordlicht(world)
    facts = {"company.name": "Licht"}
    await sent(world, email="first@gmail.com", facts=facts)
    moves = [{"external_id": "7", "source_system": "crm", "email": "mara@vogel.example"}] * 3
    learns = [{"email": f"p{n}@licht.{'example' if n % 2 else 'at'}", "facts": facts} for n in range(4)]
    given = [LeadInput(**each) for each in (*moves, *learns)]
    done = await asyncio.gather(*(submit_lead(world.env, one, actor=SENDER) for one in given))
    assert len({one.lead.account_id for one in done[:3]}) == 1
    assert {one.lead.account_domain for one in done[3:]} == {"licht.example", "licht.at"}
    for n, one in enumerate(done[3:]):
        assert one.lead.account_domain == ("licht.example" if n % 2 else "licht.at")
    assert await world.value("select count(*) from accounts where name = 'Licht'") == 2
    assert await world.value("select count(*) from audit where before ? 'account_id'") == 1


async def test_two_accounts_that_learn_one_domain_are_a_lost_race(world: World) -> None:
    """The later transaction waits for the former, and runs again when that has given the domain to its account."""
    facts = [{"company.name": name} for name in ("Nordlicht", "Nord-Licht")]
    first = [await sent(world, email=f"p{n}@gmail.com", facts=each) for n, each in enumerate(facts)]
    given = [
        LeadInput(email=f"p{n}@gmail.com", facts=each | {"company.domain": "nordlicht.example"})
        for n, each in enumerate(facts)
    ]
    world.clock.advance(timedelta(minutes=1))
    done = await asyncio.gather(*(submit_lead(world.env, one, actor=SENDER) for one in given))
    assert len({one.lead.account_id for one in done}) == 1
    assert done[0].lead.account_id in {one.account_id for one in first}


async def test_a_purchase_is_remembered_when_the_lead_is_worked_on_again(world: World) -> None:
    before = await at_nordlicht(world)
    await won(world, before)
    await sent(world, email="mara@nord.example", facts={"lead.score": 3})
    assert await world.value("select stage from leads") != "won"
    lead = await sent(world, email="mara@nord.example", facts={"company.domain": "vogel.example"})
    assert (lead.account_id, lead.match["bought"]) == (before.account_id, True)
