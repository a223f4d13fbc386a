"""WebhookRequest: one request of a vendor, as it arrived."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """One webhook request as it arrived: header names in lower case, the body byte for byte."""

    method: str
    url: str  # as the sender wrote it, its query too: some vendors sign it, or ask a question in it
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
