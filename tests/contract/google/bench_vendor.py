"""The fake of Google Calendar as the conformance kit wants to see it."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from pydantic import SecretStr

from pointsman_google import GoogleConfig
from pointsman_google.events import KEY, private
from pointsman_google.fake import Description, GoogleVendor
from pointsman_sdk import Capability, Reply, Slot, Token, WebhookRequest
from pointsman_sdk.testing import NOW, Issued, Odd, Row, at
from support.sign_in.issued import issued_token

_ADDRESSES = {
    "url": "https://google.example/calendar/v3",
    "authorize_url": "https://google.example/o/oauth2/v2/auth",
    "token_url": "https://google.example/token",
}
CONFIG = GoogleConfig.model_validate(
    {**_ADDRESSES, "client_id": "google-client", "client_secret": "google-client-secret"}
)
_ODD: dict[Odd, dict[str, Any]] = {
    Odd.TRANSPARENT: {"transparency": "transparent"},
    Odd.DECLINED: {"attendees": [{"email": "anna@example.com", "self": True, "responseStatus": "declined"}]},
    Odd.TENTATIVE: {"status": "tentative"},
    Odd.PRIVATE: {"visibility": "private"},
    Odd.LONG: {"end": {"dateTime": (at(9).start + timedelta(hours=25)).isoformat()}},
    Odd.WEEKLY: {
        "start": {"dateTime": (at(9).start - timedelta(weeks=4)).isoformat(), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": (at(9).end - timedelta(weeks=4)).isoformat(), "timeZone": "Europe/Berlin"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=9"],
    },
    Odd.WHOLE_DAY: {"start": {"date": "2031-03-30"}, "end": {"date": "2031-03-31"}},
}


def delegated(vendor: GoogleVendor) -> GoogleConfig:
    """A configuration for the fake's service account, whose key the fake makes."""
    return GoogleConfig.model_validate(
        {**_ADDRESSES, "service_account_key": vendor.accounts.key_file(), "acting_as": "anna@example.com"}
    )


class BenchVendor:
    """Calendars of anna's, in pages of two; requests are judged by Google's description where the environment names it."""

    calendar, second = "anna@example.com", "c_second@group.calendar.google.com"
    unreadable, lost = "somebody@elsewhere.example", "gone@group.calendar.google.com"
    owner = "anna@example.com"
    refuses_overlaps = False  # Google takes overlapping events
    knows_tentative = True

    def __init__(self) -> None:
        self.inner = GoogleVendor(clock=lambda: NOW, page_size=2, description=Description.from_environment())
        for place in (self.calendar, self.second, "c_third@group.calendar.google.com"):
            self.inner.calendar(place, owner=self.owner)
        self.inner.calendar(self.unreadable)
        self.transport: httpx.AsyncBaseTransport = self.inner.transport
        self.issued = Issued()

    # -- what is kept

    def rows(self, kind: Capability) -> Sequence[Row]:
        return [self._row(event) for event in self._own()]

    def erase(self, kind: Capability) -> None:
        for event in self._own():
            self.inner.erase(self.calendar, event["id"])

    def annotate(self, kind: Capability, note: str) -> bool:
        for event in self._own():
            self.inner.edit(self.calendar, event["id"], location=note)
        return True

    def gone(self, kind: Capability) -> str | None:
        return self.lost

    def _own(self) -> list[dict[str, Any]]:
        events = self.inner.calendar(self.calendar).events.values()
        return [one for one in list(events) if KEY in private(one) and one["status"] != "cancelled"]

    def _row(self, event: Mapping[str, Any]) -> Row:
        guests = frozenset(one["email"] for one in event.get("attendees", []))
        mailed = [seen for _, seen in self.inner.events.mailed]
        # Who stands in the event has it in a calendar of their own; the others see what they were mailed.
        seen = [self.inner.events.seen_by_guests(event)] if guests else []
        return Row(
            text=event["summary"],
            slot=self.inner.calendar(self.calendar).slot(event),
            repeats=bool(event.get("recurrence")),
            tentative=event["status"] == "tentative",
            guests=guests,
            guest_text=json.dumps([seen, mailed]),
            note=event.get("location", ""),
        )

    # -- calendars

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        self.inner.block(self.calendar, slot, transparency="opaque" if busy else "transparent")

    def put_odd(self, odd: Odd) -> bool:
        self.inner.block(self.calendar, at(9), **_ODD[odd])
        return True

    def refuse_guests(self) -> bool:
        self.inner.calendar(self.calendar).invites = False
        return True

    def repeat(self, *, times: int, without: int) -> bool:
        zone = self.inner.calendar(self.calendar).zone
        for event in self._own():
            named = {name: {**event[name], "timeZone": zone} for name in ("start", "end")}
            rule = [f"RRULE:FREQ=WEEKLY;COUNT={times}"]
            self.inner.edit(self.calendar, event["id"], recurrence=rule, **named)
            for number in range(without):
                self.inner.erase_instance(self.calendar, event["id"], number=number)
        return True

    # -- watches

    def pushed(self) -> Sequence[WebhookRequest]:
        return self.inner.channels.pushed

    def trials(self, callback: str) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        return {"sync": (self.inner.channels.pushed[-1], Reply())}

    def end_watches(self) -> Sequence[WebhookRequest]:
        return []  # a channel ends without a word

    # -- tokens

    def issue(self) -> Token:
        token = issued_token(self.inner.oauth, until=NOW + timedelta(hours=1))
        self.issued.tokens.append(token)
        return token

    def expire(self) -> None:
        self.inner.oauth.expire()
        self.inner.accounts.tokens.clear()


class DelegatingVendor(BenchVendor):
    """The same, where a service account acts for its users: it fetches tokens by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.inner.accounts.key = rsa_key()
        self.issued = _IssuedByItself(self.inner)

    def issue(self) -> Token:
        token = self.inner.accounts.issue(self.owner)
        return Token(access=SecretStr(token), expires_at=NOW + timedelta(hours=1))


@cache
def rsa_key() -> RSAPrivateKey:
    """One key for all tests of a run: to make one takes long."""
    return generate_private_key(public_exponent=65_537, key_size=2_048)


class _IssuedByItself(Issued):
    """Counts the tokens at the fake."""

    def __init__(self, inner: GoogleVendor) -> None:
        self._inner = inner
        self.renewals = 0

    @property
    def tokens(self) -> list[Token]:
        return [Token(access=SecretStr(one)) for one in self._inner.accounts.asked]
