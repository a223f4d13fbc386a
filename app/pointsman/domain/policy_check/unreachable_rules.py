"""Rules that no new lead can reach, with the rules that hide them.

An ungated rule does not hide a gated one, since gated rules are asked on their own at hand-over.
"""

from collections.abc import Iterator, Sequence

from pointsman.domain.messages.message import Message, first_of, say
from pointsman.domain.policy.document import Rule
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.satisfiability.boxes import Box, Boxes, BoxExpander
from pointsman.domain.satisfiability.cover import LeadCover
from pointsman.domain.satisfiability.value_sets import one_of

#: What comparing rules may cost: looking into one group of rules is 1, comparing two rules is 4.
MAX_COMPARISONS = 1_000_000
MAX_SPLIT_VALUES = 200  # values that a rule is taken apart into, to see whether several rules hide it together


class _CoveredLeads:
    """What earlier rules take, and the question which of them take all that a later one could."""

    def __init__(self, expander: BoxExpander, *, budget: int) -> None:
        self._cover = LeadCover(expander, budget=budget)

    @property
    def is_exhausted(self) -> bool:
        return self._cover.is_exhausted

    def add(self, rule: int, boxes: Boxes) -> None:
        for box in boxes:
            self._cover.add(rule, box)

    def hiding_rules(self, boxes: Boxes) -> list[int]:
        """The rules that together take every lead in `boxes`, in order; empty when that cannot be said."""
        rules: set[int] = set()
        for box in boxes:
            found = self._covering(box)
            if not found:
                return []
            rules |= found
        return sorted(rules)

    def _covering(self, box: Box) -> set[int]:
        single = self._cover.find_covering_rule(box)
        if single is not None:
            return {single}
        for name, region in box.fields.items():
            values = region.finite_values
            if values is None or not 1 < len(values) <= MAX_SPLIT_VALUES:
                continue
            rules: set[int] = set()
            for value in values:
                found = self._cover.find_covering_rule(Box({**box.fields, name: one_of((value,))}, box.tests))
                if found is None:
                    break
                rules.add(found)
            else:
                return rules
        return set()


def check_unreachable_rules(
    rules: Sequence[Rule], expander: BoxExpander, *, budget: int = MAX_COMPARISONS
) -> Iterator[Finding]:
    """Unreachable rules, rules whose shut gate keeps leads waiting, and how far the search came."""
    all_rules, gated_rules = _CoveredLeads(expander, budget=budget), _CoveredLeads(expander, budget=budget)
    last_ungated = max((i for i, rule in enumerate(rules) if rule.work not in GATED_WORKS), default=-1)
    for i, rule in enumerate(rules):
        gated = rule.work in GATED_WORKS
        wide, narrow = expander.approximate(rule.when)
        if expander.is_exhausted or all_rules.is_exhausted or gated_rules.is_exhausted:
            yield incomplete_check_finding(i, len(rules))
            return
        hiding = (gated_rules if gated else all_rules).hiding_rules(wide) if wide else []
        if hiding:
            yield error(f"rules[{i}]", "unreachable", _sentence(rule, [rules[j] for j in hiding]))
        elif gated and rule.else_ == "hold" and i < last_ungated:
            yield warning(f"rules[{i}].else", "gate-holds", say("finding.gate-holds"))
        if not hiding and (rule.else_ != "next" or rule.work is Work.NURTURE):
            all_rules.add(i, narrow)
            if gated:
                gated_rules.add(i, narrow)


def incomplete_check_finding(first: int, count: int) -> Finding:
    """Says what was not looked at."""
    message = say("finding.rules-not-compared", first=f"rules[{first}]", last=f"rules[{count - 1}]")
    return warning("rules", "check-incomplete", message)


def _sentence(rule: Rule, hiding: Sequence[Rule]) -> Message:
    if len(hiding) > 1:
        rules = first_of([say("suggestion.name", name=hides.name) for hides in hiding], 5)
        return say("finding.hidden-by-several", rules=rules)
    (by,) = hiding
    if by.when is None:
        return say("finding.hidden-by-all", rule=by.name)
    if by.when == rule.when:
        return say("finding.hidden-by-same", rule=by.name)
    return say("finding.hidden-by-one", rule=by.name)
