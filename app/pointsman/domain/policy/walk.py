"""Every condition of a policy, with its path."""

from collections.abc import Iterator, Mapping
from typing import Any

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


def written_conditions_of(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The same of a document as it was written, whatever else is wrong with it."""
    for kind in ("segments", "icps", "personas", "gates"):
        for name, part in _items_of(document, kind):
            yield from _at(part, f"{kind}.{name}", "when")
    for name, score in _items_of(document, "scores"):
        for i, part in _items_of(score, "points"):
            yield from _at(part, f"scores.{name}.points[{i}]", "when")
    for i, rule in _items_of(document, "rules"):
        yield from _at(rule, f"rules[{i}]", "when")
    for name, pool in _items_of(document, "pools"):
        yield from _at(pool, f"pools.{name}", "requires")
    yield from _at(document.get("nurture"), "nurture", "re_enter")


def _items_of(part: object, key: str) -> Iterator[tuple[Any, object]]:
    held = part.get(key) if isinstance(part, Mapping) else None
    if isinstance(held, Mapping):
        yield from held.items()
    elif isinstance(held, list):
        yield from enumerate(held)


def _at(part: object, path: str, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(part, Mapping) and part.get(key) is not None:
        yield f"{path}.{key}", part[key]
