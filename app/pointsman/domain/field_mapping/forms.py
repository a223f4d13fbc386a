"""A fact as a CRM's field has it, and back; and when two values of a field are the same."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from pointsman.domain.field_mapping.mapped import DAYS, CrmFieldType, MappedField, Transform
from pointsman.domain.leads.coercion import coerce, parse_instant, whole
from pointsman.domain.leads.facts import FactValue, FieldType
from pointsman.domain.leads.values.iso_codes import CodeNames
from pointsman.domain.leads.yes_no import known_answer

#: Longer values of a CRM are not looked at.
LONGEST = 10_000
_CASES: Mapping[Transform, Callable[[str], str]] = {
    Transform.TRIM: str.strip,
    Transform.LOWER: str.lower,
    Transform.UPPER: str.upper,
}


def outward(row: MappedField, value: FactValue) -> object:
    """The fact as the CRM's field has it. ValueError "no-choice" or "wrong-type" where it cannot say that."""
    if row.choices:
        codes = [code for code, ours in row.choices.items() if ours == plain_text(value)]
        if not codes:
            raise ValueError("no-choice")
        return codes[0]
    if row.type in (CrmFieldType.TEXT, CrmFieldType.CHOICE):
        return _in_case(row, _as_text(row, value))
    return _typed(row, value)


def inward(row: MappedField, raw: object, kind: FieldType, names: CodeNames) -> FactValue | None:
    """What the CRM's value says of the fact, which is of this kind; None: nothing. ValueError says why it cannot be read."""
    if is_nothing(raw):
        return None
    if isinstance(raw, str) and len(raw) > LONGEST:
        raise ValueError("too-long")
    if row.choices:
        code = plain_text(raw)
        if code not in row.choices:
            raise ValueError("no-choice")
        return coerce(row.fact, row.choices[code], kind, names=names)
    text = _in_case(row, raw) if isinstance(raw, str) else raw
    if kind is FieldType.INSTANT and isinstance(text, str):
        if (written := next((DAYS[one] for one in row.transforms if one in DAYS), None)) is not None:
            text = _day(text, written)
        return parse_instant(text)
    return coerce(row.fact, text, kind, names=names)


def is_nothing(raw: object) -> bool:
    """Whether a field has no value: empty, whichever way the CRM says it."""
    return raw is None or raw in ("", [], ()) or (isinstance(raw, str) and not raw.strip())


def mark(row: MappedField, raw: object) -> str:
    """The same for all that the CRM may call one value; a digest, so that no value is kept beside the lead. "" is no value."""
    return "" if is_nothing(raw) else sha256(_canonical(row, raw).encode()).hexdigest()[:24]


def plain_text(value: object) -> str:
    """A value as choices write it: whole numbers without a point, "true" or "false"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(whole(value)) if isinstance(value, int | float) else str(value).strip()


def _canonical(row: MappedField, raw: object) -> str:
    try:
        return _CANONICAL.get(row.type, plain_text)(raw)
    except ValueError:
        return plain_text(raw)


def _parts(raw: object) -> str:
    parts = raw.split(";") if isinstance(raw, str) else list(raw) if isinstance(raw, list | tuple) else [raw]
    return ";".join(sorted(plain_text(one) for one in parts))


_CANONICAL: Mapping[CrmFieldType, Callable[[object], str]] = {
    CrmFieldType.NUMBER: lambda raw: repr(float(str(raw))),
    CrmFieldType.BOOLEAN: lambda raw: str(known_answer(raw)),
    CrmFieldType.DATETIME: lambda raw: parse_instant(raw).isoformat(),
    CrmFieldType.DATE: lambda raw: parse_instant(raw).date().isoformat(),
    CrmFieldType.CHOICES: _parts,
}


def _typed(row: MappedField, value: FactValue) -> object:
    match row.type, value:
        case CrmFieldType.NUMBER, _:
            return _number(value)
        case CrmFieldType.BOOLEAN, bool():
            return value
        case CrmFieldType.DATETIME, datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case CrmFieldType.DATE, datetime():
            return value.astimezone(UTC).date().isoformat()
        case CrmFieldType.CHOICES, tuple():
            return list(value)
        case _:
            raise ValueError("wrong-type")


def _in_case(row: MappedField, text: str) -> str:
    for one in row.transforms:
        text = _CASES[one](text) if one in _CASES else text
    return text


def _as_text(row: MappedField, value: FactValue) -> str:
    match value:
        case bool():
            if Transform.YES_NO not in row.transforms:
                raise ValueError("wrong-type")
            return "yes" if value else "no"
        case datetime():
            written = next((DAYS[one] for one in row.transforms if one in DAYS), None)
            if written is None:
                raise ValueError("wrong-type")
            return value.astimezone(UTC).strftime(written)
        case tuple():
            return "; ".join(value)
        case _:
            return plain_text(value)


def _number(value: FactValue) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return whole(value)
    if isinstance(value, str):
        try:
            return whole(float(value))
        except (ValueError, OverflowError):
            pass
    raise ValueError("wrong-type")


def _day(text: str, written: str) -> str:
    try:
        return datetime.strptime(text.strip(), written).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return text.strip()
