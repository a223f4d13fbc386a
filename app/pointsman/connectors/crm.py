"""The CRM gateway: the services' CRM port over whatever connector a connection names."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.records.people import brought, email_of, person_state, was_made_anew
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import LONGEST_ID, check_contract, kept_sequence, kept_text
from pointsman.domain.errors import NotFound, Unavailable
from pointsman.domain.field_mapping.mapped import CrmFieldType
from pointsman.domain.messages.message import say
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.crm import (
    CrmField,
    CrmMeeting,
    CrmOwner,
    CrmPerson,
    CrmReceipt,
    CrmRecord,
    CrmTask,
    CrmUser,
    CrmUserPage,
    OwnerThere,
    UnknownCrmOwnerError,
)
from pointsman.services.ports.vendors.errors import VendorRejectedError
from pointsman_sdk import (
    Activities,
    Activity,
    ActivityStatus,
    Capability,
    Connector,
    Contact,
    Fields,
    FieldType,
    Membership,
    Owners,
    People,
    PersonBy,
    PersonState,
    Programmes,
    RecordKind,
    Rejected,
    RemoteRecord,
    Slot,
    Task,
    Tasks,
    check_email,
)

T = TypeVar("T")
_LONGEST_TEXT = 200  # of a name or an address that is shown
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_MOST_FIELDS, _LONGEST_NAME = 5_000, 200
_NEEDED = frozenset({Capability.PEOPLE, Capability.OWNERS, Capability.ACTIVITIES})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crm:
    """What a CRM has to be able to do."""

    people: People
    owners: Owners
    activities: Activities
    tasks: Tasks | None = None
    programmes: Programmes | None = None


class ConnectorCrm:
    """Implements `CrmGateway`, over the connectors that `gateway` has built."""

    def __init__(self, *, gateway: ConnectorGateway, registry: ConnectorRegistry) -> None:
        self._gateway, self._registry = gateway, registry

    def is_crm(self, connector: str) -> bool:
        """Whether its manifest says that it keeps records."""
        return self._registry.manifest(connector).capabilities >= _NEEDED

    def abilities(self, connector: str) -> frozenset[CrmAbility]:
        """By its manifest."""
        try:
            can = self._registry.manifest(connector).capabilities
        except (NotFound, Unavailable):
            return frozenset()
        return frozenset(one for one in CrmAbility if Capability(one.value) in can)

    async def put_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmReceipt | None:
        """By the record's id and the owner's address; the first time by address or number on both sides."""
        known = _outgoing(person)

        async def put(crm: _Crm) -> CrmReceipt | None:
            owner = "" if known.takes_owner_away else None
            if known.owner is not None and not known.keeps_owner:
                owner = await _known_owner(crm, known.owner)
            try:
                record = await brought(crm.people, known, owner)
            except Rejected:
                if known.owner is None or known.owner.id is None or known.keeps_owner:
                    raise
                # A user who left may own nothing more: who has the address now?
                if (now := await _looked_up(crm, known.owner)) is None:
                    raise UnknownCrmOwnerError("the CRM has no active user with that address any more") from None
                if now == owner:
                    raise
                record = await brought(crm.people, known, owner := now)
            if known.keeps_owner and known.owner is not None and was_made_anew(record, known):
                owner = await _known_owner(crm, known.owner)
                record = await brought(crm.people, replace(known, id=record.id if record is not None else None), owner)
            return _receipt(record, owner) if record is not None else None

        return await self._on_crm(connection, put)

    async def record_owner(
        self, connection: ConnectionRef, record_id: str, *, known: Collection[str]
    ) -> OwnerThere | None:
        """By the record's id, also where that is another by now."""

        async def look(crm: _Crm) -> OwnerThere | None:
            record = await crm.people.find(PersonBy(external_id=record_id))
            if record is None:
                return None
            owner = kept_text(record.owner or "")
            email = None if owner == "" or owner in known else await email_of(crm.owners, owner)
            return OwnerThere(
                record_id=kept_text(record.id), version=kept_text(record.version), owner=owner, email=email
            )

        return await self._on_crm(connection, look, writes=False)

    async def user_page(self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta) -> CrmUserPage:
        """As the connector lists them; what has no id, or one that is too long, is left out."""

        async def listed(connector: Connector) -> CrmUserPage:
            found = await _crm_of(connector, connection).owners.page(cursor)
            users = [
                CrmUser(
                    id=one.id,
                    email=kept_text(one.email)[:_LONGEST_TEXT],
                    name=kept_text(one.name)[:_LONGEST_TEXT],
                    active=one.active,
                )
                for one in found.items
                if 0 < len(one.id) <= LONGEST_ID and kept_text(one.id) == one.id
            ]
            return CrmUserPage(users=users, cursor=found.cursor)

        return await self._gateway.call(connection, listed, deadline=deadline, patience=Patience.FIRST)

    async def person_fields(self, connection: ConnectionRef) -> Sequence[CrmField] | None:
        """As the connector lists them; None where it has no such ability."""
        if Capability.FIELDS not in self._registry.manifest(connection.connector).capabilities:
            return None

        async def listed(connector: Connector) -> list[CrmField]:
            fields = getattr(connector, "fields", None)
            found = await fields.of(RecordKind.PERSON) if isinstance(fields, Fields) else ()
            return [
                CrmField(
                    name=kept_text(one.name),
                    label=kept_text(one.label[:_LONGEST_NAME]),
                    type=CrmFieldType(one.type.value),
                    options=tuple(map(kept_text, one.options)) if one.type in _CHOSEN else (),
                    writable=one.writable,
                )
                for one in found
            ]

        return await self._gateway.call(connection, listed)

    async def read_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmRecord | None:
        """By the record's id, else by address or number."""
        is_known = person.email or not (person.phone or person.id)
        email = _address(person) if is_known else None
        by = PersonBy(external_id=person.id, email=email, phone=None if email else person.phone)

        async def read(crm: _Crm) -> CrmRecord | None:
            found = await crm.people.find(by)
            if found is None:
                return None
            url = None if found.url is None else kept_text(found.url)
            return CrmRecord(id=kept_text(found.id), url=url, fields=_told(found))

        return await self._on_crm(connection, read, writes=False)

    async def put_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> CrmReceipt:
        """Once per key."""
        known, slot = _contact(person), check_contract(lambda: Slot(meeting.start, meeting.end))

        async def put(crm: _Crm) -> CrmReceipt:
            owner = None if meeting.owner is None else await _owner(crm, meeting.owner)
            activity = Activity(
                key=meeting.key,
                sequence=meeting.sequence,
                person=person.id or (await _person(crm, person, known)).id,
                owner=owner,
                slot=slot,
                status=ActivityStatus(meeting.status.value),
                title=meeting.title.text,
                shared=meeting.shared.text,
                private=meeting.private.text,
                join_url=meeting.join_url,
                participants=(known,),
            )
            try:
                record = await crm.activities.put(activity)
            except Rejected:
                there = await _person(crm, person, known)
                if meeting.owner is not None and meeting.owner.id is not None:
                    owner = await _looked_up(crm, meeting.owner)
                if (there.id, owner) == (activity.person, activity.owner):
                    raise
                record = await crm.activities.put(replace(activity, person=there.id, owner=owner))
            return _receipt(record, owner)

        return await self._on_crm(connection, put)

    async def put_task(self, connection: ConnectionRef, person: CrmPerson, task: CrmTask) -> CrmReceipt:
        """Once per key."""
        known = _outgoing(person)

        async def put(crm: _Crm) -> CrmReceipt:
            if crm.tasks is None:
                raise _unable(connection, CrmAbility.TASKS)
            owner = await _owner(crm, task.owner)
            if owner is None:
                raise UnknownCrmOwnerError("the CRM has no active user with that address")
            wanted = Task(
                key=task.key,
                sequence=task.sequence,
                person=known.id or (await _found_or_made(crm, known)).id,
                owner=owner,
                due=task.due,
                title=task.title,
                text=task.text,
            )
            try:
                record = await crm.tasks.put(wanted)
            except Rejected:
                there = await _found_or_made(crm, known)
                if task.owner.id is not None and (owner := await _looked_up(crm, task.owner)) is None:
                    raise UnknownCrmOwnerError("the CRM has no active user with that address any more") from None
                if (there.id, owner) == (wanted.person, wanted.owner):
                    raise
                record = await crm.tasks.put(replace(wanted, person=there.id, owner=owner))
            return _receipt(record, owner)

        return await self._on_crm(connection, put)

    async def put_membership(
        self, connection: ConnectionRef, person: CrmPerson, *, key: str, programme: str
    ) -> CrmReceipt:
        """Once per key."""
        wanted = Membership(key=key, place=programme, person=_contact(person))

        async def put(crm: _Crm) -> CrmReceipt:
            if crm.programmes is None:
                raise _unable(connection, CrmAbility.LISTS)
            return _receipt(await crm.programmes.put(wanted), None)

        return await self._on_crm(connection, put)

    async def put_fields(
        self, connection: ConnectionRef, person: CrmPerson, fields: Mapping[str, object]
    ) -> CrmReceipt:
        """Under the person's own key, and never below the sequence that stands there: it would be taken for late."""
        known = replace(_outgoing(person), fields=fields)

        async def put(crm: _Crm) -> CrmReceipt:
            record = await brought(crm.people, known, None) or await _made(crm, known)
            if record.sequence is not None and record.sequence > known.sequence:
                newer = replace(known, id=record.id, sequence=record.sequence)
                record = await brought(crm.people, newer, None) or record
            return replace(_receipt(record, None), sequence=None)

        return await self._on_crm(connection, put)

    async def _on_crm(self, connection: ConnectionRef, do: Callable[[_Crm], Awaitable[T]], *, writes: bool = True) -> T:
        async def on_crm(connector: Connector) -> T:
            return await do(_crm_of(connector, connection))

        return await self._gateway.call(connection, on_crm, writes=writes)


def _crm_of(connector: Connector, connection: ConnectionRef) -> _Crm:
    people, owners = getattr(connector, "people", None), getattr(connector, "owners", None)
    activities = getattr(connector, "activities", None)
    if not (isinstance(people, People) and isinstance(owners, Owners) and isinstance(activities, Activities)):
        name = connection.connector
        raise VendorRejectedError(f"the connector {name!r} is no CRM", told=say("vendor.no-crm", connector=name))
    tasks, programmes = getattr(connector, "tasks", None), getattr(connector, "programmes", None)
    return _Crm(
        people=people,
        owners=owners,
        activities=activities,
        tasks=tasks if isinstance(tasks, Tasks) else None,
        programmes=programmes if isinstance(programmes, Programmes) else None,
    )


async def _owner(crm: _Crm, owner: CrmOwner) -> str | None:
    """The id of an active user, or None; one that is known from before is not looked up."""
    return owner.id if owner.id is not None else await _looked_up(crm, owner)


async def _known_owner(crm: _Crm, owner: CrmOwner) -> str:
    if (found := await _owner(crm, owner)) is None:
        raise UnknownCrmOwnerError("the CRM has no active user with that address")
    return found


async def _looked_up(crm: _Crm, owner: CrmOwner) -> str | None:
    user = await crm.owners.find(owner.email)
    return user.id if user is not None and user.active else None


def _outgoing(person: CrmPerson) -> CrmPerson:
    """With its address as vendors write it. Raises VendorRejectedError where nothing is known by which it could be found."""
    is_known = person.email or not (person.phone or person.id)
    return replace(person, email=_address(person) if is_known else None)


async def _found_or_made(crm: _Crm, person: CrmPerson) -> RemoteRecord:
    by = PersonBy(external_id=person.id, email=person.email, phone=None if person.email else person.phone)
    return await crm.people.find(by) or await _made(crm, person)


async def _made(crm: _Crm, person: CrmPerson) -> RemoteRecord:
    return await crm.people.put(
        person_state(person, email=person.email, phone=person.phone, last_name=person.name, owner=None)
    )


def _unable(connection: ConnectionRef, ability: CrmAbility) -> VendorRejectedError:
    told = say("vendor.unable", connector=connection.connector, ability=ability.value)
    return VendorRejectedError(f"the connector {connection.connector!r} has no {ability.value}", told=told)


async def _person(crm: _Crm, person: CrmPerson, contact: Contact) -> RemoteRecord:
    # What the CRM knows of a person is left as it is: only a missing person is made.
    found = await crm.people.find(PersonBy(external_id=person.id, email=contact.email))
    return found or await crm.people.put(PersonState(key=person.key, email=contact.email, last_name=contact.name))


def _receipt(record: RemoteRecord, owner: str | None) -> CrmReceipt:
    kept = None if owner is None else kept_text(owner)
    return CrmReceipt(
        vendor_id=kept_text(record.id),
        version=kept_text(record.version),
        sequence=kept_sequence(record.sequence),
        owner_id=kept,
        fields=_told(record),
    )


def _told(record: RemoteRecord) -> dict[str, object]:
    """The record's values, by names that a field may have."""
    return {name: value for name, value in record.fields[:_MOST_FIELDS] if 0 < len(name) <= _LONGEST_NAME}


def _contact(person: CrmPerson) -> Contact:
    return Contact(email=_address(person), name=person.name)


def _address(person: CrmPerson) -> str:
    try:
        return check_email(outgoing_address(person.email or ""))
    except ValueError as error:
        told = say("vendor.no-address")
        raise VendorRejectedError("the lead has no address by which a CRM could know it", told=told) from error
