"""Do a condition's tests fit the fields they ask about, and do the names in it exist?"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.leads.facts import QUALIFICATION, STANDARD_FIELDS, FieldType
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.suggestions import suggestion
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
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy.operands import FieldRef
from pointsman.domain.policy.walk import written_conditions_of
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.operands import Spellings, check_operand
from pointsman.domain.roster.rep_facts import REP_FIELDS, REP_PREFIX, rep_field_type

#: The operators that fit each type.
OPERATORS_BY_TYPE: Mapping[FieldType, frozenset[Operator]] = {
    FieldType.TEXT: EQUALITY_OPERATORS | TEXT_OPERATORS | {Operator.CONTAINS, Operator.PRESENT},
    FieldType.NUMBER: EQUALITY_OPERATORS | ORDERING_OPERATORS | {Operator.PRESENT},
    FieldType.BOOLEAN: frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.PRESENT}),
    FieldType.INSTANT: ORDERING_OPERATORS | RELATIVE_TIME_OPERATORS | {Operator.PRESENT},
    FieldType.LIST: LIST_OPERATORS | {Operator.CONTAINS, Operator.PRESENT},
}

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
_UNKNOWN: Mapping[str, str] = {
    "segment": "finding.unknown-segment",
    "icp": "finding.unknown-icp",
    "persona": "finding.unknown-persona",
}
TYPES: Mapping[FieldType, Message] = {
    FieldType.TEXT: say("finding.type-text"),
    FieldType.NUMBER: say("finding.type-number"),
    FieldType.BOOLEAN: say("finding.type-boolean"),
    FieldType.INSTANT: say("finding.type-instant"),
    FieldType.LIST: say("finding.type-list"),
}


def fields_of_policy(policy: Policy) -> dict[str, FieldType]:
    """Every field of a lead that this policy's conditions may ask about, with its type."""
    return {**policy.field_types, **dict.fromkeys(policy.scores, FieldType.NUMBER)}


def unknown_fields(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Fields without a declaration, in those conditions of an unreadable document that can be read.

    So its author learns of them with the faults of form, and not once those are mended.
    """
    try:
        facts = EvidenceRules.model_validate(document.get("evidence") or {}).fact_types
    except ValidationError:
        return  # what evidence there is says which fields there are
    own = [name for key in ("fields", "scores") if isinstance(given := document.get(key), Mapping) for name in given]
    fields = {**STANDARD_FIELDS, **facts, **dict.fromkeys(own, FieldType.TEXT)}
    for path, written in written_conditions_of(document):
        try:
            condition = _CONDITION.validate_python(written)
        except ValidationError:
            continue  # told as a fault of form
        of_rep = _is_of_rep(path)
        for below, leaf in leaves(condition):
            if isinstance(leaf, Leaf) and _type_of(leaf.field, fields, of_rep=of_rep) is None:
                yield _unknown(f"{path}.{below}.field" if below else f"{path}.field", leaf.field, fields, of_rep=of_rep)


def check_condition(
    path: str,
    condition: Condition,
    fields: Mapping[str, FieldType],
    definitions: Definitions,
    spellings: Spellings | None = None,
) -> Iterator[Finding]:
    """Unknown fields and names, operators that do not fit a field's type, operands that do not fit either."""
    of_rep = _is_of_rep(path)
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


def _is_of_rep(path: str) -> bool:
    return path.startswith("pools.") and path.endswith(".requires")


def _check_name(where: str, ref: NamedRef, definitions: Definitions) -> Iterator[Finding]:
    if ref.key not in definitions.conditions:
        kind, _, name = ref.key.partition(":")
        known = [key.partition(":")[2] for key in definitions.conditions if key.startswith(f"{kind}:")]
        hint = suggestion(name, known) or say("finding.add-under", section=f"{kind}s")
        yield error(f"{where}.{kind}", f"unknown-{kind}", say(_UNKNOWN[kind], name=name, hint=hint))


def _type_of(field: str, fields: Mapping[str, FieldType], *, of_rep: bool) -> FieldType | None:
    return fields.get(field) or (rep_field_type(field) if of_rep else None)


def _unknown(path: str, field: str, fields: Mapping[str, FieldType], *, of_rep: bool) -> Finding:
    if field.startswith(REP_PREFIX) and not of_rep:
        return error(path, "rep-field-without-rep", say("finding.rep-field-without-rep", name=field))
    if field.startswith(QUALIFICATION):
        declared = [one.removeprefix(QUALIFICATION) for one in fields if one.startswith(QUALIFICATION)]
        name = field.removeprefix(QUALIFICATION)
        hint = say("finding.evidence-not-declared", name=name[:50])
        if alike := suggestion(name, declared):
            hint = say("finding.with-hint", advice=hint, hint=alike)
        return error(path, "unknown-field", say("finding.unknown-field", name=field, hint=hint))
    known = [*fields, *REP_FIELDS] if of_rep else fields
    advice = say("finding.add-under", section="scores") if field.startswith("score.") else say("finding.declare-field")
    hint = suggestion(field, known) or advice
    return error(path, "unknown-field", say("finding.unknown-field", name=field, hint=hint))


def _out_of_place(path: str, where: str, field: str) -> Iterator[Finding]:
    """An ideal customer profile describes companies, a persona people."""
    if path.startswith("icps.") and field.startswith("lead."):
        yield warning(f"{where}.field", "icp-asks-person", say("finding.icp-asks-person", field=field))
    elif path.startswith("personas.") and field.startswith(("company.", "account.")):
        yield warning(f"{where}.field", "persona-asks-company", say("finding.persona-asks-company", field=field))


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
        fitting = tuple(op.value for op in Operator if op in OPERATORS_BY_TYPE[field_type])
        message = say(
            "finding.operator-misfit",
            field=leaf.field,
            type=TYPES[field_type],
            operator=operator.value,
            fitting=fitting,
        )
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
        yield error(f"{at}.field", "compared-with-itself", say("finding.compared-with-itself", field=name))
    elif leaf.operator in (Operator.IN, Operator.NOT_IN):
        if field_type is not FieldType.TEXT or other is not FieldType.LIST:
            message = say(
                "finding.no-list",
                operator=leaf.operator.value,
                field=leaf.field,
                type=TYPES[field_type],
                other_field=name,
                other_type=TYPES[other],
            )
            yield error(f"{at}.field", "incomparable", message)
    elif field_type is not other:
        types = {"type": TYPES[field_type], "other_type": TYPES[other]}
        message = say("finding.incomparable", field=leaf.field, other_field=name, **types)
        yield error(f"{at}.field", "incomparable", message)
