"""Owners, Fields: the users of a CRM, and the fields of its records."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pointsman_sdk.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Someone who can own records in the CRM."""

    id: str
    email: str
    name: str
    active: bool


class RecordKind(StrEnum):
    """What a record in a CRM is about."""

    PERSON = "person"
    ACCOUNT = "account"
    ACTIVITY = "activity"


class FieldType(StrEnum):
    """What a field holds, as far as a mapping has to know."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    OTHER = "other"  # read, never written


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a kind of record: `name` is the vendor's, `options` are the values of a choice."""

    name: str
    label: str
    type: FieldType
    options: tuple[str, ...] = ()
    custom: bool = False
    writable: bool = True
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedField:
    """A field that the host needs, such as the one for its keys."""

    kind: RecordKind
    name: str
    label: str
    type: FieldType


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an admin still has to make at the vendor, a sentence each; empty: all is there."""

    missing: tuple[str, ...] = ()


@runtime_checkable
class Owners(Protocol):
    """Users who may own records."""

    async def find(self, email: str) -> User | None:
        """The user with this address, in any spelling of it, the inactive included; None when there is none."""
        ...

    async def page(self, cursor: str | None = None) -> Page[User]:
        """A page of all users, the inactive included."""
        ...


@runtime_checkable
class Fields(Protocol):
    """What a mapping can read and write."""

    async def of(self, kind: RecordKind) -> Sequence[Field]:
        """Every field of this kind of record."""
        ...

    async def prepare(self, wanted: Sequence[WantedField]) -> Prepared:
        """Make the fields that are missing, or say what an admin must make. Again is fine."""
        ...
