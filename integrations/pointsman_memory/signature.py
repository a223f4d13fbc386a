"""How the vendor signs its webhooks: an HMAC over the time and the body, both of which it sends."""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pointsman_sdk import Signs, WebhookRequest
from pointsman_sdk.signatures import BadSignature, SignatureScheme
from pointsman_sdk.signatures.scheme import check_lately, hmac_sha256, sent_header

HEADER = "memory-signature"
_SENT = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class MemorySignature(SignatureScheme):
    """`memory-signature: t=Unix seconds,v1=hex`. A scheme that the SDK does not have is a class like this one."""

    signs: ClassVar[Signs] = Signs(body=True, time=True)

    scheme: Literal["memory"] = "memory"

    def sign(self, hook: WebhookRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:  # noqa: ARG002  # SignatureScheme
        moment = int(now.timestamp())
        return {HEADER: f"t={moment},v1={_signature(secret, moment, hook.body)}"}

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({HEADER})

    def matcher(self, hook: WebhookRequest, now: datetime) -> Callable[[str], bool]:
        found = _SENT.fullmatch(sent_header(hook, HEADER))
        if found is None:
            raise BadSignature(f"The header {HEADER} is malformed.")
        moment, given = int(found[1]), found[2]
        check_lately(moment * 1000, now)
        return lambda secret: hmac.compare_digest(_signature(secret, moment, hook.body), given)


def _signature(secret: str, moment: int, body: bytes) -> str:
    return hmac_sha256(secret, b"%d." % moment + body).hex()


SIGNATURE = MemorySignature()
