"""How a policy's names refer to each other: circles of conditions, what explodes once written out, names of evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pointsman.domain.errors import Fault
from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.policy.conditions_model import All, AnyOf, Condition, IcpRef, Leaf, Not, PersonaRef, SegmentRef
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.domain.text.visible import says_something

_KINDS = tuple(kind.value for kind in EvidenceKind)
MAX_EXPANDED_TESTS = 10_000  # tests in one condition once its names are written out
MAX_EXPANDED_DEPTH = 100  # levels of one condition once its names are written out


@dataclass(frozen=True, slots=True, kw_only=True)
class _ConditionSize:
    """What one condition is, its own tests alone: how deep, how many tests, which names and how often at which depth."""

    tests: int
    depth: int
    names: Mapping[str, tuple[int, int]]  # how often, and how deep at most


def reference_faults(policy: Policy) -> list[Fault]:
    """Definitions that refer to themselves, and conditions with too many tests or levels once names are written out."""
    extents = {path: _extent(condition) for path, condition in conditions_of(policy)}
    parts: dict[str, list[tuple[str, _ConditionSize]]] = {}
    for path, key in _names_of(policy):
        parts.setdefault(key, []).append((path, extents[path]))
    order, circle = _in_order({key: {n for _, e in found for n in e.names} for key, found in parts.items()})
    if circle:
        path = parts[circle[0]][0][0]
        only = all(key.startswith("segment:") for key in circle)
        what, names = ("segment", [k.partition(":")[2] for k in circle]) if only else ("definition", circle)
        message = f"the {what} refers to itself ({' -> '.join(names)}): break the circle"
        return [Fault(path=path, code=f"{what}-cycle", message=message)]
    sizes: dict[str, tuple[int, int]] = {}
    for key in order:
        whole = [_expanded_size(extent, sizes) for _, extent in parts[key]]
        sizes[key] = (sum(tests for tests, _ in whole), max(depth for _, depth in whole))
    faults = []
    for path, extent in extents.items():
        tests, depth = _expanded_size(extent, sizes)
        if tests > MAX_EXPANDED_TESTS or depth > MAX_EXPANDED_DEPTH:
            much = f"{MAX_EXPANDED_TESTS} tests" if tests > MAX_EXPANDED_TESTS else f"{MAX_EXPANDED_DEPTH} levels"
            message = f"with its names written out this condition has more than {much}: simplify it"
            faults.append(Fault(path=path, code="too-large", message=message))
    return faults


def evidence_faults(policy: Policy) -> Iterator[Fault]:
    """Kinds and names of evidence that gates require and sources let through, and that the policy does not have."""
    rules = policy.evidence
    for work, gate in policy.gates.items():
        for i, requirement in enumerate(gate.require):
            if hint := _requirement_hint(requirement, rules):
                message = f"{requirement[:70]!r} is not evidence that a gate can require: {hint}"
                yield Fault(path=f"gates.{work}.require[{i}]", code="requirement", message=message)
    for name, defined in rules.names.items():
        for language, label in (("de", defined.labels.de), ("en", defined.labels.en)):
            if label is not None and not says_something(label):
                message = "it shows nothing: write what a reader should call it, or leave it out"
                yield Fault(path=f"evidence.names.{name}.labels.{language}", code="shows-nothing", message=message)
    for i, source in enumerate(rules.sources):
        for j, name in enumerate(source.names):
            if name not in rules.names:
                message = f"{name!r} is not known evidence; {did_you_mean(name, rules.names)}"
                yield Fault(path=f"evidence.sources[{i}].names[{j}]", code="unknown-evidence", message=message)
        for j, kind in enumerate(source.kinds):
            if not rules.names_of(kind):
                message = f"no name under evidence.names is of kind {kind}: declare one, or remove this"
                yield Fault(path=f"evidence.sources[{i}].kinds[{j}]", code="kind-without-name", message=message)


def _requirement_hint(requirement: str, rules: EvidenceRules) -> str | None:
    """What to write instead of a requirement; None when it is one."""
    kind, dot, name = requirement.partition(".")
    if kind not in _KINDS:
        owner = rules.kind_of(kind)
        return f"did you mean '{owner}.{kind}'?" if owner else "write qualified, motivated or educated"
    names = rules.names_of(kind)
    if not names:
        return f"no name under evidence.names is of kind {kind}: declare one"
    if not dot or name in names:
        return None
    owner = rules.kind_of(name)
    if owner is not None:
        return f"{name} belongs to {owner}: write '{owner}.{name}'"
    near = did_you_mean(name, names)  # of the name alone: all requirements of a kind begin alike
    hint = did_you_mean(requirement, [f"{kind}.{one}" for one in names]) if near.startswith("did") else near
    return f"evidence.names declares no {name[:50]}; {hint}".rstrip("; ")


def _names_of(policy: Policy) -> Iterator[tuple[str, str]]:
    """The path of every condition that a name stands for, with that name: "segment:dach", "score.fit"."""
    for kind, named in (("segment", policy.segments), ("icp", policy.icps), ("persona", policy.personas)):
        yield from ((f"{kind}s.{name}.when", f"{kind}:{name}") for name in named)
    for name, score in policy.scores.items():
        yield from ((f"scores.{name}.points[{i}].when", name) for i in range(len(score.points)))


def names_in(condition: Condition) -> Iterator[str]:
    """Every name that a condition refers to: "segment:dach", and every field, scores among them."""
    for test, _ in _tests(condition):
        yield from _names(test)


def _names(test: Leaf | SegmentRef | IcpRef | PersonaRef) -> tuple[str, ...]:
    if not isinstance(test, Leaf):
        return (test.key,)
    operand = test.operand
    return (test.field, operand.field) if isinstance(operand, FieldRef) else (test.field,)


def _tests(condition: Condition) -> Iterator[tuple[Leaf | SegmentRef | IcpRef | PersonaRef, int]]:
    """Every leaf and reference with its depth."""
    todo: list[tuple[Condition, int]] = [(condition, 1)]
    while todo:
        part, depth = todo.pop()
        match part:
            case All(all=parts) | AnyOf(any=parts):
                todo.extend((inner, depth + 1) for inner in parts)
            case Not(not_=inner):
                todo.append((inner, depth + 1))
            case _:
                yield part, depth


def _extent(condition: Condition) -> _ConditionSize:
    count = deepest = 0
    names: dict[str, tuple[int, int]] = {}
    for test, depth in _tests(condition):
        deepest = max(deepest, depth)
        count += isinstance(test, Leaf)
        for name in _names(test):
            if name.startswith("score.") or ":" in name:
                often, below = names.get(name, (0, 0))
                names[name] = (often + 1, max(below, depth))
    return _ConditionSize(tests=count, depth=deepest, names=names)


def _expanded_size(extent: _ConditionSize, sizes: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    tests, deepest = extent.tests, extent.depth
    for name, (often, depth) in extent.names.items():
        inner_tests, inner_depth = sizes.get(name, (1, 0))  # a name that does not exist is the check's to find
        tests += often * inner_tests
        deepest = max(deepest, depth + inner_depth)
    return tests, deepest


def _in_order(asks: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """The names so that each follows those it asks for, and one circle that made this impossible ([] if none)."""
    done: dict[str, None] = {}
    for start in asks:
        trail: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(asks[start])))] if start not in done else []
        on_trail = [start]
        while trail:
            name, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                done[name] = None
                trail.pop()
                on_trail.pop()
            elif following in on_trail:
                return list(done), [*on_trail[on_trail.index(following) :], following]
            elif following in asks and following not in done:
                trail.append((following, iter(sorted(asks[following]))))
                on_trail.append(following)
    return list(done), []
