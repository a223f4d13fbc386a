"""The settings, as a command needs them."""

import sys
from pathlib import Path

from rich.text import Text

from pointsman.cli.output import EXIT_MISUSED, err
from pointsman.settings import Settings, SettingsError, load_settings

_ENVIRONMENT = Path(".pointsman/environment")


def settings_or_exit(**given: object) -> Settings:
    """The settings, or the end of the command with every fault listed."""
    try:
        return load_settings(**given)
    except SettingsError as error:
        for fault in error.faults:
            err.print(Text.assemble(("•", "red"), f" {fault}"), highlight=False)
        if _ENVIRONMENT.is_file():
            err.print("A `run` or `demo` keeps its own here: . .pointsman/environment", highlight=False)
        err.print("`pointsman doctor` says what else is needed.", highlight=False)
        sys.exit(EXIT_MISUSED)
