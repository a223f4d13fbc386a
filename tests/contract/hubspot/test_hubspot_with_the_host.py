"""HubSpot as the host sees it: where a person signs in, the live checks, webhooks that become leads, and what was missed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from contract.hubspot.bench_vendor import SIGNED_IN
from contract.hubspot.world import ANNA, World
from pointsman.connectors.guard import AddressGuard
from pointsman.connectors.sign_in.grants import grant_of
from pointsman.connectors.sign_in.token_endpoint import exchange_code, refresh_token
from pointsman.services.connections.connections import save_connection
from pointsman.services.intake.hooks.catch_up import catch_up
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, create_intake
from pointsman.services.intake.receive import process_item
from pointsman_hubspot import MANIFEST, HubSpotConfig, HubSpotConnector
from pointsman_hubspot.api.refusals import SCOPES
from pointsman_hubspot.fake import HubSpotVendor
from pointsman_sdk.http import make_client
from pointsman_sdk.live import Sandbox, live_checks
from support.floors.hook_floor import HookFloor, open_hook_floor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio
KEY = "hubspot"
MAPPING = {
    "events": "[@][?lifecyclestage == 'salesqualifiedlead' && contains(changed, 'lifecyclestage')]",
    "external_id": "id",
    "source_system": "hubspot",
    "fields": {"lead.email": "email", "lead.last_name": "lastname", "lead.owner": "owner_email"},
    "constants": {"lead.source": "crm"},
}
SAMPLE = {
    "id": "1",
    "email": "sam@sample.example",
    "lastname": "Sample",
    "lifecyclestage": "salesqualifiedlead",
    "changed": ["lifecyclestage"],
}


# -- sign-in


@pytest.mark.parametrize("version", ["2026-09", "v3"])
def test_a_person_signs_in_at_hubspots_own_addresses(version: str) -> None:
    config = HubSpotConfig.model_validate({"client_id": "a", "client_secret": "b", "version": version})
    grant = grant_of(MANIFEST, config, AddressGuard(()))
    assert grant is not None
    assert grant.authorize_url == "https://app.hubspot.com/oauth/authorize"
    assert grant.token_url == f"https://api.hubapi.com/oauth/{version}/token"


def test_nobody_signs_in_with_a_token() -> None:
    config = HubSpotConfig.model_validate({"token": "pat-na1-abc"})
    assert grant_of(MANIFEST, config, AddressGuard(())) is None


async def test_a_person_signs_in_at_the_fake_that_the_package_names(anyio_backend: object) -> None:
    (named,) = entry_points(group="pointsman.fakes", name="hubspot")
    server, now = named.load()(), datetime.now(UTC)
    config = SIGNED_IN.model_copy(update={"client_secret": SecretStr(server.vendor.app_secret)})
    grant = grant_of(MANIFEST, config, AddressGuard(()))
    assert grant is not None
    assert grant.authorize_url is not None
    async with make_client(httpx.ASGITransport(server)) as http:
        query = {
            "response_type": "code",
            "client_id": grant.client_id,
            "redirect_uri": "https://host.example/back",
            "state": "s",
            "scope": " ".join(SCOPES),
        }
        back = (await http.get(grant.authorize_url, params=query)).headers["Location"]
        (code,) = parse_qs(urlsplit(back).query)["code"]
        token = await exchange_code(
            http, grant, code=code, verifier="", redirect_uri="https://host.example/back", now=now
        )
        assert token.expires_at is not None
        assert token.expires_at - now == timedelta(minutes=30)
        renewed = await refresh_token(http, grant, token, now=now)
        headers = {"Authorization": f"Bearer {renewed.access.get_secret_value()}"}
        assert (await http.get(f"{config.url}/crm/owners/2026-09", headers=headers)).status_code == 200
    assert {call.connection for call in server.ledger.calls if "/crm/" in call.path} == {"sign-in-1"}


async def test_the_live_checks_pass_and_leave_nothing_behind(world: World, hubspot: HubSpotConnector) -> None:
    world.contact()
    listed = world.vendor.add_list("17")
    sandbox = Sandbox(key="pm-check-1", now=world.now, person="ada@example.com", programme="17", zone="Europe/Berlin")
    checks = live_checks(hubspot, sandbox)
    assert {check.lacks for check in checks} == {None}
    for check in checks:
        await check.run(hubspot)
    standing = world.vendor.standing()
    assert (standing["meetings"], standing["tasks"], listed.members) == ([], [], {})
    assert len(standing["contacts"]) == 1


# -- webhooks


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[HookFloor]:
    async with open_hook_floor(database_url) as opened:
        yield opened


@pytest.fixture
async def account(floor: HookFloor) -> HubSpotVendor:
    """An account whose app calls an intake of the floor."""
    vendor = HubSpotVendor(clock=floor.env.clock)
    floor.wire._inner = vendor.transport
    config = {"token": vendor.token, "webhook_secret": vendor.app_secret, "url": "https://hubspot.example"}
    await save_connection(floor.env, KEY, connector="hubspot", config=config, active=True, actor=ADMIN)
    given = IntakeInput(
        title=KEY,
        kind="lead",
        verifier={},
        secrets=None,
        mapping=MAPPING,
        sample=SAMPLE,
        active=True,
        connection=KEY,
    )
    await create_intake(floor.env, KEY, given, actor=ADMIN)
    vendor.hooks.callback = f"http://127.0.0.1:8000/v1/hooks/{KEY}"  # as the floor is known outside: it is signed, too
    return vendor


async def delivered(floor: HookFloor, account: HubSpotVendor) -> list[int]:
    return [(await floor.send(KEY, hook)).status_code for hook in account.hooks.send()]


async def worked_off(floor: HookFloor) -> list[Any]:
    """What came of all that was told: the leads."""
    intake = await floor.world.value("select id from intakes where key = :key", key=KEY)
    while await fetch_events(floor.env, intake):
        continue
    for item in await floor.items():
        if item.status == "received":
            await process_item(floor.env, item.id)
    return list(await floor.world.rows("select email from leads order by email"))


async def test_a_qualified_contact_becomes_a_lead_however_often_and_late_it_is_told(
    floor: HookFloor, account: HubSpotVendor
) -> None:
    account.hooks.doubled = account.hooks.shuffled = True
    known = account.add("contacts", email="ada@nordlicht.example", lastname="Lovelace", hubspot_owner_id=ANNA)
    account.add("contacts", email="cold@nordlicht.example", lifecyclestage="lead")
    account.edit("contacts", known.id, lifecyclestage="salesqualifiedlead")
    assert await delivered(floor, account) == [200, 200]
    assert [lead.email for lead in await worked_off(floor)] == ["ada@nordlicht.example"]
    assert {item.status for item in await floor.items()} == {"done"}
    account.edit("contacts", known.id, hubspot_owner_id="72")
    await delivered(floor, account)
    assert len(await worked_off(floor)) == 1
    told = {item.result["note"]["key"] for item in await floor.items() if item.lead_id is None}
    assert told <= {"arrival.mapped-to-nothing", "arrival.same-version"}
    assert len([item for item in await floor.items() if item.lead_id is not None]) == 1
    assert floor.bugs == []


async def test_what_no_webhook_told_is_caught_up_with_and_what_one_told_is_no_news(
    floor: HookFloor, account: HubSpotVendor
) -> None:
    intake = await floor.world.value("select id from intakes where key = :key", key=KEY)
    clock: Any = floor.env.clock
    await catch_up(floor.env, intake)
    clock.advance(timedelta(minutes=6))
    told = account.add("contacts", email="ada@nordlicht.example", lifecyclestage="salesqualifiedlead")
    await delivered(floor, account)
    account.hooks.loses = True
    account.add("contacts", email="ben@nordlicht.example", lifecyclestage="salesqualifiedlead")
    await delivered(floor, account)
    clock.advance(timedelta(minutes=6))
    assert await catch_up(floor.env, intake) == 2  # the creation, and the stage
    found = await worked_off(floor)
    assert [lead.email for lead in found] == ["ada@nordlicht.example", "ben@nordlicht.example"]
    clock.advance(timedelta(minutes=6))
    assert await catch_up(floor.env, intake) == 0
    assert len({item.about for item in await floor.items()}) == 2
    assert told.id in {item.about for item in await floor.items()}


async def test_a_webhook_that_is_not_hubspots_is_refused_and_leaves_no_trace(
    floor: HookFloor, account: HubSpotVendor
) -> None:
    account.add("contacts", email="ada@nordlicht.example")
    account.hooks.secret = "another-app-secret"
    assert await delivered(floor, account) == [401]
    assert await floor.items() == []
