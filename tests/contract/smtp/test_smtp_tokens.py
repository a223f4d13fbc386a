"""Signing in to a mail server by a token (XOAUTH2): a person's, renewed by the host, or an app's, fetched by the connector."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from contract.smtp.desk import AT, Desk, notice
from pointsman_sdk import ReauthRequired, Renew, Retryable, Scope, Token
from pointsman_sdk.fakes.oauth import OAuthServer
from pointsman_smtp import MANIFEST, SmtpConfig
from pointsman_smtp.fake.faults import Trouble
from pointsman_smtp.fake.server import FakeMailServer
from support.sign_in.issued import issued_token

pytestmark = pytest.mark.anyio
CLIENT = {"client_id": "mail-client", "client_secret": "mail-client-secret"}
GOOGLE = {"sign_in": "google", "username": "post@example.com", **CLIENT}
APP = {"sign_in": "microsoft_app", "username": "post@example.com", "tenant": "example.com", **CLIENT}


@pytest.fixture
def oauth() -> OAuthServer:
    return OAuthServer(clock=lambda: AT, **CLIENT)


@pytest.fixture
def server(oauth: OAuthServer) -> Iterator[FakeMailServer]:
    with FakeMailServer(oauth=oauth).running() as running:
        yield running


class HostTokens:
    """Tokens as the host keeps them: a refresh token is spent at the vendor, an app's are fetched by `renew`."""

    def __init__(self, oauth: OAuthServer) -> None:
        self._oauth, self._token, self.renewals = oauth, None, 0
        self._token: Token | None

    def sign_in(self, *, expires_at: bool = True) -> None:
        self._token = issued_token(self._oauth, until=AT + timedelta(hours=1) if expires_at else None)

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        if self._token is None:
            if renew is None:
                raise ReauthRequired("nobody has signed in")
            self._token = await renew(None)
        return self._token

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        self.renewals += 1
        if renew is not None:
            self._token = await renew(stale)
            return self._token
        assert stale.refresh is not None
        form = {"grant_type": "refresh_token", "refresh_token": stale.refresh.get_secret_value(), **CLIENT}
        said = self._oauth.token(httpx.Request("POST", "https://vendor.example/token", data=form))
        if said.status_code != 200:
            raise ReauthRequired("the vendor has ended the sign-in")
        body = said.json()
        self._token = Token(access=SecretStr(body["access_token"]), refresh=SecretStr(body["refresh_token"]))
        return self._token


class Shown:
    """One token, whatever becomes of it."""

    def __init__(self, access: str) -> None:
        self._token, self.renewals = Token(access=SecretStr(access)), 0

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        return self._token

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:
        self.renewals += 1
        return self._token


@pytest.fixture
def tokens(oauth: OAuthServer) -> HostTokens:
    made = HostTokens(oauth)
    made.sign_in()
    return made


async def test_a_mailbox_signs_in_by_its_token(server: FakeMailServer, tokens: HostTokens) -> None:
    await Desk(server, tokens=tokens).connector(**GOOGLE).notices.put(notice())
    assert [call.connection for call in server.ledger.calls] == ["post@example.com"]
    assert tokens.renewals == 0


async def test_a_token_that_has_ended_is_renewed_once_and_the_message_goes(
    server: FakeMailServer, tokens: HostTokens, oauth: OAuthServer
) -> None:
    oauth.expire()
    await Desk(server, tokens=tokens).connector(**GOOGLE).notices.put(notice())
    assert (tokens.renewals, len(server.mailbox.received)) == (1, 1)


async def test_a_sign_in_that_was_revoked_wants_a_human(
    server: FakeMailServer, tokens: HostTokens, oauth: OAuthServer
) -> None:
    oauth.expire()
    for grant in oauth.grants:
        grant.over = True
    with pytest.raises(ReauthRequired, match="ended the sign-in"):
        await Desk(server, tokens=tokens).connector(**GOOGLE).check()


async def test_a_token_of_another_mailbox_wants_a_human_after_one_renewal(
    server: FakeMailServer, tokens: HostTokens
) -> None:
    """Its secret stands neither in the error nor in what the server quotes of it."""
    server.mailbox_of_tokens = "sales@example.com"
    with pytest.raises(ReauthRequired, match=r"refuses the token \(535 5\.7\.8\).*as the mailbox of `username`"):
        await Desk(server, tokens=tokens).connector(**GOOGLE).notices.put(notice())
    assert tokens.renewals == 1
    assert not server.ledger.calls


@pytest.mark.parametrize(
    ("say", "error"),
    [
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant",
            ReauthRequired,
        ),
        ("454 4.7.0 Temporary authentication failure", Retryable),
        ("421 4.3.2 closing", Retryable),
    ],
)
async def test_the_answer_to_a_token_says_what_is_next(
    server: FakeMailServer, tokens: HostTokens, say: str, error: type[Exception]
) -> None:
    server.troubles.asked += [Trouble(at="AUTH", say=say)] * 2
    with pytest.raises(error) as caught:
        await Desk(server, tokens=tokens).connector(**GOOGLE).check()
    assert type(caught.value).__mro__[1 if error is ReauthRequired else 0] is error
    assert "Tenant" not in str(caught.value)
    assert getattr(caught.value, "scope", Scope.CONNECTION) is Scope.CONNECTION


async def test_a_server_that_takes_no_tokens_is_shown_none() -> None:
    oauth = OAuthServer(clock=lambda: AT)
    with FakeMailServer(users={"anna": "s3cret"}).running() as server:
        tokens = HostTokens(oauth)
        tokens.sign_in()
        with pytest.raises(ReauthRequired, match="XOAUTH2"):
            await Desk(server, tokens=tokens).connector(**GOOGLE).check()
        assert not server.ledger.calls


async def test_before_anybody_signed_in_nothing_is_dialled(server: FakeMailServer, oauth: OAuthServer) -> None:
    with pytest.raises(ReauthRequired, match="nobody has signed in"):
        await Desk(server, tokens=HostTokens(oauth)).connector(**GOOGLE).check()
    assert server.greeted_by == ""


# -- an app


def app_desk(server: FakeMailServer, oauth: OAuthServer, asked: list[httpx.Request]) -> Desk:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return oauth.token(request)

    return Desk(server, tokens=HostTokens(oauth), http=httpx.MockTransport(answer))


async def test_an_app_fetches_its_own_token_and_another_where_that_is_refused(
    server: FakeMailServer, oauth: OAuthServer
) -> None:
    asked: list[httpx.Request] = []
    connector = app_desk(server, oauth, asked).connector(**APP)
    await connector.notices.put(notice())
    oauth.expire()
    await connector.notices.put(notice("notice-2"))
    assert [str(one.url) for one in asked] == ["https://login.microsoftonline.com/example.com/oauth2/v2.0/token"] * 2
    assert b"scope=https%3A%2F%2Foutlook.office365.com%2F.default" in asked[0].content
    assert b"grant_type=client_credentials" in asked[0].content
    assert len(server.mailbox.received) == 2


async def test_a_directory_that_is_busy_refuses_no_app(server: FakeMailServer) -> None:
    """It says so by a 400, too (AADSTS90033)."""
    busy = httpx.Response(400, json={"error": "temporarily_unavailable", "error_codes": [90033]})
    desk = Desk(server, tokens=HostTokens(OAuthServer(clock=lambda: AT)), http=httpx.MockTransport(lambda _: busy))
    with pytest.raises(Retryable, match="busy"):
        await desk.connector(**APP).check()


async def test_an_app_that_is_refused_wants_a_human(server: FakeMailServer, oauth: OAuthServer) -> None:
    desk = app_desk(server, oauth, [])
    with pytest.raises(ReauthRequired, match="client ID, tenant or secret") as caught:
        await desk.connector(**{**APP, "client_secret": "another-secret"}).check()
    assert "another-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"access_token": "a\r\nMAIL FROM:<x@y.z>", "expires_in": 3600},
        {"access_token": "", "expires_in": 3600},
        {"access_token": 5, "expires_in": 3600},
        {"access_token": "good", "expires_in": "soon"},
        {"access_token": "x" * 40_000, "expires_in": 3600},
    ],
)
async def test_an_answer_without_a_token_that_can_be_shown_is_asked_for_again(
    server: FakeMailServer, oauth: OAuthServer, body: object
) -> None:
    desk = Desk(server, tokens=HostTokens(oauth), http=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    with pytest.raises(Retryable):
        await desk.connector(**APP).check()
    assert server.greeted_by == ""


# -- how it is said


async def test_the_token_goes_as_the_vendors_say_and_a_refusal_is_ended_by_an_empty_line(
    server: FakeMailServer, tokens: HostTokens
) -> None:
    """`user=…^Aauth=Bearer …^A^A` in base64, and after a 334 with the reason an empty line, before the code is said."""
    shown: list[bytes] = []

    def lets_in(login: object) -> bool:
        shown.append(repr(login).encode())
        return False

    server.lets_in_by_token = lets_in  # type: ignore[method-assign,assignment]  # what it was shown is looked at
    with pytest.raises(ReauthRequired, match="535"):
        await Desk(server, tokens=tokens).connector(**GOOGLE).check()
    assert b"post@example.com" in shown[0]
    assert base64.b64encode(b"post@example.com") not in shown[0]


@pytest.mark.parametrize("length", [20, 300, 1_024, 2_400, 8_000])
async def test_a_token_of_any_length_is_shown_as_the_server_takes_it(
    server: FakeMailServer, oauth: OAuthServer, length: int
) -> None:
    """A command has 512 bytes (RFC 5321, 4.5.3.1.4): Google and Dovecot refuse a longer one."""
    tokens = Shown("x" * length)
    oauth.access["x" * length] = AT + timedelta(hours=1)
    await Desk(server, tokens=tokens).connector(**GOOGLE).notices.put(notice())
    assert [call.connection for call in server.ledger.calls] == ["post@example.com"]
    assert tokens.renewals == 0


async def test_a_long_token_that_is_not_good_is_renewed_like_a_short_one(server: FakeMailServer) -> None:
    tokens = Shown("x" * 2_400)
    with pytest.raises(ReauthRequired, match=r"refuses the token \(535 5\.7\.8\)"):
        await Desk(server, tokens=tokens).connector(**GOOGLE).notices.put(notice())
    assert tokens.renewals == 1


def test_each_way_by_token_asks_for_the_scope_that_lets_mail_be_sent_and_for_no_more() -> None:
    scopes = {dict([way.only_if or ("", "")])["sign_in"]: way.scopes for way in MANIFEST.auth if way.scopes}
    assert scopes == {
        "google": ("https://mail.google.com/",),
        "microsoft": ("offline_access", "https://outlook.office.com/SMTP.Send"),
        "microsoft_app": ("https://outlook.office365.com/.default",),
    }


@pytest.mark.parametrize("config", [GOOGLE, APP])
def test_a_client_secret_is_not_shown(config: dict[str, str]) -> None:
    made = SmtpConfig.model_validate({"host": "smtp.example.com", "sender": "post@example.com", **config})
    assert "mail-client-secret" not in repr(made) + made.model_dump_json()
