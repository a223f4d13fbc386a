"""`policy simulate`: what a policy would have done with the leads of a past period."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from pointsman.cli.output import EXIT_MISUSED, busy, refuse, show_prose, show_table, table, tell, word
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.terminal.lead_titles import lead_titles
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.dates.durations import parse_duration
from pointsman.domain.messages.message import first_of, rep_name, say
from pointsman.domain.replay.preference_shares import PreferenceShare
from pointsman.domain.replay.simulation import DIMENSIONS
from pointsman.services.explain.simulate import MAX_DECISIONS, SimulationPeriod, SimulationResult
from pointsman.services.explain.simulate import simulate as simulated
from pointsman.services.ports import Env
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

_SHOWN = 10
_LEFT_OUT = {"manual": "cli-policy.left-out.manual", "unreadable": "cli-policy.left-out.unreadable"}
_MISSED = {
    "too-far-ahead": "cli-policy.missed.too-far-ahead",
    "too-far-behind": "cli-policy.missed.too-far-behind",
    "owner": "cli-policy.missed.owner",
    "skipped": "cli-policy.missed.skipped",
    "not-eligible": "cli-policy.missed.not-eligible",
}
_BY = {
    "outcome": "cli-policy.by.outcome",
    "work": "cli-policy.by.work",
    "rule": "cli-policy.by.rule",
    "pool": "cli-policy.by.pool",
    "rep": "cli-policy.by.rep",
    "supplier": "cli-policy.by.supplier",
    "hold_reason": "cli-policy.by.hold-reason",
}


def simulate(
    policy: Annotated[str, typer.Argument(help="help.policy.simulate.policy")],
    since: Annotated[str, typer.Option(help="help.policy.simulate.since")] = "30d",
    limit: Annotated[int, typer.Option(min=1, max=MAX_DECISIONS, help="help.policy.simulate.limit")] = 1_000,
    from_zero: Annotated[bool, typer.Option("--from-zero", help="help.policy.simulate.from-zero")] = False,
) -> None:
    """Route a past period again by a policy and show what goes elsewhere; nothing is written."""
    version = int(policy) if policy.isdecimal() and len(policy) < 19 else None
    document = read_policy_file(Path(policy)).document if version is None else None
    span = _span(since)

    async def work(env: Env) -> tuple[SimulationResult, Mapping[UUID, str]]:
        period = SimulationPeriod(since=env.clock() - span, limit=limit, ledgers_from_zero=from_zero)
        done = await simulated(env, period, version=version, document=document)
        return done, await lead_titles(env, (one.lead_id for one in done.report.examples[:_SHOWN]))

    with busy("cli-policy.simulating"):
        (found, titles), reader = run_with_reader(work)
    _show(found, titles, reader)


def _span(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        refuse(str(error), code=EXIT_MISUSED)


def _show(found: SimulationResult, titles: Mapping[UUID, str], reader: MessageReader) -> None:
    report = found.report
    tell(
        "cli-policy.simulated" if found.complete else "cli-policy.simulated-part",
        count=report.simulated,
        same=report.same,
        elsewhere=report.rerouted,
        other=report.other_rep,
    )
    for reason, count in report.left_out.items():
        tell("cli-policy.left-out", count=count, reason=say(_LEFT_OUT[reason]) if reason in _LEFT_OUT else reason)
    for name in DIMENSIONS:
        before, after = report.before.by_dimension[name], report.after.by_dimension[name]
        if before != after:
            show_table(_table(name, before, after, reader))
    if report.preferences:
        show_table(_preferences(report.preferences))
    for one in report.examples[:_SHOWN]:
        show_prose(f"{titles[one.lead_id]}: {render(one.before, reader)}")
        show_prose(f"→ {render(one.after, reader)}", indent="  ")
    if report.never_matched:
        rules = first_of(
            report.never_matched,
            len(report.never_matched),
            of=len(report.never_matched) + report.never_matched_more,
        )
        tell("cli-policy.never-matched", rules=rules)
    for assumption in found.assumptions:
        show_prose(f"• {render_sentence(assumption, reader)}")


def _table(name: str, before: Mapping[str, int], after: Mapping[str, int], reader: MessageReader) -> Table:
    listed = table(word(_BY[name]), word("cli-policy.before"), word("cli-policy.after"))
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key):
            called = reader.names.get(rep_name(key), key) if name == "rep" else key
            listed.add_row(called, str(before.get(key, 0)), str(after.get(key, 0)))
    return listed


def _preferences(shares: Sequence[PreferenceShare]) -> Table:
    """Each tier's part of each class, and in brackets what fair would have given."""
    tiers = sorted({tier for share in shares for tier in (*share.by_tier, *share.fair_by_tier)})
    listed = table(
        word("cli-policy.ranked-pool"),
        word("cli-policy.leads"),
        word("cli-policy.number"),
        *(word("cli-policy.tier", tier=tier) for tier in tiers),
        word("cli-policy.missed"),
    )
    for share in shares:
        of, fair = share.of, sum(share.fair_by_tier.values())
        parts = [
            f"{_percent(share.by_tier.get(tier, 0), share.leads)} ({_percent(share.fair_by_tier.get(tier, 0), fair)})"
            for tier in tiers
        ]
        missed = ", ".join(f"{count} {word(_MISSED[reason])}" for reason, count in share.missed.items())
        listed.add_row(
            of.pool, f"{of.lead} {of.value}" if of.lead else word("cli-policy.others"), str(share.leads), *parts, missed
        )
    return listed


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else word("cli-policy.none")
