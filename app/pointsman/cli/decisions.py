"""`decisions`: explain a stored decision, or take decisions again and say whether the same comes out."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_FAILED, EXIT_MISUSED, fail, out
from pointsman.cli.policy.explain import show_explanation
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.lead_argument import decision_id
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.dates.durations import parse_duration
from pointsman.services.explain.explain import ExplainedDecision, explain_stored
from pointsman.services.explain.replays import ReplayResult, replay_decision, replay_many
from pointsman.services.ports import Env

app = typer.Typer(help="Explain decisions, and take them again.", no_args_is_help=True)

_SHOWN = 10


@app.command()
def explain(
    decision: Annotated[
        str, typer.Argument(help="The decision's id; or a lead, by id or address: its latest decision.")
    ],
) -> None:
    """Say why a lead went where it went, and what would have changed it."""

    async def asked(env: Env) -> ExplainedDecision:
        return await explain_stored(env, await decision_id(env, decision))

    show_explanation(*run_with_reader(asked))


@app.command()
def replay(
    decision: Annotated[
        str | None, typer.Argument(help="One decision, or the latest of a lead; without it, the latest of all.")
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="So many of the latest.")] = 1_000,
    since: Annotated[str | None, typer.Option(help='Only those of this time, as in "30d" or "4h".')] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every decision there is.")] = False,
) -> None:
    """Take stored decisions again from their inputs; ends with 1 unless every byte is the same."""
    try:
        span = parse_duration(since) if since is not None else None
    except ValueError as error:
        fail(str(error), code=EXIT_MISUSED)

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
    out.print(f"{total - len(different)} of {total} decisions come out the same.", highlight=False)
    for found in different[:_SHOWN]:
        _show(found)
    if len(different) > _SHOWN:
        out.print(f"and {len(different) - _SHOWN} more", highlight=False)
    if different:
        raise typer.Exit(EXIT_FAILED)


def _show(found: ReplayResult) -> None:
    lines = [
        f"{found.decision_id} differs: {found.rep or 'nobody'} was chosen, now {found.replayed_rep or 'nobody'} is."
    ]
    if found.first_byte is not None:
        quoted = found.first_byte.before is not None
        around = f"…{found.first_byte.before}… became …{found.first_byte.after}…" if quoted else "personal, not shown"
        lines.append(f"  first byte {found.first_byte.offset}: {around}")
    for path in found.paths:
        stood = "personal, not shown" if path.hidden else f"{path.before} became {path.after}"
        lines.append(f"  {path.path}: {stood}")
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)
