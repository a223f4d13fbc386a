"""Which facts of leads go into fields of a CRM, or come from them: checked when a connection is saved, and daily."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.field_mapping.mapped import ONE_WAY, CrmFieldType, Direction, MappedField, Transform, Winner
from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.facts import QUALIFICATION, FieldType
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.suggestions import as_suggestion
from pointsman.domain.text.suggestions import in_english, suggest
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.connections.record_fields import CrmFieldName
from pointsman.services.deliveries.fields.sides import type_of
from pointsman.services.ports.booking.connections import RecordValue
from pointsman.services.ports.vendors.crm import CrmField

MOST_FIELDS = 200
#: By which a person is known, or what only the service says: nothing comes in, or nothing is mapped at all.
_NEVER = frozenset({"lead.email", "clock.now"})
_COMPUTED = frozenset({"lead.created_at", "account.parent_owner"})
_T, _C = Transform, CrmFieldType
#: What may stand in which field, and the transformation that it needs there.
_FITS: Mapping[tuple[FieldType, CrmFieldType], frozenset[Transform]] = MappingProxyType(
    {
        (FieldType.TEXT, _C.TEXT): frozenset(),
        (FieldType.TEXT, _C.CHOICE): frozenset(),
        (FieldType.TEXT, _C.NUMBER): frozenset({_T.NUMBER}),
        (FieldType.NUMBER, _C.NUMBER): frozenset(),
        (FieldType.NUMBER, _C.TEXT): frozenset({_T.NUMBER}),
        (FieldType.BOOLEAN, _C.BOOLEAN): frozenset(),
        (FieldType.BOOLEAN, _C.TEXT): frozenset({_T.YES_NO}),
        (FieldType.BOOLEAN, _C.CHOICE): frozenset({_T.YES_NO}),
        (FieldType.INSTANT, _C.DATETIME): frozenset(),
        (FieldType.INSTANT, _C.DATE): frozenset({_T.DATE}),
        (FieldType.INSTANT, _C.TEXT): frozenset({_T.DATE, _T.DATE_DMY, _T.DATE_MDY}),
        (FieldType.LIST, _C.CHOICES): frozenset(),
        (FieldType.LIST, _C.TEXT): frozenset({_T.LIST}),
    }
)
_ANYWHERE = frozenset({_T.TRIM, _T.LOWER, _T.UPPER})
_Code = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class MappedFieldIn(BaseModel):
    """A fact of leads, and the CRM's field for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["company.industry"])
    field: CrmFieldName = Field(description="The vendor's name of the field.", examples=["industry"])
    direction: Direction = Field(description="`in` from the CRM, `out` to it, or `both`.")
    wins: Winner = Field(
        default=Winner.CRM,
        description="Whose value stands where both changed since they were last compared; of `newer`, level times go to the CRM.",
    )
    choices: Annotated[dict[_Code, _Code], Field(max_length=500)] = Field(
        default={}, description="For each code of the CRM the value of ours: `{SOFTWARE: software}`."
    )
    transforms: Annotated[tuple[Transform, ...], Field(max_length=5)] = Field(
        default=(), description="In this order. `lower` and `upper` go one way only."
    )

    def mapped(self, kind: CrmFieldType) -> MappedField:
        """The row, of a field of this type."""
        return MappedField(
            fact=self.fact,
            field=self.field,
            direction=self.direction,
            wins=self.wins,
            type=kind,
            choices=self.choices,
            transforms=self.transforms,
        )


def check_fields(
    given: Sequence[MappedFieldIn],
    record: Mapping[RecordValue, str],
    types: Mapping[str, FieldType] | None,
    *,
    sync_owners: bool,
) -> None:
    """Raises Invalid for what is wrong in itself, whatever the CRM has."""
    faults = [*_without_owners(given, sync_owners=sync_owners), *_twice(given, record)]
    for position, row in enumerate(given):
        faults += _own_faults(row, f"body.fields[{position}]", types)
    _refuse(faults)


def typed_fields(given: Sequence[MappedFieldIn], known: Sequence[CrmField] | None) -> tuple[MappedField, ...]:
    """The rows with the types of their fields; None: the connector lists none, and all are taken for texts."""
    by_name = {one.name: one.type for one in known or ()}
    return tuple(row.mapped(by_name.get(row.field, CrmFieldType.TEXT)) for row in given)


def require_fields(
    rows: Sequence[MappedField], known: Sequence[CrmField] | None, types: Mapping[str, FieldType] | None
) -> None:
    """Raises Invalid for rows that do not go with the fields which the CRM has."""
    if known is not None:
        found = vendor_faults(rows, known, types)
        _refuse([fault for fault in found.values() if fault is not None])


def vendor_faults(
    rows: Sequence[MappedField], known: Sequence[CrmField], types: Mapping[str, FieldType] | None
) -> dict[str, Fault | None]:
    """By the CRM's field what is wrong with its row by what the CRM has now; None: nothing."""
    by_name = {one.name: one for one in known}
    return {
        row.field: _vendor_fault(row, f"body.fields[{position}]", by_name, type_of(row.fact, types))
        for position, row in enumerate(rows)
    }


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid(faults[0].message, faults=faults, told=faults[0].told)


def _without_owners(given: Sequence[MappedFieldIn], *, sync_owners: bool) -> Iterator[Fault]:
    if given and not sync_owners:
        message = "Only a connection with `sync_owners` is told of leads. Set it, or leave `fields` out."
        yield _fault("body.fields", "no-owners", message, say("refusal.fields-without-owners"))


def _twice(given: Sequence[MappedFieldIn], record: Mapping[RecordValue, str]) -> Iterator[Fault]:
    by_field = {name: f"record.{value.value}" for value, name in record.items()}
    by_fact: set[str] = set()
    for position, row in enumerate(given):
        if row.field in by_field:
            message = f"The field {_short(row.field)} has {by_field[row.field]} already: name another one."
            told = say("refusal.record-field-twice", name=row.field[:60], value=by_field[row.field])
            yield _fault(f"body.fields[{position}].field", "field-twice", message, told)
        by_field.setdefault(row.field, row.fact)
        if row.direction is not Direction.OUT and row.fact in by_fact:
            message = f"{row.fact} comes from another field already: a fact has one source in a CRM."
            told = say("refusal.fact-twice", fact=row.fact)
            yield _fault(f"body.fields[{position}].fact", "fact-twice", message, told)
        if row.direction is not Direction.OUT:
            by_fact.add(row.fact)


def _own_faults(row: MappedFieldIn, path: str, types: Mapping[str, FieldType] | None) -> Iterator[Fault]:
    kind = type_of(row.fact, types)
    if kind is None or row.fact in _NEVER or row.fact.startswith(QUALIFICATION):
        yield _no_fact(row.fact, f"{path}.fact", types)
        return
    if row.fact in _COMPUTED and row.direction is not Direction.OUT:
        message = f"{row.fact} is set by the service: it goes out alone."
        yield _fault(f"{path}.direction", "read-only", message, say("refusal.fact-goes-out", fact=row.fact))
    if row.direction is Direction.BOTH and (lost := [one for one in row.transforms if one in ONE_WAY]):
        message = f"`{lost[0].value}` cannot be undone: it goes one way only."
        yield _fault(
            f"{path}.transforms", "not-reversible", message, say("refusal.not-reversible", transform=lost[0].value)
        )
    values = list(row.choices.values())
    twice = next((value for value in values if values.count(value) > 1), None)
    if row.direction is not Direction.IN and twice is not None:
        message = f"Two choices are {_short(twice)}: which of them is to be written?"
        told = say("refusal.choice-ambiguous", value=twice[:60])
        yield _fault(f"{path}.choices", "choice-ambiguous", message, told)
    for code, value in row.choices.items():
        try:
            coerce(row.fact, value, kind, names=CODE_NAMES)
        except ValueError as error:
            message = f"{_short(value)} is no value of {row.fact}: it {error}"
            told = say("refusal.choice-unfit", value=value[:60], fact=row.fact)
            yield _fault(f'{path}.choices["{code[:60]}"]', "wrong-type", message, told)


def _no_fact(fact: str, path: str, types: Mapping[str, FieldType] | None) -> Fault:
    if fact == "lead.email":
        message = "A person is known by lead.email in both systems: it is not mapped."
        return _fault(path, "identity", message, say("refusal.fact-is-identity"))
    facts = [one for one in types or () if one not in _NEVER and not one.startswith(QUALIFICATION)]
    likely = suggest(fact, facts)
    hint = in_english(likely) or "see the fields of the policy"
    message = f"{_short(fact)} is no fact of a lead that can be mapped; {hint}"
    told = say(
        "fault.hinted",
        said=say("refusal.no-such-fact", fact=fact[:60]),
        hint=as_suggestion(likely) or say("refusal.see-policy-fields"),
    )
    return _fault(path, "unknown-fact", message, told)


def _vendor_fault(row: MappedField, path: str, known: Mapping[str, CrmField], kind: FieldType | None) -> Fault | None:
    found, name = known.get(row.field), row.field[:60]
    if kind is None:
        return _fault(
            f"{path}.fact", "unknown-fact", "The policy has no such fact.", say("refusal.no-such-fact", fact=row.fact)
        )
    if found is None:
        likely = suggest(row.field, known)
        message = (
            f"The CRM has no field {name!r} of a person; {in_english(likely) or 'see GET /v1/connections/KEY/fields'}"
        )
        told = say(
            "fault.hinted",
            said=say("refusal.no-record-field", name=name),
            hint=as_suggestion(likely) or say("refusal.see-record-fields"),
        )
        return _fault(f"{path}.field", "no-such-field", message, told)
    if row.goes_out and not found.writable:
        message = f"The CRM lets nobody write the field {name!r}: let it come `in`, or name another one."
        return _fault(f"{path}.direction", "field-read-only", message, say("refusal.field-comes-in", name=name))
    return _type_fault(row, path, found, kind) or _choice_fault(row, path, found)


def _type_fault(row: MappedField, path: str, found: CrmField, kind: FieldType) -> Fault | None:
    needed = _FITS.get((kind, found.type))
    if row.choices and found.type in (_C.TEXT, _C.CHOICE):
        needed = frozenset()
    if needed is None:
        message = (
            f"{row.fact} is of type {kind}, and the field {row.field[:60]!r} of type {found.type}: they do not fit."
        )
        told = say(
            "refusal.types-do-not-fit", fact=row.fact, ours=kind.value, name=row.field[:60], theirs=found.type.value
        )
        return _fault(f"{path}.field", "wrong-type", message, told)
    if needed and not needed & set(row.transforms):
        ways = sorted(one.value for one in needed)
        message = f"{row.fact} is of type {kind}, and the field of type {found.type}: add {' or '.join(ways)} to `transforms`."
        told = say(
            "refusal.transform-needed", fact=row.fact, ours=kind.value, theirs=found.type.value, ways=tuple(ways)
        )
        return _fault(f"{path}.transforms", "wrong-type", message, told)
    odd = next(
        (one for one in row.transforms if one not in needed and not (one in _ANYWHERE and kind is FieldType.TEXT)), None
    )
    if odd is not None:
        message = f"`{odd.value}` does nothing between {kind} and {found.type}: leave it out."
        told = say("refusal.transform-unfit", transform=odd.value, ours=kind.value, theirs=found.type.value)
        return _fault(f"{path}.transforms", "transform-unfit", message, told)
    return None


def _choice_fault(row: MappedField, path: str, found: CrmField) -> Fault | None:
    if found.type is not CrmFieldType.CHOICE or not found.options:
        return None
    missing = [code for code in row.choices if code not in found.options]
    if not missing:
        return None
    likely = suggest(missing[0], found.options)
    message = f"The field {row.field[:60]!r} does not offer {_short(missing[0])}; {in_english(likely)}".rstrip("; ")
    told = say("refusal.no-record-option", name=row.field[:60], options=tuple(one[:60] for one in missing[:5]))
    return _fault(f'{path}.choices["{missing[0][:60]}"]', "no-such-option", message, told)


def _short(text: str) -> str:
    return repr(text[:60])


def _fault(path: str, code: str, message: str, told: Message) -> Fault:
    return Fault(path=path, code=code, message=message, told=told)
