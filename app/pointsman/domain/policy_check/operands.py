"""Does what a test compares with fit the field: its type, its spelling, the groups, lists and patterns in it?"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.predicates import word_list_name
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.values.iso_codes import NO_NAMES, CodeNames, country_code, language_code
from pointsman.domain.policy.conditions_model import Leaf, Operator
from pointsman.domain.policy.operands import parse_policy_instant
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.text.formatting import format_value
from pointsman.domain.text.hosts import host_in
from pointsman.domain.text.patterns import PatternRefused, compile_pattern
from pointsman.domain.text.phrases import fold_text
from pointsman.domain.text.suggestions import did_you_mean

#: The `company.domain` that leads have of a host, None for one that is no company's; needs lists, so it is given from outside.
DomainOf = Callable[[str], str | None]
_E164 = re.compile(r"\+\d{7,15}", re.ASCII)
_COUNTRIES = frozenset({"lead.country", "company.country"})
_TYPE_WORDS = {FieldType.TEXT: "a text", FieldType.NUMBER: "a number", FieldType.BOOLEAN: "true or false"}
_STATUSES = ("prospect", "customer")


def as_written(host: str) -> str | None:
    """Without lists, each host stands for itself."""
    return host


@dataclass(frozen=True, slots=True)
class Spellings:
    """How the values of a lead's fields are stored."""

    names: CodeNames = NO_NAMES
    domain_of: DomainOf = as_written
    _said: dict[tuple[str, str], str | None] = field(default_factory=dict, compare=False)

    def never_equal(self, name: str, value: str) -> str | None:
        """Why the stored values of a lead's field never equal this spelling, and which to write; None where they may."""
        if (name, value) not in self._said:  # a suggestion takes a millisecond, and many reps have one language
            self._said[name, value] = self._judged(name, value)
        return self._said[name, value]

    def _judged(self, field: str, value: str) -> str | None:
        try:
            stored, why = self._stored(field, value.strip())
        except ValueError as error:
            only_a_code = str(error).partition(", or the ")[
                0
            ]  # leads may say a name; a policy is compared with the code
            advice = only_a_code.replace(
                "leave the field out", "write a code such as DE"
            )  # a rule has no field to leave out
            return f"{field} never equals '{value:.60}', which {advice}"
        return f"{field} never equals '{value:.60}', since {why}: write '{stored}'" if stored != value else None

    def _stored(self, field: str, value: str) -> tuple[str, str]:
        """What is kept of a value, and why not the value itself. ValueError for what is never kept."""
        match field:
            case "lead.country" | "company.country":
                code = country_code(value, self.names.country)
                return code, "countries are stored " + ("in capitals" if code == value.upper() else "as ISO 3166 codes")
            case "lead.language":
                code = language_code(value, self.names.language)
                return code, "languages are stored " + (
                    "in small letters" if code == value.lower() else "as ISO 639-1 codes"
                )
            case "company.domain":
                return self._domain(value), "domains are stored as they were registered, in small letters"
            case "lead.phone":
                return _phone(value), "numbers are stored in E.164"
            case "account.status":
                if value.casefold() not in _STATUSES:
                    raise ValueError("is neither prospect nor customer: write one of them")
                return value.casefold(), "a status is stored in small letters"
            case _:
                return value, "blanks around a text are not stored"

    def _domain(self, value: str) -> str:
        host = (host_in(value) or "").removeprefix("www.")
        if "." not in host:
            raise ValueError("is no domain: write one such as 'acme.de'")
        if (domain := self.domain_of(host)) is None:
            raise ValueError(
                "is no company's: no lead has it, such as free mail, unless matching.company_domains names it"
            )
        return domain


def _phone(value: str) -> str:
    number, mark, extension = value.partition(";ext=")
    digits = re.sub(r"[\s().\-/]", "", number)
    if not _E164.fullmatch(digits):
        raise ValueError("is no number in E.164, as numbers are stored: write one such as '+491711234567'")
    return f"{digits}{mark}{extension}"


def check_operand(
    at: str, leaf: Leaf, field_type: FieldType, definitions: Definitions, spellings: Spellings
) -> Iterator[Finding]:
    """Findings about the operand of `leaf`, whose operator fits its field, at the path `at`."""
    operand: Any = leaf.operand
    if isinstance(operand, tuple) and leaf.operator is not Operator.BETWEEN and len(set(operand)) < len(operand):
        yield warning(at, "repeated-value", "a value is listed twice: remove one")
    match leaf.operator:  # without `case _`: the type checker names an operator that is not looked at
        case Operator.MATCHES:
            yield from _pattern(at, operand)
        case Operator.MENTIONS:
            yield from _phrases(at, operand, definitions)
        case Operator.IN_GROUP:
            yield from _groups(at, leaf.field, operand, definitions)
        case Operator.UNDER_DOMAIN:
            yield from _domains(at, operand)
        case (
            Operator.EQUALS | Operator.NOT_EQUALS | Operator.IN | Operator.NOT_IN
            | Operator.GTE | Operator.GT | Operator.LTE | Operator.LT
        ):  # fmt: skip
            yield from _values(at, leaf, field_type, spellings.never_equal)
        case Operator.BETWEEN:
            yield from _values(at, leaf, field_type, spellings.never_equal)
            if _crossed(operand):
                message = f"nothing lies between {format_value(operand[0])} and {format_value(operand[1])}: swap them"
                yield error(at, "empty-range", message)
        case (
            Operator.PRESENT | Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH
            | Operator.CONTAINS_ANY | Operator.CONTAINS_ALL | Operator.CONTAINS_NONE
            | Operator.WITHIN_LAST | Operator.WITHIN_NEXT | Operator.OLDER_THAN | Operator.FURTHER_THAN
        ):  # fmt: skip
            pass  # whatever has been parsed fits


def _values(
    at: str, leaf: Leaf, field_type: FieldType, never_equal: Callable[[str, str], str | None]
) -> Iterator[Finding]:
    operand = leaf.operand
    many = isinstance(operand, tuple)
    for i, value in enumerate(operand if isinstance(operand, tuple) else (operand,)):
        where = f"{at}[{i}]" if many else at
        if not _fits(value, field_type):
            yield error(where, "wrong-type", _misfit(leaf.field, value, field_type))
        elif isinstance(value, str) and (wrong := never_equal(leaf.field, value)):
            yield error(where, "never-equal", wrong)


def _pattern(at: str, pattern: str) -> Iterator[Finding]:
    try:
        compile_pattern(pattern)
    except PatternRefused as refused:
        yield error(at, "pattern-refused", str(refused))


def _phrases(at: str, items: tuple[str, ...], definitions: Definitions) -> Iterator[Finding]:
    for i, item in enumerate(items):
        name = word_list_name(item)
        if name is not None and name not in definitions.word_lists:
            hint = did_you_mean(name, definitions.word_lists) or "add it under 'word_lists'"
            yield error(f"{at}[{i}]", "unknown-word-list", f"there is no word list '{name}'; {hint}")
        elif not fold_text(item):
            yield error(f"{at}[{i}]", "never-mentioned", "this phrase is empty: write a word, or remove it")


def _groups(at: str, field: str, names: tuple[str, ...], definitions: Definitions) -> Iterator[Finding]:
    if field not in _COUNTRIES and not field.startswith("custom."):
        yield error(at, "operator-misfit", f"{field} is no country: ask lead.country or company.country")
    for i, name in enumerate(names):
        if name not in definitions.country_groups:
            hint = did_you_mean(name.upper(), definitions.country_groups) or "add it under 'country_groups'"
            yield error(f"{at}[{i}]", "unknown-country-group", f"there is no country group '{name}'; {hint}")


def _domains(at: str, domains: tuple[str, ...]) -> Iterator[Finding]:
    for i, domain in enumerate(domains):
        host = host_in(domain)
        if host is None:
            yield error(f"{at}[{i}]", "not-a-domain", f"'{domain:.60}' is no domain: write one such as 'acme.de'")
        elif host != domain.strip().lower() and domain.isascii():
            yield warning(f"{at}[{i}]", "not-a-domain", f"of '{domain:.60}' only the host counts: write '{host}'")


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
        return f"{field} is a text, and {str(value).lower()} is not: write a text, in quotes where it is a word such as true"
    wanted = _TYPE_WORDS.get(field_type, "an instant such as '2026-01-31T09:00:00+01:00' or a date")
    return f"{field} needs {wanted}, not {value!r:.60}"


def _crossed(bounds: tuple[object, ...]) -> bool:
    low, high = bounds
    if isinstance(low, str) and isinstance(high, str):
        return parse_policy_instant(low) > parse_policy_instant(high)
    return isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high
