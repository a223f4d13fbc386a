"""How an intake's payload becomes a lead: one document, checked when it is saved and tried on a sample."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from pointsman.domain.dates.durations import PositiveDuration
from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.policy.evidence_sources import EvidenceName, EvidenceRules
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.domain.text.visible import says_something
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.intake.mapping.expression_advice import advice, quoting
from pointsman.services.intake.mapping.expressions import (
    FUNCTIONS,
    MAX_EXPRESSION,
    ExpressionRefusedError,
    compile_expression,
    unknown_function,
)
from pointsman.services.intake.mapping.made_answers import advice_on_affirming
from pointsman.services.leads.fields import KnownFields


def _compiles(expression: str) -> str:
    try:
        compile_expression(expression)
    except ExpressionRefusedError as error:
        raise PydanticCustomError("jmespath", "not a JMESPath expression: {reason}", {"reason": str(error)}) from None
    return expression


Expression = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION), AfterValidator(_compiles)]
_Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Word = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]


def _shows(text: str) -> str:
    if not (shown := clean_text(text)):
        raise PydanticCustomError("blank", "shows nothing: write the system's name, or leave it out")
    return shown


def _dedupe(text: str) -> str:
    return text if text.startswith("header:") else _compiles(text)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceMapping(_Part):
    """One finding in the payload: `value` says what; `affirmed_if` whether the buyer said yes, by default all but a no.

    What `affirmed_if` finds is a yes or a no as `pointsman.domain.leads.yes_no` knows them; anything else leaves the finding out,
    and so does an expression that makes its answer itself (`made_answers`).
    """

    name: EvidenceName
    kind: EvidenceKind | None = None
    value: Expression
    affirmed_if: Expression | None = None
    source: _Word | None = None

    @field_validator("source")
    @classmethod
    def _shown(cls, source: str | None) -> str | None:
        if source is not None and not says_something(source):
            raise PydanticCustomError("shows-nothing", "it shows nothing: write who found it out, or leave it out")
        return source


class WindowMapping(_Part):
    """When an appointment that is booked automatically may take place: so soon, or between times that the event gives."""

    within: PositiveDuration | None = Field(
        default=None, description="At most so long after `from`; without it, after now."
    )
    from_: Annotated[Expression | None, Field(alias="from", description="The earliest time; default: now.")] = None
    to: Expression | None = Field(default=None, description="The latest time at which it ends.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.within is None and self.from_ is None and self.to is None:
            raise PydanticCustomError("window-empty", "give within, from or to")
        return self


class IntakeMapping(_Part):
    """JMESPath expressions over the body (`events`) and over one event (all others)."""

    events: Expression | None = Field(default=None, description="The list of events in the body; default: the body.")
    dedupe: (
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION), AfterValidator(_dedupe)] | None
    ) = Field(default=None, description="What names an event, or header:NAME; default: a hash of the event.")
    occurred_at: Expression | None = Field(default=None, description="When it was true; default: on arrival.")
    fields: Annotated[dict[_Key, Expression], Field(max_length=300)] = {}
    constants: Annotated[dict[_Key, str | int | float | bool | list[str]], Field(max_length=100)] = {}
    external_id: Expression | None = None
    source_system: Annotated[_Word, AfterValidator(_shows)] | None = Field(
        default=None, description="The system that gave the external id; default: the intake."
    )
    evidence: Annotated[tuple[EvidenceMapping, ...], Field(max_length=50)] = ()
    do_not_contact: Expression | None = Field(
        default=None, description="A yes: the lead is not to be contacted from then on. All else changes nothing."
    )
    setter: Expression | None = Field(default=None, description="The rep who hands over: a key or an email.")
    auto_book: StrictBool = False
    window: WindowMapping | None = None

    @property
    def dedupe_header(self) -> str | None:
        """The header that names an event, in lower case; None where the event itself does."""
        if self.dedupe is None or not self.dedupe.startswith("header:"):
            return None
        return self.dedupe.removeprefix("header:").strip().lower()

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)


def parse_mapping(
    data: object, *, kind: str, known: KnownFields, stored: Mapping[str, Any] | None = None
) -> IntakeMapping:
    """The mapping in `data`; Invalid names every fault and its path.

    Where it is the one that is `stored`, it was checked before: what the policy has dropped since is `outdated_parts`.
    """
    try:
        mapping = IntakeMapping.model_validate(data)
    except ValidationError as error:
        faults = [
            Fault(path=_path(detail["loc"]), code=detail["type"].replace("_", "-"), message=_message(detail))
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise Invalid("The mapping has faults.", code="mapping-invalid", faults=faults) from None
    new = mapping.document() != stored
    if faults := [*(outdated_parts(mapping, known) if new else ()), *_kind_faults(mapping, kind)]:
        raise Invalid("The mapping has faults.", code="mapping-invalid", faults=faults)
    return mapping


def outdated_parts(mapping: IntakeMapping, known: KnownFields) -> list[Fault]:
    """What of a mapping does not go with the policy or the rules as they are now; of a new one, every fault."""
    return [
        *_field_faults(mapping, known),
        *_quoted_twice(mapping),
        *evidence_name_faults(mapping, known.evidence),
        *_made_answers(mapping),
        *_unknown_functions(mapping),
    ]


def _message(detail: ErrorDetails) -> str:
    """What pydantic says; of a key that is not known, the nearest that is."""
    *above, key = detail["loc"]
    if detail["type"] == "tuple_type":
        return "write a list, as in [{...}]"
    if detail["type"] in ("dict_type", "model_type"):
        return "write an object, as in {...}"
    if detail["type"] != "extra_forbidden":
        return detail["msg"]
    parts: dict[str, type[_Part]] = {"evidence": EvidenceMapping, "window": WindowMapping}
    part = parts.get(str(above[0]), _Part) if above else IntakeMapping
    names = [field.alias or name for name, field in part.model_fields.items()]
    return f"{str(key)[:60]!r} is not known here; {did_you_mean(str(key), names)}".rstrip("; ")


def _quoted_twice(mapping: IntakeMapping) -> Iterator[Fault]:
    """`'"your-email"'` as JSON sends it: the quotes of YAML make a text of it, the same for every event."""
    asked = {f'fields["{name}"]': expression for name, expression in mapping.fields.items()}
    asked |= {f"evidence[{position}].value": part.value for position, part in enumerate(mapping.evidence)}
    asked |= {"external_id": mapping.external_id or "", "dedupe": mapping.dedupe or ""}
    for path, expression in asked.items():
        if found := re.fullmatch(r"""'"([^'"]+)"'""", expression.strip()):
            message = f"this is the text {found[1]!r} itself, for every event: {quoting(found[1])}"
            yield Fault(path=f"mapping.{path}", code="quoted-twice", message=message)


def _field_faults(mapping: IntakeMapping, known: KnownFields) -> Iterator[Fault]:
    for name in mapping.fields:
        if fault := known.fault(name, f'mapping.fields["{name}"]'):
            yield fault
    for name, value in mapping.constants.items():
        path = f'mapping.constants["{name}"]'
        if fault := known.fault(name, path):
            yield fault
        elif name in mapping.fields:
            yield Fault(path=path, code="duplicate-field", message="the field is mapped too: keep one")
        else:
            try:
                coerce(name, value, known.type_of(name) or FieldType.TEXT, names=CODE_NAMES)
            except ValueError as error:
                yield Fault(path=path, code="wrong-type", message=f"{name} {error}")
    if mapping.external_id is None and not {"lead.email", "lead.phone"} & mapping.fields.keys():
        message = (
            'a lead is known by its email, phone number or external id: map "lead.email", "lead.phone" or external_id'
        )
        yield Fault(path="mapping.fields", code="no-identity", message=message)


def evidence_name_faults(mapping: IntakeMapping, rules: EvidenceRules) -> Iterator[Fault]:
    """Names of evidence that the policy does not declare, and kinds that are not theirs."""
    for position, part in enumerate(mapping.evidence):
        owner = rules.kind_of(part.name)
        path = f"mapping.evidence[{position}]"
        if owner is None:
            message = f"{part.name!r} is not known evidence; {did_you_mean(part.name, rules.names)}".rstrip("; ")
            yield Fault(path=path, code="evidence-name", message=message)
        elif part.kind is not None and part.kind is not owner:
            message = f"{part.name} is of kind {owner}: write that, or leave `kind` out"
            yield Fault(path=path, code="evidence-kind", message=message)


def _expressions(mapping: IntakeMapping) -> Iterator[tuple[str, str]]:
    """Paths and texts of what is asked of events."""
    yield from ((f'fields["{name}"]', expression) for name, expression in mapping.fields.items())
    for position, part in enumerate(mapping.evidence):
        yield f"evidence[{position}].value", part.value
        yield f"evidence[{position}].affirmed_if", part.affirmed_if or "@"
    for name in ("events", "occurred_at", "external_id", "do_not_contact", "setter"):
        yield name, getattr(mapping, name) or "@"
    yield "dedupe", "@" if mapping.dedupe is None or mapping.dedupe_header else mapping.dedupe


def _unknown_functions(mapping: IntakeMapping) -> Iterator[Fault]:
    for path, expression in _expressions(mapping):
        if name := unknown_function(expression):
            hint = advice(expression) or did_you_mean(name, sorted(FUNCTIONS))
            message = f"there is no function {name}(); {hint}".rstrip("; ")
            yield Fault(path=f"mapping.{path}", code="unknown-function", message=message)


def _made_answers(mapping: IntakeMapping) -> Iterator[Fault]:
    for position, part in enumerate(mapping.evidence):
        if part.affirmed_if and (advice := advice_on_affirming(part.affirmed_if)):
            yield Fault(path=f"mapping.evidence[{position}].affirmed_if", code="makes-its-answer", message=advice)


def _kind_faults(mapping: IntakeMapping, kind: str) -> Iterator[Fault]:
    if kind == "handover":
        return
    for name, used in (("setter", mapping.setter), ("auto_book", mapping.auto_book), ("window", mapping.window)):
        if used:
            yield Fault(
                path=f"mapping.{name}", code="handover-only", message="only an intake of kind handover has this"
            )


def _path(loc: tuple[int | str, ...]) -> str:
    path = "mapping"
    keyed = False
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif keyed:
            path += f'["{part}"]'
        elif part != "[key]":
            path += f".{part}"
        keyed = part in ("fields", "constants")
    return path
