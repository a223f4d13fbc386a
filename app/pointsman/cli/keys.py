"""`keys`: API keys, and the key that encrypts stored credentials."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from pointsman.cli.output import show, show_table, table, tell, word
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.terminal.actor_names import ActorNames, actor_names
from pointsman.cli.terminal.machine_time import machine_time
from pointsman.cli.terminal.spoken import Commands
from pointsman.services.operations.api_keys import create_key, list_keys, revoke_key
from pointsman.services.ports import Env
from pointsman.services.ports.operations.api_keys import ApiKeyRow

app = Commands(help="help.keys")


@app.add("create", help="help.keys.create")
def create(
    name: Annotated[str, typer.Argument(help="help.keys.create.name")],
    scope: Annotated[list[str], typer.Option("--scope", "-s", help="help.keys.create.scope")],
    supplier: Annotated[str | None, typer.Option(help="help.keys.create.supplier")] = None,
    rep: Annotated[str | None, typer.Option(help="help.keys.create.rep")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="help.keys.create.days")] = None,
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
    show(made.token)


@app.add("list", help="help.keys.list")
def index() -> None:
    """List all API keys, newest first."""

    async def asked(env: Env) -> tuple[Sequence[ApiKeyRow], ActorNames]:
        return await list_keys(env), await actor_names(env)

    rows, names = run_with_env(asked)
    listed = table(
        "id",
        word("cli-keys.name"),
        word("cli-keys.scopes"),
        word("cli-keys.for"),
        word("cli-keys.made"),
        word("cli-keys.state"),
    )
    for row in rows:
        scopes = " ".join(sorted(row.scopes))
        bound = f"rep:{row.rep}" if row.rep else f"supplier:{row.supplier}" if row.supplier else ""
        created = machine_time(row.created_at)
        listed.add_row(row.id, row.name, scopes, names.get(bound, bound.partition(":")[2]), created, _state(row))
    show_table(listed)


def _state(row: ApiKeyRow) -> str:
    if row.revoked_at:
        return word("cli-keys.revoked")
    if row.expires_at and row.expires_at <= datetime.now(UTC):
        return word("cli-keys.expired")
    if not row.rep_active:
        return word("cli-keys.rep-inactive")
    return word("cli-keys.until", at=machine_time(row.expires_at)) if row.expires_at else word("cli-keys.in-use")


@app.add("revoke", help="help.keys.revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="help.keys.revoke.id")]) -> None:
    """End a key for good; every process refuses it within seconds."""
    run_with_env(lambda env: revoke_key(env, key_id, actor=CLI_ACTOR))
    tell("cli-keys.is-revoked", key=key_id)


@app.add("secret", help="help.keys.secret")
def secret() -> None:
    """Print a new key for POINTSMAN_SECRET_KEYS, which encrypts stored credentials."""
    from pointsman.connectors.vault import new_key  # noqa: PLC0415  # ciphers, for this command alone

    show(new_key())
