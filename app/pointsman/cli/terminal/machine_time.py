"""Times on the clock of this machine, with their zone: a list that mixes zones is read wrongly."""

from datetime import datetime


def machine_time(at: datetime) -> str:
    """As "2026-11-29 21:54 CET"."""
    return f"{at.astimezone():%Y-%m-%d %H:%M %Z}"
