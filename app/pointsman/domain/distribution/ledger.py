"""The credit ledger: what each rep is owed, in exact whole numbers.

Every turn gives each eligible member weight / sum of weights and takes 1 from the one chosen, so balances sum to 0.
The choice is Tijdeman's (Discrete Mathematics 32, 1980): among those owed enough, the one whose turn falls due first.
docs/decisions/0005-chairman-assignment.md says why the plain largest balance is not enough for unequal weights.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from math import gcd, lcm
from typing import Any

from pointsman.domain.errors import Invalid

#: Eligible weights that keep changing make the common denominator grow. Past this size, balances are brought onto a
#: smaller one, each within 2**-64 of a credit of where it was, the sum exactly 0 all the same.
MAX_DENOMINATOR_BITS = 2_048
_REBASE_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Balances as whole parts of 1/denominator. A rep who is not listed has 0; the sum is exactly 0."""

    denominator: int = 1
    balances: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.denominator < 1 or sum(self.balances.values()) != 0:
            raise Invalid("a ledger's balances must sum to 0 over a positive denominator")

    def balance(self, rep: str) -> Fraction:
        return Fraction(self.balances.get(rep, 0), self.denominator)

    def as_json(self) -> dict[str, Any]:
        """Digits as text, since JSON readers elsewhere lose long numbers."""
        return {
            "denominator": str(self.denominator),
            "balances": {rep: str(parts) for rep, parts in sorted(self.balances.items())},
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Ledger":
        return Ledger(
            denominator=int(data["denominator"]), balances={rep: int(parts) for rep, parts in data["balances"].items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One assignment: who took it, and the weights of all who were eligible. Enough to take it back exactly."""

    rep: str
    weights: Mapping[str, int]

    def entitlement(self, rep: str) -> Fraction:
        return Fraction(self.weights.get(rep, 0), sum(self.weights.values()))

    def as_json(self) -> dict[str, Any]:
        return {"rep": self.rep, "weights": dict(sorted(self.weights.items()))}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Turn":
        return Turn(rep=data["rep"], weights={rep: int(weight) for rep, weight in data["weights"].items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedTurn:
    """A turn that is taken back: rejected, cancelled, no-show, spam."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredTurn:
    """A turn that had been taken back and counts again: the same lead was booked with the same rep after all."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A human's correction of one balance, spread evenly over `others`."""

    rep: str
    amount: Fraction
    others: tuple[str, ...]


LedgerEntry = Turn | ReversedTurn | RestoredTurn | Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The rep who got the turn. `tie_break` names what decided between equal balances."""

    rep: str
    turn: Turn
    before: Ledger
    after: Ledger
    tie_break: str | None


def assign_turn(ledger: Ledger, eligible: Mapping[str, int], rep: str, tie_break: str | None = None) -> TurnResult:
    """Give the turn to `rep`, also when another rep would have been next: an owner, or the least loaded."""
    turn = Turn(rep=rep, weights=dict(eligible))
    return TurnResult(rep=rep, turn=turn, before=ledger, after=apply_entry(ledger, turn), tie_break=tie_break)


def break_tie(
    level: Collection[str], waiting_since: Mapping[str, datetime | None], seed: str
) -> tuple[str, str | None]:
    """One of several level reps: the longest wait (a rep without a turn yet: longest of all), then the smallest hash."""
    if len(level) == 1:
        return next(iter(level)), None
    never = datetime.min.replace(tzinfo=UTC)
    since = {rep: waiting_since.get(rep) or never for rep in level}
    longest = min(since.values())
    waiting = [rep for rep in level if since[rep] == longest]
    if len(waiting) == 1:
        return waiting[0], "longest-waiting"
    return min(waiting, key=lambda rep: sha256(f"{seed}\x00{rep}".encode()).digest()), "seeded-hash"


def apply_entry(ledger: Ledger, entry: LedgerEntry) -> Ledger:
    """The ledger after one entry."""
    match entry:
        case Turn():
            return _move(ledger, entry, 1)
        case ReversedTurn(turn=turn):
            return reverse_turn(ledger, turn)
        case RestoredTurn(turn=turn):
            return apply_entry(ledger, turn)
        case Adjustment(rep=rep, amount=amount, others=others):
            return spread_adjustment(ledger, rep, amount, others)


def reverse_turn(ledger: Ledger, turn: Turn) -> Ledger:
    """Takes back exactly what `turn` moved."""
    return _move(ledger, turn, -1)


def spread_adjustment(ledger: Ledger, rep: str, amount: Fraction, others: Collection[str]) -> Ledger:
    """`rep` gains `amount` credits, the others bear it evenly; Invalid when there are no others."""
    bearers = sorted(set(others) - {rep})
    if not bearers:
        raise Invalid(f"no other rep is in the pool to bear {rep}'s adjustment")
    share = -amount / len(bearers)
    return _add(ledger, {rep: amount, **dict.fromkeys(bearers, share)})


def entitled_balances(ledger: Ledger, eligible: Mapping[str, int]) -> dict[str, int]:
    """Each member's balance with the new entitlement, in parts of 1 / (denominator x sum of weights): to compare."""
    total, denominator = sum(eligible.values()), ledger.denominator
    return {rep: ledger.balances.get(rep, 0) * total + weight * denominator for rep, weight in eligible.items()}


def next_due(ledger: Ledger, eligible: Mapping[str, int]) -> list[str]:
    """Tijdeman: of those with balance + share >= 1/(2n-2), who first passes 1 - 1/(2n-2) at their share per turn.

    At constant attendance at most one would pass it with this very turn. Where several would, or no rep is owed
    enough, attendance has changed: then the largest balance wins, which brings the outlier back soonest.
    """
    total, n = sum(eligible.values()), len(eligible)
    if n == 0 or min(eligible.values()) < 1:
        raise Invalid("a turn needs an eligible rep, each with a weight of at least 1")
    if n == 1:
        return list(eligible)
    denominator, span = ledger.denominator, 2 * n - 2
    gaps = {rep: denominator * (span - 1) - span * ledger.balances.get(rep, 0) for rep in eligible}
    raised = entitled_balances(ledger, eligible)
    overdue = [rep for rep, parts in raised.items() if span * parts > (span - 1) * denominator * total]
    owed = [rep for rep, parts in raised.items() if span * parts >= denominator * total]
    if overdue or not owed:
        most = max(raised[rep] for rep in overdue or eligible)
        return [rep for rep in overdue or eligible if raised[rep] == most]
    return _earliest(owed, gaps, eligible)


def _earliest(owed: Collection[str], gaps: Mapping[str, int], weights: Mapping[str, int]) -> list[str]:
    """Those with the smallest gap / weight, compared crosswise so that whole numbers suffice."""
    best: list[str] = []
    for rep in owed:
        order = gaps[rep] * weights[best[0]] - gaps[best[0]] * weights[rep] if best else 0
        if order < 0:
            best = []
        if order <= 0:
            best.append(rep)
    return best


def _move(ledger: Ledger, turn: Turn, sign: int) -> Ledger:
    total = sum(turn.weights.values())
    denominator = lcm(ledger.denominator, total)
    scale, unit = denominator // ledger.denominator, sign * (denominator // total)
    balances = {rep: parts * scale for rep, parts in ledger.balances.items()}
    for rep, weight in turn.weights.items():
        balances[rep] = balances.get(rep, 0) + weight * unit
    balances[turn.rep] -= sign * denominator
    return _reduced(denominator, balances)


def _add(ledger: Ledger, amounts: Mapping[str, Fraction]) -> Ledger:
    denominator = lcm(ledger.denominator, *(amount.denominator for amount in amounts.values()))
    scale = denominator // ledger.denominator
    balances = {rep: parts * scale for rep, parts in ledger.balances.items()}
    for rep, amount in amounts.items():
        balances[rep] = balances.get(rep, 0) + amount.numerator * (denominator // amount.denominator)
    return _reduced(denominator, balances)


def _reduced(denominator: int, balances: dict[str, int]) -> Ledger:
    """Lowest terms, so that equal ledgers look equal; rebased when the denominator has outgrown its bound."""
    common = gcd(denominator, *balances.values())
    if common > 1:
        denominator //= common
        balances = {rep: parts // common for rep, parts in balances.items()}
    if denominator.bit_length() > MAX_DENOMINATOR_BITS:
        return _rebased(denominator, balances)
    return Ledger(denominator=denominator, balances=balances)


def _rebased(denominator: int, balances: Mapping[str, int]) -> Ledger:
    smaller = 1 << _REBASE_BITS
    floors = {rep: parts * smaller // denominator for rep, parts in balances.items()}
    short = -sum(floors.values())  # flooring only ever lowers: this many members get one part more
    by_remainder = sorted(balances, key=lambda rep: (-(balances[rep] * smaller % denominator), rep))
    for rep in by_remainder[:short]:
        floors[rep] += 1
    return Ledger(denominator=smaller, balances=floors)
