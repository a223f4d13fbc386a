"""What a policy's conditions mean together: contradictions, and rules that no lead can reach."""

from collections.abc import Iterator

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.messages.message import say
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.contradictions import check_contradictions
from pointsman.domain.policy_check.findings import Finding, warning
from pointsman.domain.policy_check.unreachable_rules import MAX_COMPARISONS, check_unreachable_rules
from pointsman.domain.satisfiability.boxes import MAX_STEPS, BoxExpander


def check_logic(
    policy: Policy, definitions: Definitions, *, steps: int = MAX_STEPS, comparisons: int = MAX_COMPARISONS
) -> Iterator[Finding]:
    """Contradictions and hidden rules; once the work allowed is used up, one finding says what was left out."""
    expander = BoxExpander(definitions, steps=steps)
    yield from check_unreachable_rules(policy.rules, expander, budget=comparisons)
    for path, condition in conditions_of(policy):
        yield from check_contradictions(path, condition, expander)
        if expander.is_exhausted:
            yield warning(path, "check-incomplete", say("finding.conditions-not-searched", first=path))
            return
