"""A person's record in a CRM: found, made or brought to a state, and whose it is."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from pointsman.connectors.sdk_values import kept_text
from pointsman.services.ports.vendors.crm import CrmPerson
from pointsman_sdk import Owners, People, PersonBy, PersonState, Rejected, RemoteRecord, all_items


def was_made_anew(record: RemoteRecord | None, person: CrmPerson) -> bool:
    """Whether the record that had the owner is gone, and the one in its place has none."""
    return record is None or (record.id != person.id and not record.owner)


async def email_of(owners: Owners, user_id: str) -> str | None:
    """The address of a user, the inactive included."""
    async for user in all_items(owners.page):
        if user.id == user_id:
            return kept_text(user.email)
    return None


async def brought(people: People, person: CrmPerson, owner: str | None) -> RemoteRecord | None:
    """The person's record with this owner: "" takes the owner away, None leaves it. None: no record, and no owner."""
    if person.id is not None and (there := await _by_id(people, person, person.id, owner)) is not None:
        return there
    by = PersonBy(email=person.email, phone=None if person.email else person.phone)
    found = await people.find(by) if by != PersonBy() else None
    if found is None:
        # In one write, so that the version which the CRM tells of is the one that is kept.
        named = person_state(person, email=person.email, phone=person.phone, last_name=person.name, owner=owner)
        return await people.put(named) if owner else None
    if not person.fields and (owner is None or (found.owner or "") == owner):
        return found
    return await people.put(person_state(person, external_id=found.id, email=by.email, phone=by.phone, owner=owner))


async def _by_id(people: People, person: CrmPerson, record_id: str, owner: str | None) -> RemoteRecord | None:
    """The record with this id in the same state; None where it is gone: one that is made anew needs what it is known by."""
    known = person_state(person, external_id=record_id, owner=owner)
    if person.has_new_address:
        with suppress(Rejected):  # another record may have the address: this one keeps its own
            return await people.put(replace(known, email=person.email))
    try:
        put = await people.put(known)
    except Rejected:
        if await people.find(PersonBy(external_id=record_id)) is not None:
            raise
        return None
    if put.id == record_id or not person.email or await people.find(PersonBy(email=person.email)) is not None:
        return put
    # It was made anew under its key alone: it lacks what the person is known by.
    return await people.put(replace(known, external_id=put.id, email=person.email, last_name=person.name))


def person_state(person: CrmPerson, **values: Any) -> PersonState:
    """What the record is to be, under the person's key."""
    # The sequence keeps a late call from undoing a newer one.
    return PersonState(key=person.key, sequence=person.sequence, fields=person.fields, **values)
