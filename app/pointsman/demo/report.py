"""What the demo shows: where each lead went and why, what the gate refused, and what stands in the calendars."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from pointsman.demo.calendars import PRIVATE, Entry


def leads_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Where each lead went, and why", title_justify="left", show_lines=True)
    for name in ("Lead", "Came in through", "Work", "Goes to"):
        table.add_column(name, no_wrap=name != "Lead")
    table.add_column("Why", ratio=1)
    for row in rows:
        table.add_row(row["lead"], row["intake"], row["work"], row["to"], row["why"])
    return table


def handovers_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Hand-offs to the closers", title_justify="left", show_lines=True)
    table.add_column("Lead")
    table.add_column("Gate", no_wrap=True)
    table.add_column("What is missing", ratio=1)
    table.add_column("What happens", ratio=1)
    for row in rows:
        gate = "[green]passed[/]" if row["passed"] else "[red]refused[/]"
        table.add_row(row["lead"], gate, row["missing"], row["what"])
    return table


def calendar_table(entries: Sequence[Entry], zones: Mapping[str, str]) -> Table:
    table = Table(title="The closers' calendars, read from the calendar server", title_justify="left")
    for name in ("Calendar of", "When (their time)", "What"):
        table.add_column(name)
    for entry in entries:
        mark = "[dim]" if entry.uid == PRIVATE else ""
        table.add_row(entry.owner, f"{mark}{_when(entry.start, entry.end, zones[entry.owner])}", f"{mark}{entry.title}")
    return table


def next_steps(out: Console, *, base_url: str, key: str, calendar_url: str, login: tuple[str, str]) -> None:
    lines = [
        "",
        f"[bold]Open next[/]   {base_url}/docs   the console: press Authorize and paste the demo admin key",
        f"[bold]Admin key[/]   {key}",
        f"[bold]Calendars[/]   {calendar_url}   with any CalDAV client, as {login[0]} with password {login[1]}",
        "[bold]Ctrl-C[/] stops everything; the next start goes on from here. `make clean` forgets it all.",
        "",
    ]
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)


def _when(start: datetime, end: datetime, zone: str) -> str:
    local = ZoneInfo(zone)
    return f"{start.astimezone(local):%a %d %b %H:%M}-{end.astimezone(local):%H:%M} {zone.partition('/')[2]}"
