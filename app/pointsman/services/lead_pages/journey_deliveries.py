"""What a journey says of what is owed to calendars, CRMs and the buyer, by how far that is."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import Message, as_written, rep_name, say
from pointsman.services.lead_pages.journey_mail import MAIL_DONE, MAIL_TOLD, mailed, never_mailed, with_doubt

_EVENT = "appointment-put"
_TOLD = {
    _EVENT: "journey.told-event",
    "appointment-drop": "journey.told-event-gone",
    "person-put": "journey.told-owner",
    "activity-put": "journey.told-meeting",
    "task-put": "journey.told-task",
    "membership-put": "journey.told-list",
    "fields-put": "journey.told-fields",
    **MAIL_TOLD,
}
_DONE = {
    _EVENT: "journey.done-event",
    "appointment-drop": "journey.done-event-gone",
    "person-put": "journey.done-owner",
    "activity-put": "journey.done-meeting",
    "task-put": "journey.done-task",
    "membership-put": "journey.done-list",
    "fields-put": "journey.done-fields",
    **MAIL_DONE,
}
_DELIVERED = {
    "pending": "journey.to-deliver",
    "dead": "journey.not-delivered",
    "superseded": "journey.delivery-overtaken",
}


def delivery_text(about: Mapping[str, Any]) -> Message:
    """What an entry of a delivery says; `about` is what its row keeps of it."""
    return with_doubt(about, _delivered(about))


def _delivered(about: Mapping[str, Any]) -> Message:
    status, thing = str(about["status"]), mailed(about) or str(about["what"])
    rep = rep_name(about["rep"] or "")  # a lead's record is about no rep
    if status == "done" and thing == _EVENT and about.get("invites"):
        return say("journey.done-event-invites", rep=rep)
    if status == "done" and thing in _DONE:
        return say(_DONE[thing], rep=rep)
    if status == "superseded" and (nothing_to_say := never_mailed(about)):
        return nothing_to_say
    words = say(_TOLD[thing], rep=rep) if thing in _TOLD else as_written(thing)
    if status not in _DELIVERED:
        return say("journey.delivery-other", what=words, status=as_written(status))
    return say(_DELIVERED[status], what=words)
