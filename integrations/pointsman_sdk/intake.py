"""The intake capability: proving who sent a webhook, and reading leads out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """One webhook request as it arrived: header names in lower case, the body byte for byte."""

    method: str
    url: str  # as the sender wrote it: some vendors sign it
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingLead:
    """One lead out of a webhook. `key` is the vendor's id of the event, the same when it is delivered again."""

    key: str
    fields: Mapping[str, object]
    occurred_at: datetime | None = None


@runtime_checkable
class Intake(Protocol):
    """Webhooks of one vendor; nothing here waits for anything."""

    def verify(self, hook: WebhookRequest) -> None:
        """Raise Rejected unless the vendor signed exactly this request, and lately."""
        ...

    def parse(self, hook: WebhookRequest) -> Sequence[IncomingLead]:
        """Every lead in the request, one by one. Raises Rejected when it is not the vendor's format."""
        ...
