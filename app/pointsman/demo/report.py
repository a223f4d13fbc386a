"""What the demo shows: where each lead went and why, what the gate refused, and what stands in the calendars."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pointsman.demo.calendars import PRIVATE_EVENT_UID, DemoCalendarEntry
from pointsman.demo.results import Arrival, DemoHandover, DemoResults

_PLACES = {"held": Text("held", "yellow"), "nurture": Text("marketing"), "dead": Text("dead letter", "red")}


def leads_table(rows: Sequence[Arrival]) -> Table:
    table = _table("Where each lead went, and why", "Lead", "Goes to", "Why")
    for row in rows:
        to = Text(row.rep) if row.rep else _PLACES.get(row.outcome, Text(row.outcome))
        lead = Text.assemble(f"{row.lead}\n", (row.intake, "dim"))
        table.add_row(lead, Text.assemble(to, "\n", (row.work, "dim")), row.why)
    return table


def handovers_table(rows: Sequence[DemoHandover]) -> Table:
    table = _table("Hand-offs to the closers", "Lead", "Gate", "What is missing", "What happens")
    for row in rows:
        gate = Text("passed", "green") if row.passed else Text("refused", "red")
        table.add_row(row.lead, gate, row.missing, row.what_happens)
    return table


def calendar_table(entries: Sequence[DemoCalendarEntry], outcome: DemoResults, zones: Mapping[str, str]) -> Table:
    table = Table(title="The closers' calendars, read from the calendar server", title_justify="left")
    for name in ("Calendar of", "When (their time)"):
        table.add_column(name, no_wrap=True)
    table.add_column("What", overflow="fold")
    for entry in entries:
        when = _when(entry.start, entry.end, zones[entry.owner])
        if outcome.is_appointment(entry.uid):
            table.add_row(entry.owner, when, entry.title)
        else:
            whose = "private" if entry.uid == PRIVATE_EVENT_UID else "not of this database"
            table.add_row(entry.owner, Text(when, "dim"), Text(f"{entry.title} ({whose})", "dim"))
    return table


def sent_summary(accepted: int, known: int) -> str:
    """What the senders were told."""
    if not accepted:
        return f"The senders sent their {known} events again: all of them were known already."
    again = f", {known} were known already" if known else ""
    return f"The senders sent {accepted + known} events: {accepted} were accepted{again}."


def floor_summary(outcome: DemoResults) -> str:
    """The floor in one sentence; every number is counted from the service's answers."""
    places = outcome.count_by_destination()
    parts = ", ".join(_so_many(number, place) for place, number in places.items())
    closers = "1 closer" if outcome.cold_closers == 1 else f"{outcome.cold_closers} closers"
    passed = sum(row.passed for row in outcome.handovers)
    booked = sum(row["status"] == "confirmed" for row in outcome.appointments)
    return (
        f"{_count(places.total(), 'lead')}: {parts}; {closers} got cold work. "
        f"{_count(len(outcome.handovers), 'hand-off')}: {passed} passed, {len(outcome.handovers) - passed} refused; "
        f"{_count(booked, 'appointment')}."
    )


def lost_events(entries: Sequence[DemoCalendarEntry], outcome: DemoResults) -> str:
    """A word about appointments that are in no calendar, or nothing."""
    there = {entry.uid for entry in entries if outcome.is_appointment(entry.uid)}
    gone = sum(row["status"] == "confirmed" for row in outcome.appointments) - len(there)
    if gone <= 0:
        return ""
    return f"{_count(gone, 'appointment')} not in the calendars: deleted there, or these calendars are new."


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLinks:
    """Of one lead with an appointment: its journey in the API, its page for the house, and the buyer's. None: not to be had."""

    lead: str
    journey: str
    lead_page: str | None
    booking_page: str | None


def next_steps(
    out: Console, *, base_url: str, key: str, calendar_url: str, login: tuple[str, str], links: DemoLinks | None
) -> None:
    console = "the console: press Authorize and paste the demo admin key"
    login_words = f"with any CalDAV client, as {login[0]} with password {login[1]}"
    lines = [
        ("Open next", f"   {base_url}/docs   {console}"),
        ("Admin key", f"   {key}"),
        *_lead_lines(links),
        ("Calendars", f"   {calendar_url}   {login_words}"),
        ("Guides", "      docs/first-hour.md sets up a floor of your own, docs/admin.md changes this one's rules"),
        ("Ctrl-C", " stops everything; the next start goes on from here. `make clean` forgets it all."),
    ]
    out.print()
    for name, words in lines:
        out.print(Text.assemble((name, "bold"), words), highlight=False, soft_wrap=True)
    out.print()


def _lead_lines(links: DemoLinks | None) -> Iterator[tuple[str, str]]:
    if links is None:
        return
    if links.booking_page is not None:
        yield "Buyer's page", f" {links.booking_page}   where {links.lead} moves or cancels the appointment"
    if links.lead_page is not None:
        yield "Lead's page", f"  {links.lead_page}   all that happened to {links.lead}"
    yield "Journey", f"      {links.journey}   the same as data, with the admin key"


def _table(title: str, *columns: str) -> Table:
    """The last columns share what room there is; the first ones keep their words whole."""
    table = Table(title=title, title_justify="left", show_lines=True)
    for name in columns:
        roomy = name.startswith(("W", "H"))
        table.add_column(name, no_wrap=not roomy, overflow="fold", ratio=1 if roomy else None)
    return table


def _so_many(number: int, place: str) -> str:
    if place == "held":
        return f"{number} held"
    if place == "nurture":
        return f"{number} to marketing"
    return f"{number} to {'a ' if number == 1 else ''}{place}{'' if number == 1 else 's'}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _when(start: datetime, end: datetime, zone: str) -> str:
    local = ZoneInfo(zone)
    return f"{start.astimezone(local):%a %d %b %H:%M}-{end.astimezone(local):%H:%M} {zone.partition('/')[2]}"
