"""`init`: from an empty folder to the first routed lead."""

from pointsman.cli.init.command import init

__all__ = ["init"]
