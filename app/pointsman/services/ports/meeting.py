"""Repositories of the meeting slice."""

from typing import Protocol


class Gates(Protocol):
    """Filled in with the meeting slice."""


class Appointments(Protocol):
    """Filled in with the meeting slice."""


class Calendars(Protocol):
    """Filled in with the meeting slice."""


class Connections(Protocol):
    """Filled in with the meeting slice."""


class Deliveries(Protocol):
    """Filled in with the meeting slice."""
