"""`policy history`: which version was live when."""

from collections.abc import Sequence
from typing import Annotated

import typer

from pointsman.cli.output import out
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.actor_names import ActorNames, actor_names
from pointsman.cli.terminal.machine_time import machine_time
from pointsman.services.policies.history import publication_history as publications
from pointsman.services.ports import Env
from pointsman.services.ports.routing.policies import PublicationRow


def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most, newest first.")] = 20,
) -> None:
    """Show which version was live when, who published it, and why."""

    async def asked(env: Env) -> tuple[Sequence[PublicationRow], ActorNames]:
        return await publications(env, before=None, limit=limit), await actor_names(env)

    rows, names = run_with_env(asked)
    for row in rows:
        instead = f", instead of {row.replaced}" if row.replaced else ""
        by = names.get(row.actor, row.actor)
        out.print(
            f"{row.version}  {machine_time(row.at)}  {row.kind} by {by}{instead}", highlight=False, soft_wrap=True
        )
        out.print(f"   {row.note}", highlight=False, soft_wrap=True)
