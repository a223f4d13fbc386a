"""Google Calendar as the host sees it: where a person signs in, the live checks, and a fake that is run beside it."""

import asyncio
import base64
import hashlib
import logging
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from contract.google.bench_vendor import CONFIG, delegated, rsa_key
from contract.google.world import ANNA, BEN, SubjectTokens, World
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.guard import AddressGuard
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sign_in.grants import grant_of
from pointsman.connectors.sign_in.sign_ins import OAuthSignIns
from pointsman.connectors.sign_in.token_endpoint import exchange_code, refresh_token
from pointsman.connectors.vault import Vault
from pointsman_google import MANIFEST, GoogleConfig, GoogleConnector
from pointsman_google.fake import GoogleVendor
from pointsman_sdk import Context, NoMemory, WebhookRequest
from pointsman_sdk.fakes import TwoWayTransport
from pointsman_sdk.http import make_client
from pointsman_sdk.live import Sandbox, live_checks
from pointsman_sdk.testing import NOW, appointment, at
from pointsman_sdk.testing.bench import reader_processes

pytestmark = pytest.mark.anyio
SECRET = SecretStr("s" * 64)


def test_a_person_signs_in_at_googles_own_addresses() -> None:
    config = GoogleConfig.model_validate({"client_id": "a", "client_secret": "b"})
    grant = grant_of(MANIFEST, config, AddressGuard(()))
    assert grant is not None
    assert grant.authorize_url == "https://accounts.google.com/o/oauth2/v2/auth"
    assert grant.token_url == "https://oauth2.googleapis.com/token"


def test_nobody_signs_in_for_a_service_account(world: World) -> None:
    world.vendor.accounts.key = rsa_key()
    config = delegated(world.vendor)
    assert grant_of(MANIFEST, config, AddressGuard(())) is None
    sign_ins = OAuthSignIns(
        registry=ConnectorRegistry.discover(),
        vault=Vault([Fernet.generate_key().decode()]),
        contexts=ContextFactory(clock=lambda: NOW),
        clock=lambda: NOW,
        public_url="https://host.example",
    )
    assert not sign_ins.per_subject("google")
    told = config.model_dump(mode="json") | {"service_account_key": config.service_account_key}
    assert not sign_ins.needed("google", told)
    assert sign_ins.needed("google", CONFIG.model_dump(mode="json") | {"client_secret": "b"})


@pytest.mark.parametrize("way", ["a user", "a service account"])
async def test_the_live_checks_pass_and_leave_nothing_behind(world: World, way: str) -> None:
    world.vendor.accounts.key = rsa_key()
    google = world.connect() if way == "a user" else world.connect(delegated(world.vendor))
    sandbox = Sandbox(key="pm-check-1", now=NOW, calendar=ANNA, zone="Europe/Berlin")
    for check in live_checks(google, sandbox):
        await check.run(google)
    assert {one["status"] for one in world.vendor.calendar(ANNA).events.values()} == {"cancelled"}


async def test_a_push_reaches_the_host_and_says_look(world: World, google: GoogleConnector) -> None:
    answered = []

    async def post(request: WebhookRequest) -> httpx.Response:
        reply = google.watches.heard(request, SECRET)
        answered.append(request.headers["x-goog-resource-state"])
        return httpx.Response(reply.status)

    both_ways = TwoWayTransport(world.vendor, post)
    world.vendor.channels.post = both_ways.post
    world.wire._inner = both_ways
    await google.watches.watch(ANNA, "https://host.example/push", SECRET)
    await google.appointments.put(appointment(ANNA))
    await asyncio.to_thread(world.vendor.block, ANNA, at(15))
    assert (answered, both_ways.answered) == (["sync", "exists", "exists"], [200, 200, 200])


async def test_a_person_signs_in_at_the_fake_that_the_package_names(anyio_backend: object) -> None:
    (named,) = entry_points(group="pointsman.fakes", name="google")
    server = named.load()()
    async with make_client(httpx.ASGITransport(server)) as http:
        grant = grant_of(MANIFEST, CONFIG, AddressGuard(()))
        assert grant is not None
        assert grant.authorize_url is not None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": grant.client_id,
            "redirect_uri": "https://host.example/back",
            "state": "s",
            "scope": " ".join(grant.auth.scopes),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **dict(grant.auth.params),
        }
        back = (await http.get(grant.authorize_url, params=query)).headers["Location"]
        (code,) = parse_qs(urlsplit(back).query)["code"]
        now = datetime.now(UTC)
        token = await exchange_code(
            http, grant, code=code, verifier="v" * 43, redirect_uri="https://host.example/back", now=now
        )
        assert token.refresh is not None
        renewed = await refresh_token(http, grant, token, now=now)
        context = Context(
            http=http,
            clock=lambda: now,
            tokens=SubjectTokens(renewed),
            memory=NoMemory(),
            readers=reader_processes(),
            log=logging.getLogger("test"),
        )
        google = GoogleConnector(CONFIG, context)
        await google.check()
        made = await google.appointments.put(appointment(ANNA))
        assert await google.appointments.get(ANNA, made.key) == made
    assert {call.connection for call in server.ledger.calls if "/calendar/" in call.path} == {"sign-in-1"}


# -- a fake that is run by itself


def owner(vendor: GoogleVendor, method: str, path: str, body: object = None) -> httpx.Response:
    return vendor.handle(httpx.Request(method, f"http://127.0.0.1:8426/_fake/{path}", json=body))


async def test_owners_act_by_a_door_of_their_own(world: World, google: GoogleConnector) -> None:
    vendor = world.vendor
    assert owner(vendor, "PUT", "calendars/cleo@example.com", {"summary": "Cleo", "zone": "UTC"}).status_code == 200
    assert vendor.calendar("cleo@example.com").zone == "UTC"
    times = {"start": {"dateTime": "2031-03-30T08:00:00Z"}, "end": {"dateTime": "2031-03-30T09:00:00Z"}}
    made = owner(vendor, "POST", f"calendars/{BEN}/events", times).json()
    changed = owner(vendor, "PATCH", f"calendars/{BEN}/events/{made['id']}", {"summary": "Mine"}).json()
    assert (changed["summary"], changed["etag"] != made["etag"]) == ("Mine", True)
    assert owner(vendor, "DELETE", f"calendars/{BEN}/events/{made['id']}").status_code == 200
    assert owner(vendor, "DELETE", f"calendars/{BEN}/events/{made['id']}").status_code == 410
    assert owner(vendor, "PATCH", f"calendars/{BEN}/events/none", {}).status_code == 400
    assert owner(vendor, "GET", "nothing").status_code == 404


async def test_the_service_accounts_key_is_handed_out(world: World) -> None:
    world.vendor.accounts.key = rsa_key()
    key = owner(world.vendor, "GET", "service-account-key").json()["key"]
    config = delegated(world.vendor).model_copy(update={"service_account_key": SecretStr(key)})
    await world.connect(config).check()


def test_a_user_agrees_at_once() -> None:
    vendor = GoogleVendor(clock=lambda: datetime(2031, 1, 1, tzinfo=UTC) + timedelta())
    query = "client_id=google-client&response_type=code&state=s&redirect_uri=https%3A%2F%2Fhost.example%2Fback"
    answer = vendor.handle(httpx.Request("GET", f"http://127.0.0.1:8426/o/oauth2/v2/auth?{query}"))
    back = urlsplit(answer.headers["Location"])
    assert (answer.status_code, back.netloc, parse_qs(back.query)["state"]) == (302, "host.example", ["s"])
