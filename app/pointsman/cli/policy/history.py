"""`policy history`: which version was live when."""

from typing import Annotated

import typer

from pointsman.cli.output import out, table
from pointsman.cli.session import run_with_env
from pointsman.services.policies.history import publication_history as publications


def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most, newest first.")] = 20,
) -> None:
    """Show which version was live when, who published it, and why."""
    rows = run_with_env(lambda env: publications(env, before=None, limit=limit))
    listed = table("version", "kind", "when", "by", "instead of", "why")
    for row in rows:
        when = row.at.isoformat(timespec="seconds")
        listed.add_row(str(row.version), row.kind, when, row.actor, str(row.replaced or "—"), row.note)
    out.print(listed)
