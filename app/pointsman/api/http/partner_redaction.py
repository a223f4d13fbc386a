"""What a partner's key reads in place of our reasons: where its lead is, not who else was looked at or why not."""

import copy
from dataclasses import replace

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.roles import Work, work_name
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

#: The answer to every lead that a partner brings in, be the person known or not.
PARTNER_SUBMISSION = say("redacted.received")
#: In place of what evidence of others, or a condition of the house, says.
UNMET_FOR_PARTNERS = say("redacted.unmet")
REFUSED_FOR_PARTNERS = say("redacted.refused")
FAILED_FOR_PARTNERS = say("redacted.failed")


def partner_summary(outcome: str, *, rep: str | None, work: str | None) -> Message:
    """A decision in one sentence that names only the rep who has the lead."""
    if outcome == "assigned" and rep is not None and work is not None:
        return say("redacted.assigned", rep=rep_name(rep), work=work_name(Work(work)))
    return say("redacted.nurture") if outcome == "nurture" else say("redacted.waits")


def partner_sentence(outcome: str, reader: MessageReader, *, rep: str | None, work: str | None) -> str:
    """The decision as it is read: nothing of our reasons stands beside the sentence."""
    return render_sentence(partner_summary(outcome, rep=rep, work=work), reader)


#: What a refusal calls the key of a rep.
_REP_FIELDS = frozenset({"rep", "closer", "setter"})


def refusal_as_read(error: PointsmanError, reader: MessageReader) -> PointsmanError:
    """The refusal as this reader reads it: messages beside its text in words, and no rep that the reader does not read.

    Text that names a rep was written from `told`, and is written from it again; any other stays, with what the caller sent.
    """
    read = copy.copy(error)
    read.extra = {name: _as_read(name, value, reader) for name, value in error.extra.items()}
    if reader.hides_others:
        if isinstance(error.told, Message):
            read.args = (render_sentence(error.told, reader),)
        read.faults = tuple(
            replace(one, message=render(one.told, reader)) if isinstance(one.told, Message) else one
            for one in error.faults
        )
    return read


def _as_read(name: str, value: object, reader: MessageReader) -> object:
    match value:
        case Message():
            return render(value, reader)
        case str() if name in _REP_FIELDS:
            return reader.shown_rep(value)
        case dict():
            return {inner: _as_read(inner, one, reader) for inner, one in value.items()}
        case list() | tuple():
            return [_as_read(name, one, reader) for one in value]
        case _:
            return value
