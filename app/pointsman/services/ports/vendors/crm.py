"""The CRMs of connected vendors, as the use cases see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pointsman.services.ports.vendors.calendars import ConnectionRef, VendorRejectedError


class UnknownCrmOwnerError(VendorRejectedError):
    """The CRM has no user with that address who can own records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPerson:
    """A lead as the CRM should know it: found by address, else created under `key`."""

    key: str
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmMeeting:
    """A meeting to stand once on a person's record; `key` names it there for good."""

    key: str
    start: datetime
    end: datetime
    title: str
    notes: str


class CrmGateway(Protocol):
    """The calls may raise a `VendorError` (its tree is that of every vendor); none is made inside a transaction."""

    def is_crm(self, connector: str) -> bool:
        """Whether this connector keeps records. NotFound for an unknown connector, Unavailable for a broken one."""
        ...

    async def set_owner(self, connection: ConnectionRef, person: CrmPerson, owner_email: str) -> str:
        """Make the user with this address the person's owner; the record's id. Again is harmless.

        Raises `UnknownCrmOwnerError` too.
        """
        ...

    async def log_meeting(self, connection: ConnectionRef, person: CrmPerson, meeting: CrmMeeting) -> str:
        """Log the meeting unless it is there already; the record's id."""
        ...
