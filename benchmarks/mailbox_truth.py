"""The mailbox of all buyers as a process of its own, and whether it holds what it should: read from its own books."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
from icalendar import Calendar
from memory_vendor import moment
from programs import PYTHON, Program, free_port
from service import Service

from pointsman_sdk.fakes import Rates
from pointsman_smtp.message import message_id

NAME = "mail"
SENDER = "appointments@house.example"
SECONDS = 5.0  # that one message may take
_LINK = re.compile(r"https://(?:meet\.example|meet\.google\.com|teams\.microsoft\.com)/[^\s\"<>\\]+")
_IN_THE_MIDDLE = timedelta(seconds=1)
_AT_ONCE = timedelta(milliseconds=50)  # between a message and its own answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message as it came: `calls_off`, `start` and `comes` are what its calendar file says; `links` are to meetings."""

    id: str
    at: datetime
    to: str
    uid: str
    sequence: int
    calls_off: bool
    start: datetime
    comes: str
    links: frozenset[str]

    @property
    def file(self) -> tuple[str, int, bool]:
        return self.uid, self.sequence, self.calls_off

    @property
    def state(self) -> tuple[bool, datetime, str, frozenset[str]]:
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

    def config(self) -> dict[str, Any]:
        """What a connection to it is given."""
        return {"host": "127.0.0.1", "port": self.port, "security": "none", "sender": SENDER, "seconds": SECONDS}

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
    parts = message_from_string(told["raw"]).walk()
    file = next(part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/calendar")
    assert isinstance(file, bytes)
    calendar = Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    return Arrived(
        id=told["message_id"],
        at=moment(told["at"]),
        to=told["recipient"],
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        calls_off=str(calendar["METHOD"]) == "CANCEL",
        start=event.decoded("DTSTART").astimezone(UTC),
        comes=str(event["ORGANIZER"].params.get("CN", "")),
        links=meeting_links(" ".join([told["text"], told["html"], *(str(one) for one in event.values())])),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that was owed, as the service has it."""

    appointment: Any
    status: str
    unsure: int


def owed_by_id(service: Service) -> Mapping[str, Owed]:
    """By the Message-ID that the connector makes of its key."""
    query = "select appointment_id, key, sequence, status, unsure from deliveries where kind = 'notice'"
    with psycopg.connect(service.libpq_url) as database:
        rows = database.execute(query).fetchall()
    domain = SENDER.partition("@")[2]
    return {
        message_id("message", f"{key}-{sequence}", domain): Owed(appointment=one, status=status, unsure=unsure)
        for one, key, sequence, status, unsure in rows
    }


def mail_wrong(service: Service, mailbox: Mailbox, kills: Sequence[datetime]) -> tuple[dict[str, int], dict[str, int]]:
    """(what must not be, by how often it is; what is told beside)."""
    arrived, owed = mailbox.arrived(), owed_by_id(service)
    copies: defaultdict[str, list[Arrived]] = defaultdict(list)
    for one in arrived:
        copies[one.id].append(one)
    again, unheard = _sent_again(arrived, mailbox.answered(), kills)
    wrong, told = Counter({"messages that came again after their answer": again}), Counter[str]()
    for name, found in copies.items():
        due = owed.get(name)
        wrong["messages that nothing owed"] += due is None
        wrong["copies that differ in UID, SEQUENCE or METHOD"] += len({one.file for one in found}) > 1
        wrong["messages that came twice and are not counted"] += len(found) > 1 and (due is None or not due.unsure)
        told["came more than once, and join by Message-ID"] += len(found) > 1
    sent = {name for name, one in owed.items() if one.status == "done"}
    wrong["messages that are done, and did not come"] += len(sent - copies.keys())
    told["counted as maybe twice"] += sum(owed[name].unsure > 0 for name in sent)
    told["came again after an answer that a killed worker did not hear"] += unheard
    told["messages, joined"] += len(copies)
    told["received"] += len(arrived)
    return dict(wrong), dict(told)


def _sent_again(
    arrived: Sequence[Arrived], answered: Mapping[str, Sequence[datetime]], kills: Sequence[datetime]
) -> tuple[int, int]:
    """(messages that came again though their answer had arrived; those of which a worker killed just then heard none)."""
    again, unheard = 0, 0
    for one in arrived:
        before = [at for at in answered.get(one.id, ()) if at < one.at - _AT_ONCE]
        killed = all(any(abs(kill - at) <= _IN_THE_MIDDLE for kill in kills) for at in before)
        again += not killed
        unheard += bool(before) and killed
    return again, unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An appointment as the service has it in the end. `most_links`: one, and one more for each calendar that took it over."""

    id: Any
    email: str
    called_off: bool
    start: datetime
    invited_by: str
    closer: str
    link: str | None
    most_links: int


def appointments(service: Service) -> list[Agreed]:
    """All of them."""
    query = """
        select a.id, l.email, a.status in ('cancelled', 'rejected'), a.starts_at, a.invited_by, r.key, a.join_url,
               case when a.vendor_meeting then 1 else 0 end * (
                   select count(*) from appointment_events e where e.appointment_id = a.id and e.act = 'reassign'
               ) + 1
        from appointments a join leads l on l.id = a.lead_id join reps r on r.id = a.rep_id
    """
    names = ("id", "email", "called_off", "start", "invited_by", "closer", "link", "most_links")
    with psycopg.connect(service.libpq_url) as database:
        return [Agreed(**dict(zip(names, row, strict=True))) for row in database.execute(query).fetchall()]


def inboxes_wrong(service: Service, mailbox: Mailbox) -> dict[str, int]:
    """How many buyers know something else than what stands, were told it twice, or in the wrong order."""
    inboxes: defaultdict[str, dict[str, Arrived]] = defaultdict(dict)
    for message in mailbox.arrived():
        inboxes[message.uid].setdefault(message.id, message)  # joined by Message-ID
    found = Counter[str]()
    for one in appointments(service):
        shown = list(inboxes.pop(f"pm-{one.id}@pointsman", {}).values())
        if one.invited_by != "mail":
            found["buyers whom we write to beside their vendor"] += bool(shown)
            continue
        found["buyers who were not told that it stands"] += not (shown or one.called_off)
        found["buyers who were told an old state last"] += bool(shown) and (
            (shown[-1].calls_off, shown[-1].start) != (one.called_off, one.start)
        )
        found["buyers who were mailed another link last"] += (
            bool(shown) and not one.called_off and shown[-1].links != {one.link}
        )
        links = frozenset[str]().union(*(message.links for message in shown))
        found["appointments with more links than they had calendars"] += len(links) > one.most_links
        numbers = [message.sequence for message in shown]
        found["buyers with messages out of order"] += numbers != sorted(set(numbers))
        states = [message.state for message in shown]
        found["buyers who were told a state twice"] += len(set(states)) < len(states)
    found["appointments unknown to us"] += len(inboxes)
    return dict(found)
