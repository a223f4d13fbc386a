"""One test turned around: how it would be said, and values that would make it true, or false.

A value is only proposed from what the policy itself names; what a person wrote or is known by is never part of one.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import TruthValue, compile_condition
from pointsman.domain.conditions.wording import may_quote_lead, operand_value
from pointsman.domain.leads.facts import NEVER_QUOTED, NOW_FIELD, Facts, FactValue, FieldType
from pointsman.domain.messages.message import Arg, Message, say
from pointsman.domain.policy.conditions_model import Leaf, Operator
from pointsman.domain.policy.operands import FieldRef, is_instant, parse_policy_instant

_TRIED = 40
_OTHER = "another value"

#: No change of a lead can set these: the clock, what a score adds up to, and who a rep is.
UNCHANGEABLE_PREFIXES = (NOW_FIELD.partition(".")[0] + ".", "score.", "rep.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafGoal:
    """One leaf and what it is to answer."""

    leaf: Leaf
    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueProposal:
    """A value for a field (None: the field is not known); `told` only when it says something to a reader."""

    value: FactValue | None
    is_shown: bool


def evaluate_leaf(leaf: Leaf, facts: Facts, definitions: Definitions) -> TruthValue:
    """What `leaf` says about `facts`."""
    return compile_condition(leaf, definitions)(facts)


def describe_goal(goal: LeafGoal) -> Message:
    """ "were at least 70": what the field would have to be."""
    leaf, operator = goal.leaf, goal.leaf.operator
    wanted = goal.wanted
    if operator is Operator.PRESENT:
        wanted = wanted is (leaf.operand is True)
    yes, no = _goal_words(leaf)
    key = yes if wanted else no
    is_text = isinstance(leaf.operand[0] if isinstance(leaf.operand, tuple) else leaf.operand, str)
    if is_text and not may_quote_lead(leaf):
        key = _OF_TEXTS.get(key, key)
    return say(key) if operator is Operator.PRESENT else say(key, operand=_said(leaf))


def _goal_words(leaf: Leaf) -> tuple[str, str]:
    operator, operand = leaf.operator, leaf.operand
    if isinstance(operand, str) and operator in _OF_TIMES:
        return _OF_TIMES[operator]
    if isinstance(operand, tuple) and len(operand) == 1 and operator in _OF_ONE:
        return _OF_ONE[operator]
    return GOAL_WORDS[operator]


def propose_values(
    goal: LeafGoal, facts: Facts, definitions: Definitions, types: Mapping[str, FieldType]
) -> Iterator[ValueProposal]:
    """Values for the goal's field, the plainest first; none where no value can be made up. They are yet to be tried."""
    field = goal.leaf.field
    if field.startswith(UNCHANGEABLE_PREFIXES):
        return
    kind = types.get(field)
    for proposal in islice(_made(goal.leaf, facts, definitions), _TRIED):
        if proposal.value is None or kind is None or isinstance(proposal.value, _KINDS[kind]):
            told = proposal.is_shown and field not in NEVER_QUOTED
            yield ValueProposal(value=proposal.value, is_shown=told)


def _made(leaf: Leaf, facts: Facts, definitions: Definitions) -> Iterator[ValueProposal]:
    current, operator = facts.get(leaf.field), leaf.operator
    for value in _from_operand(leaf, facts, definitions):
        yield ValueProposal(value=value, is_shown=True)
    if operator is Operator.PRESENT:
        yield ValueProposal(value=None, is_shown=True)
    for probe in _probes(leaf, facts, current):
        yield ValueProposal(value=probe, is_shown=False)


def _from_operand(leaf: Leaf, facts: Facts, definitions: Definitions) -> Iterator[FactValue]:
    operand, current = leaf.operand, facts.get(leaf.field)
    if isinstance(operand, FieldRef):
        other = facts.get(operand.field)
        if other is not None and operand.field not in NEVER_QUOTED:
            yield from other if isinstance(other, tuple) else ()
            yield from _around(other)
        return
    if leaf.operator in _OF_ITEMS:
        yield _OF_ITEMS[leaf.operator](_items(current), _items(operand))
    elif leaf.operator in (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH):
        yield from _items(operand) if not isinstance(current, tuple) else ()
        yield (*_items(current), *_items(operand))
    elif leaf.operator is Operator.MENTIONS:
        yield from _mentioned(operand, definitions)
    elif leaf.operator is Operator.IN_GROUP:
        yield from (code for name in _items(operand) for code in definitions.country_groups.get(name, ()))
    elif leaf.operator not in (Operator.MATCHES, Operator.PRESENT) and not isinstance(operand, timedelta):
        for value in operand if isinstance(operand, tuple) else (operand,):
            yield from _around(value)


def _around(value: object) -> Iterator[FactValue]:
    """A bound itself, and what lies just beside it."""
    if isinstance(value, bool):
        yield value
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value, value + 1, value - 1)
    elif isinstance(value, datetime):
        yield from _near(value)
    elif isinstance(value, str):
        yield value
        if is_instant(value):
            yield from _near(parse_policy_instant(value))


def _near(moment: datetime) -> Iterator[datetime]:
    yield moment
    for step in (timedelta(minutes=1), timedelta(minutes=-1)):
        try:
            yield moment + step
        except OverflowError:
            continue


def _probes(leaf: Leaf, facts: Facts, current: FactValue | None) -> Iterator[FactValue]:
    """Values that prove that some other value would do; they are never shown."""
    operand, now = leaf.operand, facts.get(NOW_FIELD)
    if isinstance(operand, timedelta) and isinstance(now, datetime):
        for step in (timedelta(0), operand / 2, -operand / 2, 2 * operand, -2 * operand):
            try:
                yield now + step
            except OverflowError:
                continue
        return
    if isinstance(current, tuple):
        unwanted = _items(operand)
        yield tuple(item for item in current if item not in unwanted)
    yield from (_OTHER, _OTHER.title(), (_OTHER,), (), 1, True, False)
    if isinstance(now, datetime):
        yield now


def _items(value: object) -> tuple[str, ...]:
    return (
        tuple(str(item) for item in value) if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    )


def _mentioned(operand: object, definitions: Definitions) -> Iterator[str]:
    for word in _items(operand):
        listed = definitions.word_lists.get(word.removeprefix("list:")) if word.startswith("list:") else None
        yield from listed or (word,)


def _said(leaf: Leaf) -> Arg:
    operand = leaf.operand
    match operand:
        case FieldRef():
            return say("goal.field", field=operand.field)
        case timedelta():
            return operand
        case _ if may_quote_lead(leaf):
            return say("goal.unquoted")
        case _:
            return operand_value(leaf)


_OF_TIMES: Mapping[Operator, tuple[str, str]] = MappingProxyType(
    {
        Operator.GTE: ("goal.not-before", "goal.before"),
        Operator.GT: ("goal.after", "goal.not-after"),
        Operator.LTE: ("goal.not-after", "goal.after"),
        Operator.LT: ("goal.before", "goal.not-before"),
    }
)

#: With a list of one value.
_OF_ONE: Mapping[Operator, tuple[str, str]] = MappingProxyType(
    {
        Operator.IN: ("goal.is", "goal.is-not"),
        Operator.NOT_IN: ("goal.is-not", "goal.is"),
        Operator.MENTIONS: ("goal.mentions-this", "goal.mentions-this-not"),
        Operator.CONTAINS_ANY: ("goal.contains", "goal.contains-not"),
        Operator.CONTAINS_ALL: ("goal.contains", "goal.contains-not"),
        Operator.CONTAINS_NONE: ("goal.contains-not", "goal.contains"),
    }
)

#: Where the field is compared with a text, which some languages cannot have beside "were" alone.
_OF_TEXTS: Mapping[str, str] = MappingProxyType({"goal.is": "goal.has", "goal.is-not": "goal.has-not"})

#: What a list would be, from what it is and what is asked of it.
_OF_ITEMS: Mapping[Operator, Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]] = MappingProxyType(
    {
        Operator.CONTAINS_ANY: lambda has, asked: (*has, asked[0]),
        Operator.CONTAINS_ALL: lambda has, asked: tuple(dict.fromkeys((*has, *asked))),
        Operator.CONTAINS_NONE: lambda has, asked: tuple(item for item in has if item not in asked),
    }
)

_KINDS: Mapping[FieldType, tuple[type, ...]] = MappingProxyType(
    {
        FieldType.TEXT: (str,),
        FieldType.NUMBER: (int, float),
        FieldType.BOOLEAN: (bool,),
        FieldType.INSTANT: (datetime,),
        FieldType.LIST: (tuple,),
    }
)

#: Said when it is to be true, said when it is to be false.
GOAL_WORDS: Mapping[Operator, tuple[str, str]] = MappingProxyType(
    {
        Operator.EQUALS: ("goal.is", "goal.is-not"),
        Operator.NOT_EQUALS: ("goal.is-not", "goal.is"),
        Operator.IN: ("goal.one-of", "goal.none-of"),
        Operator.NOT_IN: ("goal.none-of", "goal.one-of"),
        Operator.GTE: ("goal.at-least", "goal.below"),
        Operator.GT: ("goal.above", "goal.at-most"),
        Operator.LTE: ("goal.at-most", "goal.above"),
        Operator.LT: ("goal.below", "goal.at-least"),
        Operator.BETWEEN: ("goal.between", "goal.not-between"),
        Operator.PRESENT: ("goal.known", "goal.unknown"),
        Operator.CONTAINS: ("goal.contains", "goal.contains-not"),
        Operator.STARTS_WITH: ("goal.starts", "goal.starts-not"),
        Operator.ENDS_WITH: ("goal.ends", "goal.ends-not"),
        Operator.MATCHES: ("goal.matches", "goal.matches-not"),
        Operator.MENTIONS: ("goal.mentions", "goal.mentions-none"),
        Operator.IN_GROUP: ("goal.lies-in", "goal.lies-in-none"),
        Operator.UNDER_DOMAIN: ("goal.under", "goal.under-none"),
        Operator.CONTAINS_ANY: ("goal.contains-one", "goal.contains-none"),
        Operator.CONTAINS_ALL: ("goal.contains-all", "goal.contains-not-all"),
        Operator.CONTAINS_NONE: ("goal.contains-none", "goal.contains-one"),
        Operator.WITHIN_LAST: ("goal.within-last", "goal.not-within-last"),
        Operator.WITHIN_NEXT: ("goal.within-next", "goal.not-within-next"),
        Operator.OLDER_THAN: ("goal.older", "goal.not-older"),
        Operator.FURTHER_THAN: ("goal.further", "goal.not-further"),
    }
)
