"""`ledger`: whether balances are what their history says, the repair, and turns that are to be passed over."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from pointsman.cli.output import EXIT_FAILED, EXIT_MISUSED, fail, show_table, table, tell, word
from pointsman.cli.reason import checked_reason
from pointsman.cli.session import CLI_ACTOR
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.cli.terminal.spoken import Commands
from pointsman.domain.messages.message import rep_name
from pointsman.services.ports import Env
from pointsman.services.routing.ledger_audit import (
    LedgerVerification,
    rebuild_ledger,
    verify_all_ledgers,
    verify_ledger,
)
from pointsman.services.routing.skips import cancel_skip, skip_next_turn
from pointsman.services.wording.rendering import MessageReader, render

app = Commands(help="help.ledger")


@app.add("verify", help="help.ledger.verify")
def verify(
    pool: Annotated[str | None, typer.Argument(help="help.ledger.pool")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="help.ledger.verify.all")] = False,
) -> None:
    """Rebuild balances from every turn, credit and correction, and compare; nothing is written."""
    if (pool is None) is not everything:
        fail("cli-ledger.one-or-all", code=EXIT_MISUSED)

    async def work(env: Env) -> Sequence[LedgerVerification]:
        return await verify_all_ledgers(env) if pool is None else [await verify_ledger(env, pool)]

    found, reader = run_with_reader(work)
    for ledger in found:
        if ledger.agrees:
            tell("cli-ledger.agrees", style="green", pool=ledger.pool, count=ledger.entries)
        else:
            faults = _words(ledger, reader)
            tell("cli-ledger.differs", style="red", pool=ledger.pool, faults=faults, count=ledger.entries)
    if not found:
        tell("cli-ledger.none")
    if not all(ledger.agrees for ledger in found):
        raise typer.Exit(EXIT_FAILED)


@app.add("rebuild", help="help.ledger.rebuild")
def rebuild(
    pool: Annotated[str, typer.Argument(help="help.ledger.pool")],
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="help.reason")],
) -> None:
    """Put the balances that the history leads to in the place of the stored ones; refused where nothing differs."""
    found, reader = run_with_reader(lambda env: rebuild_ledger(env, pool, reason=reason, actor=CLI_ACTOR))
    listed = table(word("cli.heading.rep"), word("cli-ledger.was"), word("cli-ledger.is"))
    for rep in sorted(found.stored.balances.keys() | found.rebuilt.balances.keys()):
        listed.add_row(
            reader.names.get(rep_name(rep), rep), str(found.stored.balance(rep)), str(found.rebuilt.balance(rep))
        )
    show_table(listed)
    tell("cli-ledger.rebuilt", ledger=found.ledger, faults=_words(found, reader))


@app.add("skip", help="help.ledger.skip")
def skip(
    pool: Annotated[str, typer.Argument(help="help.ledger.skip.pool")],
    rep: Annotated[str, typer.Argument(help="help.rep")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="help.reason")],
    costs_turn: Annotated[bool, typer.Option("--costs-turn", help="help.ledger.skip.costs-turn")] = False,
) -> None:
    """Pass over a rep's next turn, once."""
    asked, reader = run_with_reader(
        lambda env: skip_next_turn(env, pool, rep, reason=reason, costs_turn=costs_turn, actor=CLI_ACTOR)
    )
    tell("cli-ledger.skipped", rep=reader.names.get(rep_name(rep), rep), pool=pool, skip=str(asked.id))


@app.add("unskip", help="help.ledger.unskip")
def unskip(
    pool: Annotated[str, typer.Argument(help="help.ledger.unskip.pool")],
    skip_id: Annotated[UUID, typer.Argument(metavar="SKIP", help="help.ledger.unskip.skip")],
    *,
    reason: Annotated[str, typer.Option("--reason", "-m", callback=checked_reason, help="help.reason")],
) -> None:
    """Take a skip back while no decision has used it; a turn that it cost is given back."""
    found, reader = run_with_reader(lambda env: cancel_skip(env, pool, skip_id, reason=reason, actor=CLI_ACTOR))
    tell("cli-ledger.unskipped", rep=reader.names.get(rep_name(found.rep), found.rep), pool=pool)


def _words(found: LedgerVerification, reader: MessageReader) -> str:
    return "; ".join(render(fault, reader) for fault in found.faults)
