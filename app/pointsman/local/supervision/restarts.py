"""When what has ended is started again: after a pause that grows, and no more where it ends too often."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Kept:
    """Something to be kept up: running since then, or `due` to be started at a time, both of the monotonic clock."""

    name: str
    since: float
    deaths: int = 0
    due: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How long to wait, in seconds, and how many quick deaths in a row are too many."""

    grace: float = 15.0
    first_pause: float = 0.5
    longest_pause: float = 15.0
    stable_after: float = 20.0
    max_deaths: int = 5
    look_every: float = 1.0

    def after_death(self, kept: Kept, *, now: float) -> float | None:
        """Note when it is started again, and answer in how many seconds; None: it ended too often in a row."""
        kept.deaths = 1 if now - kept.since > self.stable_after else kept.deaths + 1
        if kept.deaths >= self.max_deaths:
            kept.due = float("inf")
            return None
        pause = min(self.longest_pause, self.first_pause * 2.0 ** (kept.deaths - 1))
        kept.due = now + pause
        return pause
