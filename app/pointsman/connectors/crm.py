"""The CRM gateway: the services' CRM port over whatever connector a connection names."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.records.crm_calls import (
    LONGEST_NAME,
    CrmParts,
    address_of,
    contact_of,
    crm_of,
    found_or_made,
    known_or_made,
    known_owner,
    looked_up,
    made,
    outgoing,
    owner_id,
    receipt_of,
    told_fields,
    unable,
)
from pointsman.connectors.records.people import brought, email_of, was_made_anew
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import LONGEST_ID, check_contract, kept_text
from pointsman.domain.errors import NotFound, Unavailable
from pointsman.domain.field_mapping.mapped import CrmFieldType
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.crm import (
    CrmField,
    CrmMeeting,
    CrmPerson,
    CrmReceipt,
    CrmRecord,
    CrmTask,
    CrmUser,
    CrmUserPage,
    OwnerThere,
    UnknownCrmOwnerError,
)
from pointsman_sdk import (
    Activity,
    ActivityStatus,
    Capability,
    Connector,
    Fields,
    FieldType,
    Membership,
    PersonBy,
    RecordKind,
    Rejected,
    Slot,
    Task,
)

T = TypeVar("T")
_LONGEST_TEXT = 200  # of a name or an address that is shown
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_NEEDED = frozenset({Capability.PEOPLE, Capability.OWNERS, Capability.ACTIVITIES})


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
        known = outgoing(person)

        async def put(crm: CrmParts) -> CrmReceipt | None:
            owner = "" if known.takes_owner_away else None
            if known.owner is not None and not known.keeps_owner:
                owner = await known_owner(crm, known.owner)
            try:
                record = await brought(crm.people, known, owner)
            except Rejected:
                if known.owner is None or known.owner.id is None or known.keeps_owner:
                    raise
                # A user who left may own nothing more: who has the address now?
                if (now := await looked_up(crm, known.owner)) is None:
                    raise UnknownCrmOwnerError("the CRM has no active user with that address any more") from None
                if now == owner:
                    raise
                record = await brought(crm.people, known, owner := now)
            if known.keeps_owner and known.owner is not None and was_made_anew(record, known):
                owner = await known_owner(crm, known.owner)
                record = await brought(crm.people, replace(known, id=record.id if record is not None else None), owner)
            return receipt_of(record, owner) if record is not None else None

        return await self._on_crm(connection, put)

    async def record_owner(
        self, connection: ConnectionRef, record_id: str, *, known: Collection[str]
    ) -> OwnerThere | None:
        """By the record's id, also where that is another by now."""

        async def look(crm: CrmParts) -> OwnerThere | None:
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
            found = await crm_of(connector, connection).owners.page(cursor)
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
                    label=kept_text(one.label[:LONGEST_NAME]),
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
        email = address_of(person) if is_known else None
        by = PersonBy(external_id=person.id, email=email, phone=None if email else person.phone)

        async def read(crm: CrmParts) -> CrmRecord | None:
            found = await crm.people.find(by)
            if found is None:
                return None
            url = None if found.url is None else kept_text(found.url)
            return CrmRecord(id=kept_text(found.id), url=url, fields=told_fields(found))

        return await self._on_crm(connection, read, writes=False)

    async def put_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> CrmReceipt:
        """Once per key."""
        known, slot = contact_of(person), check_contract(lambda: Slot(meeting.start, meeting.end))

        async def put(crm: CrmParts) -> CrmReceipt:
            owner = None if meeting.owner is None else await owner_id(crm, meeting.owner)
            activity = Activity(
                key=meeting.key,
                sequence=meeting.sequence,
                person=person.id or (await known_or_made(crm, person, known)).id,
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
                there = await known_or_made(crm, person, known)
                if meeting.owner is not None and meeting.owner.id is not None:
                    owner = await looked_up(crm, meeting.owner)
                if (there.id, owner) == (activity.person, activity.owner):
                    raise
                record = await crm.activities.put(replace(activity, person=there.id, owner=owner))
            return receipt_of(record, owner)

        return await self._on_crm(connection, put)

    async def put_task(self, connection: ConnectionRef, person: CrmPerson, task: CrmTask) -> CrmReceipt:
        """Once per key."""
        known = outgoing(person)

        async def put(crm: CrmParts) -> CrmReceipt:
            if crm.tasks is None:
                raise unable(connection, CrmAbility.TASKS)
            owner = await owner_id(crm, task.owner)
            if owner is None:
                raise UnknownCrmOwnerError("the CRM has no active user with that address")
            wanted = Task(
                key=task.key,
                sequence=task.sequence,
                person=known.id or (await found_or_made(crm, known)).id,
                owner=owner,
                due=task.due,
                title=task.title,
                text=task.text,
            )
            try:
                record = await crm.tasks.put(wanted)
            except Rejected:
                there = await found_or_made(crm, known)
                if task.owner.id is not None and (owner := await looked_up(crm, task.owner)) is None:
                    raise UnknownCrmOwnerError("the CRM has no active user with that address any more") from None
                if (there.id, owner) == (wanted.person, wanted.owner):
                    raise
                record = await crm.tasks.put(replace(wanted, person=there.id, owner=owner))
            return receipt_of(record, owner)

        return await self._on_crm(connection, put)

    async def put_membership(
        self, connection: ConnectionRef, person: CrmPerson, *, key: str, programme: str
    ) -> CrmReceipt:
        """Once per key."""
        wanted = Membership(key=key, place=programme, person=contact_of(person))

        async def put(crm: CrmParts) -> CrmReceipt:
            if crm.programmes is None:
                raise unable(connection, CrmAbility.LISTS)
            return receipt_of(await crm.programmes.put(wanted), None)

        return await self._on_crm(connection, put)

    async def put_fields(
        self, connection: ConnectionRef, person: CrmPerson, fields: Mapping[str, object]
    ) -> CrmReceipt:
        """Under the person's own key, and never below the sequence that stands there: it would be taken for late."""
        known = replace(outgoing(person), fields=fields)

        async def put(crm: CrmParts) -> CrmReceipt:
            record = await brought(crm.people, known, None) or await made(crm, known)
            if record.sequence is not None and record.sequence > known.sequence:
                newer = replace(known, id=record.id, sequence=record.sequence)
                record = await brought(crm.people, newer, None) or record
            return replace(receipt_of(record, None), sequence=None)

        return await self._on_crm(connection, put)

    async def _on_crm(
        self, connection: ConnectionRef, do: Callable[[CrmParts], Awaitable[T]], *, writes: bool = True
    ) -> T:
        async def on_crm(connector: Connector) -> T:
            return await do(crm_of(connector, connection))

        return await self._gateway.call(connection, on_crm, writes=writes)
