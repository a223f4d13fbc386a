"""The lead that a phone number finds, if nothing speaks against it."""

from collections.abc import Sequence
from uuid import UUID

from pointsman.domain.leads.phones import PhoneOwner, is_same_owner
from pointsman.services.ports.leads.leads import FoundLead, LeadWrite


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
        has_external_id=person.external_id is not None,
        has_other_id=found.has_id_of_source and not found.by_external_id,
    )
    return found.row.id if is_same_owner(known, news, is_mobile=person.phone.is_mobile) else None
