"""Account and company facts are one employer's, the one that was said last: in news, late news and merges."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.services.holds.close_lead import mark_won
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.leads.upsert import upsert_lead
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import LeadRow
from support.floors.use_case_env import ADMIN, SENDER, World
from support.hypothesis_profiles import examples

pytestmark = pytest.mark.anyio

NAMES = {"acme": "Acme GmbH", "beta": "Beta Holding", "gamma": "Gammawerk"}
ACME = {"company.domain": "acme.de", "company.name": "Acme GmbH", "company.employees": 900}
BETA = {"company.domain": "beta.de", "company.name": "Beta Holding", "company.employees": 40}


async def heard(world: World, record: str, *, days: float = 0, actor: Actor = SENDER, **given: Any) -> LeadRow:
    """The lead after what its CRM record says was true so many days ago."""
    said = LeadInput(external_id=record, source_system="crm", occurred_at=world.clock() - timedelta(days=days), **given)
    async with world.env.uow() as tx:
        return (await upsert_lead(world.env, tx, said, actor=actor)).lead


async def one(world: World, lead: UUID, into: UUID) -> LeadRow:
    return (await merge_leads(world.env, lead, into=into, reason="same person", actor=ADMIN)).survivor


def employer(lead: LeadRow) -> tuple[object, ...]:
    facts = lead.facts
    return lead.account_domain, facts.get("company.domain"), facts.get("company.name"), facts.get("company.employees")


async def test_a_newer_record_takes_the_survivor_to_its_employer_and_later_words_move_it_on(world: World) -> None:
    old = await heard(world, "1", days=9, facts=ACME | {"account.status": "customer", "account.owner": "eva"})
    new = await heard(world, "2", days=2, facts=BETA)
    lead = await one(world, new.id, old.id)
    assert employer(lead) == ("beta.de", "beta.de", "Beta Holding", 40)
    assert (lead.account_status, lead.account_owner, lead.match["moved_from"]) == (
        "prospect",
        None,
        str(old.account_id),
    )
    assert employer(await heard(world, "1", facts=ACME)) == ("acme.de", "acme.de", "Acme GmbH", 900)


async def test_an_old_record_brings_nothing_of_its_company_along(world: World) -> None:
    await heard(world, "1", days=5, email="mara@acme.de", facts={"company.name": "Acme GmbH"})
    moved = await heard(world, "1", days=3, email="mara@beta.de", facts={"company.name": "Beta Holding"})
    old = await heard(world, "2", days=4, facts=ACME | {"company.revenue": 7_000_000})
    lead = await one(world, old.id, moved.id)
    assert employer(lead) == ("beta.de", None, "Beta Holding", None)
    assert "company.revenue" not in lead.facts


async def test_late_news_of_another_company_leave_nothing_behind_and_move_the_lead_when_said_again(
    world: World,
) -> None:
    await heard(world, "1", days=1, email="mara@acme.de", facts={"company.name": "Acme GmbH"})
    late = BETA | {"account.status": "customer", "account.owner": "eva", "account.parent_domain": "gamma.de"}
    lead = await heard(world, "1", days=5, facts=late)
    assert employer(lead) == ("acme.de", None, "Acme GmbH", None)
    assert (lead.account_status, lead.account_owner, lead.parent_domain) == ("prospect", None, None)
    assert employer(await heard(world, "1", facts=BETA)) == ("beta.de", "beta.de", "Beta Holding", 40)


async def test_free_mail_said_since_makes_no_word_about_the_employer_late(world: World) -> None:
    await heard(world, "1", days=9, facts=ACME)
    await heard(world, "1", days=1, email="mara@gmail.com")
    assert employer(await heard(world, "1", days=3, facts=BETA))[:2] == ("beta.de", "beta.de")


async def test_what_waits_for_an_admin_says_nothing_of_the_account_that_the_lead_keeps(world: World) -> None:
    old = await heard(world, "1", days=9, facts=ACME | {"account.status": "customer", "account.owner": "eva"})
    await won(world, old)
    said = BETA | {"account.status": "prospect", "account.owner": "lena", "account.parent_domain": "gamma.de"}
    lead = await heard(world, "1", facts=said)
    assert (lead.account_domain, lead.match["asks_for"]) == ("acme.de", "beta.de")
    assert (lead.account_status, lead.account_owner, lead.parent_domain) == ("customer", "eva", None)


@pytest.mark.parametrize("buyer_survives", [True, False])
async def test_who_bought_stays_with_the_company_after_a_merge_until_an_admin_says_otherwise(
    world: World, buyer_survives: bool
) -> None:
    old = await heard(world, "1", days=9, facts=ACME)
    await won(world, old)
    new = await heard(world, "2", days=2, facts=BETA)
    lead = await (one(world, new.id, old.id) if buyer_survives else one(world, old.id, new.id))
    assert employer(lead) == ("acme.de", "acme.de", "Acme GmbH", 900)
    assert (lead.match["bought"], lead.match["asks_for"]) == (True, "beta.de")
    (alert,) = await world.rows("select code, subject from alerts where resolved_at is null")
    assert (alert.code, alert.subject) == ("employer-change", f"lead:{lead.id}")
    lead = await heard(world, "1", actor=ADMIN, facts=BETA)
    assert (*employer(lead), lead.match["bought_at"]) == (
        "beta.de",
        "beta.de",
        "Beta Holding",
        40,
        str(old.account_id),
    )


@pytest.mark.parametrize("partners", [True, False])
async def test_only_a_partners_record_takes_no_customers_contact_away(world: World, partners: bool) -> None:
    old = await heard(world, "1", days=9, facts=ACME | {"account.status": "customer"})
    new = await heard(world, "2", days=2, facts=BETA)
    if partners:
        brought = "update leads set match = match || jsonb_build_object('brought_by', 'callwerk') where id = :id"
        await world.rows(brought, id=new.id)
    lead = await one(world, new.id, old.id)
    assert (lead.account_domain, lead.match.get("asks_for")) == (
        ("acme.de", "beta.de") if partners else ("beta.de", None)
    )


async def test_what_waits_for_an_admin_goes_on_waiting_after_a_merge(world: World) -> None:
    old = await heard(world, "1", days=9, facts=ACME)
    await won(world, old)
    await heard(world, "1", days=1, facts=BETA)
    colleague = await heard(world, "2", days=8, facts=ACME)
    lead = await one(world, old.id, colleague.id)
    assert (lead.account_domain, lead.match["asks_for"], lead.match["bought"]) == ("acme.de", "beta.de", True)
    assert await world.value("select subject from alerts where resolved_at is null") == f"lead:{lead.id}"


async def test_records_of_one_account_keep_what_both_know_of_it(world: World) -> None:
    address = await heard(world, "1", days=9, email="mara@acme.de", facts={"company.revenue": 7})
    name = await heard(world, "2", days=2, facts=ACME)
    lead = await one(world, address.id, name.id)
    assert (*employer(lead), lead.facts["company.revenue"]) == ("acme.de", "acme.de", "Acme GmbH", 900, 7)


async def test_a_later_name_alone_neither_moves_a_lead_with_a_domain_nor_brings_its_facts(world: World) -> None:
    old = await heard(world, "1", days=9, email="mara@acme.de", facts={"company.employees": 900})
    new = await heard(world, "2", days=2, email="m@gmail.com", facts={"company.name": "Beta", "company.employees": 4})
    lead = await one(world, old.id, new.id)
    assert employer(lead) == ("acme.de", "acme.de", None, 900)
    again = await heard(world, "1", email="mara@acme.de", facts={"company.name": "Acme"})
    assert employer(again) == ("acme.de", "acme.de", "Acme", 900)


async def test_a_website_said_again_stays_where_its_domain_leads(world: World) -> None:
    lead = await heard(world, "1", days=9, facts=ACME)
    beta = await heard(world, "2", days=9, facts=BETA)
    merged = "update accounts set merged_into = :b, merged_at = now() where id = :a"
    await world.rows(merged, a=lead.account_id, b=beta.account_id)
    for _ in range(2):
        assert (await heard(world, "1", facts=ACME)).account_id == beta.account_id


async def won(world: World, lead: LeadRow) -> None:
    async with world.env.uow() as tx:
        row = await tx.leads.get(lead.id, lock=True)
        assert row is not None
        await mark_won(world.env, tx, row, actor=ADMIN)


class Word(NamedTuple):
    employer: str
    by_website: bool  # else by an address and the company's name
    has_name: bool
    record: int
    is_admins: bool


WORDS = st.lists(
    st.builds(Word, st.sampled_from(sorted(NAMES)), st.booleans(), st.booleans(), st.integers(0, 1), st.booleans()),
    min_size=2,
    max_size=6,
)
_PEOPLE = count()


@examples(60, fixture_serves_all=True)
@given(words=WORDS, heard_first=st.permutations(range(6)), merged_before=st.integers(2, 6), into=st.integers(0, 1))
async def test_two_records_made_one_have_the_employer_that_was_said_last_as_one_record_has(
    world: World, words: Sequence[Word], heard_first: Sequence[int], merged_before: int, into: int
) -> None:
    """Words are said in turn, heard in any order, by one record or by two that become one in between."""
    order = [number for number in heard_first if number < len(words)]
    person = next(_PEOPLE)

    async def say(number: int, record: str) -> LeadRow:
        word = words[number]
        facts: dict[str, Any] = {"company.employees": number}
        if word.has_name or not word.by_website:
            facts["company.name"] = NAMES[word.employer]
        address = None if word.by_website else f"{record}@{word.employer}.de"
        if word.by_website:
            facts["company.domain"] = f"{word.employer}.de"
        actor = ADMIN if word.is_admins else SENDER
        return await heard(world, record, days=20 - number, actor=actor, email=address, facts=facts)

    single = [await say(number, f"p{person}") for number in order][-1]
    records: dict[int, LeadRow] = {}
    for number in order[:merged_before]:
        side = words[number].record
        records[side] = await say(number, f"p{person}-{side}")
    if len(records) == 2:
        records[into] = await one(world, records[1 - into].id, records[into].id)
    united = records.get(into) or records[1 - into]
    for number in order[merged_before:]:
        side = words[number].record
        later = await say(number, f"p{person}-{side}")
        if len(records) == 2 or side in records:
            united = later
        else:  # the other record begins only now
            united = await one(world, later.id, united.id)
            records[side] = united
    last = max(order)
    at = f"{words[last].employer}.de"
    for lead in (single, united):
        assert lead.account_domain == at
        assert lead.facts.get("company.domain") in (None, at)
        assert lead.facts.get("company.name") in (None, NAMES[words[last].employer])
        assert lead.facts["company.employees"] == last
