"""Connectors that misread calendars, or show guests what is not theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from contract.mutants.base import fails
from pointsman_memory import MemoryConnector
from pointsman_memory.appointments import MemoryAppointments
from pointsman_memory.calendars import MemoryBusy, MemoryCalendars
from pointsman_memory.watches import MemoryWatches
from pointsman_sdk import (
    CREATE_MEETING,
    Appointment,
    BusyTime,
    BusyTimes,
    CalendarInfo,
    CalendarRef,
    Changes,
    ConnectorError,
    GuestsRefused,
    Page,
    Rejected,
    RemoteRecord,
    Retryable,
    Scope,
    Slot,
    SlotTaken,
    Unreadable,
)
from pointsman_sdk.testing.samples import BERLIN

Found = Mapping[str, BusyTimes | Unreadable]


@fails("test_the_hour_that_comes_twice_is_kept_apart")
class ForgetsTheFold(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        start = thing.slot.utc().start
        if (start.month, start.day, start.hour) == (10, 26, 1):
            start -= timedelta(hours=1)
        return await super().put(replace(thing, slot=Slot(start, start + thing.slot.length)))


@fails("test_private_text_never_reaches_a_guest")
class PutsBothTextsIntoOne(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return await super().put(replace(thing, shared=f"{thing.shared}\n{thing.private}"))


@fails("test_private_text_never_reaches_a_guest")
class WritesToGuestsWhomTheHostInvites(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return await super().put(replace(thing, invites=type(thing.invites).VENDOR))


@fails("test_meeting_link_is_answered")
class ForgetsTheLink(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return replace(await super().put(thing), join_url=None)


@fails("test_meeting_link_is_answered")
class MakesNoMeetingThoughItSaysSo(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        if thing.meeting == CREATE_MEETING:
            raise Rejected("no meetings are made here")
        return await super().put(thing)


@fails("test_appointment_stands_though_no_guest_is_invited")
class TakesALimitOfGuestsForThrottling(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        try:
            return await super().put(thing)
        except GuestsRefused:
            raise Retryable("too many calls", scope=Scope.CONNECTION) from None


@fails("test_appointment_stands_though_no_guest_is_invited")
class PutsTheEventWithoutAWord(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        try:
            return await super().put(thing)
        except GuestsRefused:
            return await super().put(replace(thing, invites=type(thing.invites).HOST))


@fails("test_taken_slot_says_so")
class MerelyRejectsATakenSlot(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        try:
            return await super().put(thing)
        except SlotTaken as error:
            raise Rejected("conflict") from error


@fails("test_tentative_appointment_is_confirmed")
class LeavesAloneWhatIsInItsPlace(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        present = await self.get(thing.place, thing.key)
        return present if present and present.slot == thing.slot else await super().put(thing)


class _FirstPage(MemoryAppointments):
    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        return (await super().ours(place, window))[:2]


fails("test_ours_lists_ours_alone_over_every_page")(_FirstPage)


@fails("test_ours_lists_ours_alone_over_every_page")
class ReadsBackInAnyOrder(MemoryAppointments):
    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        return list(reversed(await super().ours(place, window)))


@fails("test_ours_of_an_unreadable_place_raises")
class TakesAnUnreadablePlaceForEmpty(MemoryAppointments):
    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        try:
            return await super().ours(place, window)
        except Rejected:
            return []


class _Altered(MemoryBusy):
    """Reads rightly, and then makes something else of it."""

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        found = await super().read(asked, window)
        return {
            name: replace(one, times=self.altered(list(one.times))) if isinstance(one, BusyTimes) else one
            for name, one in found.items()
        }

    def altered(self, times: list[BusyTime]) -> list[BusyTime]:
        raise NotImplementedError


@fails("test_other_events_are_busy")
class ReadsTheFirstPageOnly(_Altered):
    def altered(self, times: list[BusyTime]) -> list[BusyTime]:
        return times[:2]


@fails("test_own_appointments_are_busy")
class LeavesOutItsOwn(_Altered):
    def altered(self, times: list[BusyTime]) -> list[BusyTime]:
        return [time for time in times if time.key is None]


@fails("test_keyed_readings_name_every_event_of_ours")
class SaysKeyedAndNamesNone(_Altered):
    def altered(self, times: list[BusyTime]) -> list[BusyTime]:
        return [replace(time, key=None) for time in times]


class SeesEverything(MemoryConnector):
    """Asks the vendor's store directly, free, declined and cancelled events included."""

    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        vendor = context.http._transport._inner._inner.handler.__self__

        async def read(asked: Sequence[CalendarRef], _window: Slot) -> Found:
            found: dict[str, BusyTimes | Unreadable] = {}
            for ref in asked:
                calendar = vendor.diary.calendar(ref.id)
                times = [BusyTime(slot=calendar.slot(item)) for item in calendar.shelf.items.values()]
                found[ref.id] = BusyTimes(times=times)
            return found

        self.busy.read = read  # type: ignore[method-assign]  # the mistake


fails("test_free_events_are_free", "test_odd_event_is_read_as_it_is")(SeesEverything)


@fails("test_odd_event_is_read_as_it_is")
class WholeDaysAreUtcDays(MemoryBusy):
    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        return await super().read([replace(one, zone="UTC") for one in asked], window)


@fails("test_only_the_window_is_reported")
class IgnoresTheWindow(MemoryBusy):
    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        day = timedelta(days=1)
        return await super().read(asked, Slot(window.start - day, window.end + day))


@fails("test_events_over_a_clock_change_keep_their_length")
class ReadsWallClocks(_Altered):
    def altered(self, times: list[BusyTime]) -> list[BusyTime]:
        return [
            replace(
                time,
                slot=Slot(*(wall.astimezone(BERLIN).replace(tzinfo=UTC) for wall in (time.slot.start, time.slot.end))),
            )
            for time in times
        ]


@fails("test_unreadable_calendar_is_not_free")
class UnreadableIsFree(MemoryBusy):
    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        found = await super().read(asked, window)
        return {name: BusyTimes() if isinstance(one, Unreadable) else one for name, one in found.items()}


@fails("test_failed_reading_is_not_free", "test_status_without_busy_times_is_not_free")
class UnknownIsFree(MemoryBusy):
    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        try:
            return await super().read(asked, window)
        except ConnectorError:
            return {one.id: BusyTimes() for one in asked}


@fails("test_one_unreadable_calendar_leaves_the_others")
class OneFailsForAll(MemoryBusy):
    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Found:
        found = await super().read(asked, window)
        bad = next((one for one in found.values() if isinstance(one, Unreadable)), None)
        return found if bad is None else dict.fromkeys(found, bad)


@fails("test_calendars_are_listed")
class ListsTheFirstPage(MemoryCalendars):
    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        return Page(items=(await super().page(cursor)).items[:1])


@fails("test_failed_list_of_calendars_raises")
class ListsNothingInstead(MemoryCalendars):
    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:
        try:
            return await super().page(cursor)
        except ConnectorError:
            return Page(items=())


@fails("test_changes_are_told")
class TellsNoChange(MemoryWatches):
    async def changed(self, place: str, cursor: str | None) -> Changes:
        return replace(await super().changed(place, cursor), keys=(), others=False)


@fails("test_bad_cursor_is_not_complete")
class BeginsAnewInSilence(MemoryWatches):
    async def changed(self, place: str, cursor: str | None) -> Changes:
        found = await super().changed(place, cursor)
        return found if found.complete else await super().changed(place, None)


@fails("test_failed_reading_of_changes_raises")
class TakesAFailureForNoChange(MemoryWatches):
    async def changed(self, place: str, cursor: str | None) -> Changes:
        try:
            return await super().changed(place, cursor)
        except ConnectorError:
            return Changes(cursor=cursor)
