"""The key file of a service account, and the assertion that it signs (RFC 7523)."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from pointsman_sdk import Rejected
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import JsonLimits, parse_json

_LIMITS = JsonLimits(size=20_000, depth=5, values=200)
_LASTS = timedelta(
    hours=1
)  # the longest that Google takes (developers.google.com/identity/protocols/oauth2/service-account)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKey:
    """The account that signs, and what it signs with."""

    email: str
    key_id: str
    private_key: str = field(repr=False)

    @classmethod
    def of(cls, content: SecretStr) -> "ServiceKey":
        """The key in a key file as Google hands it out. ValueError for another file; its text quotes none of it."""
        try:
            said = parse_json(content.get_secret_value().encode("utf-8", "replace"), _LIMITS)
        except Unreadable:
            raise ValueError("not a key file: paste the whole JSON that Google gave") from None
        match said:
            case {"type": "service_account", "client_email": str(email), "private_key": str(private_key)}:
                key_id = said.get("private_key_id")
                return cls(email=email, key_id=key_id if isinstance(key_id, str) else "", private_key=private_key)
            case _:
                raise ValueError("not the key file of a service account: it has client_email and private_key")

    def assertion(self, *, subject: str, scopes: tuple[str, ...], audience: str, now: datetime) -> str:
        """What the token endpoint takes for a sign-in of `subject`. Rejected for a key that cannot sign.

        It takes some milliseconds of processor time, and loads a library at first.
        """
        issued = int(now.timestamp())
        claims = {
            "iss": self.email,
            "sub": subject,
            "scope": " ".join(scopes),
            "aud": audience,
            "iat": issued,
            "exp": issued + int(_LASTS.total_seconds()),
        }
        head = {"alg": "RS256", "typ": "JWT", **({"kid": self.key_id} if self.key_id else {})}
        signed = f"{_part(head)}.{_part(claims)}"
        return f"{signed}.{_base64(self._signature(signed.encode()))}"

    def _signature(self, signed: bytes) -> bytes:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # large, and of service accounts alone
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415  # as above

        try:
            key = load_pem_private_key(self.private_key.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise Rejected("the private key of the service account cannot be read: give its key file again") from None
        if not isinstance(key, RSAPrivateKey):
            raise Rejected("the private key of the service account is of another kind than Google's")
        return key.sign(signed, PKCS1v15(), SHA256())


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
