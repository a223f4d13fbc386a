"""Which field of a CRM has what is told of a lead beside its owner: checked when a connection is saved."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.field_mapping.mapped import CrmFieldType
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import say
from pointsman.domain.messages.suggestions import as_suggestion
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.suggestions import in_english, suggest
from pointsman.services.ports.booking.connections import RecordValue
from pointsman.services.ports.vendors.crm import CrmField

_NAME = r"^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
CrmFieldName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NAME)]
#: What a field of choices has to offer, of the values that are codes.
_CODES: Mapping[RecordValue, Sequence[str]] = {
    RecordValue.STAGE: [one.value for one in LeadStage],
    RecordValue.WORK: [one.value for one in Work],
}


class RecordFields(BaseModel):
    """The vendor's name of the field that each value goes into; what is left out is not told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: CrmFieldName | None = Field(
        default=None, description="Where the lead stands: `working`, `closing`, `booked` ..."
    )
    work: CrmFieldName | None = Field(
        default=None, description="What is being done with it: `qualification`, `closing` ..."
    )
    gate: CrmFieldName | None = Field(
        default=None, description="What the last try of the gate for closing came to. Private."
    )
    sentence: CrmFieldName | None = Field(
        default=None, description="The last decision, in the language of the deployment."
    )
    link: CrmFieldName | None = Field(
        default=None,
        description="The lead's page, as the rep reads it who has the lead. Everybody who reads the field can open it, and "
        "accept and reject there.",
    )
    evidence: CrmFieldName | None = Field(default=None, description="What is known of the lead's readiness. Private.")

    def by_value(self) -> dict[RecordValue, str]:
        """The fields that are named."""
        given = {value: getattr(self, value.value) for value in RecordValue}
        return {value: name for value, name in given.items() if name is not None}


def check_record_fields(fields: Mapping[RecordValue, str], *, sync_owners: bool) -> None:
    """Raises Invalid for fields of a connection that hears of no leads, and for a field that has two values."""
    faults = []
    if fields and not sync_owners:
        message = "Only a connection with `sync_owners` is told of leads. Set it, or leave `record` out."
        told = say("refusal.record-without-owners")
        faults.append(Fault(path="body.record", code="no-owners", message=message, told=told))
    seen: dict[str, RecordValue] = {}
    for value, name in fields.items():
        if name in seen:
            message = f"The field {name[:60]!r} has {seen[name].value} already: name another one."
            told = say("refusal.record-field-twice", name=name[:60], value=seen[name].value)
            faults.append(Fault(path=_path(value), code="field-twice", message=message, told=told))
        seen.setdefault(name, value)
    if faults:
        raise Invalid(faults[0].message, faults=faults, told=faults[0].told)


def require_record_fields(fields: Mapping[RecordValue, str], listed: Sequence[CrmField] | None) -> None:
    """Raises Invalid where the vendor, which has the `listed` fields, has not these; None: its connector lists none."""
    if listed is None:
        return
    known = {one.name: one for one in listed}
    faults = [fault for value, name in fields.items() if (fault := _fault(value, name, known)) is not None]
    if faults:
        raise Invalid(faults[0].message, faults=faults, told=faults[0].told)


def _fault(value: RecordValue, name: str, known: Mapping[str, CrmField]) -> Fault | None:
    found, path, shown = known.get(name), _path(value), name[:60]
    if found is None:
        likely = suggest(name, known)
        hint = in_english(likely) or "see the properties of a person there"
        message = f"The CRM has no field {shown!r} of a person; {hint}"
        told = say(
            "fault.hinted",
            said=say("refusal.no-record-field", name=shown),
            hint=as_suggestion(likely) or say("refusal.see-record-fields"),
        )
        return Fault(path=path, code="no-such-field", message=message, told=told)
    if not found.writable:
        message = f"The CRM lets nobody write the field {shown!r}: name another one."
        return Fault(
            path=path, code="field-read-only", message=message, told=say("refusal.record-field-read-only", name=shown)
        )
    if found.takes_text:
        return None
    offers_codes = found.type is CrmFieldType.CHOICE and found.options and value in _CODES
    missing = [code for code in _CODES.get(value, ()) if code not in found.options]
    if offers_codes and missing:
        message = f"The field {shown!r} offers no {', '.join(missing)}: add these options there, or name a text field."
        told = say("refusal.no-record-option", name=shown, options=tuple(missing))
        return Fault(path=path, code="no-such-option", message=message, told=told)
    if offers_codes:
        return None
    message = f"The field {shown!r} takes no text: name one that does."
    return Fault(path=path, code="no-text-field", message=message, told=say("refusal.no-text-field", name=shown))


def _path(value: RecordValue) -> str:
    return f"body.record.{value.value}"
