"""`ledger`: whether balances are what their history says, and the repair."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from pointsman.cli.session import ACTOR, FAILED, MISUSED, fail, out, with_env
from pointsman.services.ports import Env
from pointsman.services.rebuilding import Verified, rebuild_ledger, verify_all, verify_ledger

app = typer.Typer(help="Check the pools' balances against their history, and rebuild them.", no_args_is_help=True)


@app.command()
def verify(
    pool: Annotated[str | None, typer.Argument(help="A pool, or a counter that several pools share.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every ledger that there is.")] = False,
) -> None:
    """Rebuild balances from every turn, credit and correction, and compare; nothing is written."""
    if (pool is None) is not everything:
        fail("Name one pool, or say --all.", code=MISUSED)

    async def work(env: Env) -> Sequence[Verified]:
        return await verify_all(env) if pool is None else [await verify_ledger(env, pool)]

    found = with_env(work)
    for ledger in found:
        said = "[green]agrees[/]" if ledger.agrees else f"[red]differs:[/] {'; '.join(ledger.faults)}"
        out.print(f"{ledger.pool}: {said} ({ledger.entries} entries)", highlight=False, soft_wrap=True)
    if not found:
        out.print("No pool has a ledger yet.")
    if not all(ledger.agrees for ledger in found):
        raise typer.Exit(FAILED)


@app.command()
def rebuild(
    pool: Annotated[str, typer.Argument(help="A pool, or a counter that several pools share.")],
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why; kept in the audit.")],
) -> None:
    """Put the balances that the history leads to in the place of the stored ones; refused where nothing differs."""
    found = with_env(lambda env: rebuild_ledger(env, pool, reason=reason, actor=ACTOR))
    table = Table("rep", "was", "is")
    for rep in sorted(found.stored.balances.keys() | found.rebuilt.balances.keys()):
        table.add_row(rep, str(found.stored.balance(rep)), str(found.rebuilt.balance(rep)))
    out.print(table)
    out.print(f"{found.counter} is rebuilt: {'; '.join(found.faults)}.", highlight=False, soft_wrap=True)
