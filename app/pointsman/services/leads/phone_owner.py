"""The lead that a phone number finds, if nothing speaks against it; and the number as a name of its own."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.leads.phones import PhoneOwner, is_same_owner, telephone_id
from pointsman.domain.leads.senders import bringer_of, is_telephone, telephone_sender
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import ExternalId, FoundLead, LeadWrite, Person


def known_by_phone(person: Person, given: LeadInput, actor: Actor) -> Person:
    """The person with the number for an id, where there is neither an email nor an id: said again, it makes no new lead."""
    if person.phone is None or person.email_key is not None or person.external_id is not None:
        return person
    named = ExternalId(
        sender=telephone_sender(bringer_of(actor.supplier, actor.rep)),
        source_system="telephone",
        external_id=telephone_id(person.phone.key, given.first_name, given.last_name),
    )
    return replace(person, external_id=named)


def is_known_by_phone(person: Person) -> bool:
    """Whether the person's id is its number."""
    return person.external_id is not None and is_telephone(person.external_id.sender)


def owner_of_phone(named: Sequence[FoundLead], write: LeadWrite) -> UUID | None:
    """Of the leads that an event names, the one that is the same person by its number alone; see `is_same_owner`."""
    found = next((one for one in named if one.by_phone), None)
    person = write.person
    if found is None or person.phone is None:
        return None
    known = PhoneOwner(
        email_key=found.row.email_key,
        first_name=found.row.first_name,
        last_name=found.row.last_name,
        has_external_id=found.has_external_id,
    )
    news = PhoneOwner(
        email_key=person.email_key,
        first_name=write.first_name,
        last_name=write.last_name,
        has_external_id=person.external_id is not None and not is_known_by_phone(person),
        has_other_id=found.has_id_of_source and not found.by_external_id and not is_known_by_phone(person),
    )
    return found.row.id if is_same_owner(known, news, is_mobile=person.phone.is_mobile) else None
