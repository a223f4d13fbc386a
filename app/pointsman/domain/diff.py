"""What changed between two policies, in words: "rule 'DACH' now also takes CH in lead.country"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.domain.policy_document import Policy
from pointsman.domain.wording import listing, show

_PARTS = (("fields", "field"), ("segments", "segment"), ("gates", "gate"), ("pools", "pool"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: its path in the new document (in the old one, when something was removed), and a sentence."""

    path: str
    sentence: str


def diff(old: Policy, new: Policy) -> tuple[Change, ...]:
    """All changes from `old` to `new`. Rules are known by name, so that a moved rule is no removed and added one."""
    before, after = _document(old), _document(new)
    changes: list[Change] = []
    for key, noun in _PARTS:
        changes += _named(key, noun, before.get(key, {}), after.get(key, {}))
    changes += _rules(before.get("rules", []), after.get("rules", []))
    for key in ("description", "nurture", "matching"):
        changes += _compare(key, key, before.get(key), after.get(key))
    return tuple(changes)


def _document(policy: Policy) -> dict[str, Any]:
    # Without defaults, so that writing a default out is no change.
    return policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _named(key: str, noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name, value in after.items():
        if name not in before:
            yield Change(path=f"{key}.{name}", sentence=f"{noun} '{name}' is new")
        else:
            yield from _compare(f"{key}.{name}", f"{noun} '{name}'", before[name], value)
    for name in before:
        if name not in after:
            yield Change(path=f"{key}.{name}", sentence=f"{noun} '{name}' is gone")


def _rules(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    old = {rule["name"]: (i, rule) for i, rule in enumerate(before)}
    new = {rule["name"]: (i, rule) for i, rule in enumerate(after)}
    old_order = [name for name in old if name in new]
    new_order = [name for name in new if name in old]
    for name, (i, rule) in new.items():
        path, subject = f"rules[{i}]", f"rule '{name}'"
        if name not in old:
            yield Change(path=path, sentence=f"{subject} is new, at place {i + 1} of {len(after)}")
            continue
        if old_order.index(name) != new_order.index(name):
            yield Change(path=path, sentence=f"{subject} moved from place {old[name][0] + 1} to {i + 1}")
        yield from _compare(path, subject, old[name][1], rule)
    for name, (i, _) in old.items():
        if name not in new:
            yield Change(path=f"rules[{i}]", sentence=f"rule '{name}' is gone")


def _compare(path: str, subject: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare_keys(path, subject, before, after)
    elif isinstance(before, list) and isinstance(after, list) and _plain(before) and _plain(after):
        yield from _compare_values(path, subject, "", before, after)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _compare(f"{path}[{i}]", subject, one, other)
    else:
        where = path.rsplit(".", 1)[-1]
        what = subject if where == subject else f"{subject}: {where}"
        sentence = f"{what} was {_say(before)} and is now {_say(after)}"
        yield Change(path=path, sentence=sentence)


def _compare_keys(path: str, subject: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    asked = f" in {after['field']}" if before.get("field") == after.get("field") and "field" in after else ""
    for key in dict.fromkeys([*after, *before]):
        one, other, where = before.get(key), after.get(key), f"{path}.{key}"
        if asked and key in ("in", "not_in") and isinstance(one, list) and isinstance(other, list):
            yield from _compare_values(where, subject, asked, one, other, excludes=key == "not_in")
        elif asked and one != other and one is not None and other is not None:
            sentence = f"{subject} asks {after['field']} {key} {_say(other)}, not {_say(one)} any more"
            yield Change(path=where, sentence=sentence)
        else:
            yield from _compare(where, subject, one, other)


def _compare_values(
    path: str, subject: str, asked: str, before: list[Any], after: list[Any], *, excludes: bool = False
) -> Iterator[Change]:
    added = [show(value) for value in after if value not in before]
    removed = [show(value) for value in before if value not in after]
    takes = "excludes" if excludes else "takes"
    where = asked or f" in {path.rsplit('.', 1)[-1]}"
    if added:
        yield Change(path=path, sentence=f"{subject} now also {takes} {listing(added)}{where}")
    if removed:
        yield Change(path=path, sentence=f"{subject} no longer {takes} {listing(removed)}{where}")
    if not added and not removed and not asked:
        yield Change(path=path, sentence=f"{subject}: the order{where} changed")


def _plain(values: list[Any]) -> bool:
    return not any(isinstance(value, (dict, list)) for value in values)


def _say(value: Any) -> str:
    """A part of a document in few words; what is not there says so."""
    match value:
        case None:
            return "not set"
        case dict() if "field" in value:
            return " ".join(_say(part) for part in value.values())
        case dict():
            return ", ".join(f"{key} {_say(part)}" for key, part in value.items())
        case list():
            return f"[{', '.join(_say(part) for part in value)}]"
        case _:
            return show(value)
