"""Groups of commands, each of which is imported when it is asked for: all of them together take seconds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from pointsman.cli.output import word
from pointsman.cli.terminal.spoken import SpokenCommand, SpokenGroup
from pointsman.domain.gc_pause import gc_paused


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is: a function, or an `app` of further commands. `help` and `panel` are keys.

    A group of commands that are in several modules has no `attribute`; they are its `parts`.
    """

    module: str
    attribute: str
    help: str
    panel: str | None = None
    parts: "Mapping[str, Place]" = field(default_factory=dict)


class OnDemand(SpokenGroup):
    """A group that knows the places of its commands."""

    places: Mapping[str, Place]

    def list_commands(self, _ctx: Any) -> list[str]:  # Any: click's Context, of which typer has a copy of its own
        return list(self.places)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.places and cmd_name not in self.commands:
            self.add_command(load_command(cmd_name, self.places[cmd_name]))
        return super().get_command(ctx, cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        with self._names_alone():
            super().format_help(ctx, formatter)

    @contextmanager
    def _names_alone(self) -> Iterator[None]:
        """The commands as a list shows them, without importing one."""
        loaded = self.commands
        self.commands = {
            name: TyperCommand(name, help=place.help, rich_help_panel=word(place.panel) if place.panel else None)
            for name, place in self.places.items()
        }
        try:
            yield
        finally:
            self.commands = loaded


def load_command(name: str, place: Place) -> TyperCommand | TyperGroup:
    """Import a command."""
    if place.parts:
        command: TyperCommand | TyperGroup = group_of(place.parts, help_text=place.help)
    else:
        with gc_paused():  # what is imported stays: to look for garbage in it takes a tenth of the time
            found = getattr(import_module(place.module), place.attribute)
        command = typer.main.get_group(found) if isinstance(found, typer.Typer) else _single(found, place.help)
    command.name, command.rich_help_panel = name, place.panel
    return command


def group_of(places: Mapping[str, Place], *, help_text: str) -> TyperGroup:
    """A group of commands that are imported one by one."""
    cls = type("Group", (OnDemand,), {"places": places})
    named = typer.Typer(help=help_text, cls=cls, no_args_is_help=True, add_completion=False)
    named.callback()(_nothing)
    return typer.main.get_group(named)


def _nothing() -> None:
    pass


def _single(function: Callable[..., None], help_key: str) -> TyperCommand:
    alone = typer.Typer(add_completion=False)
    alone.command(cls=SpokenCommand, help=help_key)(function)
    return cast("TyperCommand", typer.main.get_command(alone))
