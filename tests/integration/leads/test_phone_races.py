"""Two who bring one number at the same moment, on connections of their own: the later one looks again, and finds the lead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from pointsman.domain.permissions.callers import CallerKind, Scope
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.leads.upsert import UpsertResult, upsert_lead
from pointsman.services.ports import Actor
from support.floors.use_case_env import ADMIN, SENDER, World
from support.waiting import until_blocked

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE"}
MOBILE, KEY = "0171 1234567", "+491711234567"
ALERTS = "select subject from alerts where code = 'identity-conflict' and resolved_at is null"
BARE = {"phone": MOBILE, "first_name": "Mara"}
FORM = {"phone": MOBILE, "first_name": "Mara", "email": "mara@nord.example"}
CRM = {"external_id": "7", "source_system": "crm"}

COLD = DACH | {"lead.source": "cold_list"}
PARTNER = Actor(name="key:callwerk", kind=CallerKind.PARTNER, supplier="callwerk", scopes=frozenset({Scope.INTAKE}))


def given(**said: Any) -> LeadInput:
    return LeadInput(**{"facts": DACH} | said)


async def submit(world: World, **said: Any) -> SubmitResult:
    return await submit_lead(world.env, given(**said), actor=SENDER)


async def submit_while_another_is_open(
    world: World, first: dict[str, Any], then: dict[str, Any]
) -> tuple[UpsertResult, SubmitResult]:
    """`first` is stored and not yet committed when `then` comes, which waits for it."""
    async with world.env.uow() as tx:
        done = await upsert_lead(world.env, tx, given(**first), actor=SENDER)
        later = asyncio.create_task(submit(world, **then))
        await until_blocked(world, later)
    return done, await later


@asynccontextmanager
async def locked_account(world: World, name: str) -> AsyncIterator[None]:
    """Who is to teach this account its domain waits, after it has looked for its lead."""
    async with world.engine.connect() as other, other.begin():
        await other.execute(text("select from accounts where name = :name for update"), {"name": name})
        yield


async def owners(world: World) -> list[Any]:
    return [row.id for row in await world.rows("select id from leads where phone_key = :key", key=KEY)]


async def alerted(world: World) -> list[str]:
    return [row.subject for row in await world.rows(ALERTS)]


async def test_a_number_alone_finds_the_known_lead_that_learns_it_at_the_same_moment(world: World) -> None:
    known = await submit(world, email="mara@nord.example", first_name="Mara")
    _, bare = await submit_while_another_is_open(world, FORM, BARE)
    assert (bare.created, bare.lead.id) == (False, known.lead.id)
    assert await owners(world) == [known.lead.id]


@pytest.mark.parametrize("beside", [BARE, {**CRM, "phone": MOBILE}])
async def test_a_known_lead_that_learns_a_number_while_another_gets_it_is_a_conflict_that_a_human_sees(
    world: World, beside: dict[str, str]
) -> None:
    known = await submit(world, email="mara@nord.example", first_name="Mara")
    await submit(world, **CRM)
    other, form = await submit_while_another_is_open(world, beside, FORM)
    assert (form.lead.id, form.lead.match["conflict"]) == (known.lead.id, str(other.lead.id))
    assert await alerted(world) == [f"lead:{known.lead.id}"]


async def test_a_number_that_comes_between_the_search_and_the_change_is_a_conflict_that_a_human_sees(
    world: World,
) -> None:
    await submit(world, email="max@gmail.com", facts={"company.name": "Nordlicht"})
    known = await submit(world, email="mara@gmail.com")
    async with locked_account(world, "Nordlicht"):
        news = {"company.name": "Nordlicht", "company.domain": "nordlicht.de", **DACH}
        form = asyncio.create_task(submit(world, email="mara@gmail.com", phone=MOBILE, facts=news))
        await until_blocked(world, form)
        bare = await submit(world, phone=MOBILE)
    assert (await form).lead.match["conflict"] == str(bare.lead.id)
    assert await alerted(world) == [f"lead:{known.lead.id}"]


async def test_a_number_that_comes_while_an_account_learns_its_domain_makes_one_lead(world: World) -> None:
    await submit(world, email="max@gmail.com", facts={"company.name": "Nordlicht"})
    async with locked_account(world, "Nordlicht"):
        news = {"company.name": "Nordlicht", "company.domain": "nordlicht.de", **DACH}
        form = asyncio.create_task(submit(world, email="mara@gmail.com", phone=MOBILE, facts=news))
        await until_blocked(world, form)
        bare = await submit(world, phone=MOBILE)
    assert (await form).lead.id == bare.lead.id
    assert await owners(world) == [bare.lead.id]


async def test_a_partners_lead_that_learns_a_number_of_the_house_at_the_same_moment_keeps_it_unseen(
    world: World,
) -> None:
    own = await submit_lead(world.env, given(email="mara@nord.example", facts=COLD), actor=PARTNER)
    async with world.env.uow() as tx:
        house = await upsert_lead(world.env, tx, given(phone=MOBILE), actor=SENDER)
        later = asyncio.create_task(submit_lead(world.env, given(**FORM, facts=COLD), actor=PARTNER))
        await until_blocked(world, later)
    assert (await later).lead.id == own.lead.id != house.lead.id
    assert len(await owners(world)) == 2
    assert await alerted(world) == []


async def test_an_email_that_a_known_lead_learns_while_it_comes_alone_is_one_leads(world: World) -> None:
    known = await submit(world, **CRM)
    alone, named = await submit_while_another_is_open(
        world, {"email": "m@nord.example"}, {**CRM, "email": "m@nord.example"}
    )
    assert (named.lead.id, named.lead.match["conflict"]) == (known.lead.id, str(alone.lead.id))
    assert await alerted(world) == [f"lead:{known.lead.id}"]


async def test_ten_times_a_form_and_a_call_bring_one_number_and_no_second_lead_goes_unseen(world: World) -> None:
    for i in range(10):
        email, phone = f"p{i}@nord.example", f"0171 12345{i}8"
        await submit(world, email=email, first_name="Mara")
        form, bare = await asyncio.gather(
            submit(world, email=email, phone=phone, first_name="Mara"),
            submit(world, phone=phone, first_name="Mara"),
        )
        assert form.lead.id == bare.lead.id or f"lead:{form.lead.id}" in await alerted(world)


async def test_a_number_finds_the_survivor_of_a_merge_that_runs_beside_it(world: World) -> None:
    old = await submit(world, phone=MOBILE, last_name="Vogel")
    new = await submit(world, email="mara@nord.example")
    merged, bare, again = await asyncio.gather(
        merge_leads(world.env, old.lead.id, into=new.lead.id, reason="one person", actor=ADMIN),
        submit(world, phone=MOBILE),
        submit(world, phone=MOBILE, last_name="Vogel"),
    )
    assert merged.survivor.phone_key == KEY
    assert {bare.lead.id, again.lead.id} <= {old.lead.id, new.lead.id}
    assert (await submit(world, phone=MOBILE)).lead.id == new.lead.id


@pytest.mark.parametrize("number", [2, 5, 12])
async def test_a_number_is_found_again_once_all_who_gave_it_are_merged(world: World, number: int) -> None:
    people = [(await submit(world, phone=MOBILE, email=f"p{i}@nord.example")).lead.id for i in range(number)]
    for one in people[1:]:
        await merge_leads(world.env, one, into=people[0], reason="one person", actor=ADMIN)
    bare = await submit(world, phone=MOBILE)
    assert (bare.created, bare.lead.id) == (False, people[0])
    other = await submit(world, phone=MOBILE, email="other@nord.example")
    assert other.created
    assert (await submit(world, phone=MOBILE, first_name="Ida")).created, "two have it"


async def test_a_merge_keeps_the_number_of_the_lead_that_it_was_read_for(world: World) -> None:
    unread = await submit(world, email="mara@nord.example", phone=MOBILE, facts={})
    read = await submit(world, email="m@sued.example", phone=MOBILE)
    merged = await merge_leads(world.env, read.lead.id, into=unread.lead.id, reason="one person", actor=ADMIN)
    assert (unread.lead.phone_key, merged.survivor.phone_key) == (None, KEY)
