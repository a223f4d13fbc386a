"""Asking a vendor's token endpoint (RFC 6749, sections 2.3, 4.1.3, 5 and 6), and what its answers mean."""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import quote_plus

import httpx
from pydantic import SecretStr

from pointsman.connectors.sign_in.grants import Grant
from pointsman_sdk import ClientAuth, ReauthRequired, Retryable, Token
from pointsman_sdk.errors import Scope
from pointsman_sdk.http import retry_after, send
from pointsman_sdk.readers.strict_json import JsonLimits, parse_json
from pointsman_sdk.readers.unreadable import Unreadable

_LIMITS = JsonLimits(size=256 * 1024, depth=10, values=2_000)
_LONGEST_SECRET = 32_000  # characters; some vendors' tokens have thousands
_LONGEST_LIFE = timedelta(days=366)
_MOST_EXTRA, _LONGEST_EXTRA = 20, 2_000
_OWN = frozenset({"access_token", "refresh_token", "expires_in", "token_type", "scope", "id_token"})
#: Some vendors say here whose the token is; it is sent as every bearer token is.
_BEARER = frozenset({"bearer", "bot", "user"})
_BUSY = frozenset({"temporarily_unavailable", "server_error", "slow_down", "too_many_requests", "rate_limited"})
#: RFC 6749, 5.2, as a human needs it. What the vendor says beside the code is not repeated: it may quote what was sent.
_WHY = {
    "invalid_grant": "the vendor has ended the sign-in, or its code was used or late: sign in again",
    "invalid_client": "the vendor does not know this client, or its secret is wrong: correct client_id and client_secret",
    "unauthorized_client": "the vendor does not let this client sign in: look at the app's settings at the vendor",
    "invalid_scope": "the vendor does not grant this app what it asks for: look at the app's settings at the vendor",
    "unsupported_grant_type": "the vendor does not let this app keep a sign-in: look at the app's settings at the vendor",
    "redirect_uri_mismatch": "the vendor does not know our address: enter it at the vendor as redirect URI",
}
_OTHER = "the vendor refuses the sign-in: sign in again"
#: RFC 6749, 5.2, and as some vendors have it.
_NOT_THIS_TOKEN = frozenset({"invalid_grant", "invalid_refresh_token"})


class TokenRefused(ReauthRequired):
    """The vendor looked at the refresh token and knows it not, or not any more; other refusals say nothing of it."""


async def exchange_code(
    http: httpx.AsyncClient, grant: Grant, *, code: str, verifier: str | None, redirect_uri: str, now: datetime
) -> Token:
    """The first token of a sign-in. Raises ReauthRequired and Retryable."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return await _ask(http, grant, form | ({"code_verifier": verifier} if verifier else {}), now=now)


async def refresh_token(http: httpx.AsyncClient, grant: Grant, token: Token, *, now: datetime) -> Token:
    """The next token. Raises ReauthRequired and Retryable."""
    assert token.refresh is not None
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh.get_secret_value()}
    return await _ask(http, grant, form, now=now)


async def _ask(http: httpx.AsyncClient, grant: Grant, form: Mapping[str, str], *, now: datetime) -> Token:
    secret = grant.client_secret.get_secret_value() if grant.client_secret else None
    sent, headers = dict(form), {"Accept": "application/json"}
    if secret is not None and grant.auth.client_auth is ClientAuth.BASIC:
        pair = f"{quote_plus(grant.client_id)}:{quote_plus(secret)}"  # encoded before it is joined: RFC 6749, 2.3.1
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        sent["client_id"] = grant.client_id
        if secret is not None:
            sent["client_secret"] = secret
    request = http.build_request("POST", grant.token_url, data=sent, headers=headers)
    response = await send(http, request, vendor="the vendor's sign-in", writes=False)
    return _token(response, now=now)


def _token(response: httpx.Response, *, now: datetime) -> Token:
    status, said = response.status_code, _said(response)
    error = said.get("error")
    code = error if isinstance(error, str) else None
    if status in (408, 425, 429) or status >= 500 or code in _BUSY:
        raise Retryable(
            f"the vendor's sign-in is busy or failing (status {status})",
            retry_after=retry_after(response, now=now),
            scope=Scope.CONNECTION,
        )
    if 300 <= status < 400:
        raise ReauthRequired("the vendor's sign-in is elsewhere (it redirects): correct the connection's settings")
    access = said.get("access_token")
    if status >= 400 or error:
        raise (TokenRefused if code in _NOT_THIS_TOKEN else ReauthRequired)(_WHY.get(code or "", _OTHER))
    if not _is_secret(access):
        raise Retryable("the vendor's sign-in gave no token that can be read", scope=Scope.CONNECTION)
    kind = said.get("token_type") or "bearer"
    if not isinstance(kind, str) or kind.lower() not in _BEARER:
        raise ReauthRequired("the vendor gives tokens of a kind that Pointsman does not use (not Bearer)")
    refresh = said.get("refresh_token")
    return Token(
        access=SecretStr(access),
        refresh=SecretStr(refresh) if _is_secret(refresh) else None,
        expires_at=_expiry(said.get("expires_in"), now),
        scopes=_scopes(said.get("scope")),
        extra=_extra(said),
    )


def _said(response: httpx.Response) -> Mapping[str, Any]:
    """The answer's object, empty where it is none: an error page of a gateway has a status that tells enough."""
    try:
        said = parse_json(response.content, _LIMITS)
    except Unreadable:
        return {}
    return said if isinstance(said, dict) else {}


def _is_secret(value: object) -> TypeGuard[str]:
    """RFC 6749, A.12: visible ASCII. Anything else could not be sent in a header."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_SECRET and all(" " <= char <= "~" for char in value)


def _expiry(seconds: object, now: datetime) -> datetime | None:
    """None where the vendor does not say, or says no time that could be meant: the token counts until it is refused."""
    if isinstance(seconds, str):
        seconds = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 12 else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        return None
    return now + timedelta(seconds=min(float(seconds), _LONGEST_LIFE.total_seconds()))


def _scopes(said: object) -> tuple[str, ...]:
    """Of a text with spaces, or (as some vendors have it) commas or a list."""
    if isinstance(said, list):
        return tuple(str(one)[:500] for one in said[:200])
    return tuple(said[:20_000].replace(",", " ").split()[:200]) if isinstance(said, str) else ()


def _extra(said: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name: value
        for name, value in said.items()
        if name not in _OWN and isinstance(value, str) and len(value) <= _LONGEST_EXTRA
    }
    return dict(list(found.items())[:_MOST_EXTRA])
