"""The command line: `pointsman COMMAND`."""

from pointsman.cli.commands import main

__all__ = ["main"]
