"""The CRM gateway: the services' CRM port over whatever connector a connection names."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.mail_addresses import outgoing_address
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.domain.messages.message import say
from pointsman.services.ports.vendors.calendars import ConnectionRef, VendorRejectedError
from pointsman.services.ports.vendors.crm import CrmMeeting, CrmPerson, UnknownCrmOwnerError
from pointsman_sdk import Capability, Connector, Contact, Crm, Meeting, Record, Slot

T = TypeVar("T")


class ConnectorCrm:
    """Implements `CrmGateway`, over the connectors that `gateway` has built."""

    def __init__(self, *, gateway: ConnectorGateway, registry: ConnectorRegistry) -> None:
        self._gateway, self._registry = gateway, registry

    def is_crm(self, connector: str) -> bool:
        """Whether its manifest says that it keeps records."""
        return Capability.CRM in self._registry.manifest(connector).capabilities

    async def set_owner(self, connection: ConnectionRef, person: CrmPerson, owner_email: str) -> str:
        """By address on both sides."""
        contact = _contact(person)

        async def own(crm: Crm) -> str:
            wanted = _comparable(owner_email)
            users = [user.id for user in await crm.users() if user.active and _comparable(user.email) == wanted]
            if not users:
                raise UnknownCrmOwnerError("the CRM has no active user with that address")
            record = await _person(crm, person, contact)
            if record.owner != users[0]:
                record = await crm.set_owner(record, users[0])
            return record.id

        return await self._on_crm(connection, own)

    async def log_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> str:
        """Once per key."""
        contact, slot = _contact(person), Slot(meeting.start, meeting.end)

        async def log(crm: Crm) -> str:
            record = await _person(crm, person, contact)
            logged = await crm.log_meeting(
                Meeting(key=meeting.key, person=record.id, slot=slot, title=meeting.title, notes=meeting.notes)
            )
            return logged.id

        return await self._on_crm(connection, log)

    async def _on_crm(self, connection: ConnectionRef, do: Callable[[Crm], Awaitable[T]]) -> T:
        async def on_crm(connector: Connector) -> T:
            if not isinstance(connector, Crm):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} is no CRM", told=say("vendor.no-crm", connector=name)
                )
            return await do(connector)

        return await self._gateway.call(connection, on_crm, writes=True)


async def _person(crm: Crm, person: CrmPerson, contact: Contact) -> Record:
    # What the CRM knows of a person is left as it is: only a missing person is made.
    return await crm.person(contact.email) or await crm.upsert_person(person.key, contact)


def _comparable(email: str) -> str:
    """One name for all spellings of an address; what a vendor has written wrongly is compared as it is."""
    try:
        return outgoing_address(email).casefold()
    except ValueError:
        return email.casefold()


def _contact(person: CrmPerson) -> Contact:
    try:
        return Contact(email=outgoing_address(person.email), name=person.name)
    except ValueError as error:
        told = say("vendor.no-address")
        raise VendorRejectedError("the lead has no address by which a CRM could know it", told=told) from error
