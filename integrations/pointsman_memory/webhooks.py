"""The intake capability."""

import hmac
import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from pointsman_memory.shape import rows, shaped
from pointsman_memory.vendor import signature
from pointsman_sdk import IncomingLead, Rejected, WebhookRequest

TOLERANCE_SECONDS = 300
_HEADER = re.compile(r"t=([0-9]{1,12}),v1=[0-9a-f]{64}")


class Webhooks:
    """Signed with a secret that both sides know; the time is signed too, so that a recording goes stale."""

    _secret: SecretStr
    _clock: Callable[[], datetime]

    def verify(self, hook: WebhookRequest) -> None:
        sent = hook.headers.get("memory-signature", "")
        match = _HEADER.fullmatch(sent)
        if match is None:
            raise Rejected("the webhook carries no signature")
        moment = int(match[1])
        if not hmac.compare_digest(signature(self._secret.get_secret_value(), moment, hook.body), sent):
            raise Rejected("the webhook's signature does not fit its body")
        if abs(self._clock().timestamp() - moment) > TOLERANCE_SECONDS:
            raise Rejected("the webhook was signed too long ago, or in the future")

    def parse(self, hook: WebhookRequest) -> Sequence[IncomingLead]:
        try:
            data = json.loads(hook.body)
        except (ValueError, RecursionError):
            raise Rejected("the webhook's body is not JSON") from None
        return [shaped(_arrival, row) for row in rows(shaped(lambda found: found["leads"], data))]


def _arrival(row: Any) -> IncomingLead:
    return IncomingLead(key=str(row["id"]), fields=dict(row["fields"]))
