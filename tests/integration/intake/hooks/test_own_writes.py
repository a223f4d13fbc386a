"""What we write to a vendor does not come back as news: by the key that caused it, else by the version that we wrote."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.roster.roles import Work
from pointsman.services.booking.book import book
from pointsman.services.connections.health import connection_health
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, create_intake, load_intake
from pointsman.services.operations.monitoring import state_counts
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.reassignment.manual import assign_manually
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.hook_floor import MAPPING, SAMPLE
from support.floors.use_case_env import ADMIN, Ticking

pytestmark = pytest.mark.anyio

ITEMS = "select status, error_code, result from inbox order by received_at, dedupe_key"


@dataclass(kw_only=True)
class Echo:
    """A CRM that hears of an appointment, and tells of what it heard."""

    crm: CrmFloor
    env: Env
    id: UUID

    async def tells(self, events: Sequence[dict[str, Any]], *, intake: str = "crm") -> None:
        hook = self.crm.crm.hooks.hook(events)
        request = SignedRequest(method=hook.method, uri=hook.url, headers=hook.headers, body=hook.body)
        reply, _ = await answer_hook(self.env, await load_intake(self.env, intake), request)
        assert reply.status == 202

    async def items(self) -> list[Any]:
        return list(await self.crm.floor.world.rows(ITEMS))


def over(connection: str) -> IntakeInput:
    return IntakeInput(
        title=connection,
        kind="lead",
        verifier={},
        secrets=None,
        mapping=MAPPING,
        sample=SAMPLE,
        active=True,
        connection=connection,
    )


@pytest.fixture
async def echo(database_url: str) -> AsyncIterator[Echo]:
    async with open_crm_floor(database_url) as crm:
        env = replace(crm.env, intake=ConnectorIntake(gateway=crm.gateway, registry=ConnectorRegistry.discover()))
        crm.crm.hooks.clock = env.clock
        row = await create_intake(env, "crm", over("crm"), actor=ADMIN)
        lead_id, handed = await crm.floor.ready()
        while handed.closer != "anna":  # who is a user of the CRM
            lead_id, handed = await crm.floor.ready()
        await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
        await crm.floor.work()
        yield Echo(crm=crm, env=env, id=row.id)


async def test_what_our_deliveries_caused_is_done_and_brings_nothing(echo: Echo) -> None:
    told = echo.crm.crm.hooks.events
    assert told
    await echo.tells(told)
    assert {(item.status, item.result["note"]["key"]) for item in await echo.items()} == {("done", "arrival.own-write")}
    assert await fetch_events(echo.env, echo.id) == 0


@pytest.mark.parametrize("origin", ["told", "untold"])
async def test_an_owner_whom_we_set_comes_back_as_no_decision_and_no_delivery(echo: Echo, origin: str) -> None:
    world, hooks = echo.crm.floor.world, echo.crm.crm.hooks
    lead_id = await world.lead(lead__country="DE")
    await world.route(lead_id)
    heard = len(hooks.events)
    await echo.crm.floor.work()
    assert echo.crm.owner_of(f"{lead_id}@lead.example") is not None
    counts = "select (select count(*) from decisions) as decisions, (select count(*) from deliveries) as deliveries"
    before = await world.rows(counts)
    told = [event if origin == "told" else {**event, "origin": None} for event in hooks.events[heard:]]
    assert told
    await echo.tells(told)
    assert await fetch_events(echo.env, echo.id) == 0
    assert {item.status for item in await echo.items()} == {"done"}
    assert await world.rows(counts) == before
    assert (await connection_health(echo.env, "crm")).own_writes_told == len(told)
    assert (await state_counts(echo.env))["own_writes_told"] == {"crm": len(told)}


async def test_an_owner_whom_a_human_changed_is_told_again_with_the_next_act(echo: Echo) -> None:
    world, vendor = echo.crm.floor.world, echo.crm.crm
    lead_id = await world.lead(lead__country="DE")
    await world.route(lead_id)
    await echo.crm.floor.work()
    given: dict[str, Any] = {"work": Work.QUALIFICATION, "override_id": None, "reason": "x", "actor": ADMIN}
    await assign_manually(echo.env, lead_id, rep="paul", **given)
    await echo.crm.floor.work()
    (person,) = [one for one in vendor.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
    vendor.crm.edit(person.id, owner="user-2")
    await echo.tells(vendor.hooks.events[-1:])
    for rep in ("mia", "paul"):  # what was told last stands: without the news there were nothing to say
        await assign_manually(echo.env, lead_id, rep=rep, **given)
    await echo.crm.floor.work()
    assert echo.crm.owner_of(f"{lead_id}@lead.example") == "paul"


async def test_a_vendor_that_names_no_cause_is_known_by_the_version_that_we_wrote(echo: Echo) -> None:
    ours = {**echo.crm.crm.hooks.events[-1], "origin": None}
    await echo.tells([ours])
    (item,) = await echo.items()
    assert (item.status, item.result["note"]["key"]) == ("done", "arrival.own-write")


async def test_an_event_that_names_no_version_is_known_by_the_version_that_is_fetched(echo: Echo) -> None:
    await echo.tells([{**echo.crm.crm.hooks.events[-1], "origin": None, "version": None}])
    await fetch_events(echo.env, echo.id)
    (item,) = await echo.items()
    assert (item.status, item.result["note"]["key"]) == ("done", "arrival.own-write")


async def test_what_a_human_changes_afterwards_is_news(echo: Echo) -> None:
    vendor = echo.crm.crm
    vendor.crm.edit(vendor.hooks.events[-1]["about"], last_name="Another")
    await echo.tells([vendor.hooks.events[-1]])
    assert await fetch_events(echo.env, echo.id) == 1
    (item,) = await echo.items()
    assert item.status == "received"


async def test_news_that_a_lagging_copy_does_not_show_yet_is_read_again_later(echo: Echo) -> None:
    vendor = echo.crm.crm
    about = vendor.hooks.events[-1]["about"]
    await echo.tells([vendor.hooks.happened(about, version=str(vendor.crm.rows[about].version + 1))])
    assert await fetch_events(echo.env, echo.id) == 0
    assert [item.status for item in await echo.items()] == ["unread"]
    vendor.crm.edit(about, last_name="Another")
    await echo.crm.floor.world.rows("update inbox set next_attempt_at = now() - interval '1 day'")
    assert await fetch_events(echo.env, echo.id) == 1
    assert [item.status for item in await echo.items()] == ["received"]


async def test_what_was_written_over_another_connection_is_news(echo: Echo) -> None:
    await echo.crm.connect("other", sync_owners=False)
    await create_intake(echo.env, "other", over("other"), actor=ADMIN)
    by_key, by_version = echo.crm.crm.hooks.events[0], {**echo.crm.crm.hooks.events[-1], "origin": None}
    await echo.tells([by_key, by_version], intake="other")
    assert {item.status for item in await echo.items()} == {"unread"}


async def test_an_event_that_overtakes_the_answer_to_our_write_waits_for_it(echo: Echo) -> None:
    world, about = echo.crm.floor.world, echo.crm.crm.hooks.events[-1]["about"]
    await world.rows(
        "update deliveries set status = 'pending', lease = gen_random_uuid(), lease_until = now() + interval '1 minute',"
        " done_at = null where vendor_id = :about",
        about=about,
    )
    await echo.tells([{**echo.crm.crm.hooks.happened(about, version="98"), "origin": None}])
    assert await fetch_events(echo.env, echo.id) == 0
    (item,) = await echo.items()
    assert (item.status, item.error_code) == ("unread", "may-be-ours")
    await world.rows(
        "update deliveries set status = 'done', lease = null, lease_until = null, done_at = now(), vendor_version = '98'"
        " where vendor_id = :about",
        about=about,
    )
    clock: Any = echo.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(timedelta(seconds=30))
    assert await fetch_events(echo.env, echo.id) == 0
    (item,) = await echo.items()
    assert (item.status, item.result["note"]["key"]) == ("done", "arrival.own-write")
