"""The lead that a phone number finds, if nothing speaks against it; and the number as a name of its own."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.leads.matching import LeadMatch
from pointsman.domain.leads.phones import PhoneOwner, is_name, is_same_owner, telephone_id
from pointsman.domain.leads.senders import bringer_of, is_telephone, telephone_sender
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from pointsman.services.ports.leads.leads import ExternalId, FoundLead, LeadRow, LeadWrite, Person


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


def still_answers(known: FoundLead, write: LeadWrite) -> bool:
    """Whether the lead that a number and the names beside it were given to is still theirs: it may know more of itself by now.

    With a name: where no name differs. Without: a mobile number that the lead still has, any other while the lead is nothing
    but the number.
    """
    row, phone = known.row, write.person.phone
    assert phone is not None, "the number is the id"
    if is_name(write.first_name) or is_name(write.last_name):
        owner = PhoneOwner(email_key=None, first_name=row.first_name, last_name=row.last_name)
        news = PhoneOwner(email_key=None, first_name=write.first_name, last_name=write.last_name)
        return is_same_owner(owner, news, is_mobile=True)
    if row.phone_key != phone.key:
        return False
    is_more = is_name(row.first_name) or is_name(row.last_name) or row.address_key or known.has_external_id
    return phone.is_mobile or not is_more


def may_get_id(row: LeadRow, write: LeadWrite, found: LeadMatch) -> bool:
    """Whether an id becomes the lead's: by a number alone, none does to a lead of which more is known than the number.

    Who has a person's number for a while would be that person for good, whatever number, email and name the id brings later.
    """
    if found.by != "phone" or is_name(write.last_name):
        return True
    return not (is_name(row.first_name) or is_name(row.last_name) or row.address_key)


def owner_of_phone(named: Sequence[FoundLead], write: LeadWrite) -> UUID | None:
    """Of the leads that an event names, the one that is the same person by its number alone; see `is_same_owner`."""
    found = next((one for one in named if one.by_phone), None)
    person = write.person
    if found is None or person.phone is None:
        return None
    known = PhoneOwner(
        email_key=found.row.address_key,
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
