"""The vendor's sign-in by OAuth 2: codes with PKCE, tokens that expire, refresh tokens that rotate."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from urllib.parse import parse_qsl, urlencode

import httpx

from pointsman_sdk.fakes.refusal_page import plain_refusal

_PAGE = re.compile(
    r"https?://[!-~]{1,2000}"
)  # of the app, to which the user is led back: one line, which a header can hold


class Rotation(StrEnum):
    """What becomes of a refresh token that was used."""

    NONE = "none"  # it stays good, and is the only one
    UNTIL_USED = "until_used"  # a new one comes, and the old one is good until the new one was used
    STRICT = "strict"  # a new one comes, and the old one ends the whole sign-in when it is used again


@dataclass(slots=True, kw_only=True)
class Grant:
    """One sign-in: its refresh tokens in the order in which they were issued, and the oldest that is still good."""

    refresh: list[str]
    oldest: int = 0
    over: bool = False


@dataclass(slots=True, kw_only=True)
class OAuthServer:
    """Signs in everyone who asks, as the one user that the vendor has."""

    clock: Callable[[], datetime]
    client_id: str = "memory-client"
    client_secret: str = "memory-client-secret"  # noqa: S105  # a vendor in memory guards nothing
    lifetime: timedelta = timedelta(hours=1)
    rotation: Rotation = Rotation.UNTIL_USED
    refused: Callable[[str, str], httpx.Response] = plain_refusal  # the page of an error, to a client of this id
    access: dict[str, datetime] = field(default_factory=dict)
    issued_to: dict[str, str] = field(
        default_factory=dict
    )  # every access token that there was, and the sign-in it is of
    codes: dict[str, str | None] = field(default_factory=dict)  # with the challenge of PKCE
    grants: list[Grant] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # the grant types of all that asked for a token
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def lets_in(self, token: str) -> bool:
        """Whether an access token is good now."""
        until = self.access.get(token)
        return until is not None and self.clock() < until

    def sign_in(self) -> tuple[str, str]:
        """A user signs in without a browser: an access and a refresh token."""
        grant = Grant(refresh=[f"refresh-{next(self.ids)}"])
        self.grants.append(grant)
        return self._access(grant), grant.refresh[0]

    def expire(self) -> None:
        """No access token is good any more."""
        self.access.clear()

    def authorize(self, query: Mapping[str, str]) -> httpx.Response:
        """The page on which a user agrees, who does so at once; the vendor's page about what is wrong, where something is."""
        client = query.get("client_id", "")
        if client != self.client_id:
            return self.refused("invalid_client", client)
        if query.get("response_type") != "code":
            return self.refused("unsupported_response_type", client)
        if query.get("code_challenge_method", "S256") != "S256":
            return self.refused("invalid_request", client)
        if not _PAGE.fullmatch(query.get("redirect_uri", "")):
            return self.refused("redirect_uri_mismatch", client)
        code = f"code-{next(self.ids)}"
        self.codes[code] = query.get("code_challenge")
        back = urlencode({"code": code, "state": query.get("state", "")})
        return httpx.Response(302, headers={"Location": f"{query.get('redirect_uri', '')}?{back}"})

    def token(self, request: httpx.Request) -> httpx.Response:
        """The token endpoint (RFC 6749, 3.2)."""
        form = dict(parse_qsl(request.content.decode("utf-8", "replace")))
        self.asked.append(form.get("grant_type", ""))
        if not self._is_the_client(request, form):
            return httpx.Response(401, json={"error": "invalid_client"})
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeem(form)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            case "client_credentials":
                return self._issued(self._of_app(), None)
            case _:
                return httpx.Response(400, json={"error": "unsupported_grant_type"})

    def _is_the_client(self, request: httpx.Request, form: Mapping[str, str]) -> bool:
        given = f"{form.get('client_id', '')}:{form.get('client_secret', '')}"
        scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            given = base64.b64decode(basic).decode("utf-8", "replace")
        return hmac.compare_digest(given.encode(), f"{self.client_id}:{self.client_secret}".encode())

    def _redeem(self, form: Mapping[str, str]) -> httpx.Response:
        code = form.get("code", "")
        if code not in self.codes:
            return httpx.Response(400, json={"error": "invalid_grant"})
        challenge = self.codes.pop(code)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if challenge is not None and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return httpx.Response(400, json={"error": "invalid_grant"})
        access, refresh = self.sign_in()
        return self._issued(access, refresh)

    def _refresh(self, refresh: str) -> httpx.Response:
        grant = next((one for one in self.grants if refresh in one.refresh), None)
        if grant is None or grant.over:
            return httpx.Response(400, json={"error": "invalid_grant"})
        place = grant.refresh.index(refresh)
        if place < grant.oldest:
            grant.over = self.rotation is Rotation.STRICT
            return httpx.Response(400, json={"error": "invalid_grant"})
        if self.rotation is Rotation.NONE:
            return self._issued(self._access(grant), None)
        grant.refresh.append(f"refresh-{next(self.ids)}")
        grant.oldest = place if self.rotation is Rotation.UNTIL_USED else place + 1
        return self._issued(self._access(grant), grant.refresh[-1])

    def _access(self, grant: Grant) -> str:
        return self._token(f"sign-in-{self.grants.index(grant) + 1}")

    def _of_app(self) -> str:
        """The client itself signs in (RFC 6749, 4.4)."""
        return self._token(f"app-{self.client_id}")

    def _token(self, issued_to: str) -> str:
        token = f"access-{next(self.ids)}"
        self.issued_to[token] = issued_to
        self.access[token] = self.clock() + self.lifetime
        return token

    def _issued(self, access: str, refresh: str | None) -> httpx.Response:
        body = {"access_token": access, "token_type": "Bearer", "expires_in": int(self.lifetime.total_seconds())}
        return httpx.Response(200, json=body if refresh is None else {**body, "refresh_token": refresh})
