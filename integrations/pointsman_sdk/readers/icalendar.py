"""iCalendar (RFC 5545) from outside: counted before it is taken apart, and taken apart without recursion."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pointsman_sdk.readers.unreadable import Reason, Unreadable
from pointsman_sdk.readers.utf8 import checked_utf8

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ICalendarLimits:
    """What a calendar object may hold."""

    size: int = 2 * _MB  # bytes
    lines: int = 60_000  # content lines, unfolded
    line_length: int = 65_536  # bytes of one content line, unfolded
    components: int = 10_000
    depth: int = 6
    parameters: int = 32  # of one property
    rules: int = 4  # RRULE and EXRULE of one component
    dates: int = 1_000  # values of RDATE and EXDATE of one component
    periods: int = 20_000  # values of FREEBUSY of one component


ICALENDAR_LIMITS = ICalendarLimits()

_FOLD = re.compile(rb"\r?\n[ \t]")
_LINE = re.compile(r'(?P<name>[A-Za-z0-9_.-]++)(?P<params>(?:;(?:[^":;]++|"[^"]*+")*+)*+):(?P<value>.*+)', re.DOTALL)
_PARAMETER = re.compile(r';(?P<name>[^=;"]++)=(?P<value>(?:[^";]++|"[^"]*+")*+)')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WIDTH, _PIECE = 75, 18
_COUNTED = {"RRULE": "rules", "EXRULE": "rules", "RDATE": "dates", "EXDATE": "dates", "FREEBUSY": "periods"}


class Property(NamedTuple):
    """One content line. `name` is in capitals; `line` is what was sent, unfolded."""

    name: str
    raw_parameters: str
    value: str
    line: str

    @property
    def parameters(self) -> Mapping[str, str]:
        """By name in capitals, quotes taken off."""
        if not self.raw_parameters:
            return {}
        found = _PARAMETER.finditer(self.raw_parameters)
        return {one["name"].strip().upper(): one["value"].strip().replace('"', "") for one in found}

    @property
    def text(self) -> str:
        """The value as TEXT: escapes resolved."""
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(slots=True)
class Component:
    """A component with its own properties, in the order in which they were sent, and the components within it."""

    name: str
    properties: list[Property] = field(default_factory=list)
    components: list["Component"] = field(default_factory=list)

    def get(self, name: str) -> Property | None:
        """The first property of this name."""
        return next((one for one in self.properties if one.name == name), None)

    def all(self, *names: str) -> list[Property]:
        """Every property with one of these names."""
        return [one for one in self.properties if one.name in names]

    def text(self, name: str, default: str = "") -> str:
        """The text of the first property of this name, without spaces around it."""
        found = self.get(name)
        return default if found is None else found.text.strip()

    def replace(self, names: Collection[str], values: Iterable[Sequence[str]]) -> None:
        """Put these properties, name and value each, in the place of all that have one of `names`."""
        kept = [one for one in self.properties if one.name not in names]
        self.properties = [*kept, *(Property(name, "", value, f"{name}:{value}") for name, value in values)]

    def walk(self, name: str) -> Iterator["Component"]:
        """Every component of this name, however deep, in order."""
        todo = [self]
        while todo:
            here = todo.pop()
            if here.name == name:
                yield here
            todo.extend(reversed(here.components))


def parse_icalendar(body: bytes, limits: ICalendarLimits = ICALENDAR_LIMITS) -> list[Component]:
    """The calendar objects (VCALENDAR) in `body`, at least one.

    Unreadable beyond the limits, for text that is not UTF-8, and for a line or a component that is not whole: what is
    skipped could be what blocks a time. Values stay text; `calendar_times` reads times.
    """
    return _grouped(_content_lines(body, limits), limits)


def write_icalendar(calendar: Component) -> str:
    """A component that was read, as text again: every line as it was sent, folded anew."""
    lines: list[str] = []
    todo: list[Component | str] = [calendar]
    while todo:
        match todo.pop():
            case Component() as component:
                lines += [f"BEGIN:{component.name}", *(one.line for one in component.properties)]
                todo += [f"END:{component.name}", *reversed(component.components)]
            case str() as end:
                lines.append(end)
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _folded(line: str) -> str:
    """No piece is longer than 75 bytes, even where each of its characters takes four."""
    if len(line) <= _PIECE or (line.isascii() and len(line) <= _WIDTH):
        return line
    width = _WIDTH - 1 if line.isascii() else _PIECE
    return "\r\n ".join(line[start : start + width] for start in range(0, len(line), width))


def _content_lines(body: bytes, limits: ICalendarLimits) -> list[str]:
    """The unfolded lines: unfolded as bytes, since a fold may lie within a character."""
    if len(body) > limits.size:
        raise Unreadable(Reason.TOO_LARGE, f"The calendar is longer than {limits.size} bytes.")
    text = checked_utf8(_FOLD.sub(b"", body), size=limits.size, what="The calendar")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > limits.lines:
        raise Unreadable(Reason.TOO_LARGE, f"The calendar has more than {limits.lines} lines.")
    if max(map(len, lines)) > limits.line_length:
        raise Unreadable(Reason.TOO_LARGE, f"The calendar has a line longer than {limits.line_length} bytes.")
    return lines


def _properties(lines: list[str], limits: ICalendarLimits) -> Iterator[tuple[int, Property]]:
    for number, line in enumerate(lines, start=1):
        if not line or line.isspace():
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise Unreadable(Reason.MALFORMED, f"Line {number} of the calendar is no content line.", line=number)
        name, parameters, value = parts.groups()
        if parameters.count(";") > limits.parameters:
            said = f"A line of the calendar has more than {limits.parameters} parameters."
            raise Unreadable(Reason.TOO_LARGE, said, line=number)
        yield number, Property(name.upper(), parameters, value, line)


def _grouped(lines: list[str], limits: ICalendarLimits) -> list[Component]:
    top = Component("")
    open_: list[tuple[Component, dict[str, int]]] = [(top, {})]
    made = 0
    for number, found in _properties(lines, limits):
        component, counts = open_[-1]
        if found.name == "BEGIN":
            made += 1
            if made > limits.components:
                raise Unreadable(Reason.TOO_LARGE, f"The calendar has more than {limits.components} components.")
            if len(open_) > limits.depth:
                raise Unreadable(Reason.TOO_DEEP, f"The calendar is nested deeper than {limits.depth} levels.")
            inner = Component(found.value.strip().upper())
            component.components.append(inner)
            open_.append((inner, {}))
        elif found.name == "END":
            if len(open_) == 1 or found.value.strip().upper() != component.name:
                raise Unreadable(Reason.MALFORMED, "The calendar ends what it did not begin.", line=number)
            open_.pop()
        else:
            if found.name in _COUNTED:
                _count(found, counts, limits)
            component.properties.append(found)
    if len(open_) > 1:
        raise Unreadable(Reason.MALFORMED, "The calendar does not end what it begins.")
    if top.properties or not top.components or any(one.name != "VCALENDAR" for one in top.components):
        raise Unreadable(Reason.MALFORMED, "The text is not iCalendar.")
    return top.components


def _count(found: Property, counts: dict[str, int], limits: ICalendarLimits) -> None:
    """Add what `found` holds to what its component holds of that kind already."""
    kind = _COUNTED[found.name]
    counts[kind] = counts.get(kind, 0) + (1 if kind == "rules" else found.value.count(",") + 1)
    most: int = getattr(limits, kind)
    if counts[kind] > most:
        raise Unreadable(Reason.TOO_LARGE, f"A component has more than {most} {kind} ({found.name}).")
