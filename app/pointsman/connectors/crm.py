"""The CRM gateway: the services' CRM port over whatever connector a connection names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.mail_addresses import outgoing_address
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.messages.message import say
from pointsman.services.ports.vendors.calendars import ConnectionRef, VendorRejectedError
from pointsman.services.ports.vendors.crm import CrmMeeting, CrmPerson, UnknownCrmOwnerError
from pointsman_sdk import (
    Activities,
    Activity,
    Capability,
    Connector,
    Contact,
    Owners,
    People,
    PersonBy,
    PersonState,
    RemoteRecord,
    Slot,
)

T = TypeVar("T")
_NEEDED = frozenset({Capability.PEOPLE, Capability.OWNERS, Capability.ACTIVITIES})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crm:
    """What a CRM has to be able to do."""

    people: People
    owners: Owners
    activities: Activities


class ConnectorCrm:
    """Implements `CrmGateway`, over the connectors that `gateway` has built."""

    def __init__(self, *, gateway: ConnectorGateway, registry: ConnectorRegistry) -> None:
        self._gateway, self._registry = gateway, registry

    def is_crm(self, connector: str) -> bool:
        """Whether its manifest says that it keeps records."""
        return self._registry.manifest(connector).capabilities >= _NEEDED

    async def set_owner(self, connection: ConnectionRef, person: CrmPerson, owner_email: str) -> str:
        """By address on both sides."""
        contact = _contact(person)

        async def own(crm: _Crm) -> str:
            user = await crm.owners.find(owner_email)
            if user is None or not user.active:
                raise UnknownCrmOwnerError("the CRM has no active user with that address")
            record = await _person(crm, person, contact)
            if record.owner != user.id:
                state = PersonState(key=person.key, external_id=record.id, email=contact.email, owner=user.id)
                record = await crm.people.put(state)
            return record.id

        return await self._on_crm(connection, own)

    async def log_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> str:
        """Once per key."""
        contact, slot = _contact(person), Slot(meeting.start, meeting.end)

        async def log(crm: _Crm) -> str:
            record = await _person(crm, person, contact)
            logged = await crm.activities.put(
                Activity(key=meeting.key, person=record.id, slot=slot, title=meeting.title, private=meeting.notes)
            )
            return logged.id

        return await self._on_crm(connection, log)

    async def _on_crm(self, connection: ConnectionRef, do: Callable[[_Crm], Awaitable[T]]) -> T:
        async def on_crm(connector: Connector) -> T:
            people, owners = getattr(connector, "people", None), getattr(connector, "owners", None)
            activities = getattr(connector, "activities", None)
            if not (isinstance(people, People) and isinstance(owners, Owners) and isinstance(activities, Activities)):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} is no CRM", told=say("vendor.no-crm", connector=name)
                )
            return await do(_Crm(people=people, owners=owners, activities=activities))

        return await self._gateway.call(connection, on_crm, writes=True)


async def _person(crm: _Crm, person: CrmPerson, contact: Contact) -> RemoteRecord:
    # What the CRM knows of a person is left as it is: only a missing person is made.
    found = await crm.people.find(PersonBy(email=contact.email))
    return found or await crm.people.put(PersonState(key=person.key, email=contact.email, last_name=contact.name))


def _contact(person: CrmPerson) -> Contact:
    try:
        return Contact(email=outgoing_address(person.email), name=person.name)
    except ValueError as error:
        told = say("vendor.no-address")
        raise VendorRejectedError("the lead has no address by which a CRM could know it", told=told) from error
