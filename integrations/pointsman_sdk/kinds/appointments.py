"""Appointment: an event in a rep's calendar."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pointsman_sdk.people import Contact
from pointsman_sdk.records import RemoteRecord, Standing, check_state
from pointsman_sdk.slots import Slot


class Invites(StrEnum):
    """The side that writes to the guests: the host (then they do not stand in the event as guests), the vendor, or neither."""

    HOST = "host"
    VENDOR = "vendor"
    NOBODY = "nobody"


CREATE_MEETING = "create"
"""For `Appointment.meeting`: the vendor makes a meeting of its own, whose link comes back as `RemoteRecord.join_url`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One event as it should stand in one calendar, `place`, which is the vendor's own address of it.

    Of the two texts, guests may read `shared` and never `private`: no byte of it may reach a guest, so that a connector
    whose vendor shows one description to all leaves `private` out of an event with guests.
    `sequence` counts the host's own changes, from 0. `standing` is tentative or confirmed, and the time is blocked in both;
    a cancelled appointment is dropped.
    """

    key: str
    sequence: int = 0
    place: str
    slot: Slot
    title: str
    shared: str = field(default="", repr=False)
    private: str = field(default="", repr=False)
    guests: tuple[Contact, ...] = ()
    invites: Invites = Invites.NOBODY
    meeting: str | None = None  # a link, CREATE_MEETING, or none
    standing: Standing = Standing.CONFIRMED

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)
        if self.standing is Standing.CANCELLED:
            raise ValueError("a cancelled appointment is dropped, not put")


@runtime_checkable
class Appointments(Protocol):
    """Events of the host's in calendars."""

    async def put(self, thing: Appointment) -> RemoteRecord:
        """Bring the event to this state under `thing.key`, and answer it as the vendor has it then.

        Again is fine. A lower sequence than stands there is late: it changes nothing. What vanished is made anew. What
        others wrote there beside the state stays, and so does a series that its owner made of it; but where nothing stands at
        the first time of one, or it goes to another day, the event is made a single one again. Raises SlotTaken, and
        GuestsRefused where `invites` is VENDOR.
        """
        ...

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        """What stands under the key, or None; a series at its first time that stands. What cannot be read raises."""
        ...

    async def drop(self, place: str, key: str) -> None:
        """Take it away: twice is fine, unknown is fine. A place that cannot be used any more raises PlaceGone."""
        ...

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        """The host's own that stand and overlap `window`, by start, a series once; those of other programs are left out."""
        ...
