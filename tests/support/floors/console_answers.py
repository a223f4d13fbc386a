"""RecordedAnswers as the console keeps them, and how two of them are compared."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from pointsman.api.openapi import recorded_answers as kept

FOLDER = Path(kept.__file__).parent / "examples"
ITEMS = 2  # of each list

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_ICS_TIME = re.compile(r"\b\d{8}T\d{6}Z?")
_SECRET = re.compile(r"\bpm_\w+|\b[0-9a-f]{12,}\b|/(?:book|lead)/[\w.~-]+")
_TOKEN = re.compile(r"(\bpm_[0-9a-f]{12}_|/(?:book|lead)/|\b(?:state|code_challenge)=)[\w.~-]{12,}")
_PORT = re.compile(r"127\.0\.0\.1:\d+")
_SAMPLE = re.compile(r"^(pointsman_\S+) \S+$", re.MULTILINE)
_MASKS = (
    (_ID, "<id>"),
    (_TIME, "<time>"),
    (_ICS_TIME, "<time>"),
    (_SECRET, "<secret>"),
    (_PORT, "<host>"),
    (_SAMPLE, r"\1 <number>"),
)


def shown(answer: httpx.Response) -> Any:
    """The body as the console shows it, or None where it is neither JSON, nor a calendar, nor metrics.

    A JSON Schema with references is not shown either: they lead nowhere in the description around it.
    """
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind.endswith("json"):
        cut = _cut(answer.json())
        return None if '"$ref"' in json.dumps(cut) else cut
    if kind == "text/plain":
        return _first_samples(answer.text)
    return answer.text if kind == "text/calendar" else None


def _first_samples(metrics: str) -> str:
    """Of each metric its help, its type and one sample."""
    lines = metrics.splitlines()
    return "".join(
        f"{line}\n" for before, line in pairwise(["", *lines]) if line.startswith("#") or before.startswith("#")
    )


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub(r"\1…", value)
    if isinstance(value, dict):
        return {name: _cut(part) for name, part in value.items()}
    return [_cut(part) for part in value[:ITEMS]] if isinstance(value, list) else value


def masked(value: Any) -> Any:
    """The same without ids, times and secrets, which differ from one floor to the next."""
    if isinstance(value, dict):
        return {masked(name): "<cursor>" if name == "next" and part else masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    if isinstance(value, str):
        for pattern, mask in _MASKS:
            value = pattern.sub(mask, value)
    return value


def first_difference(new: Any, old: Any, path: str = "") -> str:
    """Where two masked answers differ first, and how; empty where they are the same."""
    if isinstance(new, dict) and isinstance(old, dict):
        pairs = [(f"{path}.{name}", new.get(name), old.get(name)) for name in sorted({*new, *old})]
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(new, old, strict=True))]
    else:
        return "" if new == old else f"{path} was {str(old)[:200]!r}, is {str(new)[:200]!r}"
    return next((found for place, one, other in pairs if (found := first_difference(one, other, place))), "")


def write(answers: kept.RecordedAnswers, shared: dict[str, Any], tags: dict[str, str]) -> None:
    """Keep the answers; what says the same as before stays as it is."""
    files: dict[str, kept.RecordedAnswers] = {}
    for operation, by_status in answers.items():
        own: dict[str, Any] = {}
        for status, body in sorted(by_status.items()):
            if body is None:
                continue
            if status in kept.SHARED and masked(body) == masked(shared.get(status)):
                continue
            before = kept.answer_of(operation, status)
            own[status] = before if masked(before) == masked(body) else body
        files.setdefault(kept.file_name(tags[operation]), {})[operation] = own
    old = kept.recorded_answers()[1]
    files[kept.SHARED_FILE] = {
        status: old[status] if masked(old.get(status)) == masked(body) else body for status, body in shared.items()
    }
    for name, content in files.items():
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (FOLDER / name).write_text(f"{text}\n", "utf-8")
