"""One person is one lead, one company one account, whatever arrives at the same moment and in which order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import SENDER, World, make_env

pytestmark = pytest.mark.anyio


async def submit(world: World, **given: Any) -> SubmitResult:
    return await submit_lead(world.env, LeadInput(**given), actor=SENDER)


async def test_fifty_arrivals_of_one_person_through_two_processes_make_one_lead(
    world: World, database_url: str
) -> None:
    other, engine = make_env(database_url, pool_size=10)
    await submit(world, email="warm@up.example", facts={"lead.country": "DE"})
    arrivals = [LeadInput(email="Mara@Nordlicht.example", facts={"lead.country": "DE"}) for _ in range(48)]
    arrivals += [LeadInput(email="mara@nordlicht.example", external_id="7", source_system="crm")] * 2
    try:
        done = await asyncio.gather(
            *(submit_lead((world.env, other)[i % 2], given, actor=SENDER) for i, given in enumerate(arrivals))
        )
    finally:
        await engine.dispose()
    assert len({one.lead.id for one in done}) == 1
    assert sum(one.created for one in done) == 1
    assert await world.value("select count(*) from leads where email_key = 'mara@nordlicht.example'") == 1
    assert await world.value("select count(*) from lead_identities") == 1
    assert await world.value("select count(*) from accounts where domain = 'nordlicht.example'") == 1
    assert await world.value("select count(*) from assignments where ended_at is null") == 2


async def test_fifty_colleagues_at_once_share_one_account(world: World) -> None:
    done = await asyncio.gather(*(submit(world, email=f"p{i}@nordlicht.example") for i in range(50)))
    assert len({one.lead.id for one in done}) == 50
    assert {one.lead.account_id for one in done} == {await world.value("select id from accounts")}


async def test_fifty_people_with_free_mail_share_an_account_by_company_name(world: World) -> None:
    names = ["Nordlicht GmbH", "NORDLICHT gmbh & co. kg", "Nordlicht"]
    done = await asyncio.gather(
        *(submit(world, email=f"p{i}@gmail.com", facts={"company.name": names[i % 3]}) for i in range(50))
    )
    assert len({one.lead.account_id for one in done}) == 1


async def test_a_person_without_email_is_known_by_external_id(world: World) -> None:
    first = await submit(world, external_id="7", source_system="crm", first_name="Mara")
    again = await submit(world, external_id="7", source_system="crm", email="mara@nordlicht.example")
    other = await submit(world, external_id="7", source_system="shop")
    assert again.lead.id == first.lead.id
    assert (again.lead.email_key, again.lead.first_name) == ("mara@nordlicht.example", "Mara")
    assert other.lead.id != first.lead.id
    by_email = await submit(world, email="mara@nordlicht.example")
    assert by_email.lead.id == first.lead.id


async def test_a_lead_found_by_email_learns_its_external_id(world: World) -> None:
    first = await submit(world, email="mara@nordlicht.example")
    await submit(world, email="mara@nordlicht.example", external_id="7", source_system="crm")
    found = await submit(world, external_id="7", source_system="crm")
    assert found.lead.id == first.lead.id


async def test_email_and_external_id_of_two_leads_are_a_conflict_that_a_human_sees(world: World) -> None:
    by_id = await submit(world, external_id="7", source_system="crm", email="old@nordlicht.example")
    by_email = await submit(world, email="mara@nordlicht.example")
    event = await submit(world, external_id="7", source_system="crm", email="mara@nordlicht.example")
    assert event.lead.id == by_id.lead.id
    assert event.lead.email == "old@nordlicht.example"
    assert event.lead.match["conflict"] == str(by_email.lead.id)
    (alert,) = await world.rows("select code, subject, message from alerts")
    assert (alert.code, alert.subject) == ("identity-conflict", f"lead:{by_id.lead.id}")
    assert "@" not in str(alert.message)
    assert await world.value("select count(*) from audit where action = 'lead.identity-conflict'") == 1


async def test_an_older_event_never_overwrites_a_newer_one(world: World) -> None:
    now = world.clock()
    new = {"facts": {"company.employees": 200}, "first_name": "Mara", "occurred_at": now}
    old = {
        "facts": {"company.employees": 10, "lead.score": 5},
        "first_name": "M.",
        "occurred_at": now - timedelta(days=8),
    }
    await submit(world, email="mara@nordlicht.example", **new)
    lead = (await submit(world, email="mara@nordlicht.example", **old)).lead
    assert lead.first_name == "Mara"
    assert lead.facts["company.employees"] == 200
    assert lead.facts["lead.score"] == 5


async def test_a_senders_fast_clock_does_not_freeze_what_is_known(world: World) -> None:
    ahead = world.clock() + timedelta(days=400)
    await submit(world, email="m@nordlicht.example", facts={"lead.score": 1}, occurred_at=ahead)
    lead = (await submit(world, email="m@nordlicht.example", facts={"lead.score": 2})).lead
    assert lead.facts["lead.score"] == 2


async def test_an_echo_of_what_is_known_writes_nothing(world: World) -> None:
    at = world.clock()
    given = {"email": "m@nordlicht.example", "facts": {"lead.score": 1}, "occurred_at": at}
    first = (await submit(world, **given)).lead
    lines = await world.value("select count(*) from audit")
    again = (await submit(world, **given)).lead
    assert again.version == await world.value("select version from leads")
    assert again.id == first.id
    assert await world.value("select count(*) from audit where action = 'lead.changed'") == 0
    assert await world.value("select count(*) from audit") == lines


async def test_a_given_company_domain_counts_more_than_the_email(world: World) -> None:
    lead = (
        await submit(world, email="m@agency.example", facts={"company.domain": "https://www.client.example/x"})
    ).lead
    assert lead.account_domain == "client.example"
    assert lead.facts["company.domain"] == "client.example"
    assert lead.match["account"] == "company.domain"
    private = (await submit(world, email="m@agency.example", first_name="M")).lead
    assert private.account_domain == "client.example"


async def test_accounts_of_one_name_are_a_tie_and_recorded(world: World) -> None:
    one = (await submit(world, email="a@nord.example", facts={"company.name": "Nordlicht GmbH"})).lead
    two = (await submit(world, email="b@licht.example", facts={"company.name": "Nordlicht AG"})).lead
    lead = (await submit(world, email="c@gmail.com", facts={"company.name": "nordlicht"})).lead
    assert lead.account_id == one.account_id
    assert lead.match["account"] == "name"
    assert lead.match["account_ties"] == [str(one.account_id), str(two.account_id)]


async def test_a_customer_known_from_one_contact_is_a_customer_for_the_next(world: World) -> None:
    await submit(world, email="a@nord.example", facts={"account.status": "customer", "account.owner": "eva"})
    done = await submit(world, email="b@nord.example", facts={"lead.country": "DE"})
    assert (done.lead.account_status, done.lead.account_owner) == ("customer", "eva")
    assert done.routed is not None
    assert done.routed.decision.rep == "eva"


async def test_an_older_event_says_no_more_of_the_company_than_of_the_person(world: World) -> None:
    now = world.clock()
    news = {"account.status": "customer", "account.owner": "eva", "account.parent_domain": "new-holding.example"}
    old = {"account.status": "prospect", "account.owner": "lena", "account.parent_domain": "old-holding.example"}
    await submit(world, email="a@nord.example", facts=news, occurred_at=now - timedelta(hours=1))
    late = await submit(world, email="a@nord.example", facts=old, occurred_at=now - timedelta(hours=2))
    told = (late.lead.account_status, late.lead.account_owner, late.lead.parent_domain)
    assert told == ("customer", "eva", "new-holding.example")
    lead = (await submit(world, email="a@nord.example", facts=old, occurred_at=now)).lead
    assert (lead.account_status, lead.account_owner, lead.parent_domain) == ("prospect", "lena", "old-holding.example")


async def test_free_mail_says_nothing_about_a_company(world: World) -> None:
    lead = (await submit(world, email="mara@gmail.com")).lead
    assert lead.account_id is None
    assert lead.match["account"] == "none"


async def test_a_policys_own_free_mail_domains_count(world: World) -> None:
    from support.floors.use_case_env import POLICY

    await world.publish(POLICY | {"matching": {"free_mail_domains_extra": ["kabelnetz.example"]}})
    world.clock.advance(timedelta(seconds=10))
    assert (await submit(world, email="mara@kabelnetz.example")).lead.account_id is None


async def test_one_customer_on_a_shared_host_or_of_no_name_makes_no_others_customers(world: World) -> None:
    customer = {"account.status": "customer"}
    facts = [
        {"company.domain": "https://www.facebook.com/nordlicht", "company.name": "privat"},
        {"company.domain": "facebook.com/vogel", "company.name": "n/a"},
        {"company.domain": "linktr.ee/mara", "company.name": "GmbH"},
    ]
    leads = [
        (await submit(world, email=f"p{n}@hotmail.ch", facts=each | customer)).lead for n, each in enumerate(facts)
    ]
    assert [(lead.account_id, lead.account_status) for lead in leads] == [(None, None)] * 3
    assert await world.value("select count(*) from accounts") == 0
    tenants = [
        (await submit(world, email=f"p@{tenant}.onmicrosoft.com", facts=customer)).lead for tenant in ("nord", "vogel")
    ]
    assert [lead.account_domain for lead in tenants] == ["nord.onmicrosoft.com", "vogel.onmicrosoft.com"]


async def test_what_names_no_company_does_not_take_the_place_of_what_does(world: World) -> None:
    told = {"company.domain": "nordlicht.example", "company.name": "Nordlicht GmbH"}
    empty = {"company.domain": "xing.com/pages/nordlicht", "company.name": "keine Angabe"}
    lead = (await submit(world, email="m@gmail.com", facts=empty)).lead
    assert (lead.facts.get("company.domain"), lead.facts["company.name"]) == (None, "keine Angabe")
    lead = (await submit(world, email="m@gmail.com", facts=told)).lead
    lead = (await submit(world, email="m@gmail.com", facts=empty)).lead
    assert {name: lead.facts[name] for name in told} == told
    assert (lead.account_domain, lead.account_name) == ("nordlicht.example", "Nordlicht GmbH")


async def test_a_policy_adds_to_the_lists_by_which_companies_are_told_apart(world: World) -> None:
    from support.floors.use_case_env import POLICY

    lists = {
        "shared_hosts_extra": ["shops.example"],
        "placeholder_names_extra": ["Laufkunde!"],
        "company_domains": ["berlin.de"],
    }
    await world.publish(POLICY | {"matching": lists})
    world.clock.advance(timedelta(seconds=10))
    facts = {"company.domain": "mara.shops.example", "company.name": "LAUFKUNDE GmbH"}
    assert (await submit(world, email="mara@gmail.com", facts=facts)).lead.account_id is None
    assert (await submit(world, email="mara@senat.berlin.de")).lead.account_domain == "berlin.de"


async def test_hostile_names_are_stored_as_they_are_and_break_nothing(world: World) -> None:
    for number, name in enumerate(("'; drop table leads; --", "\u202egnp", "x" * 200, "👩‍💻", "%s %(x)s :x {y}")):
        lead = (await submit(world, email=f"h{number}@nordlicht.example", first_name=name)).lead
        assert lead.first_name == name
