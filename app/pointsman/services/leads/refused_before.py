"""A person who was refused a partner or rep once goes on being refused: as a lead that went elsewhere would be.

Else the next word under the same id, or with the same number, would make a lead without the address, and tell that it is known.
"""

from collections.abc import Mapping, Sequence

from pointsman.domain.leads.phones import PhoneOwner, is_same_owner
from pointsman.domain.leads.senders import bringer_of
from pointsman.services.leads.phone_owner import is_known_by_phone
from pointsman.services.ports import Actor, Tx
from pointsman.services.ports.leads.leads import LeadWrite, Person

Said = Mapping[str, str | None]


class KnownElsewhere(Exception):
    """A partner or rep speaks of a person who is known and not theirs; nothing was changed. Never told to the caller."""


def kept_names(person: Person, actor: Actor) -> Sequence[str]:
    """The names under which a refused word is kept: its id under its sender, and its number under who brings it."""
    names = []
    if (named := person.external_id) is not None and not is_known_by_phone(person):
        names.append(f"id:{named.sender}:{named.source_system}:{named.external_id}")
    if person.phone is not None:
        names.append(f"phone:{bringer_of(actor.supplier, actor.rep)}:{person.phone.key}")
    return names


def kept_words(person: Person, first_name: str | None, last_name: str | None) -> Said:
    """The person that was meant, as the owner of a number is judged."""
    named = None if is_known_by_phone(person) else person.external_id
    return {
        "email_key": person.email_key,
        "first_name": first_name,
        "last_name": last_name,
        "source": named.source_system if named else None,
    }


async def is_number_of_several(tx: Tx, write: LeadWrite, actor: Actor) -> bool:
    """Whether the number is that of a refused person, and of a lead that the caller brought in: then it names neither.

    Raises KnownElsewhere where this person was refused before: by the id, or by the number where nothing else speaks against it.
    """
    person = write.person
    names = kept_names(person, actor)
    if not names:
        return False
    found = await tx.inbox.refused_before(names, external_id=person.external_id, email_key=person.email_key)
    ids = {name for name in names if name.startswith("id:")}
    if any(ids & one.names for one in found):
        raise KnownElsewhere
    if not found:
        return False
    for one in await tx.leads.find_and_lock(person, sees=actor.sees):
        if one.by_phone and await tx.leads.is_with(one.row.id, actor.sees):
            return True
    if any(_is_same(one.said, write) for one in found):
        raise KnownElsewhere
    return False


def _is_same(said: Said, write: LeadWrite) -> bool:
    person = write.person
    if person.phone is None:
        return False
    named = None if is_known_by_phone(person) else person.external_id
    known = PhoneOwner(
        email_key=said.get("email_key"),
        first_name=said.get("first_name"),
        last_name=said.get("last_name"),
        has_external_id=said.get("source") is not None,
    )
    news = PhoneOwner(
        email_key=person.email_key,
        first_name=write.first_name,
        last_name=write.last_name,
        has_external_id=named is not None,
        has_other_id=named is not None and named.source_system == said.get("source"),
    )
    return is_same_owner(known, news, is_mobile=person.phone.is_mobile)
