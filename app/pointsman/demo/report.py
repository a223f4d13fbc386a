"""What the demo shows: where each lead went and why, what the gate refused, and what stands in the calendars."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

import pointsman
from pointsman.demo.calendars import PRIVATE_EVENT_UID, DemoCalendarEntry
from pointsman.demo.results import Arrival, DemoHandover, DemoResults
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.services.lead_pages.journey_texts import work_words
from pointsman.services.wording.rendering import MessageReader, render

_PACKAGE = Path(pointsman.__file__).parent
_ADDRESS_IN_GUIDES = "http://127.0.0.1:8000"

_PLACES = {
    "held": ("demo-floor.held", "yellow"),
    "nurture": ("demo-floor.marketing", ""),
    "dead": ("demo-floor.dead-letter", "red"),
}


def leads_table(
    rows: Sequence[Arrival], names: Mapping[str, str], reader: MessageReader, *, narrow: bool = False
) -> Table:
    """Where each lead went first, and who has those that went on. `narrow`: what belongs to one lead stands below each other."""
    cells = []
    for row in rows:
        key, style = _PLACES.get(row.outcome, ("", ""))
        to = (
            Text(names.get(row.rep, row.rep))
            if row.rep
            else Text(render(say(key), reader) if key else row.outcome, style)
        )
        intake = row.intake if row.intake is not None else render(say("demo-floor.api-call"), reader)
        below = [render(say("demo-floor.work", work=work_words(row.work)), reader)] if row.work else [""]
        if row.now not in {None, row.rep}:
            below.append(render(say("demo-floor.now", rep=names.get(row.now, row.now)), reader))
        lead = Text.assemble(f"{row.lead}\n", (intake, "dim"))
        cells.append([lead, Text.assemble(to, "\n", ("\n".join(below), "dim")), Text(row.why)])
    columns = ("demo-floor.lead", "demo-floor.goes-to", "demo-floor.why")
    return _table("demo-floor.where-each-went", columns, cells, reader=reader, roomy=1, narrow=narrow)


def handovers_table(rows: Sequence[DemoHandover], reader: MessageReader, *, narrow: bool = False) -> Table:
    cells = []
    for row in rows:
        key, style = ("demo-floor.passed", "green") if row.passed else ("demo-floor.refused", "red")
        gate = Text(render(say(key), reader), style)
        cells.append([Text(row.lead), gate, Text(row.missing), Text(row.what_happens)])
    columns = ("demo-floor.lead", "demo-floor.gate", "demo-floor.missing", "demo-floor.what-happens")
    return _table("demo-floor.hand-offs", columns, cells, reader=reader, roomy=2, narrow=narrow)


def calendar_table(
    entries: Sequence[DemoCalendarEntry], outcome: DemoResults, zones: Mapping[str, str], reader: MessageReader
) -> Table:
    table = Table(title=render(say("demo-floor.calendars"), reader), title_justify="left")
    table.add_column(render(say("demo-floor.calendar-of"), reader), no_wrap=True)
    for key in ("demo-floor.when-there", "demo-floor.what"):  # both break, so that neither leaves the other too little
        table.add_column(render(say(key), reader), overflow="fold")
    for entry in entries:
        owner = outcome.names.get(entry.owner, entry.owner)
        when = _when(entry.start, entry.end, zones[entry.owner], reader)
        if outcome.is_appointment(entry.uid):
            table.add_row(owner, when, entry.title)
        else:
            key = "demo-floor.private" if entry.uid == PRIVATE_EVENT_UID else "demo-floor.not-ours"
            shown = render(say(key, title=entry.title), reader)
            table.add_row(owner, Text(when, "dim"), Text(shown, "dim"))
    return table


def sent_summary(accepted: int, known: int, reader: MessageReader) -> str:
    """What the senders were told."""
    if not accepted:
        return render(say("demo-floor.sent-again", count=known), reader)
    told = say("demo-floor.sent", count=accepted + known, accepted=say("demo-floor.accepted", count=accepted))
    again = [render(say("demo-floor.known-already", count=known), reader)] if known else []
    return ", ".join([render(told, reader), *again]) + "."


def floor_summary(outcome: DemoResults, reader: MessageReader) -> str:
    """The floor in one sentence; every number is counted from the service's answers."""
    places = outcome.count_by_destination()
    passed = sum(row.passed for row in outcome.handovers)
    booked = sum(row["status"] == "confirmed" for row in outcome.appointments)
    told = say(
        "demo-floor.floor",
        leads=say("demo-floor.leads", count=places.total()),
        parts=tuple(_so_many(number, place) for place, number in places.items()),
        closers=say("demo-floor.cold-closers", count=outcome.cold_closers),
        handovers=say("demo-floor.so-many-hand-offs", count=len(outcome.handovers)),
        passed=passed,
        refused=len(outcome.handovers) - passed,
        appointments=say("demo-floor.appointments", count=booked),
    )
    return render(told, reader)


def lost_events(entries: Sequence[DemoCalendarEntry], outcome: DemoResults, reader: MessageReader) -> str:
    """A word about appointments that are in no calendar, or nothing."""
    there = {entry.uid for entry in entries if outcome.is_appointment(entry.uid)}
    gone = sum(row["status"] == "confirmed" for row in outcome.appointments) - len(there)
    return render(say("demo-floor.lost", count=gone), reader) if gone > 0 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLinks:
    """Of one lead with an appointment: its journey in the API, its page for the house, and the buyer's. None: not to be had."""

    lead: str
    journey: str
    lead_page: str | None
    booking_page: str | None


def next_steps(
    out: Console,
    *,
    base_url: str,
    key: str,
    calendar_url: str,
    login: tuple[str, str],
    vendor: str,
    vendor_url: str,
    vendor_owner: str,
    mail_url: str,
    links: DemoLinks | None,
    state: Path,
    reach: str,
    reader: MessageReader,
) -> None:
    """`vendor_owner` has the calendar at the fake vendor. `reach` is what another terminal must do first, so that its commands
    find this floor, or nothing.
    """
    lines = [
        (say("demo-floor.next.open"), say("demo-floor.next.open-words", url=f"{base_url}/docs")),
        (say("demo-floor.next.key"), as_written(key)),
        *_lead_lines(links),
        (
            say("demo-floor.next.calendars"),
            say("demo-floor.next.login", url=calendar_url, name=login[0], password=login[1]),
        ),
        (as_written(vendor), say("demo-floor.next.vendor-words", url=vendor_url, name=vendor_owner, vendor=vendor)),
        (say("demo-floor.next.mail"), say("demo-floor.next.mail-words", url=mail_url)),
        (say("demo-floor.next.guides"), say("demo-floor.next.guides-words")),
    ]
    if base_url != _ADDRESS_IN_GUIDES:
        lines.append((as_written(""), say("demo-floor.next.address", written=_ADDRESS_IN_GUIDES, url=base_url)))
    if reach:
        lines.append((say("demo-floor.next.terminal"), say("demo-floor.next.terminal-words", command=reach)))
    shown = [(render(name, reader), render(words, reader)) for name, words in lines]
    widest = max(len(name) for name, _ in shown)
    out.print()
    for name, words in shown:
        out.print(Text.assemble((f"{name:{widest}}", "bold"), f"  {words}"), highlight=False, soft_wrap=True)
    stop = (
        say("demo-floor.next.stop")
        if makes_clean(state.absolute(), here=Path.cwd(), package=_PACKAGE)
        else say("demo-floor.next.stop-own-state", folder=str(state))
    )
    out.print(Text(render(stop, reader)), soft_wrap=True)
    out.print()


def makes_clean(state: Path, *, here: Path, package: Path) -> bool:
    """Whether `make clean` in the folder `here` deletes it: a `package` that was installed from a wheel has no Makefile."""
    return state == here / ".pointsman" and package.parents[1] == here


def _lead_lines(links: DemoLinks | None) -> Iterator[tuple[Message, Message]]:
    if links is None:
        return
    if links.booking_page is not None:
        told = say("demo-floor.next.buyers-page-words", url=links.booking_page, lead=links.lead)
        yield say("demo-floor.next.buyers-page"), told
    if links.lead_page is not None:
        yield (
            say("demo-floor.next.leads-page"),
            say("demo-floor.next.leads-page-words", url=links.lead_page, lead=links.lead),
        )
    yield say("demo-floor.next.journey"), say("demo-floor.next.journey-words", url=links.journey)


def _table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Text]],
    *,
    reader: MessageReader,
    roomy: int,
    narrow: bool,
) -> Table:
    """By keys. The last `roomy` columns share what room there is; the first ones keep their words whole. `narrow`: all in one."""
    table = Table(title=render(say(title), reader), title_justify="left", show_lines=True, show_header=not narrow)
    heads = [render(say(key), reader) for key in columns]
    if narrow:
        table.add_column(overflow="fold")
        for first, *others in rows:
            told = first.copy()
            for head, cell in zip(heads[1:], others, strict=True):
                if cell.plain:
                    told.append(f"\n{head}: ", "bold").append_text(cell)
            table.add_row(told)
        return table
    for head in heads[:-roomy]:
        table.add_column(head, no_wrap=True, overflow="fold")
    for head in heads[-roomy:]:
        table.add_column(head, overflow="fold", ratio=1)
    for row in rows:
        table.add_row(*row)
    return table


def _so_many(number: int, place: str) -> Message:
    if place == "held":
        return say("demo-floor.part.held", count=number)
    if place == "nurture":
        return say("demo-floor.part.marketing", count=number)
    return say("demo-floor.part.role", count=number, role=place)


def _when(start: datetime, end: datetime, zone: str, reader: MessageReader) -> str:
    local = ZoneInfo(zone)
    city = zone.partition("/")[2]
    return render(say("demo-floor.when", start=start.astimezone(local), end=end.astimezone(local), city=city), reader)
