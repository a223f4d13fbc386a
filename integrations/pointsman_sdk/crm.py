"""The CRM capability: people, companies, their owners, and the meetings logged about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pointsman_sdk.keys import check_key
from pointsman_sdk.people import Contact
from pointsman_sdk.slots import Slot


class Kind(StrEnum):
    """What a record in a CRM is about."""

    PERSON = "person"
    COMPANY = "company"
    MEETING = "meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A row in the CRM: its own id, and who owns it there."""

    id: str
    kind: Kind
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company, known by its domain."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Someone who can own records in the CRM."""

    id: str
    email: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting to be logged on a person's record."""

    key: str
    person: str  # the person's record id
    slot: Slot
    title: str
    notes: str

    def __post_init__(self) -> None:
        check_key(self.key)


@runtime_checkable
class Crm(Protocol):
    """Records of one CRM account. Every create takes a key; `recorded` finds what it made."""

    async def person(self, email: str) -> Record | None:
        """The person with this address, or None."""
        ...

    async def company(self, domain: str) -> Record | None:
        """The company with this domain, or None."""
        ...

    async def recorded(self, kind: Kind, key: str) -> Record | None:
        """What was created under this key, or None."""
        ...

    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        """Create or update the person with the contact's address; `company` is a record id."""
        ...

    async def upsert_company(self, key: str, company: Company) -> Record:
        """Create or update the company with this domain."""
        ...

    async def set_owner(self, record: Record, user_id: str) -> Record:
        """Make the user the owner; Rejected when the CRM has no such user."""
        ...

    async def log_meeting(self, meeting: Meeting) -> Record:
        """Log the meeting, or return the one that has this key already."""
        ...

    async def users(self) -> Sequence[User]:
        """Everyone who can own records, the inactive included."""
        ...
