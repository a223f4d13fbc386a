"""What pydantic finds wrong in a policy document, as faults with a path and the words for its author."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pointsman.domain.errors import Fault
from pointsman.domain.messages.form_faults import EMAIL, form_fault, hinted, shown_value
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.suggestions import as_suggestion, suggestion
from pointsman.domain.policy.conditions_model import CONDITION_MODELS
from pointsman.domain.policy.crm.actions import VENDOR_NAME, CrmActions, TaskAction
from pointsman.domain.policy.definitions_model import ScorePoints
from pointsman.domain.policy.document import (
    BookingRules,
    CapacityStep,
    FuzzyNameMatching,
    Gate,
    HoldRules,
    Matching,
    Member,
    Nurture,
    OnFail,
    Ownership,
    Policy,
    Pool,
    RampStep,
    Ranking,
    Rule,
    Score,
    Segment,
    SkillMatch,
    SkillPreference,
    SupplierRules,
)
from pointsman.domain.policy.evidence_sources import EvidenceDefinition, EvidenceLabels, EvidenceRules, EvidenceSource
from pointsman.domain.policy.invitations import InvitationRules, MessageWords
from pointsman.domain.policy.operands import TAG_PREFIX, FieldRef
from pointsman.domain.text.suggestions import did_you_mean, in_english, suggest

_CODES = {
    "missing": "missing",
    "model_type": "not-an-object",
    "dict_type": "not-an-object",
    "tuple_type": "not-a-list",
    "extra_forbidden": "unknown-key",
    "enum": "unknown-value",
    "literal_error": "unknown-value",
    "string_pattern_mismatch": "malformed",
    "too_long": "too-many",
    "too_short": "too-few",
}


@dataclass(frozen=True, slots=True)
class _Form:
    """What is said of a text that has not the form of its pattern, in English and as a message; `known` may be meant."""

    words: str
    key: str
    known: tuple[str, ...] = ()


#: What to write where a text has to have a form; each pattern of the document has words here.
PATTERNS_IN_WORDS: Mapping[str, _Form] = {
    r"^(hold|next|nurture|pool:[A-Za-z0-9][A-Za-z0-9._-]*)$": _Form(
        "is not known; write hold, next, nurture or pool:NAME", "fault.form-else", known=("hold", "next", "nurture")
    ),
    r"^(webhooks|reps|partners|scope:(intake|handover|booking|admin)|(intake|partner):[^\x00-\x20]{1,100})$": _Form(
        (
            "is not known; write webhooks, reps, partners, scope:handover, scope:booking, scope:intake, scope:admin,"
            " intake:KEY or partner:KEY"
        ),
        "fault.form-giver",
        known=("webhooks", "reps", "partners", "scope:handover", "scope:booking", "scope:intake", "scope:admin"),
    ),
    r"^[a-z][a-z0-9_]*$": _Form(
        "is malformed; write small letters, digits and '_', a letter first, as in decision_date",
        "fault.form-small-name",
    ),
    VENDOR_NAME: _Form(
        "is malformed; write the name as the CRM has it, in one line and without spaces around it",
        "fault.form-vendor-name",
    ),
    r"^[^\x00-\x1f\x7f]*$": _Form("is malformed; write one line", "fault.form-one-line"),
    r"^[A-Z]{2}$": _Form("is malformed; write a country as two capitals, as in DE", "fault.form-country"),
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": _Form(
        "is malformed; write letters, digits, '.', '_' and '-', a letter or digit first", "fault.form-name"
    ),
    r"^[a-z0-9.-]+\.[a-z0-9-]+$": _Form(
        "is malformed; write a domain in small letters, its umlauts as xn--…, as in post.example",
        "fault.form-mail-domain",
    ),
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$": _Form(
        "is malformed; write a field with its group, as in lead.country", "fault.form-field"
    ),
    r"^custom\.[a-z][a-z0-9_]*$": _Form(
        "is malformed; begin with custom. and go on in small letters, as in custom.vip", "fault.form-custom"
    ),
    EMAIL: _Form("is malformed; write one address, as in sales@firma.example", "fault.form-address"),
    r"^score\.[a-z][a-z0-9_]*$": _Form(
        "is malformed; begin with score. and go on in small letters, as in score.fit", "fault.form-score"
    ),
}

_MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Policy,
    ("rules", "*"): Rule,
    ("rules", "*", "crm"): CrmActions,
    ("rules", "*", "crm", "tasks", "*"): TaskAction,
    ("segments", "*"): Segment,
    ("icps", "*"): Segment,
    ("personas", "*"): Segment,
    ("scores", "*"): Score,
    ("scores", "*", "points", "*"): ScorePoints,
    ("gates", "*"): Gate,
    ("gates", "*", "on_fail"): OnFail,
    ("pools", "*"): Pool,
    ("pools", "*", "booking"): BookingRules,
    ("pools", "*", "invitations"): InvitationRules,
    ("pools", "*", "invitations", "texts", "*", "*"): MessageWords,
    ("pools", "*", "members", "*"): Member,
    ("pools", "*", "match", "*"): SkillMatch,
    ("pools", "*", "ranking"): Ranking,
    ("pools", "*", "ranking", "prefer", "*"): SkillPreference,
    ("pools", "*", "ramp_up", "*"): RampStep,
    ("suppliers", "*"): SupplierRules,
    ("suppliers", "*", "capacity", "*"): CapacityStep,
    ("nurture",): Nurture,
    ("evidence",): EvidenceRules,
    ("evidence", "names", "*"): EvidenceDefinition,
    ("evidence", "names", "*", "labels"): EvidenceLabels,
    ("evidence", "sources", "*"): EvidenceSource,
    ("matching",): Matching,
    ("matching", "names"): FuzzyNameMatching,
    ("ownership",): Ownership,
    ("holds",): HoldRules,
}


_CONDITIONS: Mapping[str, type[BaseModel]] = {**CONDITION_MODELS, "ref": FieldRef}


def parsing_fault(error: ErrorDetails) -> Fault:
    loc = error["loc"]
    path = _path(loc)
    code = _CODES.get(error["type"], error["type"].replace("_", "-"))
    message, hint = error["msg"], None
    given = "nothing" if error["input"] is None else f"{error['input']!r:.60}"
    match error["type"]:
        case "extra_forbidden":
            keys = _keys_beside(loc)
            hint = suggestion(str(loc[-1]), keys)
            message = f"'{loc[-1]}' is not known here; {did_you_mean(str(loc[-1]), keys)}".rstrip("; ")
        case "missing":
            message = f"'{loc[-1]}' is missing: add it"
        case "enum" | "literal_error":
            known = re.findall(r"'(\w+)'", str(error.get("ctx", {}).get("expected", "")))
            hint = suggestion(str(error["input"]), known)
            message = f"{given} is not known; {did_you_mean(str(error['input']), known)}"
        case "string_pattern_mismatch":
            form = PATTERNS_IN_WORDS.get(str(error.get("ctx", {}).get("pattern")))
            if form is not None:
                hint, advice = _alike(error["input"], form.known)
                told = hinted(say(form.key, given=shown_value(error["input"])), hint)
                return Fault(path=path, code=code, message=f"{given} {form.words}{advice}", told=told)
            message = f"{given} is malformed"
        case "model_type" if not loc and error["input"] is None:
            message = "the document is empty, or all of it is a comment; curl keeps its lines with --data-binary"
        case "model_type" | "dict_type":
            message = f"{given} is not an object: write keys with values"
        case "too_short":
            least = error.get("ctx", {}).get("min_length", 1)
            message = f"it has too few: write at least {least}, or leave it out"
        case "tuple_type":
            message = f"{given} is not a list: write [...]"
        case _:
            hint, advice = _alike(error["input"], error.get("ctx", {}).get("known", ()))
            message += advice
    return Fault(path=path, code=code, message=message, told=form_fault(error, message, hint))


def _alike(given: object, known: Iterable[str]) -> tuple[Message | None, str]:
    """What may be meant by a text that is like one of the known ones, as a message and as the end of an English sentence."""
    found = suggest(given, known) if isinstance(given, str) else None
    if found is None or not found.are_alike:
        return None, ""
    return as_suggestion(found), f"; {in_english(found)}"


def _path(loc: Sequence[int | str]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(TAG_PREFIX) and part != "[key]":
            path += f".{part}" if path else part
    return path


def _keys_beside(loc: Sequence[int | str]) -> Sequence[str]:
    """The keys that may stand in the place of an unknown one, from the model that stands at its parent."""
    parents = loc[:-1]
    if parents and isinstance(parents[-1], str) and parents[-1].startswith(TAG_PREFIX):
        model = _CONDITIONS.get(parents[-1].removeprefix(TAG_PREFIX))
    else:
        model = next((model for shape, model in _MODELS.items() if _has_shape(parents, shape)), None)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _has_shape(parents: Sequence[int | str], shape: tuple[str, ...]) -> bool:
    return len(parents) == len(shape) and all(
        wanted in ("*", part) for wanted, part in zip(shape, parents, strict=True)
    )
