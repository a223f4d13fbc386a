"""A pool's next turn by the ledger alone, as choosing a rep composes it."""

from collections.abc import Mapping
from datetime import datetime

from pointsman.domain.distribution.ledger import Ledger, TurnResult, assign_turn, break_tie, next_due


def assign_next_turn(
    ledger: Ledger, eligible: Mapping[str, int], waiting_since: Mapping[str, datetime | None], seed: str
) -> TurnResult:
    """Who of `eligible` (rep to weight) is next: earliest deadline; ties by longest waiting, then by seeded hash."""
    best = next_due(ledger, eligible)
    rep, tie_break = break_tie(best, waiting_since, seed)
    return assign_turn(ledger, eligible, rep, tie_break)
