"""The memory vendor as the conformance kit wants to see it."""

from collections.abc import Sequence

import httpx

from pointsman_memory import MemoryConfig, MemoryVendor
from pointsman_sdk import Contact, Slot, WebhookRequest
from pointsman_sdk.testing import NOW, Event, Row

CONFIG = MemoryConfig.model_validate(
    {"url": "https://memory.example", "token": "s3cret-token", "webhook_secret": "s3cret-webhook"}
)


class BenchVendor:
    """Every vendor Protocol of the kit over one memory vendor."""

    calendar = "anna/appointments"
    unreadable = "somebody-else"
    refuses_overlaps = True
    knows_tentative = True
    user = "user-1"
    programme = "newsletter"
    address = "#sales"

    def __init__(self) -> None:
        self.inner = MemoryVendor(token="s3cret-token", webhook_secret="s3cret-webhook")
        self.inner.diary.locked.add(self.unreadable)
        self.transport: httpx.AsyncBaseTransport = self.inner.transport

    def events(self) -> Sequence[Event]:
        own = self.inner.diary.own(self.calendar)
        return [
            Event(slot=entry.slot, title=entry.title, attendees=entry.attendees, tentative=entry.tentative)
            for entry in own
        ]

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        self.inner.diary.block(self.calendar, slot, busy=busy)

    def erase(self) -> None:
        self.inner.diary.calendars.clear()

    def rows(self) -> Sequence[Row]:
        entries = self.inner.ledger.entries.values()
        return [Row(id=entry.id, kind=entry.kind, name=entry.name, owner=entry.owner) for entry in entries]

    def hook(self, contacts: Sequence[Contact], *, age_seconds: int = 0) -> WebhookRequest:
        return self.inner.hook(contacts, moment=int(NOW.timestamp()) - age_seconds)

    def enrolments(self) -> Sequence[str]:
        return self.inner.members.get(self.programme, [])

    def messages(self) -> Sequence[str]:
        return [message["text"] for message in self.inner.messages.values()]
