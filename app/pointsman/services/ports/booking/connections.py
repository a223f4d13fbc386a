"""The connections repository."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.field_mapping.mapped import MappedField
from pointsman.domain.messages.message import Message
from pointsman.services.ports.vendors.connections import ConnectionRef


class OnRelease(StrEnum):
    """What becomes of a lead's owner in a CRM once no rep has the lead: taken away, or left as it is."""

    CLEAR = "clear"
    KEEP = "keep"


class RecordValue(StrEnum):
    """What a CRM may be told of a lead beside its owner. GATE and EVIDENCE are private: they go into the record alone."""

    STAGE = "stage"
    WORK = "work"
    GATE = "gate"
    SENTENCE = "sentence"
    LINK = "link"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A configured connector; `fault` says why it is out of use."""

    id: UUID
    key: str
    connector: str
    config: Mapping[str, Any]
    sealed: bytes
    active: bool
    fault: Message | None
    created_at: datetime
    max_reading_age_s: int | None = None  # how old a reading may be to show slots; None is the service's own measure
    pending: bool = False  # nobody has signed in over it yet
    sync_owners: bool = False  # a CRM that is told who owns a lead, and of its meetings
    on_release: OnRelease = OnRelease.CLEAR
    record: Mapping[RecordValue, str] = field(default_factory=dict)  # the CRM's field for each value beside the owner
    fields: tuple[MappedField, ...] = ()  # facts of leads that go into its fields, or come from them
    field_faults: Mapping[str, Message] = field(default_factory=dict)  # why a field is left out, since it was looked at
    fields_due_at: datetime | None = None  # when they are to be looked at again; None: there is nothing to look at

    @property
    def mapped(self) -> tuple[MappedField, ...]:
        """The mapped fields that can be used."""
        return tuple(one for one in self.fields if one.field not in self.field_faults)

    def ref(self) -> ConnectionRef:
        return ConnectionRef(id=self.id, connector=self.connector, config=self.config, sealed=self.sealed)


def in_order_of_connecting(rows: Iterable[ConnectionRow]) -> Sequence[ConnectionRow]:
    """The one that was connected first in front."""
    return sorted(rows, key=lambda row: (row.created_at, row.id))


class Connections(Protocol):
    async def add(self, row: ConnectionRow) -> None: ...

    async def change(self, row: ConnectionRow) -> None: ...

    async def get(self, key: str, *, lock: bool = False) -> ConnectionRow | None: ...

    async def get_by_id(self, connection_id: UUID) -> ConnectionRow | None: ...

    async def page(self, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
        """By creation and id, newest first."""
        ...

    async def connectors(self) -> Mapping[str, str]:
        """The connector of each connection, by the connection's key."""
        ...

    async def owner_keeping_crms(self) -> Sequence[ConnectionRow]:
        """The CRMs that hear who owns a lead, by key, also those that are out of use."""
        ...

    async def to_probe(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        """Connections in use but for their fault, whose pace lets a probe begin; those that wait longest first."""
        ...

    async def with_fields_due(self, *, at: datetime, limit: int) -> Sequence[ConnectionRow]:
        """Those in use whose mapped fields are to be looked at; the longest due first."""
        ...

    async def look_at_fields(self, connection_id: UUID, *, at: datetime) -> None:
        """Have its mapped fields looked at from this time on."""
        ...

    async def note_fields(
        self,
        connection_id: UUID,
        faults: Mapping[str, Message],
        *,
        seen_fields: Sequence[MappedField],
        fields: Sequence[MappedField],
        due_at: datetime,
    ) -> bool:
        """Keep what was found of exactly the fields that were seen, and when to look again; whether they are still mapped so."""
        ...

    async def set_fault(self, connection_id: UUID, fault: Message | None) -> bool:
        """Whether that changed anything."""
        ...
