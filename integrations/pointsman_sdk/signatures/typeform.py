"""Typeform's signature: HMAC-SHA256 of the whole body, in base64, after `sha256=` in the header Typeform-Signature.

No time is signed. https://www.typeform.com/developers/webhooks/secure-your-webhooks/
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pointsman_sdk.signatures.plain_hmac import PlainHmac
from pointsman_sdk.signatures.scheme import SignatureScheme
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest

_PLAIN = PlainHmac(scheme="hmac", header="typeform-signature", encoding="base64", prefix="sha256=")


class Typeform(SignatureScheme):
    """HMAC-SHA256 of the body as `sha256=<base64>`."""

    signs: ClassVar[Signs] = _PLAIN.signs

    scheme: Literal["typeform"]

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        return _PLAIN.sign(hook, secret, now=now, event_id=event_id)

    @property
    def proof_headers(self) -> frozenset[str]:
        return _PLAIN.proof_headers

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        return _PLAIN.matcher(hook, now)
