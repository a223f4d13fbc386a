"""Places: the address of a mailbox, for its default calendar, or `address/id` for another calendar of it."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pointsman_sdk import PlaceGone, check_email

_LONGEST_ID = 500
_MAILBOX = re.compile(r"/users/([^/?]+)/")


@dataclass(frozen=True, slots=True)
class Place:
    """A calendar of a mailbox; `calendar` is None for the default one."""

    user: str
    calendar: str | None = None

    @classmethod
    def of(cls, place: str) -> "Place":
        """Raises PlaceGone for a text that is none."""
        user, slash, calendar = place.partition("/")
        try:
            check_email(user)
        except ValueError:
            raise PlaceGone("name a calendar by its mailbox's address, or pick it from the list") from None
        if slash and not 0 < len(calendar) <= _LONGEST_ID:
            raise PlaceGone("name a calendar by its mailbox's address, or pick it from the list")
        return cls(user, calendar or None)

    def __str__(self) -> str:
        return self.user if self.calendar is None else f"{self.user}/{self.calendar}"

    @property
    def subject(self) -> str:
        """The mailbox as what Graph counts requests by ("throttling limits", Outlook)."""
        return self.user.casefold()

    @property
    def mailbox(self) -> str:
        return f"/users/{quote(self.user, safe='@')}"

    @property
    def path(self) -> str:
        """Of the calendar."""
        if self.calendar is None:
            return f"{self.mailbox}/calendar"
        return f"{self.mailbox}/calendars/{quote(self.calendar, safe='')}"

    @property
    def delta(self) -> str:
        """Of what changed in it (Graph, "event: delta" and "get incremental changes to events in a calendar view")."""
        return f"{self.mailbox if self.calendar is None else self.path}/calendarView/delta"

    @property
    def resource(self) -> str:
        """What a subscription to it is to (Graph, "subscription resource type")."""
        return f"{self.mailbox if self.calendar is None else self.path}/events"

    def event(self, event_id: str) -> str:
        return f"{self.mailbox}/events/{quote(event_id, safe='')}"


def subject_in(path: str) -> str | None:
    """The `subject` of what lies below a mailbox; None for any other path."""
    found = _MAILBOX.match(path)
    return None if found is None else unquote(found[1]).casefold()
