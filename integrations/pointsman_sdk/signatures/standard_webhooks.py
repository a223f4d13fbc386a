"""Standard Webhooks 1.0, in its symmetric form (v1).

The sender signs `id.timestamp.body` with HMAC-SHA256 and sends the digest in base64 after `v1,`; a rotated secret makes a list
of them, with spaces between. The key is what follows `whsec_` in the secret, in base64.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pointsman_sdk.signatures.refusals import BadSignature
from pointsman_sdk.signatures.scheme import SignatureScheme, check_lately, sent_header
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest

_ID, _TIME, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SECONDS = re.compile(r"[1-9]\d{0,11}", re.ASCII)
_SHORTEST_KEY = 16


class StandardWebhooks(SignatureScheme):
    """`webhook-id`, `webhook-timestamp`, `webhook-signature`; secrets are written `whsec_…`."""

    signs: ClassVar[Signs] = Signs(body=True, time=True)
    event_header: ClassVar[str | None] = _ID

    scheme: Literal["standard_webhooks"]

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        stamp = str(int(now.timestamp()))
        signature = _signature(_key(secret), event_id, stamp, hook.body)
        return {_ID: event_id, _TIME: stamp, _SIGNATURE: f"v1,{signature}"}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({_SIGNATURE})

    def secret_fault(self, secret: str) -> str | None:
        if fault := super().secret_fault(secret):
            return fault
        return None if len(_key(secret)) >= _SHORTEST_KEY else "is not whsec_ followed by 16 or more bytes in base64"

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        event_id = sent_header(hook, _ID)
        stamp = sent_header(hook, _TIME)
        given = [part[3:] for part in sent_header(hook, _SIGNATURE).split(" ") if part.startswith("v1,")]
        if not _SECONDS.fullmatch(stamp):
            raise BadSignature(f"{_TIME} is not whole seconds.")
        check_lately(int(stamp) * 1000, now)

        def is_signed_with(secret: str) -> bool:
            key = _key(secret)
            expected = _signature(key, event_id, stamp, hook.body)
            answers = [hmac.compare_digest(expected, signature) for signature in given]
            return any(answers) and bool(key)

        return is_signed_with


def _signature(key: bytes, event_id: str, stamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, f"{event_id}.{stamp}.".encode() + body, "sha256")).decode()


def _key(secret: str) -> bytes:
    """The bytes that sign; none for a secret that is not in base64, which signs nothing. Padding may be left out."""
    encoded = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return b""
