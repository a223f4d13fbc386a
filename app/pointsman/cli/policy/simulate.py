"""`policy simulate`: what a policy would have done with the leads of a past period."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pointsman.cli.output import EXIT_MISUSED, fail, out, show_table, table
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.dates.durations import parse_duration
from pointsman.domain.replay.preference_shares import PreferenceShare
from pointsman.domain.replay.simulation import DIMENSIONS
from pointsman.services.explain.simulate import MAX_DECISIONS, SimulationPeriod, SimulationResult
from pointsman.services.explain.simulate import simulate as simulated
from pointsman.services.ports import Env
from pointsman.services.wording.rendering import MessageReader, render

_SHOWN = 10


def simulate(
    policy: Annotated[str, typer.Argument(help="A policy file, or the number of a stored version.")],
    since: Annotated[str, typer.Option(help='How far back, as in "30d" or "4h".')] = "30d",
    limit: Annotated[int, typer.Option(min=1, max=MAX_DECISIONS, help="At most so many decisions.")] = 1_000,
    from_zero: Annotated[bool, typer.Option("--from-zero", help="Start all credit ledgers at zero.")] = False,
) -> None:
    """Route a past period again by a policy and show what goes elsewhere; nothing is written."""
    version = int(policy) if policy.isdecimal() and len(policy) < 19 else None
    document = read_policy_file(Path(policy)).document if version is None else None
    span = _span(since)

    async def work(env: Env) -> SimulationResult:
        period = SimulationPeriod(since=env.clock() - span, limit=limit, ledgers_from_zero=from_zero)
        return await simulated(env, period, version=version, document=document)

    with out.status("Routing the period again"):
        found, reader = run_with_reader(work)
    _show(found, reader)


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        fail(str(error), code=EXIT_MISUSED)


def _show(found: SimulationResult, reader: MessageReader) -> None:
    report = found.report
    more = "" if found.complete else " (there are more: raise --limit)"
    moved = f"{report.rerouted} go elsewhere, {report.other_rep} to another rep"
    _line(f"{report.simulated} decisions simulated{more}: {report.same} the same, {moved}.")
    for reason, count in report.left_out.items():
        _line(f"{count} left out: {reason}.")
    for name in DIMENSIONS:
        before, after = report.before.by_dimension[name], report.after.by_dimension[name]
        if before != after:
            show_table(_table(name, before, after))
    if report.preferences:
        show_table(_preferences(report.preferences))
    for one in report.examples[:_SHOWN]:
        _line(f"{one.lead_id}: {render(one.before, reader)}\n  → {render(one.after, reader)}")
    if report.never_matched:
        rest = f" and {report.never_matched_more} more" if report.never_matched_more else ""
        _line(f"Never matched: {', '.join(report.never_matched)}{rest}.")
    for assumption in found.assumptions:
        _line(f"• {assumption}")


def _table(name: str, before: Mapping[str, int], after: Mapping[str, int]) -> Table:
    listed = table(name.replace("_", " "), "before", "after")
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            listed.add_row(key, str(before.get(key, 0)), str(after.get(key, 0)))
    return listed


def _preferences(shares: Sequence[PreferenceShare]) -> Table:
    """Each tier's part of each class, and in brackets what fair would have given."""
    tiers = sorted({tier for share in shares for tier in (*share.by_tier, *share.fair_by_tier)})
    listed = table("ranked pool", "leads", "number", *(f"tier {tier} (fair)" for tier in tiers), "missed")
    for share in shares:
        of, fair = share.of, sum(share.fair_by_tier.values())
        parts = [
            f"{_percent(share.by_tier.get(tier, 0), share.leads)} ({_percent(share.fair_by_tier.get(tier, 0), fair)})"
            for tier in tiers
        ]
        missed = ", ".join(f"{count} {reason}" for reason, count in share.missed.items())
        listed.add_row(of.pool, f"{of.lead} {of.value}" if of.lead else "others", str(share.leads), *parts, missed)
    return listed


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"


def _line(words: str) -> None:
    out.print(words, highlight=False, soft_wrap=True)
