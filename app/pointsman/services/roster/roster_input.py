"""The roster as the caller wants it to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pointsman.domain.roster.days_off import DaysOff
from pointsman.domain.roster.reps import IN_HOUSE, Caps, DayChange, TimeOff, WeeklyBlock
from pointsman.domain.roster.roles import Work
from pointsman.services.ports.roster import SupplierRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInput:
    """A role as it should be."""

    name: str
    works: frozenset[Work]


#: The reason of time off that was given without one.
AWAY = "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffInput:
    """Time off as it should be: between two instants, or on whole days of the rep's calendar.

    `last_day` is the date at whose end a span of instants ends, where that is how it was given.
    """

    span: TimeOff | DaysOff
    last_day: date | None = None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepInput:
    """A rep as they should be; `time_off` or `day_changes` None leaves those as they are."""

    key: str
    name: str
    email: str
    role: str
    tier: int = 1
    time_zone: str = "UTC"
    working_hours: tuple[WeeklyBlock, ...] = ()
    day_changes: tuple[DayChange, ...] | None = None
    holidays: str | None = None  # a region that `domain.public_holidays` knows
    skills: Mapping[str, frozenset[str]]
    caps: Caps
    weight: int = 1
    supplier: str = IN_HOUSE
    active: bool = True
    started_on: date | None = None
    time_off: tuple[TimeOffInput, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterInput:
    """What to add or replace, by name or key. Those that are not named stay.

    `single` is True where the caller's body is the one role, supplier or rep itself, not a roster that lists it.
    """

    roles: tuple[RoleInput, ...] = ()
    suppliers: tuple[SupplierRow, ...] = ()
    reps: tuple[RepInput, ...] = ()
    single: bool = False

    def path(self, part: str, position: int) -> str:
        """Where in the caller's body an item of `roles`, `suppliers` or `reps` stands."""
        return "body" if self.single else f"body.{part}[{position}]"
