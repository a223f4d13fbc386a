"""Do a condition's tests fit the fields they ask about, and do the names in it exist?"""

from collections.abc import Iterator, Mapping

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.leads.facts import QUALIFICATION, FieldType
from pointsman.domain.policy.conditions_model import (
    EQUALITY_OPERATORS,
    LIST_OPERATORS,
    ORDERING_OPERATORS,
    RELATIVE_TIME_OPERATORS,
    TEXT_OPERATORS,
    Condition,
    Leaf,
    NamedRef,
    Operator,
    leaves,
)
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.operands import Spellings, check_operand
from pointsman.domain.roster.rep_facts import REP_FIELDS, REP_PREFIX, rep_field_type
from pointsman.domain.text.suggestions import did_you_mean

#: The operators that fit each type.
OPERATORS_BY_TYPE: Mapping[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: EQUALITY_OPERATORS | TEXT_OPERATORS | {Operator.CONTAINS, Operator.PRESENT},
    FieldType.NUMBER: EQUALITY_OPERATORS | ORDERING_OPERATORS | {Operator.PRESENT},
    FieldType.BOOLEAN: frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.PRESENT}),
    FieldType.INSTANT: ORDERING_OPERATORS | RELATIVE_TIME_OPERATORS | {Operator.PRESENT},
    FieldType.LIST: LIST_OPERATORS | {Operator.CONTAINS, Operator.PRESENT},
}


def fields_of_policy(policy: Policy) -> dict[str, FieldType]:
    """Every field of a lead that this policy's conditions may ask about, with its type."""
    return {**policy.field_types, **dict.fromkeys(policy.scores, FieldType.NUMBER)}


def check_condition(
    path: str,
    condition: Condition,
    fields: Mapping[str, FieldType],
    definitions: Definitions,
    spellings: Spellings | None = None,
) -> Iterator[Finding]:
    """Unknown fields and names, operators that do not fit a field's type, operands that do not fit either."""
    of_rep = path.startswith("pools.") and path.endswith(".requires")
    for below, leaf in leaves(condition):
        where = f"{path}.{below}" if below else path
        if not isinstance(leaf, Leaf):
            yield from _check_name(where, leaf, definitions)
            continue
        field_type = _type_of(leaf.field, fields, of_rep=of_rep)
        if field_type is None:
            yield _unknown(f"{where}.field", leaf.field, fields, of_rep=of_rep)
            continue
        yield from _out_of_place(path, where, leaf.field)
        yield from _check_leaf(where, leaf, field_type, fields, definitions, spellings or Spellings(), of_rep=of_rep)


def _check_name(where: str, ref: NamedRef, definitions: Definitions) -> Iterator[Finding]:
    if ref.key not in definitions.conditions:
        kind, _, name = ref.key.partition(":")
        known = [key.partition(":")[2] for key in definitions.conditions if key.startswith(f"{kind}:")]
        message = f"there is no {kind} '{name}'; {did_you_mean(name, known) or f'add it under {kind}s'}"
        yield error(f"{where}.{kind}", f"unknown-{kind}", message)


def _type_of(field: str, fields: Mapping[str, FieldType], *, of_rep: bool) -> FieldType | None:
    return fields.get(field) or (rep_field_type(field) if of_rep else None)


def _unknown(path: str, field: str, fields: Mapping[str, FieldType], *, of_rep: bool) -> Finding:
    if field.startswith(REP_PREFIX) and not of_rep:
        message = f"no rep is looked at yet where this stands, so there is no '{field}': ask it in a pool's 'requires'"
        return error(path, "rep-field-without-rep", message)
    if field.startswith(QUALIFICATION):
        declared = [one.removeprefix(QUALIFICATION) for one in fields if one.startswith(QUALIFICATION)]
        name = field.removeprefix(QUALIFICATION)
        hint = f"evidence.names declares no {name[:50]}; {did_you_mean(name, declared)}".rstrip("; ")
        return error(path, "unknown-field", f"there is no field '{field}'; {hint}")
    known = [*fields, *REP_FIELDS] if of_rep else fields
    advice = "add it under 'scores'" if field.startswith("score.") else "declare the organisation's own under 'fields'"
    return error(path, "unknown-field", f"there is no field '{field}'; {did_you_mean(field, known) or advice}")


def _out_of_place(path: str, where: str, field: str) -> Iterator[Finding]:
    """An ideal customer profile describes companies, a persona people."""
    if path.startswith("icps.") and field.startswith("lead."):
        message = f"an ideal customer profile describes companies, and {field} is of a person: move it to a persona"
        yield warning(f"{where}.field", "icp-asks-person", message)
    elif path.startswith("personas.") and field.startswith(("company.", "account.")):
        message = f"a persona describes people, and {field} is of a company: move it to an icp"
        yield warning(f"{where}.field", "persona-asks-company", message)


def _check_leaf(
    where: str,
    leaf: Leaf,
    field_type: FieldType,
    fields: Mapping[str, FieldType],
    definitions: Definitions,
    spellings: Spellings,
    *,
    of_rep: bool,
) -> Iterator[Finding]:
    operator, operand = leaf.operator, leaf.operand
    at = f"{where}.{operator}"
    if operator not in OPERATORS_BY_TYPE[field_type]:
        fitting = ", ".join(op for op in Operator if op in OPERATORS_BY_TYPE[field_type])
        message = f"{leaf.field} is of type {field_type}, which '{operator}' does not fit; use one of {fitting}"
        yield error(at, "operator-misfit", message)
    elif isinstance(operand, FieldRef):
        other = _type_of(operand.field, fields, of_rep=of_rep)
        if other is None:
            yield _unknown(f"{at}.field", operand.field, fields, of_rep=of_rep)
        else:
            yield from _check_other(at, leaf, operand.field, field_type, other)
    else:
        yield from check_operand(at, leaf, field_type, definitions, spellings)


def _check_other(at: str, leaf: Leaf, name: str, field_type: FieldType, other: FieldType) -> Iterator[Finding]:
    if name == leaf.field:
        yield error(f"{at}.field", "compared-with-itself", f"{name} is compared with itself: name another field")
    elif leaf.operator in (Operator.IN, Operator.NOT_IN):
        if field_type is not FieldType.TEXT or other is not FieldType.LIST:
            message = f"'{leaf.operator}' looks for a text in a list; {leaf.field} is a {field_type}, {name} a {other}"
            yield error(f"{at}.field", "incomparable", f"{message}: name a field of type list")
    elif field_type is not other:
        message = f"{leaf.field} is of type {field_type} and {name} of type {other}: name a field of the same type"
        yield error(f"{at}.field", "incomparable", message)
