"""A fixed token in a header, as RFC 6750 writes it where the header is Authorization."""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pointsman_sdk.signatures.refusals import BadSignature
from pointsman_sdk.signatures.scheme import HeaderName, SignatureScheme, sent_header
from pointsman_sdk.signs import Signs
from pointsman_sdk.webhooks import WebhookRequest

_AUTHORIZATION = "authorization"


class Bearer(SignatureScheme):
    """A fixed token in a header, for senders that cannot sign. Weaker: a reader of one request can forge others."""

    signs: ClassVar[Signs] = Signs(body=False, time=False)

    scheme: Literal["bearer"]
    header: HeaderName = _AUTHORIZATION

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        return {self.header: f"Bearer {secret}" if self.header == _AUTHORIZATION else secret}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({self.header})

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        given = sent_header(hook, self.header)
        if self.header == _AUTHORIZATION:
            scheme, _, given = given.partition(" ")
            if scheme.lower() != "bearer":
                raise BadSignature("The header authorization is not a bearer token.")
        return lambda secret: hmac.compare_digest(secret.encode(), given.strip().encode())
