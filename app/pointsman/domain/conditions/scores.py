"""Scores: numbers that rules ask for by name, each a base and the points of its true conditions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import ConditionCompiler, Predicate, fields_read
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.leads.facts import Facts, FactValue
from pointsman.domain.policy.conditions_model import Condition, Leaf, leaves
from pointsman.domain.policy.definitions_model import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledScore:
    """One score, ready to be counted; a condition that is unknown adds nothing."""

    field: str
    base: int
    lowest: int
    highest: int
    points: tuple[tuple[Predicate, int], ...]

    def evaluate(self, facts: Facts) -> int:
        total = self.base + sum(points for test, points in self.points if test(facts) is True)
        return max(self.lowest, min(self.highest, total))


def compile_scores(
    fields: Iterable[str], definitions: Definitions, compiler: ConditionCompiler
) -> tuple[CompiledScore, ...]:
    """The scores among `fields` and those that these ask for, each after what it asks for; PolicyInvalid for a circle."""
    return tuple(
        CompiledScore(
            field=name,
            base=score.base,
            lowest=score.lowest,
            highest=score.highest,
            points=tuple((compiler.compile(part.when), part.points) for part in score.points),
        )
        for name, score in _in_order(fields, definitions)
    )


def with_scores(facts: Facts, scores: Sequence[CompiledScore]) -> dict[str, FactValue]:
    """`facts` and these scores, counted anew whatever `facts` says of them."""
    known = dict(facts)
    for score in scores:
        known.pop(score.field, None)
    for score in scores:
        known[score.field] = score.evaluate(known)
    return known


def reachable_fields(condition: Condition, definitions: Definitions) -> frozenset[str]:
    """Every field that `condition` reads, also through the conditions that it names."""
    return _through_names(condition, definitions, set())


def with_score_fields(fields: Iterable[str], definitions: Definitions) -> frozenset[str]:
    """`fields`, and what the scores among them read, and so on."""
    known: set[str] = set()
    todo = list(fields)
    while todo:
        field = todo.pop()
        if field not in known:
            known.add(field)
            for part in definitions.scores[field].points if field in definitions.scores else ():
                todo += reachable_fields(part.when, definitions)
    return frozenset(known)


def _through_names(condition: Condition, definitions: Definitions, seen: set[str]) -> frozenset[str]:
    fields = set(fields_read(condition))
    for _, part in leaves(condition):
        if not isinstance(part, Leaf) and part.key not in seen and part.key in definitions.conditions:
            seen.add(part.key)
            fields |= _through_names(definitions.conditions[part.key], definitions, seen)
    return frozenset(fields)


def _in_order(fields: Iterable[str], definitions: Definitions) -> list[tuple[str, Score]]:
    done: dict[str, Score] = {}
    open_: list[str] = []

    def visit(name: str) -> None:
        if name in done or name not in definitions.scores:
            return
        if name in open_:
            chain = " -> ".join([*open_[open_.index(name) :], name])
            raise PolicyInvalid(f"{name} refers to itself ({chain})")
        open_.append(name)
        score = definitions.scores[name]
        for part in score.points:
            for field in sorted(reachable_fields(part.when, definitions)):
                visit(field)
        open_.pop()
        done[name] = score

    for name in sorted(fields):
        visit(name)
    return list(done.items())
