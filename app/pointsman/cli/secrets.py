"""`secrets`: bring what is stored encrypted under the newest key."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_FAILED, tell
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.terminal.spoken import Commands
from pointsman.services.operations.secret_rotation import SecretsByKey, count_secrets, rotate_secrets
from pointsman.services.ports import Env

app = Commands(help="help.secrets")


@app.add("rotate", help="help.secrets.rotate")
def rotate(*, check: Annotated[bool, typer.Option("--check", help="help.secrets.rotate.check")] = False) -> None:
    """Seal every stored credential under the first key of POINTSMAN_SECRET_KEYS. May run beside the service, and again.

    Ends with 1 while anything is left under an older key or under none.
    """

    async def work(env: Env) -> tuple[int, SecretsByKey]:
        done = 0 if check else await rotate_secrets(env, actor=CLI_ACTOR)
        return done, await count_secrets(env)

    done, found = run_with_env(work)
    if not check:
        tell("cli-keys.sealed", count=done, key=found.newest)
    _tell(found)
    if found.older or found.unknown:
        raise typer.Exit(EXIT_FAILED)


def _tell(found: SecretsByKey) -> None:
    for key, n in found.counts.items():
        if key == found.newest:
            tell("cli-keys.under-newest", key=key, number=n)
        elif n or key in found.older:
            tell("cli-keys.under", key=key, number=n)
    if found.older:
        tell("cli-keys.rotate")
    elif found.unknown:
        tell("cli-keys.unknown", count=found.unknown)
    else:
        tell("cli-keys.none-older")
    if found.open_links:
        tell("cli-keys.open-links", count=found.open_links, until=found.last_link_ends)
