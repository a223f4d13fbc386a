"""Actors of the audit as people read them: keys and intakes by their names, the service's own parts in words."""

from collections.abc import Mapping

from pointsman.domain.messages.message import Message, api_key_name, as_written, intake_name, say

_OWN: Mapping[str, Message] = {
    "worker": say("actor.service"),
    "cli": say("actor.command-line"),
    "booking-page": say("actor.booking-page"),
}


def actor_words(actor: str) -> Message:
    """The actor of an audit line (`key:…`, `intake:…`, `worker`) as people read it; one of another kind as it stands."""
    kind, _, key = actor.partition(":")
    match kind:
        case "key":
            return say("actor.key", name=api_key_name(key))
        case "intake":
            return say("actor.intake", name=intake_name(key))
        case "lead-link":
            return say("actor.lead-link")
        case _:
            return _OWN.get(actor, say("actor.other", actor=as_written(actor)))
