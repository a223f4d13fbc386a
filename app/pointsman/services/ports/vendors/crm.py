"""The CRMs of connected vendors, as the use cases see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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
class CrmPerson:
    """A lead as the CRM should know it: by `id` where it was told before, else found by address, else made under `key`.

    Without an address it is known by its number. `has_new_address`: the record with that id is to have it. `owner` None leaves
    the owner as it stands, unless `takes_owner_away`.
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
class CrmReceipt(VendorReceipt):
    """What the CRM calls the record, and the id of its owner where one was looked up: to be kept."""

    owner_id: str | None = None


class CrmGateway(Protocol):
    """The calls may raise a `VendorError` (its tree is that of every vendor); none is made inside a transaction."""

    def is_crm(self, connector: str) -> bool:
        """Whether this connector keeps records. NotFound for an unknown connector, Unavailable for a broken one."""
        ...

    async def put_person(self, connection: ConnectionRef, person: CrmPerson) -> CrmReceipt | None:
        """Bring the person's record to this state; what the CRM knows beside it stays. Again is harmless.

        None where an owner is to be taken away from a record that is not there. Raises `UnknownCrmOwnerError` too.
        """
        ...

    async def put_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> CrmReceipt:
        """Bring the meeting to this state on the person's record. Again is harmless.

        Where the CRM does not know the owner, the meeting has none.
        """
        ...
