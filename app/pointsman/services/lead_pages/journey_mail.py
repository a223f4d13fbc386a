"""What mail to the buyer adds to a journey: which message it was, that none was needed, and that it may have gone out twice."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.invitations import BuyerMessage

#: A cancellation to a mailbox that is not the buyer's any more: their appointment may stand.
_FAREWELL = "farewell-put"
MAIL_TOLD: Mapping[str, str] = {
    "notice-put": "journey.told-mail",
    "reminder-put": "journey.told-reminder",
    _FAREWELL: "journey.told-farewell",
    BuyerMessage.CONFIRMATION: "journey.told-confirmation",
    BuyerMessage.CHANGE: "journey.told-change",
    BuyerMessage.CANCELLATION: "journey.told-cancellation",
    BuyerMessage.REMINDER: "journey.told-reminder",
}
MAIL_DONE: Mapping[str, str] = {
    "notice-put": "journey.done-mail",
    "reminder-put": "journey.done-reminder",
    _FAREWELL: "journey.done-farewell",
    BuyerMessage.CONFIRMATION: "journey.done-confirmation",
    BuyerMessage.CHANGE: "journey.done-change",
    BuyerMessage.CANCELLATION: "journey.done-cancellation",
    BuyerMessage.REMINDER: "journey.done-reminder",
}
#: Mail of which no attempt was made: there was nothing to say.
_NEVER_SENT = {
    "notice-put": say("journey.mail-not-needed"),
    "reminder-put": say("journey.reminder-not-needed"),
    _FAREWELL: say("journey.farewell-not-needed"),
}


def mailed(about: Mapping[str, Any]) -> str | None:
    """Which message a mail was, where that is known; None of one that was never tried, and of all else."""
    what, said = about["what"], about.get("said")
    return _FAREWELL if what == _FAREWELL else str(said) if said else None


def never_mailed(about: Mapping[str, Any]) -> Message | None:
    """What to say of mail that was overtaken before it was tried; None of all else."""
    return _NEVER_SENT.get(about["what"]) if about.get("said") is None else None


def with_doubt(about: Mapping[str, Any], said: Message) -> Message:
    """The same with the doubt that it leaves, where a mail server's answer is missing."""
    if about.get("maybe_twice"):
        return say("journey.mail-maybe-twice", said=said)
    return say("journey.mail-maybe-sent", said=said) if about.get("maybe_sent") else said
