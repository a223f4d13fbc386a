"""Whether the buyers' mailboxes hold what they should, by their own books: each message once, and what stands at last."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
from mailbox_books import SENDERS, Arrived, Mailbox
from mailbox_lives import addresses_of
from service import Service

from pointsman.main import utc_now
from pointsman.services.deliveries.mail.change_link import change_link_id
from pointsman.services.deliveries.told import is_farewell, mailbox_of, reminder_span
from pointsman.services.ports import Secrets
from pointsman.services.signed_links.tokens import read_link
from pointsman_smtp.message import message_id

_IN_THE_MIDDLE = timedelta(seconds=1)
_AT_ONCE = timedelta(milliseconds=50)  # between a message and its own answer
Times = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that was owed, as the service has it. `mailbox` is the name of the one that it went to, or may have."""

    delivery: UUID
    appointment: UUID
    key: str
    status: str
    unsure: int
    mailbox: str | None


def owed_by_id(service: Service) -> Mapping[str, Owed]:
    """By the Message-ID that the connector makes of its key. A message that moved to another connection is the last of them."""
    query = """
        select d.id, d.appointment_id, d.key, coalesce(d.mailed_as, d.key || '-' || d.sequence), d.status, d.unsure,
            d.mailed_key, d.mailed_from, k.key
        from deliveries d join connections k on k.id = d.connection_id where d.kind = 'notice' order by d.sequence
    """
    with psycopg.connect(service.libpq_url) as database:
        rows = database.execute(query).fetchall()
    return {
        message_id("message", name, (sender or SENDERS[connection]).partition("@")[2]): Owed(
            delivery=delivery, appointment=one, key=key, status=status, unsure=unsure, mailbox=mailbox
        )
        for delivery, one, key, name, status, unsure, mailbox, sender, connection in rows
    }


def mail_wrong(
    service: Service, mailbox: Mailbox, kills: Sequence[datetime], database: Times
) -> tuple[dict[str, int], dict[str, Any]]:
    """(what must not be, by how often it is; what is told beside). `database`: when it stood still."""
    arrived, owed = mailbox.arrived(), owed_by_id(service)
    copies: defaultdict[str, list[Arrived]] = defaultdict(list)
    for one in arrived:
        copies[one.id].append(one)
    again, unheard = _sent_again(arrived, mailbox.answered(), _ended_by(kills, database))
    wrong, told = Counter({"messages that came again after their answer": again}), Counter[str]()
    for name, found in copies.items():
        due = owed.get(name)
        wrong["messages that nothing owed"] += due is None
        wrong["copies that differ in UID, SEQUENCE or METHOD"] += len({one.file for one in found}) > 1
        wrong["copies that went to another mailbox"] += len({one.to for one in found}) > 1
        wrong["messages that came twice and are not counted"] += len(found) > 1 and (due is None or not due.unsure)
        told["came more than once, and join by Message-ID"] += len(found) > 1
    sent = {name for name, one in owed.items() if one.status == "done"}
    wrong["messages that are done, and did not come"] += len(sent - copies.keys())
    told["counted as maybe twice"] += sum(owed[name].unsure > 0 for name in sent)
    told["came again after an answer that a killed worker did not hear"] += unheard
    told["messages, joined"] += len(copies)
    told["received"] += len(arrived)
    kinds = Counter(
        "farewells" if is_farewell(one.key) else "reminders"
        for name, one in owed.items()
        if name in copies and (is_farewell(one.key) or reminder_span(one.key) is not None)
    )
    by_domain = Counter(name.rpartition("@")[2].rstrip(">") for name in copies)
    return {**wrong, **_audit_wrong(service, owed.values())}, {**told, **kinds, "from": dict(by_domain)}


def _audit_wrong(service: Service, owed: Iterable[Owed]) -> dict[str, int]:
    query = "select after ->> 'delivery', after ->> 'maybe_twice' from audit where action = 'appointment.mailed'"
    with psycopg.connect(service.libpq_url) as database:
        lines = database.execute(query).fetchall()
    said = Counter((one, twice == "true") for one, twice in lines)
    due = Counter((str(one.delivery), one.unsure > 0) for one in owed if one.status == "done")
    return {"audit lines of mail that is not done, or done mail without its line": (said - due + (due - said)).total()}


def _ended_by(kills: Sequence[datetime], database: Times) -> Callable[[datetime], bool]:
    """Whether a worker that was told at this moment may have been killed before it could write it down."""

    def ended(at: datetime) -> bool:
        until = max((end for begin, end in database if begin - _IN_THE_MIDDLE <= at <= end), default=at)
        return any(at - _IN_THE_MIDDLE <= kill <= until + _IN_THE_MIDDLE for kill in kills)

    return ended


def _sent_again(
    arrived: Sequence[Arrived], answered: Mapping[str, Sequence[datetime]], is_unheard: Callable[[datetime], bool]
) -> tuple[int, int]:
    """(messages that came again though their answer had arrived; those of which a worker killed just then heard none)."""
    again, unheard = 0, 0
    for one in arrived:
        before = [at for at in answered.get(one.id, ()) if at < one.at - _AT_ONCE]
        killed = all(map(is_unheard, before))
        again += not killed
        unheard += bool(before) and killed
    return again, unheard


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An appointment as the service has it in the end. `most_links`: one, and one more for each calendar that took it over."""

    id: Any
    lead_id: UUID
    email: str
    called_off: bool
    start: datetime
    end: datetime
    invited_by: str
    closer: str
    link: str | None
    most_links: int

    @property
    def left(self) -> Sequence[str]:
        """The buyer's addresses that are theirs no more, or not yet."""
        return [one for one in addresses_of(self.lead_id) if one != self.email]


_AGREED = tuple(one.name for one in fields(Agreed))


def appointments(service: Service) -> list[Agreed]:
    """All of them."""
    query = """
        select a.id, a.lead_id, l.email, a.status in ('cancelled', 'rejected'), a.starts_at, a.ends_at, a.invited_by, r.key,
               a.join_url, case when a.vendor_meeting then 1 else 0 end * (
                   select count(*) from appointment_events e where e.appointment_id = a.id and e.act = 'reassign'
               ) + 1
        from appointments a join leads l on l.id = a.lead_id join reps r on r.id = a.rep_id
    """
    with psycopg.connect(service.libpq_url) as database:
        rows = database.execute(query).fetchall()
    return [Agreed(**dict(zip(_AGREED, row, strict=True))) for row in rows]


def inboxes_wrong(service: Service, mailbox: Mailbox) -> dict[str, int]:
    """How many buyers know something else than what stands, were told it twice, or in the wrong order."""
    inboxes: defaultdict[str | None, dict[str, Arrived]] = defaultdict(dict)
    for message in mailbox.arrived():
        inboxes[message.uid].setdefault(message.id, message)  # joined by Message-ID
    inboxes.pop(None, None)  # reminders
    found, owed = Counter[str](), owed_by_id(service)
    for one in appointments(service):
        shown = list(inboxes.pop(f"pm-{one.id}@pointsman", {}).values())
        if one.invited_by != "mail":
            found["buyers whom we write to beside their vendor"] += bool(shown)
            continue
        found["messages to an address that was never the buyer's"] += sum(
            message.to not in addresses_of(one.lead_id) for message in shown
        )
        links = frozenset[str]().union(*(message.links for message in shown))
        found["appointments with more links than they had calendars"] += len(links) > one.most_links
        _of_mailbox(found, one, [message for message in shown if message.to == one.email], owed)
        for address in one.left:
            _of_left_mailbox(found, one.id, [message for message in shown if message.to == address], owed)
    found["appointments unknown to us"] += len(inboxes)
    return dict(found)


def _of_mailbox(found: Counter[str], one: Agreed, shown: Sequence[Arrived], owed: Mapping[str, Owed]) -> None:
    found["buyers who were not told that it stands"] += not (shown or one.called_off)
    _in_order(found, shown, owed)
    if not shown:
        return
    last = shown[-1]
    found["buyers who were told an old state last"] += (last.calls_off, last.start) != (one.called_off, one.start)
    found["buyers who were mailed another link last"] += not one.called_off and last.links != {one.link}


def _of_left_mailbox(
    found: Counter[str], appointment_id: UUID, shown: Sequence[Arrived], owed: Mapping[str, Owed]
) -> None:
    _in_order(found, shown, owed)
    found["mailboxes that a buyer left, and that hold the appointment"] += bool(shown) and not shown[-1].calls_off
    if shown and shown[0].calls_off:
        key = mailbox_of(shown[0].to)
        tried = any(
            due.unsure for due in owed.values() if key and (due.appointment, due.mailbox) == (appointment_id, key.key)
        )
        found["mailboxes that were told of an end and never of a begin"] += not tried


def _in_order(found: Counter[str], shown: Sequence[Arrived], owed: Mapping[str, Owed]) -> None:
    """Each message is newer than the one before, or says the same and is counted as one that may have come before."""
    for before, after in pairwise(shown):
        due = owed.get(after.id)
        counted = due is not None and due.unsure > 0
        same = before.state == after.state
        found["mailboxes that were told a state twice, not counted"] += same and not counted
        is_newer = after.sequence > before.sequence or (same and after.sequence == before.sequence)
        found["mailboxes with messages out of order"] += not is_newer


def change_links_wrong(service: Service, mailbox: Mailbox, secrets: Secrets) -> dict[str, int]:
    """How many mailboxes have a link that is another's, or does not lead where it should."""
    known = {f"pm-{one.id}@pointsman": one for one in appointments(service)}
    with psycopg.connect(service.libpq_url) as database:
        rows = database.execute("select id, expires_at from booking_links where revoked_at is null").fetchall()
    ends: Mapping[UUID, datetime] = dict(rows)
    now, found, mailboxes = utc_now(), Counter[str](), set[tuple[UUID, str]]()
    for message in mailbox.arrived():
        one = known.get(message.uid or "")
        to = mailbox_of(message.to)
        if one is None or to is None:
            continue
        mailboxes.add((one.id, message.to))
        lead_to = {read_link(secrets, token, now=now).id for token in message.tokens}
        expected = set[UUID]() if message.calls_off else {change_link_id(one.id, to)}
        found["messages with another link to change the appointment than their mailbox's own"] += lead_to != expected
    by_id = {one.id: one for one in known.values()}
    for appointment_id, address in mailboxes:
        one, to = by_id[appointment_id], mailbox_of(address)
        until = ends.get(change_link_id(one.id, to)) if to is not None else None
        if address != one.email:
            found["links of a mailbox that was left, and that still lead somewhere"] += (until or now) > now
        elif not one.called_off and one.invited_by == "mail":
            found["buyers whose link does not lead to the end of the appointment"] += until != one.end
    return dict(found)


def addresses_wrong(service: Service, said: Mapping[UUID, str]) -> dict[str, int]:
    """How many leads have another address than the one that was told last."""
    now = {one.lead_id: one.email for one in appointments(service)}
    return {"leads with another address than the last": sum(now[lead] != email for lead, email in said.items())}


def reminders_wrong(
    service: Service, mailbox: Mailbox, expected: Mapping[UUID, tuple[timedelta, datetime]]
) -> dict[str, int]:
    """How many reminders did not come, came twice or to others; `expected`: the span, for an appointment that begins then."""
    owed, came = owed_by_id(service), {one.id: one for one in mailbox.arrived()}
    known = {one.id: one for one in appointments(service)}
    told = Counter[tuple[UUID, timedelta, str]]()
    found = Counter[str]()
    for name, one in owed.items():
        span = reminder_span(one.key)
        if span is None or name not in came:
            continue
        told[one.appointment, span, came[name].to] += 1
        about = known[one.appointment]
        found["reminders to an address that was never the buyer's"] += came[name].to not in addresses_of(about.lead_id)
    found["mailboxes with one reminder in several messages"] += sum(count > 1 for count in told.values())
    reminded = {(appointment, span) for appointment, span, _ in told}
    for appointment_id, (span, start) in expected.items():
        about = known[appointment_id]
        is_due = about.start == start and not about.called_off
        found["reminders that did not come"] += is_due and (appointment_id, span) not in reminded
    return dict(found)
