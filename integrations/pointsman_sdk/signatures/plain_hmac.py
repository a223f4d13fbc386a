"""HMAC-SHA256 of the body in one header: what most senders that have no scheme of their own do."""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from pointsman_sdk.signatures.refusals import BadSignature
from pointsman_sdk.signatures.scheme import HeaderName, SignatureScheme, hmac_sha256, sent_header
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest


class PlainHmac(SignatureScheme):
    """HMAC-SHA256 of the body in a header of the sender's choice."""

    signs: ClassVar[Signs] = Signs(body=True, time=False)

    scheme: Literal["hmac"]
    header: HeaderName = "x-signature-256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=32)] = ""
    algorithm: Literal["sha256"] = "sha256"

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        return {self.header: self.prefix + self._signature(hook, secret)}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({self.header})

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        given = sent_header(hook, self.header)
        if not given.startswith(self.prefix):
            raise BadSignature(f"The header {self.header} does not begin with {self.prefix!r}.")
        given = given.removeprefix(self.prefix)
        return lambda secret: hmac.compare_digest(self._signature(hook, secret), given)

    def _signature(self, hook: WebhookRequest, secret: str) -> str:
        digest = hmac_sha256(secret, hook.body)
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
