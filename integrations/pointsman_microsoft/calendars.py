"""The capability `calendars`: those of the person who signed in, or each mailbox of the directory."""

from typing import Any

from pointsman_microsoft.config import MicrosoftConfig, Permission
from pointsman_microsoft.graph.client import SUBSCRIPTIONS, Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import shaped, text, text_or_none
from pointsman_sdk import CalendarInfo, Page, Rejected

_CALENDAR_FIELDS = "id,name,owner,canEdit,isDefaultCalendar"
_USER_FIELDS = "id,displayName,mail,userPrincipalName"
_TOP = "100"
_NO_DIRECTORY = (
    "the app may not list the mailboxes: give it User.ReadBasic.All, or name a calendar by its mailbox's address"
)


class Calendars:
    """With delegated permission the person's own and those shared with them; with application permission one a mailbox."""

    def __init__(self, client: Client, config: MicrosoftConfig) -> None:
        self._client, self._config = client, config
        self._delegated = config.permission is Permission.DELEGATED

    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        if not self._delegated:
            return await self._mailboxes(cursor)
        me, _, following = (cursor or "").partition(" ")
        if not me:
            me = await self._own_address()
        params = {"$select": _CALENDAR_FIELDS, "$top": _TOP}
        found = await self._client.page("/me/calendars", cursor=following or None, params=params)
        items = [shaped(lambda row: _calendar(row, me), one) for one in found.items]
        return Page(items=items, cursor=None if found.cursor is None else f"{me} {found.cursor}")

    async def check(self) -> None:
        """One call that tells whether the sign-in, and the permission where it can be seen, is good."""
        if self._delegated:
            await self._own_address()
        elif self._config.mailbox is not None:
            place = Place.of(self._config.mailbox)
            found = await self._client.call("GET", place.path, params={"$select": _CALENDAR_FIELDS})
            shaped(lambda row: text(row["id"]), found)
        else:
            await self._client.page(SUBSCRIPTIONS, cursor=None)

    async def _own_address(self) -> str:
        found = await self._client.call("GET", "/me/calendar", params={"$select": _CALENDAR_FIELDS})
        return shaped(lambda row: Place.of(text(row["owner"]["address"])).user, found)

    async def _mailboxes(self, cursor: str | None) -> Page[CalendarInfo]:
        params = {"$select": _USER_FIELDS, "$top": _TOP}
        try:
            found = await self._client.page("/users", cursor=cursor, params=params)
        except Rejected as fault:
            raise Rejected(_NO_DIRECTORY) from fault
        items = [shaped(_mailbox, row) for row in found.items]
        return Page(items=[one for one in items if one is not None], cursor=found.cursor)


def _calendar(row: Any, me: str) -> CalendarInfo:
    place = str(Place(me) if row.get("isDefaultCalendar") is True else Place(me, text(row["id"])))
    owner = row.get("owner") or {}
    return CalendarInfo(
        id=place,
        name=text(row["name"]).strip() or place,
        owner_email=text_or_none(owner.get("address")),
        writable=row.get("canEdit") is not False,
    )


def _mailbox(row: Any) -> CalendarInfo | None:
    """The default calendar of a user; None for one without an address, which has no mailbox."""
    address = text_or_none(row.get("mail"))
    if not address:
        return None
    return CalendarInfo(id=address, name=text_or_none(row.get("displayName")) or address, owner_email=address)
