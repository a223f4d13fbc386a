"""Activity: a meeting on a person's record in a CRM, which follows every act on the appointment."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pointsman_sdk.people import Contact
from pointsman_sdk.records import RemoteRecord, check_state
from pointsman_sdk.slots import Slot


class ActivityStatus(StrEnum):
    """What became of the meeting."""

    PLANNED = "planned"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The meeting as it should stand in the CRM.

    `person`, `account` and `owner` are ids there; the owner is the closer, not the user of the integration. The customer may
    be shown `shared`, never `private`.
    """

    key: str
    sequence: int = 0
    person: str
    account: str | None = None
    owner: str | None = None
    slot: Slot
    status: ActivityStatus = ActivityStatus.PLANNED
    title: str
    shared: str = field(default="", repr=False)
    private: str = field(default="", repr=False)
    join_url: str | None = None
    participants: tuple[Contact, ...] = ()
    place: str = ""

    def __post_init__(self) -> None:
        check_state(self.key, self.sequence)


@runtime_checkable
class Activities(Protocol):
    """Meetings of the host's on the records of people."""

    async def put(self, thing: Activity) -> RemoteRecord:
        """Bring the meeting to this state under `thing.key`, and answer it as the vendor has it then.

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
