"""What a policy's conditions mean together: contradictions, and rules that no lead can reach."""

from collections.abc import Iterator

from pointsman.domain.check_boxes import MAX_STEPS, Expander
from pointsman.domain.check_contradictions import check_contradictions
from pointsman.domain.check_shadows import MAX_COMPARISONS, check_shadows
from pointsman.domain.definitions import Definitions
from pointsman.domain.findings import Finding, warning
from pointsman.domain.policy_conditions import conditions_of
from pointsman.domain.policy_document import Policy


def check_logic(
    policy: Policy, definitions: Definitions, *, steps: int = MAX_STEPS, comparisons: int = MAX_COMPARISONS
) -> Iterator[Finding]:
    """Contradictions and hidden rules; once the work allowed is used up, one finding says what was left out."""
    expander = Expander(definitions, steps=steps)
    yield from check_shadows(policy.rules, expander, budget=comparisons)
    for path, condition in conditions_of(policy):
        yield from check_contradictions(path, condition, expander)
        if expander.exhausted:
            message = (
                f"the conditions are too many or too intricate: {path} and those after it were not searched for "
                "contradictions; simplify them, or name their parts as segments"
            )
            yield warning(path, "check-incomplete", message)
            return
