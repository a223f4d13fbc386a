"""Owners of a lead: how one is named, and which of an account's reps comes first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.reps import Roster

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A rep who holds other leads of the same account: how many, and since when the latest."""

    rep: str
    lead_count: int
    latest_at: datetime

    def reason(self, total: int) -> Message:
        """How the rep owns the account; `total` is how many of the account's leads have a holder."""
        rep = rep_name(self.rep)
        if total == 1:
            return say("routing.holds-only-other", rep=rep)
        return say("routing.holds-others", rep=rep, held=self.lead_count, total=total)


def resolve_owner(given: str, roster: Roster) -> str:
    """The rep's key for what a sender calls the owner: a key or an email. An unknown name stays as it was written."""
    if given in roster.reps:
        return given
    wanted = given.strip().casefold()
    keys = [rep.key for rep in roster.reps.values() if wanted in (rep.key.casefold(), rep.email.casefold())]
    return min(keys) if keys else given[:_LONGEST_NAME]


def rank_colleagues(colleagues: Sequence[Colleague], tie: str, roster: Roster) -> list[Colleague]:
    """Sort by `tie`, then by number of leads, then the latest, then the key."""

    def tier(one: Colleague) -> int:
        rep = roster.reps.get(one.rep)
        return rep.tier if rep else 1_000  # 1 is the best

    first: dict[str, Callable[[Colleague], float]] = {
        "most_leads": lambda one: -one.lead_count,
        "latest": lambda one: -one.latest_at.timestamp(),
        "best_tier": tier,
    }
    prefers = first[tie]
    return sorted(colleagues, key=lambda one: (prefers(one), -one.lead_count, -one.latest_at.timestamp(), one.rep))
