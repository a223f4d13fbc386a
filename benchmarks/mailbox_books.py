"""The mailboxes of all buyers as a process of its own, and what lies in them: read from its own books."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any, Self

import httpx
from icalendar import Calendar
from memory_vendor import moment
from programs import PYTHON, Program, free_port

from pointsman.services.signed_links.tokens import LINK_PATH
from pointsman_sdk.fakes import Rates

NAME, SECOND = "mail", "second-mail"
#: The connections to it, and who sends over each.
SENDERS: Mapping[str, str] = {NAME: "appointments@house.example", SECOND: "appointments@second.example"}
SECONDS = 5.0  # that one message may take
_LINK = re.compile(r"https://(?:meet\.example|meet\.google\.com|teams\.microsoft\.com)/[^\s\"<>\\]+")
_TOKEN = re.compile(re.escape(LINK_PATH) + r"([\w-]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message as it came: `uid` to `comes` are what its calendar file says, None of a reminder, which has none.

    `links` are to meetings, `tokens` those of the links by which the buyer changes it.
    """

    id: str
    at: datetime
    to: str
    uid: str | None = None
    sequence: int = -1
    calls_off: bool = False
    start: datetime | None = None
    comes: str = ""
    links: frozenset[str]
    tokens: frozenset[str]

    @property
    def file(self) -> tuple[str | None, int, bool]:
        return self.uid, self.sequence, self.calls_off

    @property
    def state(self) -> tuple[bool, datetime | None, str, frozenset[str]]:
        return self.calls_off, self.start, self.comes, self.links


def meeting_links(text: str) -> frozenset[str]:
    """Every link by which a buyer could join."""
    return frozenset(_LINK.findall(text))


class Mailbox:
    """A running mail server, as long as its block lasts."""

    def __init__(self, *, directory: Path) -> None:
        self.port, control = free_port(), free_port()
        self._books = f"http://127.0.0.1:{control}/_control"
        argv = [PYTHON, "-m", "pointsman_smtp.fake", "--port", str(self.port), "--control-port", str(control)]
        self.program = Program("mailbox", argv, env={}, directory=directory, ready=f"{self._books}/messages")
        self._http = httpx.Client(timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        self.program.start()
        self.program.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self.program.kill()

    def config(self, connection: str) -> dict[str, Any]:
        """What this connection to it is given."""
        sender = SENDERS[connection]
        return {"host": "127.0.0.1", "port": self.port, "security": "none", "sender": sender, "seconds": SECONDS}

    def fail(self, rates: Rates, seed: int) -> None:
        """From now on, so often."""
        plan = {name.value: rate for name, rate in rates.of().items()}
        self._http.put(f"{self._books}/faults", json={"rates": plan, "seed": seed, "on": True}).raise_for_status()

    def arrived(self) -> list[Arrived]:
        """Every message that lies there, in the order in which they came."""
        found = self._http.get(f"{self._books}/messages").raise_for_status().json()
        return [_read(one) for one in found["received"]]

    def answered(self) -> Mapping[str, list[datetime]]:
        """When messages were taken and this was answered, by Message-ID."""
        found = defaultdict(list)
        for line in self._http.get(f"{self._books}/ledger").raise_for_status().text.splitlines():
            call = json.loads(line)
            if call["acted"] and call["status"] == 250:
                found[call["path"]].append(moment(call["at"]))
        return found

    def faults(self) -> Counter[str]:
        """How often each befell a message."""
        lines = self._http.get(f"{self._books}/ledger").raise_for_status().text.splitlines()
        return Counter(json.loads(line)["fault"] for line in lines)


def _read(told: Mapping[str, Any]) -> Arrived:
    calendar = _calendar(message_from_string(told["raw"]))
    event = calendar.walk("VEVENT")[0] if calendar is not None else None
    said = " ".join([told["text"], told["html"], *(str(one) for one in (event or {}).values())])
    common = {
        "id": told["message_id"],
        "at": moment(told["at"]),
        "to": told["recipient"],
        "links": meeting_links(said),
        "tokens": frozenset(_TOKEN.findall(said)),
    }
    if calendar is None or event is None:
        return Arrived(**common)
    return Arrived(
        **common,
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        calls_off=str(calendar["METHOD"]) == "CANCEL",
        start=event.decoded("DTSTART").astimezone(UTC),
        comes=str(event["ORGANIZER"].params.get("CN", "")),
    )


def _calendar(message: Message) -> Calendar | None:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            file = part.get_payload(decode=True)
            assert isinstance(file, bytes)
            return Calendar.from_ical(file)
    return None
