"""The fake of Graph as the conformance kit wants to see it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from pointsman_microsoft import MicrosoftConfig
from pointsman_microsoft.events import KEY
from pointsman_microsoft.fake import GraphVendor
from pointsman_microsoft.fake.mailboxes import Event
from pointsman_microsoft.fake.subscriptions import trial
from pointsman_sdk import Capability, Reply, Slot, Token, WebhookRequest
from pointsman_sdk.testing import NOW, Issued, Odd, Row, at
from pointsman_sdk.testing.busytimes import DAY
from support.sign_in.issued import issued_token

_CLIENT = {"tenant": "example.com", "client_id": "graph-client", "client_secret": "graph-client-secret"}
DELEGATED = MicrosoftConfig.model_validate(_CLIENT)
APPLICATION = MicrosoftConfig.model_validate({**_CLIENT, "permission": "application"})
_BEFORE = Slot(at(9).start - timedelta(weeks=4), at(9).end - timedelta(weeks=4))
_ODD: dict[Odd, tuple[Slot, dict[str, Any]]] = {
    Odd.TRANSPARENT: (at(9), {"showAs": "free"}),
    Odd.DECLINED: (at(9), {"organizer": False, "responseStatus": {"response": "declined"}}),
    Odd.TENTATIVE: (at(9), {"showAs": "tentative", "responseStatus": {"response": "notResponded"}}),
    Odd.PRIVATE: (at(9), {"sensitivity": "private"}),
    Odd.LONG: (Slot(at(9).start, at(9).start + timedelta(hours=25)), {}),
    Odd.WEEKLY: (_BEFORE, {"weeks": 9}),
    Odd.WHOLE_DAY: (DAY, {"days": (date(2031, 3, 30), date(2031, 3, 30))}),
}


def writes(request: httpx.Request) -> bool:
    """Whether a request changes something: two of Graph's questions are asked by POST."""
    return request.method != "GET" and not request.url.path.endswith(("/token", "/getSchedule"))


def answers_trials(request: WebhookRequest) -> httpx.Response:
    """A host that answers when its callback is tried."""
    token = httpx.URL(request.url).params.get("validationToken", "")
    return httpx.Response(200, text=token)


class BenchVendor:
    """A mailbox in Berlin with a second calendar, seen by its owner, or by an app that sees a second mailbox too."""

    owner = "anna@example.com"
    calendar = "anna@example.com"
    unreadable = "secret@example.com"
    lost = "gone@example.com"
    refuses_overlaps = False
    knows_tentative = True

    def __init__(self, *, app: bool = False) -> None:
        self.inner = GraphVendor(clock=lambda: NOW, page_size=2, post=answers_trials)
        directory = self.inner.directory
        self.second = "bert@example.com" if app else directory.add_calendar(self.owner, "Private")
        if app:
            directory.mailbox(self.second)
        directory.mailbox(self.unreadable).fault = (403, "ErrorAccessDenied")
        directory.mailbox(self.lost).fault = (404, "MailboxNotEnabledForRESTAPI")
        self.transport: httpx.AsyncBaseTransport = self.inner.transport
        self._issued = Issued()

    # -- what is kept

    def _ours(self) -> list[Event]:
        _, calendar = self.inner.directory.calendar(self.calendar)
        return [one for one in calendar.events.values() if KEY in one.properties]

    def rows(self, kind: Capability) -> Sequence[Row]:
        return [self._row(one) for one in self._ours()]

    def _row(self, event: Event) -> Row:
        mailed = [said for address, said in self.inner.directory.mailed if address in event.attendees]
        seen = [event.fields.get("subject"), event.fields.get("body")] if event.attendees else []
        return Row(
            text=event.fields["subject"],
            slot=event.slot,
            repeats=event.weeks > 1,
            tentative=event.fields["showAs"] == "tentative",
            guests=frozenset(event.attendees),
            guest_text=json.dumps([seen, mailed]),
            note=event.fields.get("location", {}).get("displayName", ""),
        )

    def erase(self, kind: Capability) -> None:
        self.inner.directory.erase(self.calendar)

    def annotate(self, kind: Capability, note: str) -> bool:
        for one in self._ours():
            self.inner.directory.edit(self.calendar, one.id, location={"displayName": note})
        return True

    def gone(self, kind: Capability) -> str | None:
        return self.lost

    # -- calendars

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        self.inner.directory.block(self.calendar, slot, showAs="busy" if busy else "free")

    def put_odd(self, odd: Odd) -> bool:
        slot, values = _ODD[odd]
        self.inner.directory.block(self.calendar, slot, **values)
        return True

    def refuse_guests(self) -> bool:
        return False

    def repeat(self, *, times: int, without: int) -> bool:
        for one in self._ours():
            self.inner.directory.repeat(self.calendar, one.id, weeks=times)
            for number in range(without):
                self.inner.directory.erase_instance(self.calendar, one.id, number=number)
        return True

    # -- watches

    def pushed(self) -> Sequence[WebhookRequest]:
        return self.inner.subscriptions.pushed

    def trials(self, callback: str) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        said = "Validation: Testing client application reachability for subscription Request-Id: 0a-1b"
        wanted = Reply(headers={"content-type": "text/plain; charset=utf-8"}, body=said.encode())
        return {"validationToken": (trial(callback, said), wanted)}

    def end_watches(self) -> Sequence[WebhookRequest]:
        told = self.inner.subscriptions.lifecycle
        return [*told("reauthorizationRequired"), *told("subscriptionRemoved")]

    # -- tokens

    @property
    def issued(self) -> Issued:
        """Those of the bench, and those that the app fetched itself."""
        own = [one for one in self.inner.oauth.issued_to if self.inner.oauth.issued_to[one].startswith("app")]
        self._issued.tokens += [Token(access=SecretStr(one)) for one in own[len(self._issued.tokens) :]]
        return self._issued

    def issue(self) -> Token:
        token = issued_token(self.inner.oauth, until=NOW + timedelta(hours=1))
        self._issued.tokens.append(token)
        return token

    def app_token(self) -> Token:
        """What the app fetches at first."""
        form = f"grant_type=client_credentials&client_id={APPLICATION.client_id}&client_secret=graph-client-secret"
        answer = self.inner.oauth.token(httpx.Request("POST", "https://login.example/token", content=form))
        return Token(access=SecretStr(answer.json()["access_token"]), expires_at=NOW + timedelta(hours=1))

    def expire(self) -> None:
        self.inner.oauth.expire()
