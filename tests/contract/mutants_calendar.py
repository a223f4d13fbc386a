"""Connectors that lose, double or hide what is in a calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from contract.mutant_base import Call, OtherClient, client_that, fails
from contract.mutants_house import GivesUpOnABusyVendor
from pointsman_memory import MemoryConnector
from pointsman_sdk import (
    AmbiguousOutcome,
    Booking,
    BookingRequest,
    ConnectorError,
    Enrolment,
    Record,
    Rejected,
    Slot,
    SlotTaken,
)
from pointsman_sdk.testing import ADA


def _wall_clock(slot: Slot) -> Slot:
    """The mistake of mistakes: the local time, called UTC."""
    return Slot(slot.start.replace(tzinfo=UTC), slot.end.replace(tzinfo=UTC))


@fails("test_booking_round_trips")
class SendsLocalTimeAsUtc(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        return await super().book(replace(request, slot=_wall_clock(request.slot)))


@fails("test_the_hour_that_comes_twice_is_kept_apart")
class ForgetsTheFold(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        first = request.slot.start.replace(fold=0).astimezone(UTC)
        return await super().book(replace(request, slot=Slot(first, first + request.slot.length)))


@fails("test_hostile_contact_is_only_text")
class SplitsTheTitleIntoGuests(OtherClient):
    async def _guests(call: Call, method: str, *path: str, **rest: Any) -> Any:  # noqa: N805  a call in the place of self
        body = rest.get("body") or {}
        lines = str(body.get("title", "")).splitlines()
        if "attendees" in body:
            body["attendees"] += [line.partition("mailto:")[2] for line in lines if "mailto:" in line]
        return await call(method, *path, **rest)

    client = client_that(_guests)


@fails("test_appointment_with_nobody_to_invite_stands")
class InvitesSomebodyInAnyCase(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        return await super().book(replace(request, contact=request.contact or ADA))


class FreshKeys(MemoryConnector):
    """Makes a new key for every try."""

    tries = 0

    def _fresh(self, request: BookingRequest) -> BookingRequest:
        self.tries += 1
        minutes = timedelta(minutes=30 * (self.tries - 1))
        moved = Slot(request.slot.start + minutes, request.slot.end + minutes)
        return replace(request, key=f"{request.key}-{self.tries}", slot=moved)

    async def book(self, request: BookingRequest) -> Booking:
        made = await super().book(self._fresh(request))
        return replace(made, key=request.key)


fails("test_same_key_books_once", "test_simultaneous_retries_book_once")(FreshKeys)


async def _timeout_is_final(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except AmbiguousOutcome as error:
        raise Rejected("time-out") from error


@fails(
    "test_lost_answer_books_once",
    "test_lost_answer_moves_once",
    "test_lost_answer_creates_one_person",
    "test_meetings_are_logged_once",
    "test_lost_answer_enrols_once",
    "test_lost_answer_notifies_once",
)
class TakesATimeoutForANo(OtherClient):
    client = client_that(_timeout_is_final)


fails("test_failed_write_may_be_repeated")(GivesUpOnABusyVendor)


@fails("test_taken_slot_says_so")
class MerelyRejectsATakenSlot(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        try:
            return await super().book(request)
        except SlotTaken as error:
            raise Rejected("conflict") from error


@fails("test_unknown_key_is_none")
class FindsAnything(MemoryConnector):
    async def find(self, calendar: str, key: str) -> Booking | None:
        return await super().find(calendar, "check-g1")


class SwallowsFailedLookUps(MemoryConnector):
    async def find(self, calendar: str, key: str) -> Booking | None:
        try:
            return await super().find(calendar, key)
        except ConnectorError:
            return None

    async def person(self, email: str) -> Record | None:
        try:
            return await super().person(email)
        except ConnectorError:
            return None

    async def enrolled(self, enrolment: Enrolment) -> bool:
        try:
            return await super().enrolled(enrolment)
        except ConnectorError:
            return False

    async def notified(self, key: str) -> bool:
        try:
            return await super().notified(key)
        except ConnectorError:
            return False


fails(
    "test_failed_look_up_is_not_none",
    "test_failed_record_look_up_is_not_none",
    "test_failed_enrolment_look_up_raises",
    "test_failed_notice_look_up_raises",
)(SwallowsFailedLookUps)


@fails("test_move_changes_the_one_event")
class MovesByCopy(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        made = await super().book(replace(request, key=request.key + "-moved"))
        return replace(made, key=request.key)


@fails("test_vanished_event_is_created_by_move")
class MovesOnlyWhatIsThere(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        if await self.find(request.calendar, request.key) is None:
            raise Rejected("no such event")
        return await super().move(request)


@fails("test_move_again_changes_nothing")
class CancelsAndBooksAgain(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        await self.cancel(request.calendar, request.key)
        return await self.book(request)


@fails("test_late_move_does_not_undo_a_newer_one")
class ForgetsTheSequence(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        return await super().move(replace(request, sequence=99))


@fails("test_tentative_appointment_is_confirmed_by_a_move")
class LeavesAloneWhatIsInItsPlace(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        present = await self.find(request.calendar, request.key)
        return present if present and present.slot == request.slot else await super().move(request)


@fails("test_cancel_is_idempotent")
class CancelsOnlyWhatIsThere(MemoryConnector):
    async def cancel(self, calendar: str, key: str) -> None:
        if await self.find(calendar, key) is None:
            raise Rejected("no such event")
        await super().cancel(calendar, key)


@fails("test_failed_cancel_is_not_done")
class CancelsAtBestEffort(MemoryConnector):
    async def cancel(self, calendar: str, key: str) -> None:
        try:
            await super().cancel(calendar, key)
        except ConnectorError:
            return


@fails("test_other_events_are_busy")
class ReadsTheFirstPageOnly(MemoryConnector):
    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        return (await super().busy(calendar, window))[:1]


@fails("test_own_bookings_are_busy")
class LeavesOutItsOwn(MemoryConnector):
    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        own = {booking.slot for booking in await self.booked(calendar, window)}
        return [slot for slot in await super().busy(calendar, window) if slot not in own]


class SeesEverything(MemoryConnector):
    """Asks the vendor's store directly, free events included."""

    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        handler = self._client._http._transport._inner._inner.handler
        entries = handler.__self__.diary.calendars[calendar].values()
        return [entry.slot for entry in entries if entry.slot.overlaps(window)]


fails("test_free_events_are_free")(SeesEverything)


@fails("test_only_the_window_is_reported")
class IgnoresTheWindow(MemoryConnector):
    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        day = timedelta(days=1)
        return await super().busy(calendar, Slot(window.start - day, window.end + day))


@fails("test_events_over_a_clock_change_keep_their_length")
class ReadsWallClocks(MemoryConnector):
    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        return [_wall_clock(slot) for slot in await super().busy(calendar, window)]


@fails("test_unreadable_calendar_is_not_free", "test_refused_reading_is_not_free", "test_spoilt_reading_is_not_free")
class UnknownIsFree(MemoryConnector):
    async def busy(self, calendar: str, window: Slot, **asked: str | None) -> Sequence[Slot]:
        try:
            return await super().busy(calendar, window)
        except ConnectorError:
            return []


@fails("test_own_appointments_are_read_back")
class ReadsBackInAnyOrder(MemoryConnector):
    async def booked(self, calendar: str, window: Slot) -> Sequence[Booking]:
        return list(reversed(await super().booked(calendar, window)))
