"""The calendar program of one owner: Google's pages, or Outlook. What it does, the vendor does by itself."""

from dataclasses import dataclass

from pointsman_google.events import KEY as GOOGLE_KEY
from pointsman_google.events import private
from pointsman_microsoft.events import KEY as GRAPH_KEY
from pointsman_sdk import Slot
from support.vendors.two_vendors import AT, GOOGLE, TwoVendors, calendar_of


@dataclass(slots=True)
class CalendarProgram:
    """Acts in one rep's calendar. Events are named by the vendor's ids."""

    here: TwoVendors
    rep: str

    @property
    def _place(self) -> str:
        return calendar_of(self.rep)

    @property
    def _is_google(self) -> bool:
        return AT[self.rep] == GOOGLE

    def ours(self) -> list[tuple[str, Slot]]:
        """The events that the service put there and that stand, by when they begin."""
        if self._is_google:
            calendar = self.here.google.calendar(self._place)
            found = [
                (name, calendar.slot(one))
                for name, one in calendar.events.items()
                if GOOGLE_KEY in private(one) and one["status"] != "cancelled"
            ]
        else:
            _, there = self.here.graph.directory.calendar(self._place)
            found = [(name, one.slot) for name, one in there.events.items() if GRAPH_KEY in one.properties]
        return sorted(found, key=lambda one: one[1].utc().start)

    async def drag(self, event: str, to: Slot) -> None:
        if self._is_google:
            times = {"start": {"dateTime": to.start.isoformat()}, "end": {"dateTime": to.end.isoformat()}}
            await self.here.by_owner(lambda: self.here.google.edit(self._place, event, **times))
        else:
            await self.here.by_owner(lambda: self.here.graph.directory.edit(self._place, event, slot=to))

    async def delete(self, event: str) -> None:
        erase = self.here.google.erase if self._is_google else self.here.graph.directory.erase
        await self.here.by_owner(lambda: erase(self._place, event))

    async def restore(self, event: str) -> None:
        """Out of the bin."""
        if self._is_google:
            await self.here.by_owner(lambda: self.here.google.edit(self._place, event, status="confirmed"))
        else:
            await self.here.by_owner(lambda: self.here.graph.directory.restore(self._place, event))

    async def decline(self, event: str) -> None:
        """Google lets an owner answer "no"; in Outlook an organizer can only call a meeting off, and keep it."""
        if self._is_google:
            answer = {"email": self._place, "self": True, "responseStatus": "declined"}
            there = self.here.google.calendar(self._place).events[event].get("attendees", [])
            await self.here.by_owner(lambda: self.here.google.edit(self._place, event, attendees=[*there, answer]))
        else:
            await self.here.by_owner(lambda: self.here.graph.directory.edit(self._place, event, isCancelled=True))

    async def weekly(self, slot: Slot, *, times: int) -> str:
        """An event of the owner's own."""
        if not self._is_google:
            made = await self.here.block(self.rep, slot, weeks=times)
            return str(made.id)
        named = {"timeZone": self.here.google.calendar(self._place).zone}
        start, end = ({"dateTime": one.replace(microsecond=0).isoformat(), **named} for one in (slot.start, slot.end))
        rule = [f"RRULE:FREQ=WEEKLY;COUNT={times}"]
        made = await self.here.block(self.rep, slot, start=start, end=end, recurrence=rule)
        return str(made["id"])

    async def make_weekly(self, event: str, *, times: int) -> None:
        """A series of an event that stands there."""
        if not self._is_google:
            await self.here.by_owner(lambda: self.here.graph.directory.repeat(self._place, event, weeks=times))
            return
        calendar = self.here.google.calendar(self._place)
        there = {name: {**calendar.events[event][name], "timeZone": calendar.zone} for name in ("start", "end")}
        rule = [f"RRULE:FREQ=WEEKLY;COUNT={times}"]
        await self.here.by_owner(lambda: self.here.google.edit(self._place, event, recurrence=rule, **there))

    async def delete_instance(self, event: str, *, number: int) -> None:
        """One time of a series, the first of which has the number 0."""
        if self._is_google:
            await self.here.by_owner(lambda: self.here.google.erase_instance(self._place, event, number=number))
        else:
            await self.here.by_owner(
                lambda: self.here.graph.directory.erase_instance(self._place, event, number=number)
            )
