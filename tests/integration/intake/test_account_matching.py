"""Companies of nearly the same name: linked only when sure, suggested when likely, and never without a reason."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.leads.normalise import company_key
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.account_matching import name_similarity
from pointsman.services.leads.accounts import merge_accounts
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import ADMIN, POLICY, SENDER, World, open_world
from support.wording import english_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url, policy=POLICY | {"matching": {"names": {}}}) as opened:
        yield opened


async def sent(world: World, name: str, *, country: str | None = "DE", email: str | None = None) -> SubmitResult:
    facts: dict[str, Any] = {"company.name": name} | ({"lead.country": country} if country else {})
    given = LeadInput(email=email, external_id=None if email else str(world.env.new_id()), facts=facts)
    return await submit_lead(world.env, given, actor=SENDER)


async def known(world: World, name: str, domain: str, country: str = "DE") -> UUID | None:
    return (await sent(world, name, country=country, email=f"first@{domain}")).lead.account_id


async def test_a_nearly_equal_name_of_the_same_country_is_linked_and_says_why(world: World) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    lead = (await sent(world, "Muller Maschinenbau AG")).lead
    assert lead.account_id == there
    assert (lead.match["account"], lead.match["confidence"]) == ("alike-name", 99)
    assert (
        english_of(lead.match["why"])
        == "name 97: 'Muller Maschinenbau AG' ~ 'Müller Maschinenbau GmbH', country DE agrees"
    )


@pytest.mark.parametrize("country", [None, "AT"])
async def test_without_an_agreeing_country_it_is_only_suggested(world: World, country: str | None) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    lead = (await sent(world, "Muller Maschinenbau AG", country=country)).lead
    assert lead.account_id not in (None, there)
    (suggested,) = lead.match["suggestions"]
    assert (suggested["account_id"], suggested["confidence"] < 95) == (str(there), True)


async def test_a_lead_with_a_domain_of_its_own_is_only_suggested_to_another_account(world: World) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    lead = (await sent(world, "Müller-Maschinenbau", email="x@other.example")).lead
    assert lead.account_domain == "other.example"
    assert [one["account_id"] for one in lead.match["suggestions"]] == [str(there)]


async def test_two_accounts_that_are_as_alike_are_both_suggested_and_neither_linked(world: World) -> None:
    one = await known(world, "Nordlicht Energie", "nordlicht.example")
    two = await known(world, "Nordlicht Energie KG", "nordlicht-energie.example")
    lead = (await sent(world, "Nordlich Energie")).lead
    assert lead.account_id not in (None, one, two)
    assert {item["account_id"] for item in lead.match["suggestions"]} == {str(one), str(two)}


async def test_what_a_human_confirms_by_a_merge_is_known_from_then_on(world: World) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    lead = (await sent(world, "Muller Maschinenbau AG", country="AT")).lead
    assert lead.account_id is not None
    assert there is not None
    await merge_accounts(world.env, lead.account_id, into=there, reason="one company", actor=ADMIN)
    again = (await sent(world, "Muller Maschinenbau", country="AT")).lead
    assert (again.account_id, again.match["account"]) == (there, "name")


async def test_without_names_in_the_policy_names_have_to_be_equal(world: World) -> None:
    await world.publish(POLICY)
    world.env.cache.clear()
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    lead = (await sent(world, "Muller Maschinenbau")).lead
    assert lead.account_id != there
    assert "suggestions" not in lead.match


async def test_a_lead_known_without_a_company_is_linked_when_its_name_comes(world: World) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    given = LeadInput(external_id="1", facts={"lead.country": "DE"})
    assert (await submit_lead(world.env, given, actor=SENDER)).lead.account_id is None
    given = LeadInput(external_id="1", facts={"lead.country": "DE", "company.name": "Muller Maschinenbau"})
    lead = (await submit_lead(world.env, given, actor=SENDER)).lead
    assert (lead.account_id, lead.match["account"]) == (there, "alike-name")


async def test_among_many_accounts_the_alike_one_is_found(world: World) -> None:
    there = await known(world, "Müller Maschinenbau GmbH", "mueller-mb.example")
    await world.rows(
        "insert into accounts (id, name, name_key, name_blocks, domain, created_at)"
        " select gen_random_uuid(), 'Maschinenwerk ' || i, 'maschinenwerk ' || i, array['masc', left(i::text, 4)],"
        " 'd' || i || '.example', now() + interval '1 s' from generate_series(1, 2000) i"
    )
    assert (await sent(world, "Muller Maschinenbau")).lead.account_id == there


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Acme Inc.", "ACME GmbH", 100, 100),
        ("Müller Maschinenbau GmbH", "Mueller Maschinenbau AG", 100, 100),
        ("Maschinenbau Müller", "Müller Maschinenbau", 97, 97),
        ("Sun Power", "SunPower Ltd", 97, 97),
        ("Nordlicht Energie", "Nordlich Energie AG", 95, 97),
        ("Nordlicht Solar", "Nordlicht Solar Deutschland GmbH", 90, 94),
        ("Schmidt & Partner", "Schmitt & Partner", 85, 94),
        ("Siemens Deutschland", "Siemens Österreich", 0, 79),
        ("Siemens Energy", "Siemens Energia", 0, 84),
        ("Acme Software", "Acme Hardware", 0, 70),
        ("Hamburg Süd", "Hamburg Nord", 0, 70),
        ("Nordlicht Solar", "Nordlicht", 0, 70),
        ("Volksbank Mitte", "Volksbank Mittelhessen", 0, 75),
        ("Bosch", "Bosche", 0, 0),
        ("3M", "3i", 0, 0),
    ],
)
async def test_names_score_as_a_human_would_say(one: str, other: str, least: int, most: int) -> None:
    first, second = company_key(one), company_key(other)
    assert first is not None
    assert second is not None
    assert least <= name_similarity(first, second) <= most
    assert name_similarity(first, second) == name_similarity(second, first)
