"""`secrets`: bring what is stored encrypted under the newest key."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_FAILED, out
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.services.operations.secret_rotation import SecretsByKey, count_secrets, rotate_secrets
from pointsman.services.ports import Env

app = typer.Typer(help="Change the keys that encrypt stored credentials.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Commands about stored secrets."""


@app.command()
def rotate(
    *, check: Annotated[bool, typer.Option("--check", help="Only say what is sealed under which key.")] = False
) -> None:
    """Seal every stored credential under the first key of POINTSMAN_SECRET_KEYS. May run beside the service, and again.

    Ends with 1 while anything is left under an older key or under none.
    """

    async def work(env: Env) -> tuple[int, SecretsByKey]:
        done = 0 if check else await rotate_secrets(env, actor=CLI_ACTOR)
        return done, await count_secrets(env)

    done, found = run_with_env(work)
    if not check:
        out.print(f"{done} stored secrets were sealed under the key {found.newest}.", highlight=False)
    _tell(found)
    if found.older or found.unknown:
        raise typer.Exit(EXIT_FAILED)


def _tell(found: SecretsByKey) -> None:
    for key, n in found.counts.items():
        note = " (the newest)" if key == found.newest else ""
        if n or note or key in found.older:
            out.print(f"  {key}{note}: {n}", highlight=False)
    if found.older:
        out.print("Keep the older keys, and run `pointsman secrets rotate`.", highlight=False, soft_wrap=True)
    elif found.unknown:
        out.print(
            f"{found.unknown} stored secrets open under none of the keys: add the key, or enter the credentials again.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    else:
        out.print("Nothing stored needs an older key: it may be taken out.", highlight=False, soft_wrap=True)
    if found.open_links:
        out.print(
            f"{found.open_links} links to pages are open, the last until {found.last_link_ends:%Y-%m-%d %H:%M} UTC. Their"
            " addresses are stored nowhere: those made under an older key end when it is taken out.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
