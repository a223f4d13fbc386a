"""The settings, as a command needs them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from pointsman.cli.output import EXIT_MISUSED, err, tell

if TYPE_CHECKING:
    from pointsman.settings import Settings


def settings_or_exit(**given: object) -> Settings:
    """The settings, or the end of the command with every fault listed."""
    from pointsman.settings import SettingsError, load_settings  # noqa: PLC0415  # a quarter of a second: drivers

    try:
        return load_settings(**given)
    except SettingsError as error:
        from pointsman.cli.terminal.locality import terminal_language  # noqa: PLC0415  # the catalogues, for an error alone
        from pointsman.services.wording.rendering import MessageReader, render_sentence  # noqa: PLC0415  # likewise

        for fault in error.told:
            said = render_sentence(fault, MessageReader(language=terminal_language()))
            err.print(Text.assemble(("•", "red"), f" {said}"), soft_wrap=True)
        tell("cli.see-doctor", on=err)
        sys.exit(EXIT_MISUSED)
