"""The capability `calendars`: the list of the signed-in user, in pages."""

from typing import Any

from pointsman_google.client import Client, next_page, paged
from pointsman_google.shape import rows, shaped, text, text_or_none
from pointsman_sdk import CalendarInfo, Page

_PAGE = {"maxResults": "250"}  # the largest that the API gives
_WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
#: Addresses of calendars that are no user's own.
_SHARED = ".calendar.google.com"


class GoogleCalendars:
    """A calendar's id is an address: a user's own calendar has the user's."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        answer = await self._client.call("GET", "users", "me", "calendarList", params=paged(_PAGE, cursor))
        standing = [row for row in rows(answer, "items") if shaped(lambda one: not one.get("deleted"), row)]
        return Page(items=[shaped(_calendar, row) for row in standing], cursor=next_page(answer))

    async def ask_who(self) -> None:
        """A call that needs the sign-in. Raises Rejected where what answers is not the API."""
        rows(await self._client.call("GET", "users", "me", "calendarList", params={"maxResults": "1"}), "items")


def _calendar(row: Any) -> CalendarInfo:
    name = text(row["id"])
    return CalendarInfo(
        id=name,
        name=str(row.get("summaryOverride") or row.get("summary") or "").strip() or name,
        owner_email=_owner(name, row),
        zone=text_or_none(row.get("timeZone")),
        writable=row.get("accessRole") in _WRITERS,
    )


def _owner(name: str, row: Any) -> str | None:
    """Google states the owner of a secondary calendar (`dataOwner`); the id of another is its owner's address."""
    return text_or_none(row.get("dataOwner")) or (name if "@" in name and not name.endswith(_SHARED) else None)
