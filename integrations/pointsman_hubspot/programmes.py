"""Programmes: static lists of contacts. A list knows no key, so that the connection's memory has the contact of each."""

from pointsman_hubspot.api.portal import TYPE_IDS
from pointsman_hubspot.api.refusals import Conflict, Invalid, NotFound
from pointsman_hubspot.api.shape import line, next_page, rows, shaped
from pointsman_hubspot.desk import Desk
from pointsman_hubspot.memo import Memo
from pointsman_sdk import Context, Membership, Page, PlaceGone, Rejected, RemoteRecord, all_items

KIND = "contacts"
_NAMES = ("email", "firstname", "lastname")
_DIGITS = 20


class HubSpotProgrammes:
    """`place` is a list's id. A contact that is in the list stays where it is, whatever key names it."""

    def __init__(self, desk: Desk, context: Context) -> None:
        self._desk, self._client, self._paths = desk, desk.client, desk.client.paths
        self._members = Memo(context.memory, context.clock, "members", shelves=4_096)

    async def put(self, thing: Membership) -> RemoteRecord:
        _check(thing.place)
        contact = await self._contact(thing)
        if await self._is_in(thing.place, contact):
            await self._members.note(_note(thing.place, thing.key), contact)
            return _record(thing.place, thing.key, contact)
        await self._members.note(_note(thing.place, thing.key), contact)
        await self._change(thing.place, "add", contact)
        return _record(thing.place, thing.key, contact)

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        contact = await self._members.get(_note(place, key))
        if contact is None:
            await self._require(place)
            return None
        return _record(place, key, contact) if await self._is_in(place, contact) else None

    async def drop(self, place: str, key: str) -> None:
        _check(place)
        contact = await self._members.get(_note(place, key))
        if contact is None:
            await self._require(place)
            return
        await self._change(place, "remove", contact)
        await self._members.forget(_note(place, key))

    async def _contact(self, thing: Membership) -> str:
        """The id of the person's contact, which is made where there is none."""
        email = thing.person.email.strip().lower()
        found = await self._desk.objects.read(KIND, email, by="email", properties=_NAMES)
        if found is not None:
            return found.id
        try:
            made = await self._desk.objects.create(KIND, {"email": email, "lastname": line(thing.person.name)[:200]})
        except Conflict as conflict:
            if conflict.existing is None:
                raise
            return conflict.existing
        return made.id

    async def _is_in(self, place: str, contact: str) -> bool:
        path = self._paths.lists("records", TYPE_IDS[KIND], contact, "memberships")

        async def page(cursor: str | None) -> Page[str]:
            params = {} if cursor is None else {"after": cursor}
            answer = await self._client.call("GET", path, params=params, absent_is_none=True)
            if answer is None:
                return Page(items=())
            ids = shaped(lambda data: [str(int(row["listId"])) for row in rows(data)], answer)
            return Page(items=ids, cursor=shaped(next_page, answer))

        return place in [one async for one in all_items(page)]

    async def _change(self, place: str, how: str, contact: str) -> None:
        try:
            await self._client.call("PUT", self._paths.lists(place, "memberships", how), body=[contact])
        except NotFound:
            raise _gone() from None
        except Invalid:
            text = "HubSpot keeps the members of this list by its own filters: name a static list"
            raise Rejected(text) from None

    async def _require(self, place: str) -> None:
        _check(place)
        if await self._client.call("GET", self._paths.lists(place), absent_is_none=True) is None:
            raise _gone()


def _check(place: str) -> None:
    """An id is a number: a name would be another path."""
    if not (place.isascii() and place.isdigit() and len(place) <= _DIGITS):
        raise _gone()


def _gone() -> PlaceGone:
    return PlaceGone("HubSpot has no such list any more: name another by its id")


def _note(place: str, key: str) -> str:
    return f"{place}:{key}"


def _record(place: str, key: str, contact: str) -> RemoteRecord:
    return RemoteRecord(key=key, place=place, id=contact, version=contact)
