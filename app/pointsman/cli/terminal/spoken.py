"""Commands whose help is told by the catalogue `help`: each help text is a key, and is read when help is asked for."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from pointsman.cli.output import word
from pointsman.cli.terminal.misuse import Misused

F = TypeVar("F", bound=Callable[..., Any])


class SpokenCommand(TyperCommand):
    """A command whose help texts are keys."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # Any: typer's copy of click has no public names
        _speak(self, ctx)
        super().format_help(ctx, formatter)

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))


class SpokenGroup(TyperGroup):
    """A group of such commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _speak(self, ctx)
        for command in self.commands.values():
            command.help = word(command.help or "")
        super().format_help(ctx, formatter)

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = get_close_matches(args[0], known)
            key = "cli.no-such-command-near" if near else "cli.no-such-command"
            raise Misused(word(key, given=args[0], near=tuple(near)), ctx=ctx)
        return super().resolve_command(ctx, args)


class Commands(typer.Typer):
    """An app of such commands."""

    def __init__(self, *, help: str) -> None:  # noqa: A002  # as typer calls it
        super().__init__(help=help, cls=SpokenGroup, no_args_is_help=True, add_completion=False)
        self.callback()(_nothing)  # without a second command, typer would leave the name of the first one out

    def add(self, name: str, *, help: str) -> Callable[[F], F]:  # noqa: A002  # likewise
        """Add the function below as a command; `help` is a key."""
        return self.command(name, cls=SpokenCommand, help=help)


def _nothing() -> None:
    pass


def _usage(said: str) -> str:
    return said.replace("Usage:", word("cli.usage"), 1)


def _speak(command: TyperCommand | TyperGroup, ctx: Any) -> None:
    """Put the texts in the place of their keys. What is no key stays as it is."""
    from typer import rich_utils  # noqa: PLC0415  # for help alone

    rich_utils.ARGUMENTS_PANEL_TITLE = word("help.arguments")
    rich_utils.OPTIONS_PANEL_TITLE = word("help.options")
    rich_utils.COMMANDS_PANEL_TITLE = word("help.commands")
    rich_utils.REQUIRED_LONG_STRING = word("help.required")
    rich_utils.DEFAULT_STRING = word("help.default", value="{}")
    command.help = word(command.help or "")
    params: list[Any] = command.get_params(ctx)
    for param in params:
        if param.name == "help":
            param.help = word("help.help")
        elif getattr(param, "help", None):
            param.help = word(param.help)
