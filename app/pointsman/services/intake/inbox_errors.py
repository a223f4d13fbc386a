"""Why an item of the inbox is refused or failed: a code to filter by, and a message to read."""

import traceback
from collections.abc import Mapping
from pathlib import Path

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.ports import DatabaseBusy

KNOWN_ELSEWHERE = CodedMessage("known-elsewhere", say("arrival.known-elsewhere"))
GAVE_UP = CodedMessage("gave-up", say("arrival.gave-up"))
#: What is wrong with what a sender sent, or with the mapping that reads it; all else is for engineers, in English.
_SENT: Mapping[str, Message] = {
    "bad-encoding": say("arrival.bad-encoding"),
    "duplicate-key": say("arrival.duplicate-key"),
    "empty-form": say("arrival.empty-form"),
    "key-too-long": say("arrival.key-too-long"),
    "lone-surrogate": say("arrival.lone-surrogate"),
    "mapping-too-costly": say("arrival.mapping-too-costly"),
    "multipart": say("arrival.multipart"),
    "no-events": say("arrival.no-events"),
    "no-identity": say("arrival.no-identity"),
    "no-object": say("arrival.no-object"),
    "not-a-number": say("arrival.not-a-number"),
    "not-json": say("arrival.not-json"),
    "number-out-of-range": say("arrival.number-out-of-range"),
    "nul-character": say("arrival.nul-character"),
    "too-deep": say("arrival.too-deep"),
    "too-large": say("arrival.too-large"),
    "too-many-fields": say("arrival.too-many-fields"),
    "too-many-flaws": say("arrival.too-many-flaws"),
    "too-many-keys": say("arrival.too-many-keys"),
    "too-many-values": say("arrival.too-many-values"),
    "unknown-charset": say("arrival.unknown-charset"),
}


def refusal_of(error: PointsmanError) -> CodedMessage:
    """Of a refused event or item, with the place of the first fault."""
    told = _SENT.get(error.code) or as_written(safe_error_text(error))
    place = safe_error_text(error.faults[0].path) if error.faults and error.faults[0].path else None
    return CodedMessage(error.code, say("arrival.at", error=told, path=place) if place else told)


def busy_database(error: DatabaseBusy) -> CodedMessage:
    """Of an attempt that gave way to others."""
    return CodedMessage(error.code, say("arrival.busy"))


def unforeseen(error: Exception) -> CodedMessage:
    """Type and place alone: what the error says may quote what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "pointsman" in frame.filename] or list(frames)
    kind = type(error).__name__
    if not ours:
        return CodedMessage("internal", say("arrival.internal", kind=kind))
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    return CodedMessage("internal", say("arrival.internal-at", kind=kind, place=place))
