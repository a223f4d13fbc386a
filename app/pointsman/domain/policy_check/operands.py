"""Does what a test compares with fit the field: its type, its spelling, the groups, lists and patterns in it?"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.leads.values.iso_codes import NO_NAMES, CodeNames, CodeOfName, country_code, language_code
from pointsman.domain.messages.form_faults import shown_value
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.message import as_written as written
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.conditions_model import Leaf, Operator
from pointsman.domain.policy.operands import is_day, parse_policy_instant, word_list_name
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.text.hosts import host_in
from pointsman.domain.text.patterns import PatternRefused, compile_pattern
from pointsman.domain.text.phrases import fold_text

#: The `company.domain` that leads have of a host, None for one that is no company's; needs lists, so it is given from outside.
DomainOf = Callable[[str], str | None]
_E164 = re.compile(r"\+\d{7,15}", re.ASCII)
_COUNTRIES = frozenset({"lead.country", "company.country"})
_TYPE_WORDS = {
    FieldType.TEXT: say("finding.a-text"),
    FieldType.NUMBER: say("finding.a-number"),
    FieldType.BOOLEAN: say("finding.true-or-false"),
}
#: Where a day, which begins at midnight, is likely meant to its end.
_WHOLE_DAY: Mapping[Operator, str] = {
    Operator.LTE: "finding.day-as-upper-bound",
    Operator.GT: "finding.day-as-lower-bound",
}
_STATUSES = ("prospect", "customer")


class _NeverStored(Exception):  # an answer, not an error
    """A value that is kept of no lead: `why` goes on after "which"."""

    def __init__(self, why: Message) -> None:
        super().__init__(why.key)
        self.why = why


def as_written(host: str) -> str | None:
    """Without lists, each host stands for itself."""
    return host


@dataclass(frozen=True, slots=True)
class Spellings:
    """How the values of a lead's fields are stored."""

    names: CodeNames = NO_NAMES
    domain_of: DomainOf = as_written
    _said: dict[tuple[str, str], Message | None] = field(default_factory=dict, compare=False)

    def never_equal(self, name: str, value: str) -> Message | None:
        """Why the stored values of a lead's field never equal this spelling, and which to write; None where they may."""
        if (name, value) not in self._said:  # a suggestion takes a millisecond, and many reps have one language
            self._said[name, value] = self._judged(name, value)
        return self._said[name, value]

    def _judged(self, field: str, value: str) -> Message | None:
        try:
            stored, why = self._stored(field, value.strip())
        except _NeverStored as never:
            return say("finding.never-stored", field=field, value=value[:60], why=never.why)
        if stored == value:
            return None
        return say("finding.never-equal", field=field, value=value[:60], why=why, stored=stored)

    def _stored(self, field: str, value: str) -> tuple[str, Message]:
        """What is kept of a value, and why not the value itself. Raises _NeverStored."""
        match field:
            case "lead.country" | "company.country":
                code = _code(country_code, value, self.names.country, "finding.no-country-code")
                in_capitals = code == value.upper()
                return code, say("finding.countries-in-capitals" if in_capitals else "finding.countries-as-codes")
            case "lead.language":
                code = _code(language_code, value, self.names.language, "finding.no-language-code")
                in_small = code == value.lower()
                return code, say("finding.languages-in-small-letters" if in_small else "finding.languages-as-codes")
            case "company.domain":
                return self._domain(value), say("finding.domains-as-registered")
            case "lead.phone":
                return _phone(value), say("finding.numbers-in-e164")
            case "account.status":
                if value.casefold() not in _STATUSES:
                    raise _NeverStored(say("finding.no-status"))
                return value.casefold(), say("finding.status-in-small-letters")
            case _:
                return value, say("finding.blanks-not-stored")

    def _domain(self, value: str) -> str:
        host = (host_in(value) or "").removeprefix("www.")
        if "." not in host:
            raise _NeverStored(say("finding.is-no-domain"))
        if (domain := self.domain_of(host)) is None:
            raise _NeverStored(say("finding.is-no-companys"))
        return domain


def _code(read: Callable[[str, CodeOfName], str], value: str, of_name: CodeOfName, key: str) -> str:
    try:
        return read(value, of_name)
    except ValueError as error:
        # Leads may say a name or leave the field out; a policy is compared with the code.
        said = str(error).partition(", or the ")[0].replace("leave the field out", "write a code such as DE")
        raise _NeverStored(say(key, said=written(said))) from None


def _phone(value: str) -> str:
    number, mark, extension = value.partition(";ext=")
    digits = re.sub(r"[\s().\-/]", "", number)
    if not _E164.fullmatch(digits):
        raise _NeverStored(say("finding.is-no-number"))
    return f"{digits}{mark}{extension}"


def check_operand(
    at: str, leaf: Leaf, field_type: FieldType, definitions: Definitions, spellings: Spellings
) -> Iterator[Finding]:
    """Findings about the operand of `leaf`, whose operator fits its field, at the path `at`."""
    operand: Any = leaf.operand
    if isinstance(operand, tuple) and leaf.operator is not Operator.BETWEEN and len(set(operand)) < len(operand):
        yield warning(at, "repeated-value", say("finding.repeated-value"))
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
            if field_type is FieldType.INSTANT and leaf.operator in _WHOLE_DAY:
                yield from _whole_day(at, _WHOLE_DAY[leaf.operator], leaf.field, operand)
        case Operator.BETWEEN:
            yield from _values(at, leaf, field_type, spellings.never_equal)
            if field_type is FieldType.INSTANT:
                yield from _whole_day(f"{at}[1]", "finding.day-as-end", leaf.field, operand[1])
            if _crossed(operand):
                yield error(at, "empty-range", say("finding.empty-range", low=operand[0], high=operand[1]))
        case (
            Operator.PRESENT | Operator.CONTAINS | Operator.STARTS_WITH | Operator.ENDS_WITH
            | Operator.CONTAINS_ANY | Operator.CONTAINS_ALL | Operator.CONTAINS_NONE
            | Operator.WITHIN_LAST | Operator.WITHIN_NEXT | Operator.OLDER_THAN | Operator.FURTHER_THAN
        ):  # fmt: skip
            pass  # whatever has been parsed fits


def _whole_day(at: str, key: str, field: str, bound: object) -> Iterator[Finding]:
    """Of a value that has a time of day: the first day of work has none, and counts in its rep's zone."""
    if field != "rep.started_on" and is_day(bound) and (day := date.fromisoformat(bound)) < date.max:
        following = day + timedelta(days=1)
        yield warning(at, "whole-day-as-bound", say(key, day=bound, instead=following.isoformat()))


def _values(
    at: str, leaf: Leaf, field_type: FieldType, never_equal: Callable[[str, str], Message | None]
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
        yield error(at, "pattern-refused", say("finding.pattern-refused", why=written(str(refused))))


def _phrases(at: str, items: tuple[str, ...], definitions: Definitions) -> Iterator[Finding]:
    for i, item in enumerate(items):
        name = word_list_name(item)
        if name is not None and name not in definitions.word_lists:
            hint = suggestion(name, definitions.word_lists) or say("finding.add-under", section="word_lists")
            yield error(f"{at}[{i}]", "unknown-word-list", say("finding.unknown-word-list", name=name, hint=hint))
        elif not fold_text(item):
            yield error(f"{at}[{i}]", "never-mentioned", say("finding.never-mentioned"))


def _groups(at: str, field: str, names: tuple[str, ...], definitions: Definitions) -> Iterator[Finding]:
    if field not in _COUNTRIES and not field.startswith("custom."):
        yield error(at, "operator-misfit", say("finding.is-no-country", field=field))
    for i, name in enumerate(names):
        if name not in definitions.country_groups:
            hint = suggestion(name.upper(), definitions.country_groups)
            hint = hint or say("finding.add-under", section="country_groups")
            message = say("finding.unknown-country-group", name=name, hint=hint)
            yield error(f"{at}[{i}]", "unknown-country-group", message)


def _domains(at: str, domains: tuple[str, ...]) -> Iterator[Finding]:
    for i, domain in enumerate(domains):
        host = host_in(domain)
        if host is None:
            yield error(f"{at}[{i}]", "not-a-domain", say("finding.no-domain", domain=domain[:60]))
        elif host != domain.strip().lower() and domain.isascii():
            message = say("finding.only-the-host", domain=domain[:60], host=host)
            yield warning(f"{at}[{i}]", "not-a-domain", message)


def _fits(value: object, field_type: FieldType) -> bool:
    match field_type:
        case FieldType.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case _:  # a bound that is a text has been read as an instant when the document was parsed
            return isinstance(value, str)


def _misfit(field: str, value: object, field_type: FieldType) -> Message:
    if field_type is FieldType.TEXT and isinstance(value, bool):
        return say("finding.text-not-boolean", field=field, value=str(value).lower())
    wanted = _TYPE_WORDS.get(field_type, say("finding.an-instant"))
    return say("finding.wrong-type", field=field, wanted=wanted, value=shown_value(value))


def _crossed(bounds: tuple[object, ...]) -> bool:
    low, high = bounds
    if isinstance(low, str) and isinstance(high, str):
        return parse_policy_instant(low) > parse_policy_instant(high)
    return isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high
