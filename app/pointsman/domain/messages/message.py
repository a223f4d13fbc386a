"""Messages: what decisions, holds, alerts and the audit tell, as a key and arguments; text is made when it is read.

The text of a key stands in the catalogues of `services/wording`, one per language. A message holds no text of ours, so
that each reader has it in their language, in their time zone, and with people by their names of today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from pointsman.domain.dates.local_time import to_local_time, zone_name

_MOST_NESTED = 50
_LONGEST_NUMBER = 300


class NameKind(StrEnum):
    """Of what a key is, where readers are to see a name in its place."""

    REP = "rep"
    SUPPLIER = "supplier"
    INTAKE = "intake"
    CONNECTION = "connection"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Named:
    """A person or thing that is stored by its key and read by its name."""

    kind: NameKind
    key: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: `key` says which text, `args` what stands in it, sorted by name. Equal messages say the same."""

    key: str
    args: tuple[tuple[str, "Arg"], ...] = ()

    def arg(self, name: str) -> "Arg":
        """The argument of that name; KeyError without one."""
        return dict(self.args)[name]

    def as_json(self) -> dict[str, Any]:
        """As JSON values, from which `message_from_json` makes it again."""
        return {"key": self.key, "args": {name: _to_json(arg) for name, arg in self.args}}


Scalar: TypeAlias = str | bool | int | float | Decimal | Fraction | datetime | date | timedelta | None
#: Text and numbers are themselves; a fraction is a balance with its sign; a tuple is a list of several.
Arg: TypeAlias = Scalar | Named | Message | tuple["Arg", ...]


#: Why something was done: a message of ours, or, as text, what a person wrote.
Reason: TypeAlias = Message | str | None


def say(key: str, /, **args: Arg) -> Message:
    """The message of that key. A datetime must be aware; one in a zone of its own is shown in it where a reader has none."""
    return Message(key, tuple(sorted(args.items()) if len(args) > 1 else args.items()))


@lru_cache(maxsize=4_096)  # a decision names each of its reps
def rep_name(key: str) -> Named:
    """A rep, to be read by name."""
    return Named(NameKind.REP, key)


def supplier_name(key: str) -> Named:
    """An employer of reps, to be read by name."""
    return Named(NameKind.SUPPLIER, key)


def intake_name(key: str) -> Named:
    """A sender of webhooks, to be read by its title."""
    return Named(NameKind.INTAKE, key)


def api_key_name(key: str) -> Named:
    """An API key (its public id), to be read by its name."""
    return Named(NameKind.API_KEY, key)


def connection_name(key: str) -> Named:
    """A connected system, to be read by name: its key is the name that it was given."""
    return Named(NameKind.CONNECTION, key)


def as_written(text: str) -> Message:
    """What a person or a vendor wrote, to be read as it stands."""
    return say("text.as-written", text=text)


def as_message(reason: Reason) -> Message | None:
    """Why, as it is stored."""
    return as_written(reason) if isinstance(reason, str) else reason


def first_of(items: Sequence[Arg], most: int, *, of: int | None = None) -> Arg:
    """The first of several, and how many more there are; `of` is how many there are in all, where `items` are not."""
    total = len(items) if of is None else of
    if total <= most:
        return tuple(items)
    return say("text.and-more", items=tuple(items[:most]), count=total - most)


def message_from_json(data: Any) -> Message:
    """The message that `as_json` wrote; of anything else, as a later release or a hand wrote it, what can be shown.

    It never raises: no row may close a whole list.
    """
    return _message(data, _MOST_NESTED)


def _message(data: Any, deeper: int) -> Message:
    match data:
        case {"key": str(key)}:
            args = data.get("args")
            found = args if isinstance(args, Mapping) else {} if args is None else {"args": args}
            return Message(key, tuple(sorted((str(name), _from_json(arg, deeper)) for name, arg in found.items())))
        case str():
            return as_written(data)
        case _:
            return as_written(_as_stored(data))


def _to_json(arg: Arg) -> Any:
    found: Any = arg
    match arg:
        case str() | None:  # first, as most are
            pass
        case tuple():
            found = [_to_json(item) for item in arg]
        case Message():
            found = arg.as_json()
        case Named():
            found = {arg.kind.value: arg.key}
        case Fraction():
            found = {"balance": str(arg)}
        case Decimal():
            found = {"number": str(arg)}
        case datetime():
            zone = zone_name(arg)
            found = {"at": to_local_time(arg, "UTC").isoformat()} | (
                {"zone": zone} if zone not in (None, "UTC") else {}
            )
        case date():
            found = {"on": arg.isoformat()}
        case timedelta():
            found = {"seconds": arg.total_seconds()}
        case _:
            pass
    return found


def _from_json(data: Any, deeper: int) -> Arg:
    """What a later release wrote, and this one does not know, is shown as it is stored."""
    if deeper == 0 and isinstance(data, list | dict):
        return "…"
    try:
        return _known_from_json(data, deeper - 1)
    except (ValueError, TypeError, ArithmeticError, KeyError, AttributeError, OSError):
        return _as_stored(data)


def _as_stored(data: Any) -> str:
    try:
        return str(data)
    except (ValueError, RecursionError):  # of a number with thousands of figures, of lists in lists without end
        return "…"


def _known_from_json(data: Any, deeper: int) -> Arg:
    found: Arg
    match data:
        case list():
            found = tuple(_from_json(item, deeper) for item in data)
        case {"key": str(), "args": dict()}:
            found = _message(data, deeper)
        case {"at": at}:
            found = _instant(at, data.get("zone", "UTC"))
        case {"on": on}:
            found = date.fromisoformat(on)
        case {"seconds": seconds}:
            found = timedelta(seconds=seconds)
        case {"balance": str(balance)} if len(balance) <= _LONGEST_NUMBER and "e" not in balance.lower():
            found = Fraction(balance)  # "1e9999999" would be a number of ten million figures
        case {"number": str(number)} if len(number) <= _LONGEST_NUMBER:
            found = _finite(Decimal(number))
        case dict():
            ((kind, name),) = data.items()
            found = Named(NameKind(kind), name) if isinstance(name, str) else str(data)
        case _:
            found = data
    return found


def _instant(at: str, zone: str) -> datetime:
    written = datetime.fromisoformat(at)
    if written.tzinfo is None:
        raise ValueError("a time without an offset is no instant")
    return to_local_time(written, zone)


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError("no number")
    return number
