"""The calendar capability."""

from collections.abc import Sequence
from typing import Any

from pointsman_memory.client import Client
from pointsman_memory.shape import rows, shaped
from pointsman_memory.wire import slot_json, slot_of
from pointsman_sdk import Booking, BookingRequest, Slot


class Appointments:
    """Every event has the host's key for its name, so the vendor itself refuses a second one."""

    _client: Client

    async def busy(
        self,
        calendar: str,
        window: Slot,
        *,
        zone: str | None = None,  # noqa: ARG002  # the vendor tells instants
        owner: str | None = None,  # noqa: ARG002  # and leaves out what its owner declined
    ) -> Sequence[Slot]:
        found = await self._client.call("GET", "calendars", calendar, "busy", params=slot_json(window))
        return [shaped(slot_of, row) for row in rows(found)]

    async def book(self, request: BookingRequest) -> Booking:
        return await self._put("PUT", request)

    async def find(self, calendar: str, key: str) -> Booking | None:
        found = await self._client.call("GET", "calendars", calendar, "events", key, absent_is_none=True)
        return None if found is None else _booking(calendar, found)

    async def move(self, request: BookingRequest) -> Booking:
        if await self.find(request.calendar, request.key) is None:
            return await self.book(request)
        return await self._put("PATCH", request)

    async def cancel(self, calendar: str, key: str) -> None:
        await self._client.call("DELETE", "calendars", calendar, "events", key, absent_is_none=True)

    async def booked(self, calendar: str, window: Slot) -> Sequence[Booking]:
        found = await self._client.call("GET", "calendars", calendar, "events", params=slot_json(window))
        return [_booking(calendar, row) for row in rows(found)]

    async def _put(self, method: str, request: BookingRequest) -> Booking:
        body = {
            **slot_json(request.slot),
            "title": request.title,
            "attendees": [request.contact.email] if request.contact else [],
            "sequence": request.sequence,
            "tentative": request.tentative,
        }
        made = await self._client.call(method, "calendars", request.calendar, "events", request.key, body=body)
        return _booking(request.calendar, made)


def _booking(calendar: str, data: Any) -> Booking:
    return shaped(
        lambda row: Booking(
            key=row["key"],
            calendar=calendar,
            slot=slot_of(row),
            vendor_id=row["id"],
            version=row["version"],
            title=row["title"],
            tentative=row["tentative"] is True,
        ),
        data,
    )
