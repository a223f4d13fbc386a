"""`reps`: what an admin does about people on the floor."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from pointsman.cli.output import EXIT_MISUSED, fail, out, table
from pointsman.cli.reason import checked_reason
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.domain.roster.roles import Work
from pointsman.services.ports import Env
from pointsman.services.reassignment.bulk import BulkRequest, BulkResult, LeadResult, reassign_rep

app = typer.Typer(help="Move the leads of reps who are away.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Without a second command, typer would leave the name of the first one out."""


@app.command()
def reassign(
    rep: Annotated[str, typer.Argument(help="The rep's key, as the roster names it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="Why; kept with each lead.")],
    until: Annotated[
        str | None, typer.Option(help="Enter time off until then: 2026-11-25T08:00+01:00; without an offset, UTC.")
    ] = None,
    work: Annotated[list[Work] | None, typer.Option(help="Only leads held for this work. Repeat for more.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Give everything that a rep holds to others by the rules; again, it moves only what is left."""
    asked = BulkRequest(
        reason=reason,
        away_until=None if until is None else _instant(until),
        works=frozenset(work) if work else None,
        dry_run=dry_run,
        limit=100,
    )

    async def whole(env: Env) -> tuple[list[LeadResult], BulkResult]:
        results: list[LeadResult] = []
        following = asked
        while True:
            moved = await reassign_rep(env, rep, following, actor=CLI_ACTOR)
            results += moved.results
            if moved.next_position is None:
                return results, moved
            following = replace(asked, after_position=moved.next_position)

    results, last = run_with_env(whole)
    _show(results)
    verb = "would be moved" if dry_run else "moved"
    out.print(
        f"{sum(result.outcome != 'unchanged' for result in results)} {verb}; {rep} holds {last.remaining} now.",
        highlight=False,
    )
    if last.note and not dry_run:
        out.print(last.note, highlight=False, soft_wrap=True)


def _show(results: list[LeadResult]) -> None:
    if not results:
        return
    listed = table("lead", "what became of it", "why")
    for result in results:
        listed.add_row(str(result.lead_id), result.rep or result.outcome.value, result.sentence)
    out.print(listed)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text} is not a time: write 2026-11-25T08:00+01:00.", code=EXIT_MISUSED)
    if not 2000 <= found.year < 2200:
        fail(f"{text} is too far away: give a time between the years 2000 and 2200.", code=EXIT_MISUSED)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
