"""What is read with a lock is the row as it stands after the wait, with what it is joined with then."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.services.holds.close_lead import mark_won
from pointsman.services.intake.submit_lead import submit_lead, submit_lead_in_tx
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import LeadRow
from support.floors.use_case_env import ADMIN, SENDER, World
from support.waiting import until_blocked

pytestmark = pytest.mark.anyio

IN_CRM = {"external_id": "77", "source_system": "crm"}


async def sent(world: World, actor: Actor = SENDER, **given: Any) -> LeadRow:
    world.clock.advance(timedelta(minutes=1))
    return (await submit_lead(world.env, LeadInput(**given), actor=actor)).lead


async def beside(world: World, given: dict[str, Any], act: Callable[[], Awaitable[Any]], actor: Actor = SENDER) -> Any:
    """What `act` gives, which waits for the lead of news that are not committed yet."""
    world.clock.advance(timedelta(minutes=1))
    async with world.env.uow() as tx:
        await submit_lead_in_tx(world.env, tx, LeadInput(**given), actor=actor, calendars={})
        waiting = asyncio.ensure_future(act())
        await until_blocked(world, waiting)  # type: ignore[arg-type]  # a task, since `act` is a coroutine function
    return await waiting


async def stored(world: World, lead: UUID) -> LeadRow:
    async with world.env.uow() as tx:
        row = await tx.leads.get(lead)
    assert row is not None
    return row


NEW_ACCOUNTS = {
    "another": ("mara@nord.example", {"email": "mara@vogel.example", "facts": {"company.name": "Vogel AG"}}),
    "its first": ("mara@gmail.com", {"facts": {"company.domain": "vogel.example"}}),
}


@pytest.mark.parametrize("account", NEW_ACCOUNTS)
async def test_a_lead_that_got_an_account_during_the_wait_is_read_with_it(world: World, account: str) -> None:
    email, news = NEW_ACCOUNTS[account]
    lead = await sent(world, email=email, **IN_CRM)

    async def locked() -> LeadRow | None:
        async with world.env.uow() as tx:
            return await tx.leads.get(lead.id, lock=True)

    row = await beside(world, {**IN_CRM, **news}, locked)
    assert row == await stored(world, lead.id)
    assert row.account_domain == "vogel.example"


async def test_a_purchase_during_a_change_of_employer_makes_the_new_company_a_customer(world: World) -> None:
    lead = await sent(world, email="mara@nord.example", **IN_CRM)

    async def won() -> None:
        async with world.env.uow() as tx:
            row = await tx.leads.get(lead.id, lock=True)
            assert row is not None
            await mark_won(world.env, tx, row, actor=ADMIN)

    await beside(world, {**IN_CRM, "email": "mara@vogel.example", "facts": {"company.name": "Vogel AG"}}, won)
    assert (await stored(world, lead.id)).account_status == "customer"


async def test_a_name_alone_takes_nobody_from_the_customer_that_an_admin_just_gave_them(world: World) -> None:
    lead = await sent(world, email="mara@gmail.com", **IN_CRM)
    given = {
        **IN_CRM,
        "facts": {"company.domain": "nord.example", "account.status": "customer", "account.owner": "eva"},
    }

    async def named() -> None:
        await sent(world, email="mara@gmail.com", facts={"company.name": "Irgendwas"})

    await beside(world, given, named, ADMIN)
    after = await stored(world, lead.id)
    assert (after.account_domain, after.account_status, after.account_owner) == ("nord.example", "customer", "eva")


async def test_older_news_move_no_lead_that_moved_while_they_waited(world: World) -> None:
    lead = await sent(world, email="mara@nord.example", **IN_CRM)
    older = world.env.clock() + timedelta(seconds=1)
    world.clock.advance(timedelta(days=2))

    async def late() -> None:
        await sent(world, email="mara@alt.example", occurred_at=older, **IN_CRM)

    await beside(world, {**IN_CRM, "facts": {"company.domain": "vogel.example"}}, late)
    after = await stored(world, lead.id)
    assert (after.account_domain, after.facts["company.domain"]) == ("vogel.example", "vogel.example")


async def test_an_address_that_its_lead_gave_up_during_the_wait_finds_it_no_more(world: World) -> None:
    lead = await sent(world, email="mara@nord.example", **IN_CRM)

    async def other() -> LeadRow:
        return await sent(world, email="mara@nord.example", first_name="Mara")

    made = await beside(world, {**IN_CRM, "email": "mara@vogel.example"}, other)
    assert (made.id != lead.id, made.email) == (True, "mara@nord.example")


async def test_an_account_is_read_with_the_owner_that_it_got_during_the_wait(world: World) -> None:
    lead = await sent(world, ADMIN, email="a@nord.example", facts={"account.owner": "eva"})
    assert lead.account_id is not None
    account = lead.account_id

    async def locked() -> Any:
        async with world.env.uow() as tx:
            return await tx.accounts.get(account, lock=True)

    row = await beside(world, {"email": "a@nord.example", "facts": {"account.owner": "lena"}}, locked, ADMIN)
    assert row.owner == "lena"
