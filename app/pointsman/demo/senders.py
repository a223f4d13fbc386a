"""The outside world: forms, a CRM and a list provider that sign and send their webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from pointsman.connectors.signatures import SdkSignatureSchemes
from pointsman.demo.api import ApiClient
from pointsman.services.ports.intake.signatures import SignedRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sender, as its intake knows it; `address` is the webhook's public URL, which some schemes sign.

    `signs_as_asked` is False where an admin has given the intake another scheme than the demo's sender has.
    """

    address: str
    verifier: Mapping[str, Any]
    secret: str
    signs_as_asked: bool

    def send(self, api: ApiClient, body: bytes, *, event_id: str, now: datetime) -> httpx.Response:
        """Post one signed webhook to the service that runs here, whatever its public name is."""
        scheme = SdkSignatureSchemes().read(self.verifier)
        request = SignedRequest(method="POST", uri=self.address, headers={}, body=body)
        headers = {
            "Content-Type": "application/json",
            **scheme.sign(request, self.secret, now=now, event_id=event_id),
        }
        return api.post_unauthenticated(f"{api.base_url}{httpx.URL(self.address).path}", body, headers)
