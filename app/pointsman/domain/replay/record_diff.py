"""Where two records of one decision differ: the first byte, and every path with what stands there before and after."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.domain.leads.facts import NEVER_QUOTED
from pointsman.domain.routing.decision import canonical_json

CONTEXT_CHARACTERS = 40
MAX_PATHS = 50
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDifference:
    """The first byte that differs, with what stands around it in both; None around what is personal."""

    offset: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDifference:
    """One place that differs; `hidden` where what stands there is personal, and so is not told."""

    path: str
    before: str | None  # JSON, shortened; None: nothing stands there
    after: str | None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordComparison:
    """Two canonical records: the same bytes, or where they differ; `unlisted` places are counted, not listed."""

    first_difference: FirstDifference | None
    paths: tuple[PathDifference, ...]
    unlisted: int = 0

    @property
    def is_same(self) -> bool:
        return self.first_difference is None and not self.paths

    @property
    def differing_parts(self) -> tuple[str, ...]:
        """The parts at the top that differ, each once."""
        return tuple(dict.fromkeys(d.path.partition(".")[0].partition("[")[0] for d in self.paths))


NO_DIFFERENCE = RecordComparison(first_difference=None, paths=())


def compare_records(before: str, after: str) -> RecordComparison:
    """`before` and `after` as canonical JSON, byte by byte and path by path."""
    if before == after:
        return NO_DIFFERENCE
    found = list(_differences("", json.loads(before), json.loads(after), personal=False))
    personal = any(difference.hidden for difference in found)
    return RecordComparison(
        first_difference=_first(before, after, hidden=personal),
        paths=tuple(found[:MAX_PATHS]),
        unlisted=max(len(found) - MAX_PATHS, 0),
    )


def path_difference(path: str, before: object, after: object) -> PathDifference:
    """One place, told as the others are."""
    return PathDifference(path=path, before=_shown(before), after=_shown(after))


def _first(before: str, after: str, *, hidden: bool) -> FirstDifference:
    shorter = min(len(before), len(after))
    at = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    around = slice(max(at - CONTEXT_CHARACTERS, 0), at + CONTEXT_CHARACTERS)
    return FirstDifference(
        offset=len(before[:at].encode()),
        before=None if hidden else before[around],
        after=None if hidden else after[around],
    )


class _Nothing:
    """Stands where one side has nothing."""


_NOTHING = _Nothing()


def _differences(path: str, before: Any, after: Any, *, personal: bool) -> Iterator[PathDifference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        personal = personal or before.get("field") in NEVER_QUOTED or after.get("field") in NEVER_QUOTED
        for key in sorted({*before, *after}):
            where = f"{path}.{key}" if path else key
            hidden = personal or key in NEVER_QUOTED
            yield from _differences(where, before.get(key, _NOTHING), after.get(key, _NOTHING), personal=hidden)
    elif _listed(before) and _listed(after):
        for i in range(max(len(before), len(after))):
            one, other = (side[i] if i < len(side) else _NOTHING for side in (before, after))
            yield from _differences(f"{path}[{i}]", one, other, personal=personal)
    elif before == after and type(before) is type(after):
        return
    elif personal or _holds_a_person(before) or _holds_a_person(after):
        yield PathDifference(path=path, before=None, after=None, hidden=True)
    else:
        yield path_difference(path, before, after)


def _listed(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _holds_a_person(value: object) -> bool:
    """Whether a whole part that stands on one side alone is about a field that is never quoted."""
    if isinstance(value, Mapping):
        return value.get("field") in NEVER_QUOTED or any(
            key in NEVER_QUOTED or _holds_a_person(part) for key, part in value.items()
        )
    return isinstance(value, list) and any(_holds_a_person(part) for part in value)


def _shown(value: object) -> str | None:
    if isinstance(value, _Nothing):
        return None
    text = canonical_json(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
