"""The memory vendor as the conformance kit wants to see it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from pointsman_memory import MemoryConfig, MemoryVendor
from pointsman_memory.vendor.items import Item, Shelf
from pointsman_memory.vendor.pushes import trial
from pointsman_memory.vendor.records import Row as Record
from pointsman_sdk import Capability, Contact, Event, Reply, Slot, Token, WebhookRequest
from pointsman_sdk.testing import NOW, Issued, Odd, Row, at
from pointsman_sdk.testing.busytimes import DAY
from support.sign_in.issued import issued_token

CONFIG = MemoryConfig.model_validate(
    {"url": "https://memory.example", "token": "s3cret-token", "webhook_secret": "s3cret-webhook", "handshake": "slack"}
)
SIGNED_IN = CONFIG.model_copy(update={"client_id": "memory-client", "client_secret": SecretStr("memory-client-secret")})
RECORDS = {Capability.PEOPLE: "person", Capability.ACCOUNTS: "account"}
PLACES = {Capability.APPOINTMENTS, Capability.PROGRAMMES, Capability.NOTICES}
_CALLED = {Capability.PROGRAMMES: "email", Capability.NOTICES: "text"}
_ODD: dict[Odd, dict[str, Any]] = {
    Odd.TRANSPARENT: {"busy": False},
    Odd.DECLINED: {"declined": True},
    Odd.TENTATIVE: {"status": "tentative"},
    Odd.PRIVATE: {"private": True},
    Odd.LONG: {"end": (at(9).start + timedelta(hours=25)).isoformat()},
    Odd.WEEKLY: {
        "start": (at(9).start - timedelta(weeks=4)).isoformat(),
        "end": (at(9).end - timedelta(weeks=4)).isoformat(),
        "weeks": 9,
    },
    Odd.WHOLE_DAY: {"first_day": "2031-03-30", "last_day": "2031-03-30"},
}


class BenchVendor:
    """Every vendor Protocol of the kit over one memory vendor, whose pages are short."""

    calendar, second = "anna/appointments", "anna/private"
    unreadable, lost = "somebody-else", "gone-away"
    owner = "anna@example.com"
    refuses_overlaps = True
    knows_tentative = True
    user, user_email = "user-1", "anna@example.com"
    programme = "newsletter"
    address = "#sales"

    def __init__(self) -> None:
        self.inner = MemoryVendor(token="s3cret-token", webhook_secret="s3cret-webhook", clock=lambda: NOW, page_size=2)
        for place in (self.calendar, self.second):
            calendar = self.inner.diary.calendar(place)
            calendar.owner, calendar.zone = self.owner, "Europe/Berlin"
        self.inner.diary.calendar(self.unreadable).open = False
        self.inner.diary.calendar(self.lost).open = False
        self.inner.gone.add(self.lost)
        self.transport: httpx.AsyncBaseTransport = self.inner.transport
        self.issued = Issued()
        self._known: str | None = None

    # -- what is kept

    def rows(self, kind: Capability) -> Sequence[Row]:
        if kind in RECORDS:
            return [_record(row) for row in self._records(kind)]
        return [self._row(kind, item) for item in self._shelf(kind).items.values() if item.key]

    def erase(self, kind: Capability) -> None:
        if kind in RECORDS:
            for row in self._records(kind):
                del self.inner.crm.rows[row.id]
        elif kind is Capability.APPOINTMENTS:
            self.inner.diary.erase(self.calendar)
        else:
            self._shelf(kind).items.clear()

    def annotate(self, kind: Capability, note: str) -> bool:
        if kind in RECORDS:
            for row in self._records(kind):
                self.inner.crm.edit(row.id, note=note)
        else:
            for item in self._shelf(kind).items.values():
                item.change({**item.values, "note": note})
        return True

    def gone(self, kind: Capability) -> str | None:
        return self.lost if kind in PLACES else None

    def _records(self, kind: Capability) -> list[Record]:
        return [row for row in self.inner.crm.of(RECORDS[kind]) if row.id != self._known]

    def _shelf(self, kind: Capability) -> Shelf:
        match kind:
            case Capability.APPOINTMENTS:
                return self.inner.diary.calendar(self.calendar).shelf
            case Capability.ACTIVITIES:
                return self.inner.activities
            case Capability.TASKS:
                return self.inner.tasks
            case Capability.NOTICES:
                return self.inner.messages
            case _:
                return self.inner.programmes.setdefault(self.programme, Shelf("member", self.programme))

    def _row(self, kind: Capability, item: Item) -> Row:
        values = item.values
        seen = self.inner.diary.seen_by_guests(item) if kind is Capability.APPOINTMENTS else _portal(values)
        mailed = [shown for _, shown in self.inner.diary.mailed] if kind is Capability.APPOINTMENTS else []
        return Row(
            text=str(values[_CALLED.get(kind, "title")]),
            slot=self.inner.diary.calendar(self.calendar).slot(item) if "start" in values else None,
            repeats=values.get("weeks", 1) > 1,
            tentative=values.get("status") == "tentative",
            owner=values.get("owner"),
            status=values.get("status"),
            guests=frozenset(guest["email"] for guest in values.get("guests", [])),
            guest_text=json.dumps([seen, *mailed]),
            note=values.get("note", ""),
        )

    # -- calendars

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        self.inner.diary.block(self.calendar, slot, busy=busy)

    def put_odd(self, odd: Odd) -> bool:
        if odd not in _ODD:
            return False
        self.inner.diary.block(self.calendar, DAY if odd is Odd.WHOLE_DAY else at(9), **_ODD[odd])
        return True

    def refuse_guests(self) -> bool:
        self.inner.diary.calendar(self.calendar).writes_to_guests = False
        return True

    def repeat(self, *, times: int, without: int) -> bool:
        for item in self.inner.diary.own(self.calendar):
            self.inner.diary.repeat(self.calendar, str(item.key), weeks=times, without=without)
        return True

    # -- watches

    def pushed(self) -> Sequence[WebhookRequest]:
        return self.inner.diary.pushed

    def trials(self, callback: str) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        said = "Validation: Testing client application reachability for subscription Request-Id: 0a-1b"
        wanted = Reply(headers={"content-type": "text/plain; charset=utf-8"}, body=said.encode())
        return {"Graph's validationToken": (trial(callback, said), wanted)}

    def end_watches(self) -> Sequence[WebhookRequest]:
        return self.inner.diary.end_watches()

    # -- records

    def person(self) -> str:
        if self._known is None:
            self._known = self.inner.crm.add("person", email="known@example.com").id
        return self._known

    # -- intake

    def hook(self, contacts: Sequence[Contact], *, age_seconds: int = 0) -> WebhookRequest:
        before = len(self.inner.hooks.events)
        for contact in contacts:
            self.inner.crm.add("person", email=contact.email, last_name=contact.name)
        return self.inner.hooks.hook(self.inner.hooks.events[before:], now=NOW - timedelta(seconds=age_seconds))

    def ahead(self, event: Event) -> Event | None:
        return replace(event, key="ahead-1", version=str(int(event.version or 0) + 1))

    def handshakes(self) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        answer = json.dumps({"challenge": "tried-1"}).encode()
        return {
            "Slack's challenge": (self.inner.hooks.slack_handshake("tried-1"), Reply(status=200, body=answer)),
            "an empty push": (self.inner.hooks.signed(b""), Reply(status=204)),
        }

    # -- tokens

    def issue(self) -> Token:
        token = issued_token(self.inner.oauth, until=NOW + timedelta(hours=1))
        self.issued.tokens.append(token)
        return token

    def expire(self) -> None:
        self.inner.oauth.expire()


def _record(row: Record) -> Row:
    return Row(text=row.name, owner=row.values.get("owner"), note=row.values.get("note", ""))


def _portal(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the customer sees in the vendor's portal."""
    return {name: value for name, value in values.items() if name != "internal"}
