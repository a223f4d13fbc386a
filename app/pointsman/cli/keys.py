"""`keys`: API keys, and the key that encrypts stored credentials."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pointsman.cli.output import out, show_table, table
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.terminal.actor_names import ActorNames, actor_names
from pointsman.cli.terminal.machine_time import machine_time
from pointsman.connectors.vault import new_key
from pointsman.domain.permissions.callers import Scope
from pointsman.services.operations.api_keys import create_key, list_keys, revoke_key
from pointsman.services.ports import Env
from pointsman.services.ports.operations.api_keys import ApiKeyRow

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option("--scope", "-s", help=f"Any of: {', '.join(Scope)}. Repeat for more.")],
    supplier: Annotated[str | None, typer.Option(help="Limit the key to this partner's leads.")] = None,
    rep: Annotated[str | None, typer.Option(help="Bind the key to this rep: it acts in the rep's name.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until the key expires.")] = None,
) -> None:
    """Make an API key and print it, this once."""
    made = run_with_env(
        lambda env: create_key(
            env,
            name=name,
            scopes=scope,
            supplier=supplier,
            rep=rep,
            valid_for=None if days is None else timedelta(days=days),
            actor=CLI_ACTOR,
        )
    )
    typer.echo(made.token)


@app.command(name="list")
def index() -> None:
    """List all API keys, newest first."""

    async def asked(env: Env) -> tuple[Sequence[ApiKeyRow], ActorNames]:
        return await list_keys(env), await actor_names(env)

    rows, names = run_with_env(asked)
    listed = table("id", "name", "scopes", "for", "made", "state")
    for row in rows:
        scopes = " ".join(sorted(row.scopes))
        bound = f"rep:{row.rep}" if row.rep else f"supplier:{row.supplier}" if row.supplier else ""
        created = machine_time(row.created_at)
        listed.add_row(row.id, row.name, scopes, names.get(bound, bound.partition(":")[2]), created, _state(row))
    show_table(listed)


def _state(row: ApiKeyRow) -> str:
    if row.revoked_at:
        return "revoked"
    if row.expires_at and row.expires_at <= datetime.now(UTC):
        return "expired"
    if not row.rep_active:
        return "refused: the rep is not active"
    return f"until {machine_time(row.expires_at)}" if row.expires_at else "in use"


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The id, as `keys list` shows it.")]) -> None:
    """End a key for good; every process refuses it within seconds."""
    run_with_env(lambda env: revoke_key(env, key_id, actor=CLI_ACTOR))
    out.print(f"Key {key_id} is revoked.", highlight=False)


@app.command()
def secret() -> None:
    """Print a new key for POINTSMAN_SECRET_KEYS, which encrypts stored credentials."""
    typer.echo(new_key())
