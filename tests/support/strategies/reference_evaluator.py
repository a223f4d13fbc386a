"""A reference evaluator of conditions, straight from the truth tables, over the document as written.

It shares no code with the evaluator under test: 1 is true, 0 is false, 1/2 is unknown.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from support.strategies.conditions import GROUPS, ICPS, LISTS, PERSONAS, SCORES, SEGMENTS

Answer = bool | None
_GROUPS: dict[str, list[str]] = {"DACH": ["DE", "AT", "CH"], **GROUPS}
_HOURS = {"h": 1, "d": 24, "w": 168}


def slowly(condition: Mapping[str, Any], known: Mapping[str, Any]) -> Answer:
    """What `condition` says of `known`."""
    if "all" in condition:
        return _word(min(_figure(slowly(part, known)) for part in condition["all"]))
    if "any" in condition:
        return _word(max(_figure(slowly(part, known)) for part in condition["any"]))
    if "not" in condition:
        return _word(1 - _figure(slowly(condition["not"], known)))
    for kind, named in (("segment", SEGMENTS), ("icp", ICPS), ("persona", PERSONAS)):
        if kind in condition:
            when: Any = named[condition[kind]]["when"]
            return slowly(when, known)
    ((operator, operand),) = ((key, value) for key, value in condition.items() if key != "field")
    return _leaf(known.get(condition["field"]), operator, operand, known)


def with_slow_scores(known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`known` with the moment and both scores, counted one by one."""
    facts = {**known, "clock.now": now}
    for name in ("score.fit", "score.total"):
        facts.pop(name, None)
    for name in ("score.fit", "score.total"):
        score: Any = SCORES[name]
        total = score.get("base", 0)
        for part in score["points"]:
            if slowly(part["when"], facts):
                total += part["points"]
        facts[name] = sorted([score.get("lowest", 0), total, score.get("highest", 100)])[1]
    return facts


def _leaf(value: Any, operator: str, operand: Any, known: Mapping[str, Any]) -> Answer:
    if operator == "present":
        return (value is not None) is operand
    if isinstance(operand, Mapping):
        operand = known.get(operand["field"])
        if isinstance(operand, (list, tuple)) != (operator in ("in", "not_in")):
            return None
        if isinstance(operand, str) and operator in ("gte", "gt", "lte", "lt"):
            return None
    if value is None or operand is None:
        return None
    for table in (_of_any_kind, _of_texts, _of_lists, _of_times):
        if operator in table:
            return table[operator](value, operand, known)
    raise AssertionError(f"the reference does not know {operator}")


def _member(value: Any, operand: Any, _known: object) -> Answer:
    choices = operand if isinstance(operand, (list, tuple)) else [operand]
    if isinstance(operand, tuple):  # another field's list: of texts
        return value in choices if isinstance(value, str) else None
    same_kind = [choice for choice in choices if _kind(choice) == _kind(value)]
    return value in same_kind if same_kind else None


def _not_member(value: Any, operand: Any, known: object) -> Answer:
    return _word(1 - _figure(_member(value, operand, known)))


def _ordered(compare: str) -> Any:
    def ask(value: Any, operand: Any, _known: object) -> Answer:
        low, high = operand if isinstance(operand, list) else (operand, operand)
        low, high = (_moment(end) if isinstance(end, str) else end for end in (low, high))
        if _kind(low) != _kind(value) or _kind(value) not in ("number", "datetime"):
            return None
        return {
            "gte": value >= low,
            "gt": value > low,
            "lte": value <= high,
            "lt": value < high,
            "between": low <= value <= high,
        }[compare]

    return ask


_of_any_kind = {
    "equals": _member,
    "in": _member,
    "not_equals": _not_member,
    "not_in": _not_member,
    **{operator: _ordered(operator) for operator in ("gte", "gt", "lte", "lt", "between")},
}


def _mentions(value: Any, operand: Any, _known: object) -> Answer:
    if not isinstance(value, str):
        return None
    phrases = [word for item in operand for word in (LISTS[item[5:]] if item.startswith("list:") else [item])]
    return any(re.search(rf"(?<!\w){re.escape(p.lower())}(?!\w)", value.lower()) for p in phrases)


def _under(value: Any, operand: Any, _known: object) -> Answer:
    if not isinstance(value, str):
        return None
    host = re.sub(r"^.*(//|@)", "", value.lower().split("?")[0]).split("/")[0]
    if not re.fullmatch(r"[a-z0-9_.-]+", host):
        return None
    labels = host.split(".")
    return any(labels[-len(domain.split(".")) :] == domain.split(".") for domain in operand)


_of_texts: dict[str, Any] = {
    "contains": lambda value, part, _: part in value if isinstance(value, (str, tuple)) else None,
    "starts_with": lambda value, part, _: value[: len(part)] == part if isinstance(value, str) else None,
    "ends_with": lambda value, part, _: value[-len(part) :] == part if isinstance(value, str) else None,
    "matches": lambda value, pattern, _: bool(re.search(pattern, value)) if isinstance(value, str) else None,
    "in_group": lambda value, groups, _: any(value in _GROUPS[g] for g in groups) if isinstance(value, str) else None,
    "mentions": _mentions,
    "under_domain": _under,
}
_of_lists: dict[str, Any] = {
    "contains_any": lambda value, items, _: any(i in value for i in items) if isinstance(value, tuple) else None,
    "contains_all": lambda value, items, _: all(i in value for i in items) if isinstance(value, tuple) else None,
    "contains_none": lambda value, items, _: all(i not in value for i in items) if isinstance(value, tuple) else None,
}


def _relative(value: Any, operand: str, known: Mapping[str, Any], verdict: Any) -> Answer:
    now = known.get("clock.now")
    if not isinstance(value, datetime) or not isinstance(now, datetime):
        return None
    span = int(operand[:-1]) * _HOURS[operand[-1]] * 3600
    return bool(verdict(value.timestamp(), now.timestamp(), span))


_of_times: dict[str, Any] = {
    "within_last": lambda value, span, known: _relative(value, span, known, lambda t, now, s: now - s <= t <= now),
    "within_next": lambda value, span, known: _relative(value, span, known, lambda t, now, s: now <= t <= now + s),
    "older_than": lambda value, span, known: _relative(value, span, known, lambda t, now, s: t < now - s),
    "further_than": lambda value, span, known: _relative(value, span, known, lambda t, now, s: t > now + s),
}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")


def _figure(answer: Answer) -> float:
    return 0.5 if answer is None else float(answer)


def _word(figure: float) -> Answer:
    return {0: False, 0.5: None, 1: True}[figure]


def _kind(value: object) -> str:
    return "number" if type(value) in (int, float) else type(value).__name__
