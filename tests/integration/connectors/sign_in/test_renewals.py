"""Tokens of a connection: one renewal at a time over all processes, none in vain, and none that is lost without need."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from pointsman.connectors.sign_in.kept_tokens import KeptTokens
from pointsman.connectors.vault import Vault, new_key
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.services.ports import DatabaseUnavailable, Tx
from pointsman_sdk import ClientAuth, Context, ReauthRequired, Retryable, Token
from pointsman_sdk.errors import Scope
from pointsman_sdk.http import authorized
from support.databases.kept_engines import lend_engine
from support.sign_in.login_vendor import LoginVendor
from support.sign_in.signed_in_world import SignedInWorld, SignInConfig, sign_in_manifest

pytestmark = pytest.mark.anyio
PROGRAM = Path(__file__).parents[3] / "support" / "programs" / "renewing_process.py"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[SignedInWorld]:
    async with lend_engine(database_url, pool_size=5) as engine:
        made = SignedInWorld(uow=SqlUnitOfWork(engine))
        await made.begin()
        yield made
        await made.aclose()


def refreshes(world: SignedInWorld) -> int:
    return sum(form["grant_type"] == "refresh_token" for form in world.vendor.asked)


# ── one at a time ───────────────────────────────────────────────────────────────────────────────


async def test_many_callers_of_several_processes_renew_once_and_all_have_the_new_token(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    lent = [world.process().lend() for _ in range(3)]
    got = await asyncio.gather(*(one.context.tokens.renewed(stale) for one in lent for _ in range(4)))
    assert {token.access.get_secret_value() for token in got} == {"access-2-s3cret"}
    assert refreshes(world) == 1
    assert got[0].extra["instance_url"] == "https://eu1.vendor.example"  # said once, kept
    assert (await lent[0].context.tokens.renewed(got[0])).access.get_secret_value() == "access-3-s3cret"


async def test_a_token_is_renewed_before_it_expires_once_for_all_calls(world: SignedInWorld) -> None:
    for lifetime, until in ((3600, 3540), (30, 23)):
        world.vendor.lifetime = lifetime
        await world.sign_in()
        context = world.process(transport=_api(world)).lend().context
        before = refreshes(world)
        world.clock.advance(until - 1)
        await _call(context)
        assert refreshes(world) == before
        world.clock.advance(2)
        await asyncio.gather(*(_call(context) for _ in range(5)))
        assert refreshes(world) == before + 1


async def test_each_subject_has_a_token_of_its_own(world: SignedInWorld) -> None:
    anna, ben = await world.sign_in("anna@example.com"), await world.sign_in("ben@example.com")
    tokens = world.process().lend().context.tokens
    assert (await tokens.current(subject="anna@example.com")).access == anna.access
    fresh = await tokens.renewed(ben, subject="ben@example.com")
    assert fresh.access != ben.access
    assert (await tokens.current(subject="anna@example.com")).access == anna.access
    with pytest.raises(ReauthRequired, match="nobody has signed in"):
        await tokens.current()


async def test_a_caller_that_is_broken_off_loses_no_token(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    going, answer = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        going.set()
        await answer.wait()
        return await world.vendor.transport().handle_async_request(request)

    tokens = world.process(transport=httpx.MockTransport(slow)).lend().context.tokens
    caller = asyncio.create_task(tokens.renewed(stale))
    await going.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    answer.set()
    await world.lent[-1].aclose()
    assert (await world.process().lend().context.tokens.current()).access.get_secret_value() == "access-2-s3cret"
    assert refreshes(world) == 1


class Away:
    """A database that takes so many of the next statements outside of transactions for a bad time, from `begin` on."""

    def __init__(self, inner: SqlUnitOfWork) -> None:
        self._inner, self.left = inner, 0
        self.snapshot = inner.snapshot

    def __call__(self) -> AbstractAsyncContextManager[Tx]:
        return self._inner()

    def autocommit(self) -> AbstractAsyncContextManager[Tx]:
        if self.left:
            self.left -= 1
            raise DatabaseUnavailable("away")
        return self._inner.autocommit()


async def test_a_token_that_was_renewed_while_the_database_went_away_is_kept_when_it_is_back(
    world: SignedInWorld,
) -> None:
    stale = await world.sign_in()
    away = Away(world.uow)
    store = replace(world.process().store(world.ref), uow=away)

    async def no_time(_seconds: float) -> None:
        await asyncio.sleep(0)

    async def renew(_stale: Token | None) -> Token:
        away.left = 120  # a minute
        return replace(stale, access=SecretStr("access-9-s3cret"))

    kept = KeptTokens(store, clock=world.clock, new_id=uuid4, sleep=no_time)
    got = await kept.renewed(stale, renew=renew)
    assert got.access.get_secret_value() == "access-9-s3cret"
    assert (await world.process().lend().context.tokens.current()).access == got.access


async def test_a_process_that_is_to_end_does_not_wait_for_the_database_to_save_a_token(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    away, begun = Away(world.uow), asyncio.Event()
    store = replace(world.process().store(world.ref), uow=away)

    async def no_time(_seconds: float) -> None:
        begun.set()
        await asyncio.sleep(0)

    async def renew(_stale: Token | None) -> Token:
        away.left = 1_000_000
        return stale

    kept = KeptTokens(store, clock=world.clock, new_id=uuid4, sleep=no_time)
    renewing = asyncio.create_task(kept.renewed(stale, renew=renew))
    await begun.wait()
    await kept.aclose()
    assert away.left > 1_000_000 - 1_000
    with pytest.raises(Retryable):
        await renewing


async def test_a_connector_that_fetches_its_tokens_itself_goes_on_with_changed_settings(world: SignedInWorld) -> None:
    fetched: list[str] = []

    async def renew(_stale: Token | None) -> Token:
        fetched.append(f"own-token-{len(fetched) + 1}")
        return Token(access=SecretStr(fetched[-1]))

    await world.process().lend().context.tokens.current(renew=renew)
    changed = replace(world.ref, config={**world.ref.config, "server": "https://eu2.vendor.example"})
    tokens = world.process().lend(changed).context.tokens
    assert (await tokens.current(renew=renew)).access.get_secret_value() == "own-token-2"
    assert (await tokens.current(renew=renew)).access.get_secret_value() == "own-token-2"
    with pytest.raises(ReauthRequired, match="was changed"):
        await world.process().lend().context.tokens.current()  # no token goes to another address


# ── the vendor says no ──────────────────────────────────────────────────────────────────────────


async def test_a_refusal_ends_in_reauth_and_never_in_a_loop_and_heals_by_itself(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    world.vendor.before = lambda form: (400, {"error": "invalid_grant", "error_description": str(form)})
    tokens = world.process().lend().context.tokens
    for one in (tokens, tokens, world.process().lend().context.tokens):
        for _ in range(3):
            with pytest.raises(ReauthRequired) as caught:
                await one.renewed(stale)
            assert "s3cret" not in str(caught.value)
    assert refreshes(world) == 1
    world.clock.advance(301)
    with pytest.raises(ReauthRequired):
        await tokens.renewed(stale)
    assert refreshes(world) == 2
    world.vendor.before = None
    world.clock.advance(301)
    assert (await tokens.renewed(stale)).access != stale.access


async def test_a_new_sign_in_counts_at_once_after_a_refusal(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    world.vendor.good.clear()
    tokens = world.process().lend().context.tokens
    with pytest.raises(ReauthRequired):
        await tokens.renewed(stale)
    anew = await world.sign_in()
    assert (await tokens.renewed(stale)).access == anew.access
    assert refreshes(world) == 1


async def test_the_former_refresh_token_is_used_where_the_new_one_was_lost(world: SignedInWorld) -> None:
    world.vendor.keeps_former = True
    tokens = world.process().lend().context.tokens
    fresh = await tokens.renewed(await world.sign_in())
    world.vendor.good.discard("refresh-2-s3cret")  # the vendor gave it out and lost it
    again = await tokens.renewed(fresh)
    assert [form["refresh_token"] for form in world.vendor.asked] == [
        "refresh-1-s3cret",
        "refresh-2-s3cret",
        "refresh-1-s3cret",
    ]
    assert again.access.get_secret_value() == "access-3-s3cret"


async def test_a_sign_in_that_is_over_is_asked_about_once_in_five_minutes_and_not_with_both_tokens(
    world: SignedInWorld,
) -> None:
    tokens = world.process().lend().context.tokens
    fresh = await tokens.renewed(await world.sign_in())
    world.vendor.good.clear()
    for _ in range(4):
        with pytest.raises(ReauthRequired):
            await tokens.renewed(fresh)
        world.clock.advance(301)
    shown = [form["refresh_token"].partition("-s3cret")[0] for form in world.vendor.asked]
    assert shown == ["refresh-1", "refresh-2", "refresh-1", "refresh-2", "refresh-2", "refresh-2"]
    assert (await tokens.current()).access == fresh.access  # no other process takes it for a new one
    anew = await world.sign_in()
    assert (await tokens.renewed(fresh)).access == anew.access


@pytest.mark.parametrize(
    "said",
    [
        (403, b"<html>challenge"),
        (401, {"error": "invalid_client"}),
        (400, {"error": "unauthorized_client"}),
        (404, b""),
        (302, b""),
        (200, {"access_token": "a", "token_type": "mac"}),
    ],
)
async def test_a_spent_refresh_token_is_not_shown_for_a_refusal_that_is_not_about_tokens(
    world: SignedInWorld, said: tuple[int, object]
) -> None:
    """A vendor that sees a spent one again takes it for stolen, and ends the whole sign-in."""
    tokens = world.process().lend().context.tokens
    fresh = await tokens.renewed(await world.sign_in())
    answers = [said]
    world.vendor.before = lambda _: answers.pop() if answers else None
    with pytest.raises(ReauthRequired):
        await tokens.renewed(fresh)
    assert [form["refresh_token"] for form in world.vendor.asked] == ["refresh-1-s3cret", "refresh-2-s3cret"]
    world.clock.advance(301)
    assert (await tokens.renewed(fresh)).access.get_secret_value() == "access-3-s3cret"


@pytest.mark.parametrize(
    ("said", "error", "whole"),
    [
        ((503, {"error": "x"}), Retryable, True),
        ((500, b"<html>"), Retryable, True),
        ((429, {}), Retryable, True),
        ((400, {"error": "temporarily_unavailable"}), Retryable, True),
        ((200, b"not json"), Retryable, True),
        ((200, []), Retryable, True),
        ((200, {"access_token": ""}), Retryable, True),
        ((200, {"access_token": "a\r\nb"}), Retryable, True),
        ((200, {"access_token": ["a"]}), Retryable, True),
        ((200, b"[" * 100_000), Retryable, True),
        ((0, httpx.ConnectError("no")), Retryable, True),
        ((0, httpx.ReadTimeout("no")), Retryable, False),
        ((400, {"status": "BAD_REFRESH_TOKEN"}), ReauthRequired, None),
        ((401, {"error": "invalid_client"}), ReauthRequired, None),
        ((200, {"ok": False, "error": "invalid_refresh_token"}), ReauthRequired, None),
        ((200, {"access_token": "a", "token_type": "mac"}), ReauthRequired, None),
        ((302, b""), ReauthRequired, None),
        ((403, {"error": {"code": 7}}), ReauthRequired, None),
    ],
)
async def test_what_the_token_endpoint_says_is_an_error_of_the_tree(
    world: SignedInWorld, said: tuple[int, object], error: type[Exception], whole: bool | None
) -> None:
    stale = await world.sign_in()
    world.vendor.before = lambda _form: said
    tokens = world.process().lend().context.tokens
    with pytest.raises(error) as caught:
        await tokens.renewed(stale)
    if isinstance(caught.value, Retryable):
        assert (caught.value.scope is Scope.CONNECTION) == whole
        world.vendor.before = None
        assert (await tokens.renewed(stale)).access != stale.access  # the turn was given back


@pytest.mark.parametrize("way", list(ClientAuth))
async def test_the_client_proves_itself_in_either_way(world: SignedInWorld, way: ClientAuth) -> None:
    world.manifest = sign_in_manifest(client_auth=way)
    await world.process().lend().context.tokens.renewed(await world.sign_in())
    assert ("client_secret" in world.vendor.asked[0]) == (way is ClientAuth.POST)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(3600, 3600), ("3600", 3600), (1.5, 1.5), (10**12, 366 * 86400)]
    + [(odd, None) for odd in (None, 0, -5, "soon", "", True, [], {}, "1e9")],
)
async def test_how_long_a_token_lives_is_read_in_every_form(
    world: SignedInWorld, said: object, seconds: float | None
) -> None:
    stale = await world.sign_in()
    world.vendor.lifetime = said
    fresh = await world.process().lend().context.tokens.renewed(stale)
    assert fresh.expires_at == (None if seconds is None else world.clock() + timedelta(seconds=seconds))


async def test_a_refresh_token_that_is_not_changed_is_kept(world: SignedInWorld) -> None:
    stale = await world.sign_in()
    world.vendor.rotates = False
    tokens = world.process().lend().context.tokens
    await tokens.renewed(await tokens.renewed(stale))
    assert {form["refresh_token"] for form in world.vendor.asked} == {"refresh-1-s3cret"}


# ── tokens that a connector fetches itself ──────────────────────────────────────────────────────


async def test_a_connectors_own_way_is_asked_once_for_the_first_token_and_once_for_the_next(
    world: SignedInWorld,
) -> None:
    asked: list[Token | None] = []

    async def renew(stale: Token | None) -> Token:
        asked.append(stale)
        await asyncio.sleep(0)
        return Token(access=SecretStr(f"own-{len(asked)}"), expires_at=world.clock() + timedelta(hours=1))

    lent = [world.process().lend().context.tokens for _ in range(2)]
    first = await asyncio.gather(*(one.current(renew=renew) for one in lent[:1] for _ in range(5)))
    assert {token.access.get_secret_value() for token in first} == {"own-1"}
    second = await asyncio.gather(*(one.renewed(first[0], renew=renew) for one in lent for _ in range(3)))
    assert {token.access.get_secret_value() for token in second} == {"own-2"}
    assert len(asked) == 2


async def test_a_connection_that_is_not_saved_yet_can_be_tried(world: SignedInWorld) -> None:
    async def renew(_stale: Token | None) -> Token:
        return Token(access=SecretStr("own"))

    tokens = world.process().lend(replace(world.ref, id=uuid4())).context.tokens
    assert (await tokens.current(renew=renew)).access.get_secret_value() == "own"
    with pytest.raises(ReauthRequired):
        await tokens.current()


# ── sealed ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_row_copied_to_another_connection_or_a_connection_changed_under_it_does_not_open(
    world: SignedInWorld,
) -> None:
    await world.sign_in()
    other = SignedInWorld(uow=world.uow, key=world.key, vendor=world.vendor)
    await other.begin(key="other")
    async with world.uow() as tx:
        row = await tx.sign_ins.token(world.id, "")
        assert row is not None
        await tx.sign_ins.put_token(other.id, "", token_id=uuid4(), sealed=row.sealed)
        await tx.sign_ins.put_token(world.id, "anna", token_id=uuid4(), sealed=row.sealed)
    changed = replace(world.ref, config={**world.ref.config, "server": "https://evil.example"})
    for ref, subject in ((other.ref, None), (changed, None), (world.ref, "anna")):
        tokens = world.process().lend(ref, config=SignInConfig()).context.tokens
        with pytest.raises(ReauthRequired, match="sign in again"):
            await tokens.current(subject=subject)
    assert world.vendor.asked == []
    with pytest.raises(Retryable, match="secret-key-missing"):
        await world.process(vault=Vault([new_key()])).lend().context.tokens.current()


# ── real processes ──────────────────────────────────────────────────────────────────────────────


def start(world: SignedInWorld, url: str, database_url: str, *, ahead_s: int = 0) -> "subprocess.Popen[str]":
    """A process whose three callers hold a stale token; it says what they have then. Its clock is `ahead_s`."""
    config = world.config.model_dump_json(exclude={"client_secret"})
    given = [str(world.id), config, world.ref.sealed.hex(), url, str(ahead_s)]
    paths = os.pathsep.join([str(PROGRAM.parents[2]), *sys.path])
    env = {**os.environ, "PYTHONPATH": paths, "POINTSMAN_SECRET_KEYS": world.key, "DATABASE_URL": database_url}
    return subprocess.Popen([sys.executable, str(PROGRAM), *given], env=env, stdout=subprocess.PIPE, text=True)


async def served(world: SignedInWorld, url: str) -> None:
    world.config = SignInConfig(server=url)
    world.id = uuid4()
    await world.begin(key="served")
    await world.sign_in()


async def test_two_processes_at_once_renew_once(world: SignedInWorld, database_url: str) -> None:
    with world.vendor.served() as url:
        await served(world, url)
        both = [start(world, url, database_url) for _ in range(2)]
        said = [await asyncio.to_thread(one.communicate) for one in both]
    assert [text for text, _ in said] == ["access-2-s3cret\n"] * 2
    assert refreshes(world) == 1


@pytest.mark.parametrize("acted", [False, True], ids=["before", "after"])
async def test_a_process_killed_in_the_middle_costs_one_more_renewal(
    world: SignedInWorld, database_url: str, acted: bool
) -> None:
    """Where the vendor had acted and punishes a second use, that one renewal ends in a sign-in that is asked for."""
    asked, let_go = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        asked.set()
        let_go.wait(30)

    vendor: LoginVendor = world.vendor
    vendor.after, vendor.before = (hang, None) if acted else (None, hang)
    with vendor.served() as url:
        await served(world, url)
        killed = start(world, url, database_url)
        assert await asyncio.to_thread(asked.wait, 30)
        killed.send_signal(signal.SIGKILL)
        await asyncio.to_thread(killed.communicate)
        vendor.after = vendor.before = None
        said, _ = await asyncio.to_thread(start(world, url, database_url, ahead_s=60).communicate)
        let_go.set()
    if acted:
        assert said == "ReauthRequired\n"
    else:
        assert said.startswith("access-")
    assert refreshes(world) == 2


def _api(world: SignedInWorld) -> httpx.AsyncBaseTransport:
    login = world.vendor.transport()

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return await login.handle_async_request(request)
        return httpx.Response(200)

    return httpx.MockTransport(handle)


async def _call(context: Context) -> httpx.Response:
    request = context.http.build_request("GET", "https://api.vendor.example/me")
    return await authorized(context, request, vendor="Vendor", writes=False)
