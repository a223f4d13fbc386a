"""Mailboxes with calendars and events, as their owners have them in Outlook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count
from typing import Any

from pointsman_microsoft.graph.times import zone_named
from pointsman_sdk import Slot


@dataclass(slots=True, kw_only=True)
class Event:
    """An event. `fields` are Graph's own, but for its times; `days` are the first and the last of whole days; `weeks` make a
    series, without the times whose numbers are `left_out`, and with those that were `moved`. `regular` is the id that changes
    when it is moved, `id` the immutable one."""

    id: str
    regular: str
    slot: Slot
    made: datetime
    days: tuple[date, date] | None = None
    weeks: int = 1
    left_out: set[int] = field(default_factory=set)
    moved: dict[int, Slot] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    transaction: str | None = None
    version: int = 1
    organizer: bool = True
    clock: str | None = None  # the zone in which a series was written last; None: its owner's

    @property
    def change_key(self) -> str:
        return f"DwAAABYAAADkrWGo7bou{self.id[-10:-2]}{self.version:04d}"

    @property
    def attendees(self) -> list[str]:
        return [one["emailAddress"]["address"] for one in self.fields.get("attendees", [])]

    def slots(self, zone: tzinfo) -> list[Slot]:
        """When it is, each time; a series and whole days keep the wall clock of their owner, or the one that was written last."""
        first = self.slot
        if self.weeks > 1:
            zone = zone_named(self.clock or "") or zone
        if self.days is not None:
            start, end = (
                datetime.combine(day, time(), zone) for day in (self.days[0], self.days[1] + timedelta(days=1))
            )
            first = Slot(start, end)
        start, end = first.start.astimezone(zone), first.end.astimezone(zone)
        later = [timedelta(weeks=week) for week in range(1, self.weeks)]
        planned = [first, *(Slot(start + weeks, end + weeks) for weeks in later)]
        return [self.moved.get(number, slot) for number, slot in enumerate(planned)]


@dataclass(slots=True, kw_only=True)
class Calendar:
    """One calendar of a mailbox."""

    id: str
    name: str = "Calendar"
    editable: bool = True
    events: dict[str, Event] = field(default_factory=dict)  # by immutable id
    removed: dict[str, Event] = field(default_factory=dict)  # by their owner, who may restore them


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """A mailbox of the directory. `fault` is the status and the code with which it cannot be used; `zone` is Windows' name."""

    address: str
    name: str
    zone: str
    default: Calendar
    others: dict[str, Calendar] = field(default_factory=dict)
    fault: tuple[int, str] | None = None
    teams: bool = True  # else an event is made without the meeting that was asked for, by a 201
    meets_late: bool = False  # the link is not there when Graph answers
    used: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)  # transactionId: event, and its body
    log: list[tuple[str, str]] = field(default_factory=list)  # calendar and event of every change
    forgotten: int = 0  # entries of the log before this one are not told any more

    @property
    def tz(self) -> tzinfo:
        return zone_named(self.zone) or UTC

    def calendars(self) -> list[Calendar]:
        return [self.default, *self.others.values()]


@dataclass(slots=True, kw_only=True)
class Directory:
    """All mailboxes by address. `changed` hears of each change; `mailed` is what Graph wrote to attendees, by address."""

    clock: Callable[[], datetime]
    grows: str | None = None
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    mailed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changed: list[Callable[[Mailbox, Calendar, Event, str], None]] = field(default_factory=list)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def mailbox(self, address: str, *, zone: str = "W. Europe Standard Time") -> Mailbox:
        """The mailbox of this address, made where there is none."""
        key = address.casefold()
        if key not in self.mailboxes:
            name = address.partition("@")[0].title()
            default = Calendar(id=self.new_id("AQMkADAw"))
            self.mailboxes[key] = Mailbox(address=address, name=name, zone=zone, default=default)
        return self.mailboxes[key]

    def find(self, address: str) -> Mailbox | None:
        """As clients ask for it: one of the domain `grows` is there as soon as it is asked for."""
        if self.grows and address.casefold().endswith(f"@{self.grows}"):
            return self.mailbox(address)
        return self.mailboxes.get(address.casefold())

    def calendar(self, place: str) -> tuple[Mailbox, Calendar]:
        """By the connector's name of it: an address, or an address and an id."""
        address, _, calendar = place.partition("/")
        mailbox = self.mailbox(address)
        return mailbox, mailbox.others[calendar] if calendar else mailbox.default

    def add_calendar(self, address: str, name: str) -> str:
        """The place of a new calendar beside the default one."""
        made = Calendar(id=self.new_id("AAMkAGI2"), name=name)
        self.mailbox(address).others[made.id] = made
        return f"{address}/{made.id}"

    def new_id(self, prefix: str) -> str:
        return f"{prefix}AAAAAHYQDEapmEc2byACqAC-EWg0A{next(self.ids):08d}=="

    def block(self, place: str, slot: Slot, **values: Any) -> Event:
        """Put in an event that is not ours. `values` are fields of Graph's, and `days` and `weeks`."""
        mailbox, calendar = self.calendar(place)
        own = {name: values.pop(name) for name in ("days", "weeks", "organizer") if name in values}
        made = self.add(calendar, slot, {"subject": "Private", "showAs": "busy", **values}, **own)
        self.tell(mailbox, calendar, made, "created")
        return made

    def add(self, calendar: Calendar, slot: Slot, fields: dict[str, Any], **own: Any) -> Event:
        made = Event(
            id=self.new_id("AAkALgAA"),
            regular=self.new_id("AAMkAGQy"),
            slot=slot.utc(),
            made=self.clock(),
            fields=fields,
            **own,
        )
        calendar.events[made.id] = made
        return made

    def edit(self, place: str, event: str, *, slot: Slot | None = None, **fields: Any) -> None:
        """The owner changes an event in Outlook."""
        mailbox, calendar = self.calendar(place)
        found = calendar.events[event]
        found.fields |= fields
        found.slot = found.slot if slot is None else slot.utc()
        found.version += 1
        self.tell(mailbox, calendar, found, "updated")

    def erase(self, place: str, event: str | None = None) -> None:
        """The owner removes one event, or all of them."""
        mailbox, calendar = self.calendar(place)
        for gone in [event] if event else list(calendar.events):
            calendar.removed[gone] = calendar.events.pop(gone)
            self.tell(mailbox, calendar, calendar.removed[gone], "deleted")

    def erase_instance(self, place: str, event: str, *, number: int) -> None:
        """The owner removes one time of a series; the first has the number 0."""
        mailbox, calendar = self.calendar(place)
        calendar.events[event].left_out.add(number)
        self.tell(mailbox, calendar, calendar.events[event], "updated")

    def move_instance(self, place: str, event: str, *, number: int, to: Slot) -> None:
        """The owner drags one time of a series."""
        mailbox, calendar = self.calendar(place)
        calendar.events[event].moved[number] = to.utc()
        self.tell(mailbox, calendar, calendar.events[event], "updated")

    def repeat(self, place: str, event: str, *, weeks: int) -> None:
        """The owner makes a weekly series of an event."""
        mailbox, calendar = self.calendar(place)
        found = calendar.events[event]
        found.weeks, found.version, found.clock = weeks, found.version + 1, None
        self.tell(mailbox, calendar, found, "updated")

    def restore(self, place: str, event: str) -> None:
        """The owner takes an event out of the deleted items: its immutable id stays, and its regular one does not."""
        mailbox, calendar = self.calendar(place)
        found = calendar.removed.pop(event)
        found.regular, found.version = self.new_id("AAMkAGQy"), found.version + 1
        calendar.events[event] = found
        self.tell(mailbox, calendar, found, "created")

    def move(self, place: str, event: str, to: str) -> None:
        """The owner moves an event to another calendar of the mailbox: its regular id changes."""
        mailbox, calendar = self.calendar(place)
        _, target = self.calendar(to)
        found = calendar.events.pop(event)
        found.regular, found.version = self.new_id("AAMkAGQy"), found.version + 1
        target.events[event] = found
        self.tell(mailbox, calendar, found, "deleted")
        self.tell(mailbox, target, found, "created")

    def tell(self, mailbox: Mailbox, calendar: Calendar, event: Event, change: str) -> None:
        """Write a change into the mailbox's log, and tell those who hear."""
        mailbox.log.append((calendar.id, event.id))
        for hear in self.changed:
            hear(mailbox, calendar, event, change)
