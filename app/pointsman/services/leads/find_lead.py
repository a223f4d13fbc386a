"""Which lead is meant by a text: its id, its email address, or `source:external id`."""

from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.senders import sender_of
from pointsman.domain.messages.message import say
from pointsman.services.leads.lead_input import NAMES_NO_PERSON, key_of_address, unread_address
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.leads.lead_search import LeadNames

MAX_LEAD_REFERENCE = 400  # characters: a source system, a colon and an external id
_MOST_COLONS = 10  # of a source system and an external id together

_WRITE = "write the lead's id, its email address, or source:external id, as in crm:4711"


async def find_lead(env: Env, given: str, *, actor: Actor, path: str) -> UUID:
    """The id of the lead that is meant. An id is taken as it is: whether there is such a lead, the use case says.

    Raises Invalid for a text that is none of these, with the `path` at which it was sent; NotFound, also for a lead that the
    caller does not see; Conflict "ambiguous-lead" with the ids where several leads have this external id.
    """
    names = _read(given, path)
    if isinstance(names, UUID):
        return names
    sender = sender_of(actor.supplier) if actor.sees.is_limited else None
    async with env.uow() as tx:
        found = await tx.lead_search.named(names, sees=actor.sees, sender=sender)
    if not found:
        raise _not_found(path)
    if len(found) > 1:
        message = (
            "Several leads have this external id, each from another sender. Write the id of the one that is meant."
        )
        fault = Fault(path=path, code="ambiguous-lead", message=message)
        raise Conflict(
            message,
            code="ambiguous-lead",
            faults=[fault],
            extra={"lead_ids": [str(one) for one in found]},
            told=say("refusal.ambiguous-lead"),
        )
    return found[0]


def _not_found(path: str) -> NotFound:
    message = "There is no lead with this id, address or external id."
    return NotFound(
        message,
        faults=[Fault(path=path, code="not-found", message=message, told=say("refusal.no-such-lead"))],
        told=say("refusal.no-such-lead"),
    )


def _read(given: str, path: str) -> UUID | LeadNames:
    text = clean_text(given[: MAX_LEAD_REFERENCE + 1])
    try:
        return UUID(text)
    except ValueError:
        pass
    if (key := key_of_address(text)) is not None:
        return LeadNames(email_key=key)
    ids = _external_ids(text)
    if not ids and (why := unread_address(text, path)) and why.code == NAMES_NO_PERSON:
        raise _not_found(path)
    if not ids or len(text) > MAX_LEAD_REFERENCE:
        message = f"{_WRITE}; in an address, + is written %2B" if path.startswith("query.") else _WRITE
        fault = Fault(path=path, code="not-a-lead", message=message)
        raise Invalid(
            "No lead can be meant by this text.", code="not-a-lead", faults=[fault], told=say("refusal.not-a-lead")
        )
    return LeadNames(external_ids=ids)


def _external_ids(text: str) -> tuple[tuple[str, str], ...]:
    """Each way to part the text at a colon: systems and ids may have colons of their own."""
    parts = text.split(":", _MOST_COLONS)
    ways = ((":".join(parts[:at]).strip(), ":".join(parts[at:]).strip()) for at in range(1, len(parts)))
    return tuple(way for way in ways if all(way))
