"""Quality tiers: computed from the checks that passed, never declared."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from pointsman_sdk.manifest import Capability

Check = TypeVar("Check", bound=Callable[..., Any])


class Tier(IntEnum):
    """What a connector has proven; each tier includes those before it."""

    NONE = 0
    BRONZE = 1  # says what it is, keeps its secrets, names its errors
    SILVER = 2  # one effect per key, whatever is repeated or lost
    GOLD = 3  # reads the truth and survives hostile input


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a check proves: a tier, and the capability it is about (None: every connector)."""

    tier: Tier
    capability: Capability | None


def proves(tier: Tier, capability: Capability | None = None) -> Callable[[Check], Check]:
    """Mark a check with what it proves."""

    def mark(check: Check) -> Check:
        check.proof = Proof(tier=tier, capability=capability)  # type: ignore[attr-defined]  # functions carry attributes
        return check

    return mark


def proof_of(check: object) -> Proof | None:
    """What the check proves, if it is one of the kit's."""
    proof = getattr(check, "proof", None)
    return proof if isinstance(proof, Proof) else None


def proofs(suite: type) -> dict[str, Proof]:
    """Every check of a suite by name."""
    found = ((name, proof_of(getattr(suite, name))) for name in dir(suite) if name.startswith("test_"))
    return {name: proof for name, proof in found if proof}


def tier_of(
    checks: Mapping[str, Proof], *, passed: Iterable[str], excused: Iterable[str], capabilities: Iterable[Capability]
) -> Tier:
    """The highest tier of which every check that applies passed, and of those below it too.

    `excused` are the checks that the kit itself skipped because the vendor cannot show the behaviour.
    """
    done, declared = {*passed, *excused}, {None, *capabilities}
    missing = [proof.tier for name, proof in checks.items() if proof.capability in declared and name not in done]
    return Tier(min(missing) - 1) if missing else Tier.GOLD
