"""What a call to a CRM is made of: the connector's parts, whose the record is, what it is known by, and what was answered."""

from dataclasses import dataclass, replace

from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.connectors.records.people import person_state
from pointsman.connectors.sdk_values import kept_sequence, kept_text
from pointsman.domain.messages.message import say
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.crm import CrmOwner, CrmPerson, CrmReceipt, UnknownCrmOwnerError
from pointsman.services.ports.vendors.errors import VendorRejectedError
from pointsman_sdk import (
    Activities,
    Connector,
    Contact,
    Owners,
    People,
    PersonBy,
    PersonState,
    Programmes,
    RemoteRecord,
    Tasks,
    check_email,
)

MOST_FIELDS, LONGEST_NAME = 5_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmParts:
    """What a CRM has to be able to do, and what some can do beside."""

    people: People
    owners: Owners
    activities: Activities
    tasks: Tasks | None = None
    programmes: Programmes | None = None


def crm_of(connector: Connector, connection: ConnectionRef) -> CrmParts:
    """Raises VendorRejectedError for a connector that is no CRM."""
    people, owners = getattr(connector, "people", None), getattr(connector, "owners", None)
    activities = getattr(connector, "activities", None)
    if not (isinstance(people, People) and isinstance(owners, Owners) and isinstance(activities, Activities)):
        name = connection.connector
        raise VendorRejectedError(f"the connector {name!r} is no CRM", told=say("vendor.no-crm", connector=name))
    tasks, programmes = getattr(connector, "tasks", None), getattr(connector, "programmes", None)
    return CrmParts(
        people=people,
        owners=owners,
        activities=activities,
        tasks=tasks if isinstance(tasks, Tasks) else None,
        programmes=programmes if isinstance(programmes, Programmes) else None,
    )


async def owner_id(crm: CrmParts, owner: CrmOwner) -> str | None:
    """The id of an active user, or None; one that is known from before is not looked up."""
    return owner.id if owner.id is not None else await looked_up(crm, owner)


async def known_owner(crm: CrmParts, owner: CrmOwner) -> str:
    """As `owner_id`; raises UnknownCrmOwnerError where there is none."""
    if (found := await owner_id(crm, owner)) is None:
        raise UnknownCrmOwnerError("the CRM has no active user with that address")
    return found


async def looked_up(crm: CrmParts, owner: CrmOwner) -> str | None:
    """The id of the active user with the owner's address."""
    user = await crm.owners.find(owner.email)
    return user.id if user is not None and user.active else None


def outgoing(person: CrmPerson) -> CrmPerson:
    """With its address as vendors write it. Raises VendorRejectedError where nothing is known by which it could be found."""
    is_known = person.email or not (person.phone or person.id)
    return replace(person, email=address_of(person) if is_known else None)


async def found_or_made(crm: CrmParts, person: CrmPerson) -> RemoteRecord:
    """The person's record, made without an owner where there is none."""
    by = PersonBy(external_id=person.id, email=person.email, phone=None if person.email else person.phone)
    return await crm.people.find(by) or await made(crm, person)


async def made(crm: CrmParts, person: CrmPerson) -> RemoteRecord:
    """A record with what the person is known by, without an owner."""
    return await crm.people.put(
        person_state(person, email=person.email, phone=person.phone, last_name=person.name, owner=None)
    )


def unable(connection: ConnectionRef, ability: CrmAbility) -> VendorRejectedError:
    """What is raised where the connector lacks the ability."""
    told = say("vendor.unable", connector=connection.connector, ability=ability.value)
    return VendorRejectedError(f"the connector {connection.connector!r} has no {ability.value}", told=told)


async def known_or_made(crm: CrmParts, person: CrmPerson, contact: Contact) -> RemoteRecord:
    """The record with the contact's address. What the CRM knows of a person is left as it is: only a missing person is made."""
    found = await crm.people.find(PersonBy(external_id=person.id, email=contact.email))
    return found or await crm.people.put(PersonState(key=person.key, email=contact.email, last_name=contact.name))


def receipt_of(record: RemoteRecord, owner: str | None) -> CrmReceipt:
    """What is kept of what stands there now, and whose it is by the call."""
    kept = None if owner is None else kept_text(owner)
    return CrmReceipt(
        vendor_id=kept_text(record.id),
        version=kept_text(record.version),
        sequence=kept_sequence(record.sequence),
        owner_id=kept,
        fields=told_fields(record),
    )


def told_fields(record: RemoteRecord) -> dict[str, object]:
    """The record's values, by names that a field may have."""
    return {name: value for name, value in record.fields[:MOST_FIELDS] if 0 < len(name) <= LONGEST_NAME}


def contact_of(person: CrmPerson) -> Contact:
    """Raises VendorRejectedError without an address."""
    return Contact(email=address_of(person), name=person.name)


def address_of(person: CrmPerson) -> str:
    """As vendors write it. Raises VendorRejectedError where there is none that can be written to."""
    try:
        return check_email(outgoing_address(person.email or ""))
    except ValueError as error:
        told = say("vendor.no-address")
        raise VendorRejectedError("the lead has no address by which a CRM could know it", told=told) from error
