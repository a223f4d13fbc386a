"""PersonState and AccountState: who a lead is, and for which company, in a CRM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pointsman_sdk.people import check_email
from pointsman_sdk.records import RemoteRecord, check_state


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """What a person's record should say. None leaves a value as it stands there.

    The record is known by `external_id`, its own id, where the lead came from this CRM or was written before, else by
    `email`; a person that the CRM does not have is made. `account` and `owner` are ids; an `owner` of "" takes the owner
    away, so that the record has none. `fields` go by the vendor's names.
    """

    key: str
    sequence: int = 0
    email: str | None = None
    external_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    account: str | None = None
    owner: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    place: str = ""

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)
        if self.email is not None:
            check_email(self.email)
        if self.email is None and self.external_id is None and self.phone is None:
            raise ValueError("a person is known by an id, an address or a number")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What a company's record should say; it is known by its domain. None leaves a value as it stands there."""

    key: str
    sequence: int = 0
    domain: str
    name: str | None = None
    owner: str | None = None  # id of a user
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    place: str = ""

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBy:
    """By what a person is looked up: the record's id first, then the address, then the number."""

    external_id: str | None = None
    email: str | None = None
    phone: str | None = None


@runtime_checkable
class People(Protocol):
    """Records of people."""

    async def put(self, thing: PersonState) -> RemoteRecord:
        """Bring the person's record to this state under `thing.key`, and answer it as the vendor has it then.

        Again is fine. A lower sequence than stands there is late: it changes nothing. What vanished is made anew. What
        others wrote there beside the state stays.
        """
        ...

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """What stands under the key, or None. What cannot be read raises."""
        ...

    async def find(self, by: PersonBy) -> RemoteRecord | None:
        """The person's record, made by the host or by others, or None."""
        ...


@runtime_checkable
class Accounts(Protocol):
    """Records of companies."""

    async def put(self, thing: AccountState) -> RemoteRecord:
        """Bring the company's record to this state under `thing.key`, and answer it as the vendor has it then.

        Again is fine. A lower sequence than stands there is late: it changes nothing. What vanished is made anew. What
        others wrote there beside the state stays.
        """
        ...

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """What stands under the key, or None. What cannot be read raises."""
        ...
