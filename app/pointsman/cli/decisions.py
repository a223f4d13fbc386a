"""`decisions`: explain a stored decision, or take decisions again and say whether the same comes out."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_FAILED, EXIT_MISUSED, refuse, show, tell, word
from pointsman.cli.policy.explain import show_explanation
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.lead_argument import decision_id
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.cli.terminal.spoken import Commands
from pointsman.domain.dates.durations import parse_duration
from pointsman.services.explain.explain import ExplainedDecision, explain_stored
from pointsman.services.explain.replays import ReplayResult, replay_decision, replay_many
from pointsman.services.ports import Env

app = Commands(help="help.decisions")

_SHOWN = 10


@app.add("explain", help="help.decisions.explain")
def explain(
    decision: Annotated[str, typer.Argument(help="help.decisions.explain.decision")],
) -> None:
    """Say why a lead went where it went, and what would have changed it."""

    async def asked(env: Env) -> ExplainedDecision:
        return await explain_stored(env, await decision_id(env, decision))

    show_explanation(*run_with_reader(asked))


@app.add("replay", help="help.decisions.replay")
def replay(
    decision: Annotated[str | None, typer.Argument(help="help.decisions.replay.decision")] = None,
    last: Annotated[int, typer.Option(min=1, help="help.decisions.replay.last")] = 1_000,
    since: Annotated[str | None, typer.Option(help="help.decisions.replay.since")] = None,
    all_: Annotated[bool, typer.Option("--all", help="help.decisions.replay.all")] = False,
) -> None:
    """Take stored decisions again from their inputs; ends with 1 unless every byte is the same."""
    try:
        span = parse_duration(since) if since is not None else None
    except ValueError as error:
        refuse(str(error), code=EXIT_MISUSED)

    async def work(env: Env) -> tuple[int, list[ReplayResult]]:
        if decision is not None:
            found = await replay_decision(env, await decision_id(env, decision))
            return 1, [] if found.same else [found]
        total, different = 0, list[ReplayResult]()
        bound = None if all_ or span is not None else last
        async for found in replay_many(env, since=env.clock() - span if span is not None else None, last=bound):
            total += 1
            if not found.same:
                different.append(found)
        return total, different

    total, different = run_with_env(work)
    tell("cli-ledger.replayed", same=total - len(different), count=total)
    for found in different[:_SHOWN]:
        _show(found)
    if len(different) > _SHOWN:
        tell("cli.more", count=len(different) - _SHOWN)
    if different:
        raise typer.Exit(EXIT_FAILED)


def _show(found: ReplayResult) -> None:
    nobody, hidden = word("cli-ledger.nobody"), word("cli-ledger.hidden")
    before, after = found.rep or nobody, found.replayed_rep or nobody
    key = "cli-ledger.replay-differs" if before != after else "cli-ledger.replay-differs-within"
    lines = [word(key, decision=str(found.decision_id), before=before, after=after)]
    if found.first_byte is not None:
        quoted = found.first_byte.before is not None
        around = (
            word("cli-ledger.became", before=f"…{found.first_byte.before}…", after=f"…{found.first_byte.after}…")
            if quoted
            else hidden
        )
        lines.append(word("cli-ledger.first-byte", at=found.first_byte.offset, around=around))
    for path in found.paths:
        stood = hidden if path.hidden else word("cli-ledger.became", before=str(path.before), after=str(path.after))
        lines.append(f"  {path.path}: {stood}")
    for line in lines:
        show(line)
