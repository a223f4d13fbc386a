"""What a partner's key reads in place of our reasons: where its lead is, not who else was looked at or why not."""

import copy
import re
from dataclasses import replace

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import Message, NameKind, rep_name, say
from pointsman.domain.roster.roles import Work, work_name
from pointsman.services.ports import Actor
from pointsman.services.roster.names import RosterNames
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE, MessageReader

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


#: What a refusal calls the key of a rep.
_REP_FIELDS = frozenset({"rep", "closer", "setter"})
_ANOTHER_REP = "another rep"


def hide_other_reps(error: PointsmanError, known: RosterNames, actor: Actor) -> PointsmanError:
    """The refusal as this caller reads it: no other rep by name in its text, or by key beside it. Refusals are English."""
    reader = known.reader(actor, FALLBACK_LANGUAGE)
    if not reader.hides_others:
        return error
    hidden = [
        name
        for named, name in known.names.items()
        if named.kind is NameKind.REP and named not in reader.names and not name.islower()
    ]
    told = copy.copy(error)
    told.args = (_without(str(error), hidden),)
    told.faults = tuple(replace(one, message=_without(one.message, hidden)) for one in error.faults)
    told.extra = {name: _without_keys(name, value, reader, hidden) for name, value in error.extra.items()}
    return told


def _without_keys(name: str, value: object, reader: MessageReader, hidden: list[str]) -> object:
    match value:
        case str():
            return reader.shown_rep(value) if name in _REP_FIELDS else _without(value, hidden)
        case dict():
            return {inner: _without_keys(inner, one, reader, hidden) for inner, one in value.items()}
        case list() | tuple():
            return [_without_keys(name, one, reader, hidden) for one in value]
        case _:
            return value


def _without(text: str, hidden: list[str]) -> str:
    for name in sorted((name for name in hidden if name in text), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _ANOTHER_REP, text)
    return f"{text[:1].upper()}{text[1:]}" if text.startswith(_ANOTHER_REP) else text
