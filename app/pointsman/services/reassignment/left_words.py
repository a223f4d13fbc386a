"""Why a lead stays where it is when many are moved, as a message: the text of an error is English, for the one who called."""

from collections.abc import Mapping

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import Message, say

_LEFT: Mapping[str, Message] = {
    "action-not-allowed": say("moving.not-allowed"),
    "calendar-unreadable": say("calendar.unreadable"),
    "gate-closed": say("calendar.gate-closed"),
    "holder-changed": say("moving.holder-changed"),
    "lead-merged": say("moving.lead-merged"),
    "no-calendar": say("calendar.no-calendar"),
    "no-email": say("moving.no-email"),
    "not-assigned": say("moving.not-assigned"),
    "not-found": say("moving.not-found"),
    "rep-inactive": say("moving.rep-inactive"),
    "slot-taken": say("calendar.slot-taken"),
}


def left_words(error: PointsmanError) -> Message:
    """What the error says: the message that it was written from, else the words of its code, else its own, quoted."""
    if isinstance(error.told, Message):
        return error.told
    return _LEFT.get(error.code) or say("moving.refused", said=str(error))
