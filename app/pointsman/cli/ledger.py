"""`ledger`: whether balances are what their history says, the repair, and turns that are to be passed over."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from pointsman.cli.output import EXIT_FAILED, EXIT_MISUSED, fail, out, show_table, table
from pointsman.cli.reason import checked_reason
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.services.ports import Env
from pointsman.services.routing.ledger_audit import (
    LedgerVerification,
    rebuild_ledger,
    verify_all_ledgers,
    verify_ledger,
)
from pointsman.services.routing.skips import cancel_skip, skip_next_turn

app = typer.Typer(help="Check the pools' balances, rebuild them, and skip turns.", no_args_is_help=True)


@app.command()
def verify(
    pool: Annotated[str | None, typer.Argument(help="A pool, or a ledger that several pools share.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every ledger that there is.")] = False,
) -> None:
    """Rebuild balances from every turn, credit and correction, and compare; nothing is written."""
    if (pool is None) is not everything:
        fail("Name one pool, or say --all.", code=EXIT_MISUSED)

    async def work(env: Env) -> Sequence[LedgerVerification]:
        return await verify_all_ledgers(env) if pool is None else [await verify_ledger(env, pool)]

    found = run_with_env(work)
    for ledger in found:
        said = (
            Text("agrees", "green")
            if ledger.agrees
            else Text.assemble(("differs:", "red"), f" {'; '.join(ledger.faults)}")
        )
        line = Text.assemble(f"{ledger.pool}: ", said, f" ({ledger.entries} entries)")
        out.print(line, highlight=False, soft_wrap=True)
    if not found:
        out.print("No pool has a ledger yet.")
    if not all(ledger.agrees for ledger in found):
        raise typer.Exit(EXIT_FAILED)


@app.command()
def rebuild(
    pool: Annotated[str, typer.Argument(help="A pool, or a ledger that several pools share.")],
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="Why; kept in the audit.")],
) -> None:
    """Put the balances that the history leads to in the place of the stored ones; refused where nothing differs."""
    found = run_with_env(lambda env: rebuild_ledger(env, pool, reason=reason, actor=CLI_ACTOR))
    listed = table("rep", "was", "is")
    for rep in sorted(found.stored.balances.keys() | found.rebuilt.balances.keys()):
        listed.add_row(rep, str(found.stored.balance(rep)), str(found.rebuilt.balance(rep)))
    show_table(listed)
    out.print(f"{found.ledger} is rebuilt: {'; '.join(found.faults)}.", highlight=False, soft_wrap=True)


@app.command()
def skip(
    pool: Annotated[str, typer.Argument(help="A pool of the live policy.")],
    rep: Annotated[str, typer.Argument(help="The rep's key, as the roster names it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="Why; kept in the audit.")],
    costs_turn: Annotated[bool, typer.Option("--costs-turn", help="It counts as taken.")] = False,
) -> None:
    """Pass over a rep's next turn, once."""
    asked = run_with_env(
        lambda env: skip_next_turn(env, pool, rep, reason=reason, costs_turn=costs_turn, actor=CLI_ACTOR)
    )
    out.print(f"{rep}'s next turn in {pool} is skipped: {asked.id}", highlight=False, soft_wrap=True)


@app.command()
def unskip(
    pool: Annotated[str, typer.Argument(help="The pool for which the skip was asked.")],
    skip_id: Annotated[UUID, typer.Argument(metavar="SKIP", help="As `ledger skip` printed it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="Why; kept in the audit.")],
) -> None:
    """Take a skip back while no decision has used it; a turn that it cost is given back."""
    found = run_with_env(lambda env: cancel_skip(env, pool, skip_id, reason=reason, actor=CLI_ACTOR))
    out.print(f"{found.rep}'s next turn in {pool} is theirs again.", highlight=False, soft_wrap=True)
