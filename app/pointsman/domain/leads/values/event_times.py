"""Times at which senders say that something happened: none lies ahead, since what is told later would count for less."""

from datetime import datetime, timedelta

#: A sender's clock may be ahead of ours by so much.
CLOCK_SKEW = timedelta(minutes=5)
_FIRST_YEAR = 2000  # earlier ones are blanks of other systems: 1970-01-01, 0001-01-01


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether `at` cannot have been yet, by any clock that is nearly right."""
    return at > now + CLOCK_SKEW


def is_blank(at: datetime) -> bool:
    """Whether `at` is so early that it stands for no time at all."""
    return at.year < _FIRST_YEAR
