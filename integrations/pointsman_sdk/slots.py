"""Slot: a stretch of time, the one shape in which connectors and host talk about time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Slot:
    """From `start` up to but not including `end`; both aware, in any zone; equal when the instants are."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a slot needs aware datetimes")
        # Compared in UTC: within one zone Python compares wall clocks, which is wrong in the repeated hour.
        if self.end.astimezone(UTC) <= self.start.astimezone(UTC):
            raise ValueError("a slot must end after it starts")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slot) and self._instants() == other._instants()

    def __hash__(self) -> int:
        return hash(self._instants())

    def _instants(self) -> tuple[datetime, datetime]:
        return self.start.astimezone(UTC), self.end.astimezone(UTC)

    @property
    def length(self) -> timedelta:
        """Elapsed time, which over a clock change is not the difference of the wall clocks."""
        start, end = self._instants()
        return end - start

    def utc(self) -> "Slot":
        """The same slot, written in UTC."""
        return Slot(*self._instants())

    def overlaps(self, other: "Slot") -> bool:
        """Whether they share an instant; slots that merely touch do not."""
        mine, theirs = self.utc(), other.utc()
        return mine.start < theirs.end and theirs.start < mine.end
