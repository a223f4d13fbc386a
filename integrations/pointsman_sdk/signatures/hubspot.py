"""HubSpot's signatures, versions 2 and 3; the secret is the app's client secret.

Version 2 is no HMAC: SHA-256 of secret, method, address and body, in hex. Version 3 is HMAC-SHA256 of method, address, body and
timestamp (milliseconds), in base64; of its address some escapes are signed decoded, and what is older than five minutes is to be
refused. Version 1 signs neither address nor time and is not read here.
https://developers.hubspot.com/docs/api/webhooks/validating-requests
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pointsman_sdk.signatures.refusals import BadSignature
from pointsman_sdk.signatures.scheme import SignatureScheme, check_lately, hmac_sha256, sent_header
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest

_V2, _VERSION = "x-hubspot-signature", "x-hubspot-signature-version"
_V3, _TIME = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
_MILLISECONDS = re.compile(r"\d{10,16}", re.ASCII)

#: The characters that version 3 signs decoded.
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")",
    "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ENCODED = re.compile("|".join(_DECODED), re.IGNORECASE)


class HubSpotV2(SignatureScheme):
    """SHA-256 of secret, method, URI and body, in hex. It carries no time: deduplication catches a replay."""

    signs: ClassVar[Signs] = Signs(body=True, time=False)

    scheme: Literal["hubspot_v2"]

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        return {_V2: _v2_signature(hook, secret), _VERSION: "v2"}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({_V2})

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        given = sent_header(hook, _V2)
        return lambda secret: hmac.compare_digest(_v2_signature(hook, secret), given)


class HubSpotV3(SignatureScheme):
    """HMAC-SHA256 of method, URI, body and timestamp, in base64; five minutes of tolerance."""

    signs: ClassVar[Signs] = Signs(body=True, time=True)

    scheme: Literal["hubspot_v3"]

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        stamp = str(int(now.timestamp() * 1000))
        return {_V3: _v3_signature(hook, stamp, secret), _TIME: stamp}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({_V3})

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        given = sent_header(hook, _V3)
        stamp = sent_header(hook, _TIME)
        if not _MILLISECONDS.fullmatch(stamp):
            raise BadSignature(f"{_TIME} is not milliseconds.")
        check_lately(int(stamp), now)
        return lambda secret: hmac.compare_digest(_v3_signature(hook, stamp, secret), given)


def _v2_signature(hook: WebhookRequest, secret: str) -> str:
    return hashlib.sha256(secret.encode() + hook.method.encode() + hook.url.encode() + hook.body).hexdigest()


def _v3_signature(hook: WebhookRequest, stamp: str, secret: str) -> str:
    url = _ENCODED.sub(lambda found: _DECODED[found.group().upper()], hook.url)
    source = hook.method.encode() + url.encode() + hook.body + stamp.encode()
    return base64.b64encode(hmac_sha256(secret, source)).decode()
