"""The sign-in of the directory: a tenant in the address, behind which each way to sign in stands as OAuth 2 has it.

A wrong tenant is refused before the client is looked at (AADSTS90002). Over "common" and "organizations" a person signs in to the
directory of their own; an app has to say to which it belongs (AADSTS50059).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, unquote

import httpx

from pointsman_sdk.fakes import OAuthServer, refusal_page

TENANT_ID = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
_PATH = re.compile(r"/([^/]+)/oauth2/v2\.0/(authorize|token)")
_OF_ANY = frozenset({"common", "organizations"})


@dataclass(slots=True, kw_only=True)
class DirectorySignIn:
    """One app registration in one directory, which is asked for by its ID or by `domain`."""

    clock: Callable[[], datetime]
    domain: str
    oauth: OAuthServer = field(init=False)

    def __post_init__(self) -> None:
        self.oauth = OAuthServer(clock=self.clock, client_id="graph-client", client_secret="graph-client-secret")  # noqa: S106  # of a vendor in memory
        self.oauth.refused = self._page

    def answer(self, request: httpx.Request, path: str) -> httpx.Response | None:
        """None for a path that is none of the sign-in's."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        tenant, what = unquote(found[1]).casefold(), found[2]
        if tenant in _OF_ANY and what == "token" and _is_of_app(request):
            return _refused(50059, "No tenant-identifying information found in the request.", what)
        if tenant not in _OF_ANY | {self.domain.casefold(), TENANT_ID}:
            return _refused(
                90002, f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.", what
            )
        return self.oauth.token(request) if what == "token" else self.oauth.authorize(dict(request.url.params))

    def _page(self, error: str, client: str) -> httpx.Response:
        if error == "invalid_client":
            why = f"Application with identifier '{client}' was not found in the directory '{self.domain}'."
            return _refused(700016, why, "authorize")
        return _refused(900144, f"The request is not as it has to be ({error}).", "authorize")


def _is_of_app(request: httpx.Request) -> bool:
    return parse_qs(request.content.decode("utf-8", "replace")).get("grant_type") == ["client_credentials"]


def _refused(code: int, why: str, what: str) -> httpx.Response:
    """As JSON to a program; a person who came by browser to `authorize` sees a page."""
    said = f"AADSTS{code}: {why}"
    if what == "authorize":
        return refusal_page(400, "Sign in", "Sorry, but we're having trouble signing you in.", said)
    return httpx.Response(400, json={"error": "invalid_request", "error_description": said, "error_codes": [code]})
