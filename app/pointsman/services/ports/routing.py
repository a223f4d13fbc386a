"""Repositories of the routing slice."""

from typing import Protocol


class Policies(Protocol):
    """Filled in with the routing slice."""


class RosterStore(Protocol):
    """Filled in with the routing slice."""


class Decisions(Protocol):
    """Filled in with the routing slice."""


class Ledgers(Protocol):
    """Filled in with the routing slice."""


class Holds(Protocol):
    """Filled in with the routing slice."""


class Overrides(Protocol):
    """Filled in with the routing slice."""
