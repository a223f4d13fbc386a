"""`reps`: what an admin does about people on the floor."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import typer

from pointsman.cli.output import EXIT_MISUSED, fail, show, show_table, table
from pointsman.cli.reason import checked_reason
from pointsman.cli.session import CLI_ACTOR
from pointsman.cli.terminal.lead_titles import lead_titles
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.cli.terminal.spoken import Commands
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.days_off import DaysOff, span_as_days
from pointsman.domain.roster.reps import Rep, TimeOff
from pointsman.domain.roster.roles import Work
from pointsman.services.ports import Env
from pointsman.services.ports.roster import TimeOffRow
from pointsman.services.reassignment.bulk import BulkOutcome, BulkRequest, BulkResult, LeadResult, reassign_rep
from pointsman.services.roster.change_roster import add_time_off, get_rep
from pointsman.services.roster.roster_input import AWAY, TimeOffInput
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|today")

_OUTCOMES = {
    BulkOutcome.REASSIGNED: "cli-people.reassigned",
    BulkOutcome.HELD: "cli-people.held",
    BulkOutcome.NURTURE: "cli-people.nurture",
    BulkOutcome.UNCHANGED: "cli-people.unchanged",
}

app = Commands(help="help.reps")


@app.add("reassign", help="help.reps.reassign")
def reassign(
    rep: Annotated[str, typer.Argument(help="help.rep")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="help.reps.reassign.reason")],
    until: Annotated[
        str | None,
        typer.Option(help="help.reps.reassign.until"),
    ] = None,
    work: Annotated[list[Work] | None, typer.Option(help="help.reps.reassign.work")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help.reps.reassign.dry-run")] = False,
) -> None:
    """Give everything that a rep holds to others by the rules; again, it moves only what is left."""
    asked = BulkRequest(
        reason=reason,
        away_until=None if until is None or _DAY.fullmatch(until) else _instant(until),
        away_days=DaysOff(first=None, last=_day(until)) if until and _DAY.fullmatch(until) else None,
        works=frozenset(work) if work else None,
        dry_run=dry_run,
        limit=100,
    )

    async def whole(env: Env) -> tuple[list[LeadResult], Mapping[UUID, str], BulkResult]:
        results: list[LeadResult] = []
        following = asked
        while True:
            moved = await reassign_rep(env, rep, following, actor=CLI_ACTOR)
            results += moved.results
            if moved.next_position is None:
                return results, await lead_titles(env, (result.lead_id for result in results)), moved
            following = replace(asked, after_position=moved.next_position)

    (results, titles, last), reader = run_with_reader(whole)
    _show(results, titles, reader)
    moved = sum(result.outcome != "unchanged" for result in results)
    key = "cli.would-be-moved" if dry_run else "cli.moved"
    told = say(key, moved=moved, rep=rep_name(rep), left=last.remaining)
    show(render_sentence(told, reader))
    if last.note and not dry_run:
        show(render_sentence(last.note, reader))


@app.add("time-off", help="help.reps.time-off")
def time_off(
    rep: Annotated[str, typer.Argument(help="help.rep")],
    first_day: Annotated[str, typer.Argument(help="help.reps.time-off.first")],
    last_day: Annotated[str | None, typer.Argument(help="help.reps.time-off.last")] = None,
    *,
    reason: Annotated[
        str, typer.Option("--reason", "-m", callback=checked_reason, help="help.reps.time-off.reason")
    ] = AWAY,
) -> None:
    """Enter time off by date; nothing new comes meanwhile. What the rep holds stays: see `reps reassign`."""
    days = DaysOff(first=_day(first_day), last=_day(last_day or first_day))
    absence = TimeOffInput(span=days, reason=reason)

    async def work(env: Env) -> tuple[Rep, TimeOffRow]:
        added = await add_time_off(env, rep, absence, actor=CLI_ACTOR)
        return (await get_rep(env, rep))[0], added

    (found, added), reader = run_with_reader(work)
    show(render_sentence(_absence(found, added), replace(reader, zone=found.time_zone)))


def _absence(rep: Rep, added: TimeOffRow) -> Message:
    """Whole days as days, the last one included, as they were given."""
    days = span_as_days(TimeOff(start=added.starts_at, end=added.ends_at), rep.time_zone)
    if days is None:
        return say("cli.away", rep=rep_name(rep.key), start=added.starts_at, end=added.ends_at)
    if days[0] == days[1]:
        return say("cli.away-on", rep=rep_name(rep.key), day=days[0])
    return say("cli.away-days", rep=rep_name(rep.key), first=days[0], last=days[1])


def _show(results: list[LeadResult], titles: Mapping[UUID, str], reader: MessageReader) -> None:
    if not results:
        return
    headings = ("cli.heading.lead", "cli.heading.outcome", "cli.heading.why")
    listed = table(*(render(say(heading), reader) for heading in headings))
    for result in results:
        listed.add_row(
            titles[result.lead_id],
            _name(result.rep, reader) if result.rep else render(say(_OUTCOMES[result.outcome]), reader),
            render(result.sentence, reader),
        )
    show_table(listed)


def _name(rep: str, reader: MessageReader) -> str:
    return reader.names.get(rep_name(rep), rep)


def _day(text: str) -> date | None:
    """A date, or None for today."""
    if text == "today":
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        fail("cli-people.no-day", given=text, code=EXIT_MISUSED)
    if not 2000 <= found.year < 2200:
        fail("cli-people.far-day", given=text, code=EXIT_MISUSED)
    return found


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail("cli-people.no-time", given=text, code=EXIT_MISUSED)
    if not 2000 <= found.year < 2200:
        fail("cli-people.far-day", given=text, code=EXIT_MISUSED)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
