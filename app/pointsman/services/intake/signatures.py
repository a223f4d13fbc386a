"""Webhook signatures: one verifier per scheme, chosen by the intake's configuration and never by the request's headers.

Every verifier gets the raw bytes, and the public address from our configuration: a Host header is the sender's word.
Each takes all active secrets, so that a secret can be rotated without losing a request.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from pointsman.domain.errors import Fault, Invalid, Unauthenticated

TOLERANCE_SECONDS = 300
#: What the library lets out on what it cannot read (binascii.Error and UnicodeDecodeError are ValueErrors).
_REFUSALS = (ValueError, RuntimeError, EmptyWebhookSecretError)
_MILLISECONDS = re.compile(r"\d{10,16}", re.ASCII)
_SECONDS = re.compile(r"[1-9]\d{0,11}", re.ASCII)

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$", to_lower=True)]


class _Scheme(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StandardWebhooks(_Scheme):
    """`webhook-id`, `webhook-timestamp`, `webhook-signature`; secrets are written `whsec_…`."""

    scheme: Literal["standard_webhooks"]


class HubSpotV2(_Scheme):
    """SHA-256 of secret, method, URI and body, in hex. It carries no time: deduplication catches a replay."""

    scheme: Literal["hubspot_v2"]


class HubSpotV3(_Scheme):
    """HMAC-SHA256 of method, URI, body and timestamp, in base64; five minutes of tolerance."""

    scheme: Literal["hubspot_v3"]


class Typeform(_Scheme):
    """HMAC-SHA256 of the body as `sha256=<base64>`."""

    scheme: Literal["typeform"]


class PlainHmac(_Scheme):
    """HMAC-SHA256 of the body in a header of the sender's choice."""

    scheme: Literal["hmac"]
    header: HeaderName = "x-signature-256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=32)] = ""
    algorithm: Literal["sha256"] = "sha256"


class Bearer(_Scheme):
    """A fixed token in a header, for senders that cannot sign. Weaker: a reader of one request can forge others."""

    scheme: Literal["bearer"]
    header: HeaderName = "authorization"


Verifier = Annotated[
    StandardWebhooks | HubSpotV2 | HubSpotV3 | Typeform | PlainHmac | Bearer, Field(discriminator="scheme")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """One request as it arrived: header names in lower case, the URI as the sender must have written it."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes


def verify_signature(verifier: Verifier, secrets: Sequence[str], request: SignedRequest, *, now: datetime) -> None:
    """Raise Unauthenticated unless one of the secrets signed exactly this request, and lately."""
    check: Callable[[str], bool]
    match verifier:
        case StandardWebhooks():
            check = _standard_webhooks(request, now)
        case HubSpotV2():
            check = _hubspot_v2(request)
        case HubSpotV3():
            check = _hubspot_v3(request, now)
        case Typeform():
            check = _hmac(request, header="typeform-signature", prefix="sha256=", encoding="base64")
        case PlainHmac(header=header, prefix=prefix, encoding=encoding):
            check = _hmac(request, header=header, prefix=prefix, encoding=encoding)
        case Bearer(header=header):
            check = _bearer(request, header)
    # No early exit: how long it takes says nothing about which secret matched.
    answers = [check(secret) for secret in secrets]
    if not any(answers):
        raise Unauthenticated("The signature is not ours: check the secret and the address.", code="bad-signature")


def check_secrets(verifier: Verifier, secrets: Sequence[str]) -> None:
    """Raise Invalid unless every secret can be used with the scheme."""
    faults = []
    for position, secret in enumerate(secrets):
        reason = None
        if len(secret) < 16:
            reason = "is shorter than 16 characters: make it longer"
        elif not secret.isascii() or not secret.isprintable():
            reason = "has characters that are not printable ASCII"
        elif isinstance(verifier, StandardWebhooks) and not _usable_standard_secret(secret):
            reason = "is not whsec_ followed by 16 or more bytes in base64"
        if reason:
            faults.append(Fault(path=f"secrets[{position}]", code="malformed", message=f"the secret {reason}"))
    if faults:
        raise Invalid("A secret cannot be used.", faults=faults)


def _usable_standard_secret(secret: str) -> bool:
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return len(key) >= 16


def _header(request: SignedRequest, name: str) -> str:
    value = request.headers.get(name, "")
    if not value or not value.isascii():
        raise Unauthenticated(f"The header {name} is missing or unreadable.", code="bad-signature")
    return value


def _check_timestamp(milliseconds: int, now: datetime) -> None:
    if abs(now.timestamp() * 1000 - milliseconds) > TOLERANCE_SECONDS * 1000:
        raise Unauthenticated("The timestamp is more than five minutes away from our clock.", code="stale-signature")


def _standard_webhooks(request: SignedRequest, now: datetime) -> Callable[[str], bool]:
    message_id = _header(request, "webhook-id")
    stamp = _header(request, "webhook-timestamp")
    given = [part[3:] for part in _header(request, "webhook-signature").split(" ") if part.startswith("v1,")]
    if not _SECONDS.fullmatch(stamp):  # the library would take "1_0.5" too
        raise Unauthenticated("webhook-timestamp is not whole seconds.", code="bad-signature")
    _check_timestamp(int(stamp) * 1000, now)

    def check(secret: str) -> bool:
        try:
            signed = Webhook(secret).sign(
                msg_id=message_id,
                timestamp=datetime.fromtimestamp(int(stamp), UTC),
                data=request.body.decode("utf-8"),
            )
        except _REFUSALS:
            return False
        expected = signed.removeprefix("v1,")
        answers = [hmac.compare_digest(expected, signature) for signature in given]
        return any(answers)

    return check


def _hubspot_v2(request: SignedRequest) -> Callable[[str], bool]:
    given = _header(request, "x-hubspot-signature")

    def check(secret: str) -> bool:
        source = secret.encode() + request.method.encode() + request.uri.encode() + request.body
        return hmac.compare_digest(hashlib.sha256(source).hexdigest(), given)

    return check


#: The characters that version 3 signs decoded.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ENCODED = re.compile("|".join(_DECODED), re.IGNORECASE)


def _hubspot_v3(request: SignedRequest, now: datetime) -> Callable[[str], bool]:
    given = _header(request, "x-hubspot-signature-v3")
    stamp = _header(request, "x-hubspot-request-timestamp")
    if not _MILLISECONDS.fullmatch(stamp):
        raise Unauthenticated("x-hubspot-request-timestamp is not milliseconds.", code="bad-signature")
    _check_timestamp(int(stamp), now)
    uri = _ENCODED.sub(lambda found: _DECODED[found.group().upper()], request.uri)
    source = request.method.encode() + uri.encode() + request.body + stamp.encode()

    def check(secret: str) -> bool:
        digest = hmac.digest(secret.encode(), source, "sha256")
        return hmac.compare_digest(base64.b64encode(digest).decode(), given)

    return check


def _hmac(request: SignedRequest, *, header: str, prefix: str, encoding: str) -> Callable[[str], bool]:
    given = _header(request, header)
    if not given.startswith(prefix):
        raise Unauthenticated(f"The header {header} does not begin with {prefix!r}.", code="bad-signature")
    given = given.removeprefix(prefix)

    def check(secret: str) -> bool:
        digest = hmac.digest(secret.encode(), request.body, "sha256")
        text = binascii.hexlify(digest) if encoding == "hex" else base64.b64encode(digest)
        return hmac.compare_digest(text.decode(), given)

    return check


def _bearer(request: SignedRequest, header: str) -> Callable[[str], bool]:
    given = _header(request, header)
    if header == "authorization":
        scheme, _, given = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("The header authorization is not a bearer token.", code="bad-signature")
    return lambda secret: hmac.compare_digest(secret.encode(), given.strip().encode())
