"""Why an appointment cannot be moved, as a message that is kept: the text of an error is for the one who called."""

from collections.abc import Mapping

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import Message, say

_REFUSALS: Mapping[str, Message] = {
    "action-not-allowed": say("calendar.not-allowed"),
    "already-booked": say("calendar.already-booked"),
    "calendar-unreadable": say("calendar.unreadable"),
    "gate-closed": say("calendar.gate-closed"),
    "holder-changed": say("calendar.holder-changed"),
    "no-calendar": say("calendar.no-calendar"),
    "slot-taken": say("calendar.slot-taken"),
}


def refusal_words(refused: PointsmanError) -> Message:
    """Why: what the message says that the error was written from, without its advice; else the words of its code."""
    if isinstance(refused.told, Message) and isinstance(why := dict(refused.told.args).get("why"), Message):
        return why
    return _REFUSALS.get(refused.code) or say("calendar.refused", code=refused.code)
