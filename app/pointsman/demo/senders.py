"""The outside world: forms, a CRM and a list provider that sign and send their webhooks."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

import httpx

from pointsman.demo.api import ApiClient, DemoError
from pointsman.domain.messages.message import say

#: How the demo's senders can sign.
SCHEMES = frozenset({"hubspot_v2", "hubspot_v3", "typeform", "standard_webhooks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sender, as its intake knows it; `address` is the webhook's public URL, which some schemes sign."""

    address: str
    scheme: str
    secret: str

    def send(self, api: ApiClient, body: bytes, *, event_id: str, now: datetime) -> httpx.Response:
        """Post one signed webhook to the service that runs here, whatever its public name is."""
        headers = {"Content-Type": "application/json", **self._signature(body, event_id, now)}
        return api.post_unauthenticated(f"{api.base_url}{httpx.URL(self.address).path}", body, headers)

    def _signature(self, body: bytes, event_id: str, now: datetime) -> dict[str, str]:
        if self.scheme == "hubspot_v2":
            source = self.secret.encode() + b"POST" + self.address.encode() + body
            return {
                "X-HubSpot-Signature": hashlib.sha256(source).hexdigest(),
                "X-HubSpot-Signature-Version": "v2",
            }
        if self.scheme == "hubspot_v3":
            stamp = str(int(now.timestamp() * 1000))
            source = b"POST" + self.address.encode() + body + stamp.encode()
            return {
                "X-HubSpot-Signature-v3": _base64_hmac(self.secret.encode(), source),
                "X-HubSpot-Request-Timestamp": stamp,
            }
        if self.scheme == "typeform":
            return {"Typeform-Signature": "sha256=" + _base64_hmac(self.secret.encode(), body)}
        if self.scheme == "standard_webhooks":
            stamp = str(int(now.timestamp()))
            key = base64.b64decode(self.secret.removeprefix("whsec_"))
            source = b".".join((event_id.encode(), stamp.encode(), body))
            return {
                "webhook-id": event_id,
                "webhook-timestamp": stamp,
                "webhook-signature": "v1," + _base64_hmac(key, source),
            }
        raise DemoError(say("demo-floor.no-sender", scheme=self.scheme))


def _base64_hmac(key: bytes, source: bytes) -> str:
    return base64.b64encode(hmac.new(key, source, hashlib.sha256).digest()).decode()
