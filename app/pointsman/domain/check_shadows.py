"""Rules that no new lead can reach, with the rules that hide them.

An ungated rule does not hide a gated one, since gated rules are asked on their own at hand-over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pointsman.domain.check_boxes import Box, Boxes, Expander, Named
from pointsman.domain.check_regions import one_of
from pointsman.domain.findings import Finding, error, warning
from pointsman.domain.policy_document import Rule
from pointsman.domain.roles import GATED_WORKS, Work
from pointsman.domain.wording import listing

#: What comparing rules may cost: looking into one group of rules is 1, comparing two rules is 6.
MAX_COMPARISONS = 1_500_000
MAX_SPLIT = 200  # values that a rule is taken apart into, to see whether several rules hide it together

_Signature = tuple[frozenset[str], frozenset[Named]]


@dataclass(slots=True)
class _Group:
    """Boxes that limit the same fields and name the same tests."""

    fields: frozenset[str]
    tests: frozenset[Named]
    boxes: list[tuple[int, Box]] = field(default_factory=list)
    postings: dict[str, dict[object, list[int]]] = field(
        default_factory=dict
    )  # positions in `boxes`, by field and value

    def add(self, rule: int, box: Box) -> None:
        for name, region in box.fields.items():
            for value in region.finite or (_ANY,):
                self.postings.setdefault(name, {}).setdefault(value, []).append(len(self.boxes))
        self.boxes.append((rule, box))

    def fitting(self, box: Box) -> Sequence[int]:
        """Positions of the boxes that may cover `box`: those that admit one value of its most telling field."""
        fewest: Sequence[int] = range(len(self.boxes))
        for name in self.fields:
            known = self.postings[name]
            values = box.fields[name].finite
            if values is None:
                found = known.get(_ANY, ())
            else:
                found = min((known.get(value, ()) for value in values), key=len, default=())
                if spans := known.get(_ANY):
                    found = sorted({*found, *spans})
            if len(found) < len(fewest):
                fewest = found
        return fewest


_ANY = object()  # under which a box is posted that does not list its values


class Shadows:
    """The boxes of earlier rules that end, and the question whether they cover a later one's."""

    def __init__(self, expander: Expander, *, budget: int = MAX_COMPARISONS) -> None:
        self._expander = expander
        self._left = budget
        self._groups: dict[_Signature, _Group] = {}
        self._plain: list[_Group] = []
        self._by_test: dict[Named, list[_Group]] = {}
        self._by_tested_field: dict[str, list[_Group]] = {}

    @property
    def exhausted(self) -> bool:
        return self._left <= 0

    def add(self, rule: int, boxes: Boxes) -> None:
        """From here on `rule` takes every lead in these boxes."""
        for box in boxes:
            signature = (frozenset(box.fields), box.tests)
            group = self._groups.get(signature)
            if group is None:
                group = self._groups[signature] = _Group(*signature)
                if not box.tests:
                    self._plain.append(group)
                else:
                    anchor = min(box.tests, key=repr)
                    self._by_test.setdefault(anchor, []).append(group)
                    self._by_tested_field.setdefault(anchor.field, []).append(group)
            group.add(rule, box)

    def hiding(self, boxes: Boxes) -> list[int]:
        """The rules that together take every lead in `boxes`, in order; empty when that cannot be said."""
        rules: set[int] = set()
        for box in boxes:
            found = self._covering(box)
            if not found:
                return []
            rules |= found
        return sorted(rules)

    def _covering(self, box: Box) -> set[int]:
        single = self._one_covering(box)
        if single is not None:
            return {single}
        for name, region in box.fields.items():
            values = region.finite
            if values is None or not 1 < len(values) <= MAX_SPLIT:
                continue
            rules: set[int] = set()
            for value in values:
                found = self._one_covering(Box({**box.fields, name: one_of((value,))}, box.tests))
                if found is None:
                    break
                rules.add(found)
            else:
                return rules
        return set()

    def _one_covering(self, box: Box) -> int | None:
        """The first rule with a box that covers `box` alone."""
        best: int | None = None
        names = box.fields.keys()
        for group in self._related(box):
            self._left -= 1
            if not group.fields <= names:
                continue
            for position in group.fitting(box):
                rule, candidate = group.boxes[position]
                if best is not None and rule >= best:
                    break
                self._left -= 6
                if self._left <= 0:
                    return best
                if self._expander.covers(candidate, box):
                    best = rule
                    break
        return best

    def _related(self, box: Box) -> Iterator[_Group]:
        yield from self._plain
        for test in box.tests:
            yield from self._by_test.get(test, ())
        for name, region in box.fields.items():
            if region.finite is not None:
                yield from self._by_tested_field.get(name, ())


def check_shadows(rules: Sequence[Rule], expander: Expander, *, budget: int = MAX_COMPARISONS) -> Iterator[Finding]:
    """Unreachable rules, rules whose shut gate keeps leads waiting, and how far the search came."""
    all_rules, gated_rules = Shadows(expander, budget=budget), Shadows(expander, budget=budget)
    last_ungated = max((i for i, rule in enumerate(rules) if rule.work not in GATED_WORKS), default=-1)
    for i, rule in enumerate(rules):
        gated = rule.work in GATED_WORKS
        wide, narrow = expander.both_sides(rule.when)
        if expander.exhausted or all_rules.exhausted or gated_rules.exhausted:
            yield incomplete(i, len(rules))
            return
        hiding = (gated_rules if gated else all_rules).hiding(wide) if wide else []
        if hiding:
            yield error(f"rules[{i}]", "unreachable", _sentence(rule, [rules[j] for j in hiding]))
        elif gated and rule.else_ == "hold" and i < last_ungated:
            message = (
                "a new lead that matches waits here, as its gate is shut: write 'else: next', or move the rule down"
            )
            yield warning(f"rules[{i}].else", "gate-holds", message)
        if not hiding and (rule.else_ != "next" or rule.work is Work.NURTURE):
            all_rules.add(i, narrow)
            if gated:
                gated_rules.add(i, narrow)


def incomplete(first: int, count: int) -> Finding:
    """Says what was not looked at."""
    message = (
        f"the rules are too many or too intricate to compare each with each: rules[{first}] to rules[{count - 1}] were "
        "not looked at for being hidden by earlier ones; simplify conditions, or name their parts as segments"
    )
    return warning("rules", "check-incomplete", message)


def _sentence(rule: Rule, hiding: Sequence[Rule]) -> str:
    if len(hiding) > 1:
        names = listing([f"'{hides.name}'" for hides in hiding[:5]] + (["others"] if len(hiding) > 5 else []))
        return (
            f"no lead gets here, since rules {names} together take every lead that matches: move this rule before them"
        )
    (by,) = hiding
    if by.when is None:
        return f"no lead gets here, since rule '{by.name}' takes every lead: move this rule before it"
    if by.when == rule.when:
        return f"no lead gets here, since rule '{by.name}' asks the same: merge the two"
    return f"no lead gets here, since rule '{by.name}' takes every lead that matches: move this rule before it, or remove it"
