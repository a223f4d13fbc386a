"""Every condition of a policy, with its path."""

from collections.abc import Iterator

from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.document import Policy


def conditions_of(policy: Policy) -> Iterator[tuple[str, Condition]]:
    """Path and condition, in the document's order: what has a name, scores, gates, rules, pools, nurture."""
    for kind, named in (("segments", policy.segments), ("icps", policy.icps), ("personas", policy.personas)):
        for name, segment in named.items():
            yield f"{kind}.{name}.when", segment.when
    for name, score in policy.scores.items():
        for i, part in enumerate(score.points):
            yield f"scores.{name}.points[{i}].when", part.when
    for work, gate in policy.gates.items():
        if gate.when is not None:
            yield f"gates.{work}.when", gate.when
    for i, rule in enumerate(policy.rules):
        if rule.when is not None:
            yield f"rules[{i}].when", rule.when
    for name, pool in policy.pools.items():
        if pool.requires is not None:
            yield f"pools.{name}.requires", pool.requires
    if policy.nurture.re_enter is not None:
        yield "nurture.re_enter", policy.nurture.re_enter
