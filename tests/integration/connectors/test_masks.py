"""No secret of a connection leaves the gateway: in an error, its causes, or a log line, in any form in which it travels."""

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from pointsman.connectors.pace.lent import HeardTokens
from pointsman.connectors.pace.masks import Masks, secrets_in
from pointsman.services.ports import VendorError
from pointsman.services.ports.vendors.pace import PaceRow
from pointsman_sdk import AmbiguousOutcome, Context, NoTokens, ReauthRequired, Rejected, Retryable, Token
from support.databases.kept_engines import lend_engine
from support.floors.paced_world import PacedWorld, paced_world

SECRET = "s3cret-Password"
ODD = 'p/ä+s "w&rd\\1'


def _fail(text: str) -> NoReturn:
    raise ValueError(text)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[PacedWorld]:
    async with lend_engine(database_url, pool_size=2) as engine:
        made = await paced_world(engine)
        yield made
        await made.aclose()


@pytest.mark.parametrize("secret", [SECRET, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize(
    "sent",
    [
        lambda secret: secret,
        lambda secret: f"https://anna:{quote(secret, safe='')}@example.com",
        lambda secret: f"?password={quote_plus(secret)}&x=1",
        lambda secret: quote(secret, safe="").lower(),
        lambda secret: "Basic " + base64.b64encode(f"anna:{secret}".encode()).decode(),
        lambda secret: "Basic " + base64.b64encode(f"ben:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"peter:{secret}\n".encode()).decode(),
        lambda secret: json.dumps({"password": secret}),
        lambda secret: html.escape(f"<p>{secret}</p>"),
        lambda secret: repr({"password": secret}),
        lambda secret: secret.encode().hex(),
    ],
)
def test_a_secret_is_hidden_in_each_form_in_which_it_travels(secret: str, sent: object) -> None:
    assert callable(sent)
    text = sent(secret)
    told = Masks([secret]).hide(f"the vendor said: {text} (and more)")
    assert "(secret)" in told
    assert text not in told
    assert told.startswith("the vendor said: ")
    assert told.endswith("(and more)")


@given(before=st.text(max_size=9), secret=st.text(min_size=9, max_size=40), after=st.text(max_size=9))
def test_no_secret_is_seen_through_base64(before: str, secret: str, after: str) -> None:
    secret = secret.strip()
    if len(secret) < 9:
        return
    whole = base64.b64encode((before + secret + after).encode("utf-8", "surrogatepass")).decode()
    left = Masks([secret]).hide(whole).split("(secret)")
    for part in left:
        for start in range(4):
            piece = part[start:][: len(part[start:]) // 4 * 4]
            try:
                seen = base64.b64decode(piece, validate=True)
            except ValueError:
                continue
            assert secret.encode("utf-8", "surrogatepass") not in seen


def test_what_is_cut_off_at_the_end_of_a_text_is_hidden_too() -> None:
    masks = Masks([SECRET])
    assert masks.hide("the vendor said: s3cret-Pass") == "the vendor said: (secret)"
    assert masks.hide("the vendor said: s3cret-Pass…") == "the vendor said: (secret)"


def test_of_a_whole_answer_the_beginning_is_told() -> None:
    text = "x" * 9_990 + SECRET + "<p>and so on</p>" * 1_000_000
    assert Masks([SECRET]).hide(text) == "x" * 9_990 + "(secret)"


def test_no_number_of_tokens_uncovers_what_the_configuration_holds() -> None:
    masks = Masks([SECRET])
    for number in range(50):
        masks.lend("the-token-in-use")
        masks.lend(f"token-number-{number}")
    assert masks.hide(f"{SECRET} the-token-in-use token-number-49") == "(secret) (secret) (secret)"
    assert masks.hide("token-number-1 was long ago") == "token-number-1 was long ago"


def test_many_long_tokens_make_no_long_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[int]()
    compiled, substituted = re.compile, re.sub

    def compile_it(pattern: str, *rest: Any, **more: Any) -> Any:
        made.append(len(pattern))
        return compiled(pattern, *rest, **more)

    def substitute(pattern: str, *rest: Any, **more: Any) -> Any:
        made.append(len(pattern))
        return substituted(pattern, *rest, **more)

    monkeypatch.setattr(re, "compile", compile_it)
    monkeypatch.setattr(re, "sub", substitute)
    masks = Masks([SECRET])
    tokens = [f"{number:02d}".join("abcdefgh" * 40) for number in range(40)]
    for token in tokens:
        masks.lend(token)
    assert masks.hide("refused: " + tokens[7]) == "refused: (secret)"
    assert masks.hide("refused: " + tokens[9][:300]) == "refused: (secret)"
    assert masks.hide("refused") == "refused"
    assert sum(made) < 10_000


def test_a_token_longer_than_what_is_read_of_a_text_is_hidden() -> None:
    masks, token = Masks(), "a1b2c3d4e5f6" * 2_000
    masks.lend(token)
    assert masks.hide(f"refused: {token} and more") == "refused: (secret)"
    assert masks.hide(f"refused: {token[:60]}") == "refused: (secret)"


def test_no_secret_is_looked_for_in_the_word_that_stands_for_another() -> None:
    assert Masks([SECRET, "secret"]).hide(f"{SECRET}: refused, secret") == "(secret): refused, (secret)"


def test_words_are_left_where_a_short_secret_stands_in_them_by_chance() -> None:
    assert Masks(["con"]).hide("the connection: con, refused") == "the connection: (secret), refused"


def test_each_line_of_a_key_is_a_secret() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----"
    assert Masks([key]).hide("cannot read EFAASCBKcwggSjAgEAAoIBAQ") == "cannot read (secret)"


class _Deep(BaseModel):
    inner: SecretStr
    more: list[SecretStr]
    by_name: dict[str, SecretStr]


class _Config(BaseModel):
    url: str
    deep: _Deep


def test_secrets_are_found_however_deep_they_stand() -> None:
    deep = _Deep(inner=SecretStr("a"), more=[SecretStr("b")], by_name={"x": SecretStr("c")})
    assert sorted(secrets_in(_Config(url="https://example.com", deep=deep))) == ["a", "b", "c"]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [AmbiguousOutcome, ReauthRequired, Rejected, Retryable, VendorError, RuntimeError])
async def test_no_error_leaves_the_gateway_with_a_secret(world: PacedWorld, kind: type[Exception]) -> None:
    process = world.process()
    sent = "Basic " + base64.b64encode(f"anna:{SECRET}".encode()).decode()

    async def quote_it(_context: Context) -> object:
        try:
            _fail(f"bad header {sent}")
        except ValueError as cause:
            raise kind(f"refused {SECRET}, which came as {sent}") from cause

    world.vendor.act = quote_it
    with pytest.raises(VendorError) as caught:
        await process.call()
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert sent.removeprefix("Basic ") not in shown
    async with world.uow() as tx:
        row = await tx.paces.show(world.id, at=world.clock())
    assert isinstance(row, PaceRow)
    assert SECRET not in str(row.last_error)


@pytest.mark.anyio
async def test_no_line_of_a_connectors_log_has_a_secret(world: PacedWorld, caplog: pytest.LogCaptureFixture) -> None:
    async def tell(context: Context) -> object:
        context.log.warning("sent %s", SECRET)
        context.log.warning("{} is not %d", SECRET)
        try:
            _fail(SECRET)
        except ValueError:
            context.log.exception("failed with %(password)s", {"password": SECRET})
        return None

    world.vendor.act = tell
    with caplog.at_level(logging.INFO):
        await world.process().call()
    assert caplog.messages == ["sent (secret)", "{} is not %d", "failed with (secret) (ValueError)"]
    assert SECRET not in caplog.text


@pytest.mark.anyio
async def test_tokens_are_hidden_from_when_they_are_lent() -> None:
    masks = Masks()
    at = datetime(2031, 1, 1, tzinfo=UTC)

    class Lending(NoTokens):
        async def current(self, **_how: object) -> Token:
            return Token(access=SecretStr("first-access-token"), refresh=SecretStr("first-refresh"), expires_at=at)

        async def renewed(self, stale: Token, *, subject: str | None = None, renew: object = None) -> Token:
            assert callable(renew)
            token = await renew(stale)
            assert isinstance(token, Token)
            return token

    heard = HeardTokens(Lending(), masks)
    stale = await heard.current()
    said = []

    async def renew(_stale: Token | None) -> Token:
        return Token(access=SecretStr("second-access-token"))

    said.append(masks.hide("first-access-token first-refresh"))
    await heard.renewed(stale, renew=renew)
    said.append(masks.hide("first-access-token second-access-token"))
    assert said == ["(secret) (secret)", "(secret) (secret)"]
