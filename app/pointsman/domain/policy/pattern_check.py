"""Patterns that a policy may not have: those that RE2 refuses, and more than can be compiled in a moment."""

from collections.abc import Iterator

from pointsman.domain.errors import Fault
from pointsman.domain.policy.conditions_model import Leaf, Operator, leaves
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.text.patterns import MAX_PATTERNS, MAX_PROGRAMS, PatternRefused, program_size


def pattern_faults(policy: Policy) -> Iterator[Fault]:
    """Each refused pattern with its path; the count of different ones and their size in all are bounded: each costs time."""
    seen: set[str] = set()
    size = 0
    for path, condition in conditions_of(policy):
        for below, leaf in leaves(condition):
            if not isinstance(leaf, Leaf) or leaf.operator is not Operator.MATCHES or leaf.operand in seen:
                continue
            where = f"{path}.{below}.matches" if below else f"{path}.matches"
            seen.add(str(leaf.operand))
            if len(seen) > MAX_PATTERNS:
                message = (
                    f"a policy may have {MAX_PATTERNS} different patterns: use 'mentions' with a word list instead"
                )
                yield Fault(path=where, code="too-many", message=message)
                return
            try:
                size += program_size(str(leaf.operand))
            except PatternRefused as refused:
                yield Fault(path=where, code="pattern-refused", message=str(refused))
            if size > MAX_PROGRAMS:
                message = (
                    "the patterns of the policy are too large in all: repeat less, or use 'mentions' with a word list"
                )
                yield Fault(path=where, code="too-many", message=message)
                return
