"""Service accounts of the fake: a key file, and tokens for the users of a domain that delegates to it.

Source: developers.google.com/identity/protocols/oauth2/service-account.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from pointsman_google.fake.resources import Numbers
from pointsman_sdk.fakes import refusal_page
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS = timedelta(hours=1)
_SKEW = timedelta(minutes=5)


@dataclass(slots=True, kw_only=True)
class ServiceAccounts:
    """One service account. `users` says who there is; `delegated` are the scopes that the domain allows it."""

    clock: Callable[[], datetime]
    numbers: Numbers
    users: Callable[[], frozenset[str]]
    delegated: frozenset[str] = frozenset()
    email: str = "pointsman@sales.iam.gserviceaccount.com"
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # whose it is, and until when
    asked: list[str] = field(default_factory=list)  # the users that a token was issued for, in order
    key: Any = None

    def key_file(self) -> str:
        """The JSON that Google gives for a new key."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # large, and of service accounts alone

        pem = self._key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "private_key_id": "key-1",
                "private_key": pem.decode(),
                "client_email": self.email,
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )

    def take_key(self, key_file: str) -> None:
        """Have the key that an earlier process gave out."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as above

        self.key = serialization.load_pem_private_key(
            parse_json(key_file.encode())["private_key"].encode(), password=None
        )

    def user(self, token: str) -> str | None:
        """The user that a token acts as, where it is good now."""
        subject, until = self.tokens.get(token, ("", self.clock()))
        return subject if self.clock() < until else None

    def issue(self, subject: str) -> str:
        """A token with which the service account acts as a user."""
        made = self.numbers.id("ya29.")
        self.tokens[made] = (subject, self.clock() + _LASTS)
        self.asked.append(subject)
        return made

    def token(self, request: httpx.Request) -> httpx.Response:
        """Serve the token endpoint, of an assertion."""
        form = dict(parse_qsl(request.content.decode("utf-8", "replace")))
        claims = self._claims(form.get("assertion", ""))
        now = self.clock().timestamp()
        if claims is None or claims.get("iss") != self.email:
            return _refused(400, "invalid_grant", "Invalid JWT Signature.")
        lasts = int(claims["exp"]) - int(claims["iat"])
        if not int(claims["iat"]) - _SKEW.total_seconds() <= now < int(claims["exp"]) or lasts > _LASTS.total_seconds():
            return _refused(
                400, "invalid_grant", "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
            )
        if not set(str(claims["scope"]).split()) <= self.delegated or not str(claims.get("aud")).endswith("/token"):
            told = (
                "Client is unauthorized to retrieve access tokens, or not authorized for any of the scopes requested."
            )
            return _refused(401, "unauthorized_client", told)
        subject = str(claims.get("sub", self.email))
        if subject not in self.users():
            return _refused(400, "invalid_grant", "Invalid email or User ID")
        made = self.issue(subject)
        return httpx.Response(200, json={"access_token": made, "token_type": "Bearer", "expires_in": 3599})

    def _claims(self, assertion: str) -> Mapping[str, Any] | None:
        """What the assertion says, where the key signed it."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # as above

        signed, _, signature = assertion.rpartition(".")
        try:
            self._key().public_key().verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
            claims = parse_json(_decoded(signed.partition(".")[2]))
        except (InvalidSignature, ValueError, Unreadable):
            return None
        return claims if isinstance(claims, dict) else None

    def _key(self) -> Any:
        if self.key is None:
            from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415  # as above

            self.key = generate_private_key(public_exponent=65_537, key_size=2_048)
        return self.key


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refused(status: int, error: str, why: str) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": why})


def sign_in_refused(error: str, _client: str) -> httpx.Response:
    """The page in the browser, which tells the code of the error."""
    unknown = error == "invalid_client"
    status = 401 if unknown else 400
    said = "The OAuth client was not found." if unknown else "The app sent a request that is not valid."
    return refusal_page(status, "Access blocked: Authorization Error", said, f"Error {status}: {error}")
