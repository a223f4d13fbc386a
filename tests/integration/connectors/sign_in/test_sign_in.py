"""A human signs in over a connection: begun by an admin, ended by the browser that the vendor sends back."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.sign_in.sign_ins import OAuthSignIns
from pointsman.connectors.vault import Vault
from pointsman.settings import load_settings
from pointsman_sdk import Connector, Context, Manifest
from pointsman_sdk.http import authorized, raise_for_status
from support.databases.kept_engines import lend_engine
from support.http.keys import SECRET
from support.http.service import client_of, headers_of_key, serve
from support.sign_in.login_vendor import CLIENT_ID, CLIENT_SECRET, LoginVendor
from support.sign_in.signed_in_world import SERVER, SignInConfig, sign_in_manifest

pytestmark = pytest.mark.anyio
CONFIG = {"server": SERVER, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PUT = {"connector": "signed", "config": CONFIG}
NORA = {"key": "nora", "name": "Nora", "email": "nora@rep.example", "role": "SDR", "time_zone": "UTC"}
ROSTER = {"roles": [{"name": "SDR", "works": ["qualification"]}], "reps": [NORA]}
BIND = """
    insert into rep_calendars (id, rep_id, connection_id, calendar, writes)
    select gen_random_uuid(), r.id, c.id, 'nora', true from reps r, connections c
"""


class Signed:
    """Its check asks with the token."""

    def __init__(self, manifest: Manifest, context: Context) -> None:
        self.manifest, self._context = manifest, context

    async def check(self) -> None:
        http = self._context.http
        answer = await authorized(
            self._context, http.build_request("GET", f"{SERVER}/api/me"), vendor="Vendor", writes=False
        )
        raise_for_status(answer, vendor="Vendor", now=self._context.clock(), writes=False)

    async def aclose(self) -> None:
        """It holds nothing."""


class Registry:
    """Has the one connector."""

    manifest_now = sign_in_manifest()

    def manifest(self, _name: str) -> Manifest:
        return self.manifest_now

    def parse_config(self, _name: str, config: Mapping[str, Any]) -> BaseModel:
        return SignInConfig.model_validate(dict(config))

    def build(self, _name: str, _config: Mapping[str, Any], context: Context) -> Connector:
        return Signed(self.manifest_now, context)


@dataclass(kw_only=True)
class Desk:
    """The service, the vendor, an admin and a browser."""

    app: FastAPI
    vendor: LoginVendor
    registry: Registry
    browser: httpx.AsyncClient
    admin: dict[str, str]
    status: int = 200

    async def put(self, **over: object) -> httpx.Response:
        body = {**PUT, "config": {**CONFIG, **over}}
        return await self.browser.put("/v1/connections/signed", json=body, headers=self.admin)

    async def begin(self) -> httpx.URL:
        begun = await self.browser.post("/v1/connections/signed/sign-in", json={}, headers=self.admin)
        assert begun.status_code == 200, begun.text
        return httpx.URL(begun.json()["url"])

    async def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.browser.get("/v1/connections/signed", headers=self.admin)).json()
        return found

    async def health(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.browser.get("/v1/connections/signed/health", headers=self.admin)).json()
        return found

    async def come_back(self, **query: str) -> str:
        """The outcome that the page is for."""
        answer = await self.browser.get("/v1/oauth/callback", params=query)
        assert (answer.status_code, answer.text) == (303, "")
        assert "s3cret" not in str(answer.headers)
        return answer.headers["location"].rpartition("/")[2]

    async def sign_in(self) -> str:
        asked = (await self.begin()).params
        return await self.come_back(code=self.vendor.grant_code(asked["code_challenge"]), state=asked["state"])


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    settings = load_settings(database_url=database_url, secret_keys=SECRET, pool_size=5)
    async with serve(settings) as app, client_of(app) as browser:
        vendor, registry = LoginVendor(), Registry()
        admin = await headers_of_key(app.state.env, "admin")
        made = Desk(app=app, vendor=vendor, registry=registry, browser=browser, admin=admin)
        login = vendor.transport()

        async def handle(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/token"):
                return await login.handle_async_request(request)
            return httpx.Response(made.status)

        env, any_registry = app.state.env, registry
        vault = Vault(SECRET.split(","))
        contexts = ContextFactory(
            clock=env.clock,
            transport=httpx.MockTransport(handle),
            keeping=Keeping(uow=env.uow, vault=vault, new_id=env.new_id),
        )
        kinds: Any = any_registry
        gateway = ConnectorGateway(registry=kinds, vault=vault, contexts=contexts)
        sign_ins = OAuthSignIns(
            registry=kinds, vault=vault, contexts=contexts, clock=env.clock, public_url=env.public_url
        )
        vendor.redirect_uri = f"{env.public_url}/v1/oauth/callback"
        app.state.env = replace(env, calendars=gateway, sign_ins=sign_ins)
        yield made
        await gateway.aclose()


async def test_a_connection_is_pending_until_a_human_has_signed_in_and_works_then(desk: Desk) -> None:
    made = await desk.put()
    assert (made.status_code, made.json()["pending"]) == (201, True), made.text
    assert "POST /v1/connections/signed/sign-in gives the address" in made.json()["fault"]
    url = await desk.begin()
    assert (url.host, url.path) == ("login.vendor.example", "/common/authorize")
    asked = dict(url.params)
    assert asked.pop("state") != asked.pop("code_challenge")
    assert asked == {
        "prompt": "consent",
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": desk.vendor.redirect_uri,
        "scope": "calendars offline",
        "code_challenge_method": "S256",
    }
    assert await desk.sign_in() == "done"
    shown = await desk.shown()
    assert (shown["pending"], shown["fault"]) == (False, None)
    audit = (await desk.browser.get("/v1/audit?subject=connection:signed", headers=desk.admin)).json()["items"]
    assert "connection.signed-in" in {line["action"] for line in audit}
    assert (await desk.put()).json()["pending"] is False  # unchanged: the sign-in stays
    assert (await desk.put(tenant="other")).json()["pending"] is True


@pytest.mark.parametrize("status", [200, 503])
async def test_each_sign_in_has_the_calendars_doubted_since_it_may_lead_to_another_account(
    desk: Desk, database_url: str, status: int
) -> None:
    await desk.put()
    assert (await desk.browser.put("/v1/roster", json=ROSTER, headers=desk.admin)).status_code == 200
    async with lend_engine(database_url, pool_size=1) as engine:
        async with engine.begin() as connection:
            await connection.execute(text(BIND))
        desk.status = status  # the sign-in stands, whether the vendor answers then or not
        assert await desk.sign_in() == ("done" if status == 200 else "not_working")
        async with engine.connect() as connection:
            assert await connection.scalar(text("select doubted_at is not null from rep_calendars"))


async def test_a_state_counts_once_and_a_foreign_one_never(desk: Desk) -> None:
    await desk.put()
    asked = (await desk.begin()).params
    code = desk.vendor.grant_code(asked["code_challenge"])
    assert await desk.come_back(code=code, state="x" * 43) == "unknown"
    assert await desk.come_back(code=code) == "unknown"
    assert await desk.come_back(code=code, state=asked["state"]) == "done"
    assert await desk.come_back(code=code, state=asked["state"]) == "unknown"
    assert len(desk.vendor.asked) == 1


async def test_it_is_over_after_ten_minutes_and_with_the_key_that_began_it(desk: Desk) -> None:
    await desk.put()
    late, revoked = (await desk.begin()).params, (await desk.begin()).params
    env = desk.app.state.env
    async with env.uow() as tx:
        key = desk.admin["Authorization"].split("_")[1]
        await tx.connection.exec_driver_sql(
            "update sign_ins set expires_at = now() where state_hash = sha256(%(state)s::bytea)",
            {"state": late["state"].encode()},
        )
    code = desk.vendor.grant_code(late["code_challenge"])
    assert await desk.come_back(code=code, state=late["state"]) == "late"
    async with env.uow() as tx:
        assert await tx.api_keys.revoke(key, at=env.clock())
    assert await desk.come_back(code=code, state=revoked["state"]) == "unknown"
    assert desk.vendor.asked == []


@pytest.mark.parametrize(
    ("query", "outcome"),
    [
        ({"error": "access_denied", "error_description": "<script>s3cret</script>"}, "declined"),
        ({"error": "server_error"}, "refused"),
        ({}, "refused"),
        ({"code": "code-9-s3cret"}, "refused"),
        ({"code": "x" * 9_000}, "refused"),
        ({"code": "x", "iss": "https://other.example"}, "other_vendor"),
        ({"code": "x", "iss": "http://["}, "other_vendor"),
    ],
)
async def test_what_the_vendor_says_is_told_in_plain_words(
    desk: Desk, query: dict[str, str], outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.put()
    asked = (await desk.begin()).params
    with caplog.at_level(logging.DEBUG):
        assert await desk.come_back(**query, state=asked["state"]) == outcome
    assert "s3cret" not in "".join(line.getMessage() for line in caplog.records if line.name.startswith("pointsman"))
    assert (await desk.shown())["pending"] is True
    for language, title in (("en", "did not work"), ("de", "hat nicht geklappt")):
        page = await desk.browser.get(f"/v1/oauth/done/{outcome}?lang={language}")
        assert title in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            {"error": "access_denied", "error_description": "s3cret"},
            "before an administrator approves the app (access_denied)",
        ),
        ({"error": "consent_required"}, "before an administrator approves the app (consent_required)"),
        ({"error": "invalid_scope"}, "the vendor refused the sign-in (invalid_scope)"),
        ({"error": "<b>s3cret</b>"}, "the last try failed: the vendor refused the sign-in. POST"),
        ({"code": "code-9-s3cret"}, "the vendor refused the sign-in ("),
        ({"code": "x", "iss": "https://other.example"}, "did not come from the vendor that was asked"),
    ],
)
async def test_a_sign_in_that_came_to_nothing_is_told_by_the_connections_health(
    desk: Desk, query: dict[str, str], says: str
) -> None:
    await desk.put()
    before = await desk.health()
    assert (before["state"], "last try" in before["fault"]) == ("out-of-use", False)
    await desk.come_back(**query, state=(await desk.begin()).params["state"])
    told = await desk.health()
    assert told["state"] == "out-of-use"
    assert told["fault"].startswith("nobody has signed in yet, and the last try failed: ")
    assert says in told["fault"]
    assert "s3cret" not in told["fault"]
    assert "POST /v1/connections/signed/sign-in" in told["fault"]
    assert (await desk.shown())["fault"] == told["fault"]
    assert await desk.sign_in() == "done"
    assert ((await desk.health())["state"], (await desk.health())["fault"]) == ("closed", None)


async def test_a_later_sign_in_that_comes_to_nothing_leaves_the_one_that_works(desk: Desk) -> None:
    await desk.put()
    assert await desk.sign_in() == "done"
    assert await desk.come_back(error="access_denied", state=(await desk.begin()).params["state"]) == "declined"
    assert ((await desk.health())["state"], (await desk.health())["fault"]) == ("closed", None)


async def test_an_issuer_that_the_manifest_names_must_be_named(desk: Desk) -> None:
    desk.registry.manifest_now = sign_in_manifest(issuer="{server}/{tenant}")
    await desk.put()
    for issuer, outcome in ((None, "other_vendor"), (f"{SERVER}/other", "other_vendor"), (f"{SERVER}/common", "done")):
        asked = (await desk.begin()).params
        query = {"code": desk.vendor.grant_code(asked["code_challenge"]), "state": asked["state"]}
        assert await desk.come_back(**query, **({"iss": issuer} if issuer else {})) == outcome


async def test_scopes_that_were_not_granted_are_told(desk: Desk) -> None:
    await desk.put()
    desk.vendor.scope = "calendars"
    assert await desk.sign_in() == "lacking"


@pytest.mark.parametrize(
    ("asked", "granted", "outcome"),
    [
        ("offline_access Calendars.ReadWrite", "Calendars.ReadWrite", "done"),
        ("offline_access Calendars.ReadWrite", "https://api.vendor.example/calendars.readwrite", "done"),
        ("https://api.vendor.example/calendars/ openid email profile", "calendars", "done"),
        ("offline_access Calendars.ReadWrite", "openid profile", "lacking"),
        ("Calendars.ReadWrite", "Calendars.Read", "lacking"),
    ],
)
async def test_a_scope_that_the_vendor_writes_otherwise_is_granted(
    desk: Desk, asked: str, granted: str, outcome: str
) -> None:
    desk.registry.manifest_now = sign_in_manifest(scopes=tuple(asked.split()))
    await desk.put()
    desk.vendor.scope = granted
    assert await desk.sign_in() == outcome


async def test_without_a_refresh_token_access_while_away_was_not_granted(desk: Desk) -> None:
    desk.registry.manifest_now = sign_in_manifest(scopes=("offline_access", "calendars"))
    await desk.put()
    desk.vendor.scope, desk.vendor.rotates, desk.vendor.good = "calendars", False, {"another's"}
    assert await desk.sign_in() == "lacking"


@pytest.mark.parametrize(
    ("lifetime", "renewable", "outcome"),
    [(3600, False, "lacking"), (3600, True, "done"), (60 * 86_400, False, "done"), (None, False, "done")],
)
async def test_a_sign_in_that_is_over_soon_and_cannot_be_renewed_is_no_success(
    desk: Desk, lifetime: int | None, renewable: bool, outcome: str
) -> None:
    """Some vendors give a refresh token at the first consent alone, and say nothing of scopes."""
    await desk.put()
    desk.vendor.lifetime = lifetime
    if not renewable:
        desk.vendor.rotates, desk.vendor.good = False, {"another's"}
    assert await desk.sign_in() == outcome


@pytest.mark.parametrize("kind", ["bot", "user", "BEARER", None])
async def test_a_token_whose_kind_tells_whose_it_is_is_a_bearer_token(desk: Desk, kind: str | None) -> None:
    await desk.put()
    desk.vendor.extra = {"token_type": kind}
    assert await desk.sign_in() == "done"


async def test_a_sign_in_whose_first_call_fails_is_kept_and_says_so(desk: Desk) -> None:
    await desk.put()
    desk.status = 503
    assert await desk.sign_in() == "not_working"
    shown = await desk.shown()
    assert shown["pending"] is False
    assert shown["fault"]
    desk.status = 200
    checked = await desk.browser.post("/v1/connections/signed/check", headers=desk.admin)
    assert checked.json()["fault"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server", "http://login.vendor.example"),
        ("server", "https://127.0.0.1"),
        ("server", "https://localhost"),
        ("server", "https://[::1]"),
        ("server", "https://2130706433"),
        ("server", "https://169.254.169.254"),
        ("server", "https://login.vendor.example?x="),
        ("server", "https://login.vendor.example:99999"),
        ("server", "https://user:pass@vendor.example"),
        ("server", "javascript:alert(1)"),
        ("server", ""),
        ("tenant", "a/../b"),
        ("tenant", "x@evil.example"),
        ("tenant", "a?b"),
        ("tenant", "a#b"),
        ("tenant", ""),
    ],
)
async def test_an_address_to_sign_in_at_is_https_to_a_public_host(desk: Desk, field: str, value: str) -> None:
    answer = await desk.put(**{field: value})
    assert (answer.status_code, answer.json()["code"]) == (422, "config-invalid"), answer.text
    assert answer.json()["faults"][0]["path"] == f"body.config.{field}"


async def test_no_secret_is_in_a_dump_of_the_database_in_clear(desk: Desk) -> None:
    await desk.put()
    assert await desk.sign_in() == "done"
    kept = (await desk.begin()).params
    async with desk.app.state.env.uow() as tx:
        for table in ("connections", "connection_tokens", "sign_ins", "audit", "alerts"):
            rows = await tx.connection.exec_driver_sql(f"select t::text from {table} t")  # names of ours
            text = str(rows.all())
            for secret in ("s3cret", kept["state"], "client:s3cret"):
                assert secret not in text
                assert secret.encode().hex() not in text
