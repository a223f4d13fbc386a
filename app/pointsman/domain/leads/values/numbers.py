"""Numbers as people and forms write them: group marks, ranges, units and scales, by the rules that `docs/intake.md` states.

One principle: a text is read as the least that it states, so that "at least 50" never holds of a company that may be smaller.
What could be two numbers is none.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.values.number_words import SCALES, SHORT_SCALES, NumberToken, number_tokens

MAX_NUMBER = 10**15
_LONGEST = 80  # characters; "between 1.000.000 and 5.000.000 employees" has half as many


class Counted(StrEnum):
    """What a field's number counts. It decides about "1.200" alone, which could be 1200 or 1.2."""

    THINGS = "things"  # whole: three digits after one mark are a group
    MONEY = "money"  # two decimals at most: the same
    ANYTHING = "anything"  # neither: "1.200" is unknown


COUNTED = {"company.employees": Counted.THINGS, "company.revenue": Counted.MONEY}


@dataclass(frozen=True, slots=True)
class NumberReading:
    """What a text says; `note` tells by which rule, None when the number is all that the text says."""

    value: int | float
    note: str | None = None


class AmbiguousNumberError(ValueError):
    """The text could be two numbers."""


_WHOLE = re.compile(r"[+-]?\d{1,16}", re.ASCII)
_GROUPED = {mark: re.compile(rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+") for mark in (r"\.", ",", "'", " ")}
_LAKHS = re.compile(r"[1-9]\d?(?:,\d{2})+,\d{3}")
_PARTED = re.compile(r"(?P<head>\d*)(?P<mark>[.,])(?P<tail>\d{1,16})")

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_TWO_LINES = re.compile(r"[\d.,'] *\n[\n ]*[\d.,']", re.ASCII)
#: "01.2024" and "10.2024": a month and its year, or a number.
_MONTH = re.compile(r"0\d+[.,]\d+|1[0-2]\.(?:19|20)\d\d|[1-9]\.(?:19|20)\d\d")

_OPENINGS = frozenset("><≥≤~…")
_NOTES = {
    ">": "more than counts as the least that it can be",
    "≥": "at least counts as the number itself",
    "<": "no lower end is said: counts as 0",
    "≤": "no lower end is said: counts as 0",
    "~": "about is left out",
    "-": "a range counts as its lower end",
    "€": "the currency is left out, and nothing is converted",
    ".": "three digits after one mark are thousands, since money has two decimals",
}


def read_number(text: str, counted: Counted = Counted.ANYTHING) -> NumberReading:
    """The number in `text`, as sent. ValueError says what was read, and what to write instead."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return NumberReading(within_bounds(int(text), counted))
    if len(text) > _LONGEST:
        raise ValueError("is too long for a number: write digits such as 120 or 1.5")
    try:
        reading = _Reader(number_tokens(_one_line(text)), counted).read()
    except AmbiguousNumberError as error:
        raise AmbiguousNumberError(f"could be two numbers, {text!r}: {error}") from None
    except ValueError:
        raise ValueError(f"is not a number, {text!r}: write digits such as 120 or 1.5") from None
    within_bounds(reading.value, counted)
    return reading


def _one_line(text: str) -> str:
    """`text` without what shows nothing. ValueError where that stands between two digits: they may be of two numbers."""
    if text.isprintable():
        return text
    shown = "".join(map(_visible, text))
    if _TWO_LINES.search(shown):
        raise ValueError("two lines, or a hidden sign within a number")
    return clean_text(text)


def _visible(sign: str) -> str:
    return "\n" if unicodedata.category(sign) in _INVISIBLE else " " if sign.isspace() else sign


def within_bounds(number: float, counted: Counted = Counted.ANYTHING) -> int | float:
    """The number, whole where it can be; ValueError for one too large to compare, and for a count below zero."""
    if not abs(number) <= MAX_NUMBER:
        raise ValueError("is too large a number")
    if number < 0 and counted is not Counted.ANYTHING:
        raise ValueError("is below zero, and a count has no sign: write digits such as 120")
    return int(number) if number == int(number) else number


class _Reader:
    """One text's tokens: [opening] [sign] figure [scale] [+ | - figure [scale]]; a currency anywhere."""

    def __init__(self, tokens: Sequence[NumberToken], counted: Counted) -> None:
        self._left = [token for token in tokens if token.kind != "money"]
        self._counted = counted
        self._notes = dict.fromkeys("€" for token in tokens if token.kind == "money")  # in the order of reading

    def read(self) -> NumberReading:
        opening = self._openings()
        sign = self._sign()
        figure, scale = self._figure()
        if self._left and self._left[0].text == "-":
            if sign or opening in {"<", "≤", ">"} or re.match("0[0-9]", figure):
                raise ValueError("a range has no sign")
            value = self._lower_end(figure, scale)
        elif opening == "…":
            raise ValueError("a range has two ends")
        else:
            value = (-1 if sign == "-" else 1) * self._value(figure, scale)
            if self._left and self._left[0].text == "+" and not opening:
                self._left.pop(0)
                opening = "≥"
            value = self._least(value, opening)
        if self._left:
            raise ValueError("more than a number")
        number = int(value) if value == int(value) else float(value)
        return NumberReading(number, "; ".join(_NOTES[note] for note in self._notes) or None)

    def _openings(self) -> str:
        """The bound that the text begins with, or nothing; "about" may stand before it."""
        found = ""
        while self._left and self._left[0].text in _OPENINGS:
            sign = self._left.pop(0).text
            if sign == "~":
                self._notes["~"] = None
            elif found:
                raise ValueError("two bounds")
            else:
                found = sign
        return found

    def _sign(self) -> str:
        first = self._left[0] if self._left else None
        return self._left.pop(0).text if first and first.glued and first.text in {"+", "-"} else ""

    def _figure(self) -> tuple[str, str]:
        """The next figure, and its scale or nothing."""
        figure, scale = self._next("figure"), self._next("scale")
        if not figure:
            raise ValueError("no figure")
        if scale == "m" and self._counted is Counted.THINGS:
            raise ValueError("m may be million or Mitarbeiter")
        return figure, scale

    def _next(self, kind: str) -> str:
        """The next token's text, taken, where it is of this kind; else nothing."""
        return self._left.pop(0).text if self._left and self._left[0].kind == kind else ""

    def _lower_end(self, figure: str, scale: str) -> Decimal:
        self._left.pop(0)
        upper, upper_scale = self._figure()
        if upper_scale and not scale:
            if upper_scale in SHORT_SCALES:
                raise AmbiguousNumberError(f"write {upper_scale} at both ends")
            shared = self._value(figure, upper_scale)
            if shared <= self._value(upper, upper_scale):
                scale = upper_scale
        low, high = self._value(figure, scale), self._value(upper, upper_scale)
        if low > high:
            raise ValueError("ends before it starts")
        self._notes["-"] = None
        return low

    def _least(self, value: Decimal, opening: str) -> Decimal:
        """The least that the text states."""
        if not opening:
            return value
        self._notes[opening] = None
        if opening in {"<", "≤"}:
            if value <= 0:
                raise ValueError("no lower end at all")
            return Decimal(0)
        return Decimal(int(value // 1) + 1) if opening == ">" and self._counted is Counted.THINGS else value

    def _value(self, figure: str, scale: str) -> Decimal:
        return self._decimal(figure, scaled=bool(scale)) * SCALES.get(scale, 1)

    def _decimal(self, figure: str, *, scaled: bool) -> Decimal:
        if _MONTH.fullmatch(figure):
            raise AmbiguousNumberError("it may be a month and its year")
        marks = {character for character in figure if not character.isdigit()}
        parted = _PARTED.fullmatch(figure)
        if not marks or (parted is not None and not self._is_group(parted, scaled=scaled)):
            return Decimal(figure.replace(",", "."))
        if _is_grouped(figure):
            return Decimal(_digits(figure))
        head, mark, tail = _rpart(figure)
        if len(marks) == 2 and mark in {".", ","} and mark not in head and _is_grouped(head):
            return Decimal(f"{_digits(head)}.{tail}")
        raise ValueError("marks in the wrong places")

    def _is_group(self, parted: re.Match[str], *, scaled: bool) -> bool:
        """Whether the one mark of a figure parts thousands, where three digits follow it."""
        head, tail = parted["head"], parted["tail"]
        if len(tail) != 3 or len(head) > 3 or head in {"", "0"}:
            return False
        if scaled or self._counted is Counted.ANYTHING:
            raise AmbiguousNumberError(f"write {head}{tail}, or {head}.{tail.rstrip('0') or '0'}")
        if self._counted is Counted.MONEY:
            self._notes["."] = None
        return True


def _is_grouped(figure: str) -> bool:
    return any(pattern.fullmatch(figure) for pattern in (*_GROUPED.values(), _LAKHS))


def _digits(figure: str) -> str:
    return re.sub(r"\D", "", figure)


def _rpart(figure: str) -> tuple[str, str, str]:
    place = max(figure.rfind(mark) for mark in ".,")
    return figure[:place], figure[place : place + 1], figure[place + 1 :]
