"""`policy history`: which version was live when."""

from collections.abc import Sequence
from typing import Annotated

import typer

from pointsman.cli.output import show_prose, tell
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.actor_names import ActorNames, actor_names
from pointsman.cli.terminal.machine_time import machine_time
from pointsman.services.policies.history import publication_history as publications
from pointsman.services.ports import Env
from pointsman.services.ports.routing.policies import PublicationRow

#: What happened to a version: where none was live before, and where it took over from one.
_PUBLISHED = ("cli-policy.published-by", "cli-policy.published-by-instead")
_ROLLED_BACK = ("cli-policy.rolled-back-to", "cli-policy.rolled-back-to-instead")


def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="help.policy.history.limit")] = 20,
) -> None:
    """Show which version was live when, who published it, and why."""

    async def asked(env: Env) -> tuple[Sequence[PublicationRow], ActorNames]:
        return await publications(env, before=None, limit=limit), await actor_names(env)

    rows, names = run_with_env(asked)
    for row in rows:
        alone, instead = _ROLLED_BACK if row.kind == "rolled-back" else _PUBLISHED
        key, by = instead if row.replaced else alone, names.get(row.actor, row.actor)
        tell(key, version=row.version, at=machine_time(row.at), by=by, replaced=row.replaced)
        show_prose(row.note, indent="   ")
