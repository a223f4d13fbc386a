"""The CRMs of connected vendors, as the use cases see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pointsman.domain.field_mapping.mapped import CrmFieldType
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.services.ports.vendors.connections import ConnectionRef, VendorReceipt
from pointsman.services.ports.vendors.errors import VendorRejectedError
from pointsman.services.ports.vendors.texts import PrivateText, SharedText


class UnknownCrmOwnerError(VendorRejectedError):
    """The CRM has no user with that address who can own records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmOwner:
    """A rep as a user of the CRM: by `id` where it is known from before, else by address."""

    email: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmUser:
    """Someone who can own records in the CRM, by the CRM's own id; one who is not active can own no more."""

    id: str
    email: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmUserPage:
    """Some of the users; `cursor` asks for the next page, None at the end."""

    users: Sequence[CrmUser]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPerson:
    """A lead as the CRM should know it: by `id` where it was told before, else found by address, else made under `key`.

    Without an address it is known by its number. `has_new_address`: the record with that id is to have it. `owner` None leaves
    the owner as it stands, unless `takes_owner_away`; with `keeps_owner` it stays, too, but for a
    record that is made anew. `fields` are values by the CRM's own names.
    """

    key: str
    sequence: int = 0
    email: str | None
    phone: str | None = None
    name: str
    id: str | None = None
    has_new_address: bool = False
    owner: CrmOwner | None = None
    takes_owner_away: bool = False
    keeps_owner: bool = False
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmField:
    """A field of the CRM's records of people: what it holds, and if that is chosen, from what."""

    name: str
    label: str
    type: CrmFieldType
    options: tuple[str, ...] = ()
    writable: bool = True

    @property
    def takes_text(self) -> bool:
        """Whether any text may stand in it."""
        return self.type is CrmFieldType.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRecord:
    """A person's record as it stands in the CRM; `fields` are values by the CRM's own names, as far as it tells them."""

    id: str
    url: str | None = None
    fields: Mapping[str, object] = field(repr=False)


class CrmMeetingStatus(StrEnum):
    """What became of a meeting."""

    PLANNED = "planned"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmMeeting:
    """A meeting as it should stand on a person's record; `key` names it there for good. It belongs to the closer."""

    key: str
    sequence: int = 0
    start: datetime
    end: datetime
    status: CrmMeetingStatus = CrmMeetingStatus.PLANNED
    title: SharedText
    shared: SharedText
    private: PrivateText
    join_url: str | None = None
    owner: CrmOwner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmTask:
    """A task for a rep on a person's record; `key` names it there for good."""

    key: str
    sequence: int = 0
    due: datetime
    title: str
    text: str
    owner: CrmOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReceipt(VendorReceipt):
    """What the CRM calls the record, and the id of its owner where that was written ("": taken away).

    `fields` are those values of the record that the answer told.
    """

    owner_id: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerThere:
    """The user who owns a record now (`owner` "": none), with their address where it was asked for and there is one."""

    record_id: str
    version: str
    owner: str
    email: str | None = field(default=None, repr=False)


class CrmGateway(Protocol):
    """The calls may raise a `VendorError` (its tree is that of every vendor); none is made inside a transaction."""

    def is_crm(self, connector: str) -> bool:
        """Whether this connector keeps records. NotFound for an unknown connector, Unavailable for a broken one."""
        ...

    def abilities(self, connector: str) -> frozenset[CrmAbility]:
        """What a rule can have it do; nothing where the connector is unknown or broken."""
        ...

    async def put_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmReceipt | None:
        """Bring the person's record to this state; what the CRM knows beside it stays. Again is harmless.

        None where there is no record and no owner for it. Raises `UnknownCrmOwnerError` too.
        """
        ...

    async def user_page(self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta) -> CrmUserPage:
        """A page of its users, the inactive among them."""
        ...

    async def record_owner(
        self, connection: ConnectionRef, record_id: str, *, known: Collection[str]
    ) -> OwnerThere | None:
        """The owner of the person's record, by address unless it is a `known` user; None where the record is gone."""
        ...

    async def read_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmRecord | None:
        """The person's record, by its id, else by address or number; None where there is none."""
        ...

    async def person_fields(self, connection: ConnectionRef) -> Sequence[CrmField] | None:
        """The fields of its records of people; None where the connector cannot list them."""
        ...

    async def put_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> CrmReceipt:
        """Bring the meeting to this state on the person's record. Again is harmless.

        Where the CRM does not know the owner, the meeting has none.
        """
        ...

    async def put_task(self, connection: ConnectionRef, person: CrmPerson, task: CrmTask) -> CrmReceipt:
        """Bring the task to this state on the person's record, which is made where there is none. Again is harmless.

        Raises `UnknownCrmOwnerError` too.
        """
        ...

    async def put_membership(
        self, connection: ConnectionRef, person: CrmPerson, *, key: str, programme: str
    ) -> CrmReceipt:
        """Put the person on a list, by the CRM's own name of it. Again is harmless."""
        ...

    async def put_fields(
        self, connection: ConnectionRef, person: CrmPerson, fields: Mapping[str, object]
    ) -> CrmReceipt:
        """Write these fields into the person's record, and nothing else; it is made where there is none. Again is harmless."""
        ...
