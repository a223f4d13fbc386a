"""Task, Membership, Notice: something to do, a place in a marketing programme, a message."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pointsman_sdk.people import Contact
from pointsman_sdk.records import RemoteRecord, check_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that a user of the CRM is to do about a person, by `due` (aware). `person` and `owner` are ids."""

    key: str
    sequence: int = 0
    person: str
    owner: str | None = None
    due: datetime
    title: str
    text: str = field(default="", repr=False)
    place: str = ""

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)
        if self.due.tzinfo is None:
            raise ValueError("a task is due at an aware time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One person in one programme: `place` is the vendor's own id of the programme."""

    key: str
    sequence: int = 0
    place: str
    person: Contact

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a notice."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to one address, `place`: a person's, or a channel's in the vendor's notation. It was written `at`.

    `sender` is the name that it comes from, and `reply_to` the address that is answered, where the vendor has such; without
    them it is the connection's own. An attachment of type text/calendar is an invitation, which mail carries as one of the forms
    of its text, too. Messages of one `thread` belong together. `named_by` is the address that it may have gone out from before,
    over another connection of the same house: what names the message to a mailbox (in mail the Message-ID) is made with that
    one's host; without it, with the connection's own.
    """

    key: str
    sequence: int = 0
    place: str
    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    sender: str = ""
    reply_to: str | None = None
    thread: str | None = None
    named_by: str | None = None
    at: datetime

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)
        if self.at.tzinfo is None:
            raise ValueError("a notice is written at an aware time")


@runtime_checkable
class Tasks(Protocol):
    """Tasks of users of the CRM."""

    async def put(self, thing: Task) -> RemoteRecord:
        """Bring the task to this state under `thing.key`, and answer it as the vendor has it then.

        Again is fine. A lower sequence than stands there is late: it changes nothing. What vanished is made anew. What
        others wrote there beside the state stays.
        """
        ...

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """What stands under the key, or None. What cannot be read raises."""
        ...

    async def drop(self, place: str, key: str) -> None:
        """Take it away: twice is fine, unknown is fine. A place that cannot be used any more raises PlaceGone."""
        ...


@runtime_checkable
class Programmes(Protocol):
    """Marketing programmes, and who is in them."""

    async def put(self, thing: Membership) -> RemoteRecord:
        """Bring the membership to this state under `thing.key`, and answer it as the vendor has it then.

        Again is fine. A lower sequence than stands there is late: it changes nothing. What vanished is made anew. What
        others wrote there beside the state stays.
        """
        ...

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """What stands under the key, or None. What cannot be read raises."""
        ...

    async def drop(self, place: str, key: str) -> None:
        """Take it away: twice is fine, unknown is fine. A place that cannot be used any more raises PlaceGone."""
        ...


@runtime_checkable
class Notices(Protocol):
    """Messages of one messenger or mail service."""

    async def put(self, thing: Notice) -> RemoteRecord:
        """Deliver the notice; one whose key was delivered before is not delivered again."""
        ...
