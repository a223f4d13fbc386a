"""Do a condition's tests fit the fields they ask about?"""

from collections.abc import Collection, Iterator, Mapping

from pointsman.domain.condition_document import ORDERING, Condition, Leaf, Operator, leaves
from pointsman.domain.condition_values import instant
from pointsman.domain.findings import Finding, error, warning
from pointsman.domain.leads import FieldType
from pointsman.domain.suggestions import did_you_mean
from pointsman.domain.wording import show

_EQUALITY = frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN})
_TEXT = frozenset({Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH})

OPERATORS: Mapping[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: _EQUALITY | _TEXT | {Operator.PRESENT},
    FieldType.NUMBER: _EQUALITY | ORDERING | {Operator.PRESENT},
    FieldType.BOOLEAN: frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.PRESENT}),
    FieldType.INSTANT: ORDERING | {Operator.PRESENT},
    FieldType.LIST: frozenset({Operator.CONTAINS, Operator.PRESENT}),
}
_TYPE_WORDS = {FieldType.TEXT: "a text", FieldType.NUMBER: "a number", FieldType.BOOLEAN: "true or false"}
_CASES = {
    "lead.country": (str.upper, "countries are stored in capitals"),
    "company.country": (str.upper, "countries are stored in capitals"),
    "lead.language": (str.lower, "languages are stored in small letters"),
    "company.domain": (str.lower, "domains are stored in small letters"),
}


def check_condition(
    path: str, condition: Condition, fields: Mapping[str, FieldType], named: Collection[str]
) -> Iterator[Finding]:
    """Unknown fields and segments, operators that do not fit a field's type, operands of another type."""
    for below, leaf in leaves(condition):
        where = f"{path}.{below}" if below else path
        if not isinstance(leaf, Leaf):
            if leaf.key not in named:
                kind, _, name = leaf.key.partition(":")
                hint = did_you_mean(name, [key.partition(":")[2] for key in named if key.startswith(f"{kind}:")])
                message = f"there is no {kind} '{name}'; {hint or f'add it under {kind}s'}"
                yield error(f"{where}.{kind}", f"unknown-{kind}", message)
            continue
        field_type = fields.get(leaf.field)
        if field_type is None:
            hint = did_you_mean(leaf.field, fields) or "declare the organisation's own fields under 'fields'"
            yield error(f"{where}.field", "unknown-field", f"there is no field '{leaf.field}'; {hint}")
        else:
            yield from _check_leaf(where, leaf, field_type)


def _check_leaf(where: str, leaf: Leaf, field_type: FieldType) -> Iterator[Finding]:
    operator = leaf.operator
    if operator not in OPERATORS[field_type]:
        fitting = ", ".join(op for op in Operator if op in OPERATORS[field_type])
        message = f"{leaf.field} is of type {field_type}, which '{operator}' does not fit; use one of {fitting}"
        yield error(f"{where}.{operator}", "operator-misfit", message)
        return
    if operator is Operator.PRESENT or operator in _TEXT:
        return
    operand = leaf.operand
    many = operator in (Operator.IN, Operator.NOT_IN, Operator.BETWEEN)
    for i, value in enumerate(operand if isinstance(operand, tuple) else (operand,)):
        at = f"{where}.{operator}[{i}]" if many else f"{where}.{operator}"
        if not _fits(value, field_type):
            yield error(at, "wrong-type", _misfit(leaf.field, value, field_type))
        elif leaf.field in _CASES and isinstance(value, str):
            fold, why = _CASES[leaf.field]
            if fold(value) != value:
                message = f"{leaf.field} never equals '{value}', since {why}: write '{fold(value)}'"
                yield error(at, "never-equal", message)
    if isinstance(operand, tuple) and operator is Operator.BETWEEN and _crossed(operand):
        message = f"nothing lies between {show(operand[0])} and {show(operand[1])}: swap them"
        yield error(f"{where}.between", "empty-range", message)
    elif isinstance(operand, tuple) and many and len(set(operand)) < len(operand):
        yield warning(f"{where}.{operator}", "repeated-value", "a value is listed twice: remove one")


def _fits(value: object, field_type: FieldType) -> bool:
    match field_type:
        case FieldType.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case _:  # a bound that is a text has been read as an instant when the document was parsed
            return isinstance(value, str)


def _misfit(field: str, value: object, field_type: FieldType) -> str:
    if field_type is FieldType.TEXT and isinstance(value, bool):
        return f"{field} is a text, and {str(value).lower()} is not: YAML reads NO, OFF and YES unquoted so; quote it"
    wanted = _TYPE_WORDS.get(field_type, "an instant such as '2026-01-31T09:00:00+01:00'")
    return f"{field} needs {wanted}, not {value!r:.60}"


def _crossed(bounds: tuple[object, ...]) -> bool:
    low, high = bounds
    if isinstance(low, str) and isinstance(high, str):
        return instant(low) > instant(high)
    return isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high
