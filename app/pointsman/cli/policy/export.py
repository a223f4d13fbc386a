"""`policy export` and `policy schema`: what is written to a file or printed."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pointsman.api.policies.policy_text import policy_as_yaml
from pointsman.cli.output import show, tell
from pointsman.cli.policy.files import write_file, write_policy_file
from pointsman.cli.session import run_with_env
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.services.policies import lifecycle as policies
from pointsman.services.ports import Env
from pointsman.services.ports.routing.policies import PolicyRow


def export(
    version: Annotated[int | None, typer.Argument(min=1, help="help.policy.export.version")] = None,
    to: Annotated[Path | None, typer.Option("--out", "-o", dir_okay=False, help="help.policy.export.out")] = None,
) -> None:
    """Write a policy as its author wrote it, with order and comments; what came as JSON is written as YAML."""

    async def work(env: Env) -> PolicyRow:
        return await (policies.published_policy(env) if version is None else policies.get_policy(env, version))

    row = run_with_env(work)
    if to is None and sys.stdout.isatty():
        show(policy_as_yaml(row).rstrip("\n"))
    elif to is None:
        sys.stdout.buffer.write(policy_as_yaml(row).encode())
        sys.stdout.buffer.flush()
    else:
        write_policy_file(to, row)
        tell("cli-policy.exported", version=row.version, file=str(to))


def schema(
    to: Annotated[Path | None, typer.Option("--out", "-o", dir_okay=False, help="help.policy.schema.out")] = None,
) -> None:
    """Write the JSON Schema of a policy file, for editors; needs no database."""
    text = json.dumps(policy_json_schema(), indent=2) + "\n"
    if to is None:
        sys.stdout.write(text)
    else:
        write_file(to, text)
        tell("cli-policy.schema-in", file=str(to))
