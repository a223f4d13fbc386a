"""An appointment's conflict in words: for each rep, what their calendar says otherwise."""

from collections.abc import Sequence

from pointsman.domain.booking.calendar_diff import Conflict, said_by_rep
from pointsman.domain.messages.message import Message, message_from_json, rep_name, say
from pointsman.services.wording.rendering import MessageReader, render_all


def conflict_messages(conflict: Conflict | None) -> Sequence[Message]:
    """One message for each calendar, by the keys of their reps."""
    return [
        say("calendar.says", rep=rep_name(rep), what=message_from_json(what))
        for rep, what in sorted(said_by_rep(conflict).items())
    ]


def conflict_text(conflict: Conflict | None, reader: MessageReader) -> str | None:
    """A line for each calendar of a rep that the reader may know of; None where there is no such line."""
    conflict = {rep: what for rep, what in said_by_rep(conflict).items() if reader.reads_rep(rep)}
    return "\n".join(render_all(conflict_messages(conflict), reader)) or None
