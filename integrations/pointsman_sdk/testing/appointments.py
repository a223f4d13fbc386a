"""Calendar checks, first half: one appointment per key, whatever is repeated, lost or late."""

import asyncio
from typing import Any

import pytest

from pointsman_sdk import AmbiguousOutcome, Capability, ConnectorError, Retryable, Slot, SlotTaken
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.samples import ADA, AUTUMN, HOSTILE, at, request
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.vendors import CalendarVendor

CALENDAR = Capability.CALENDAR


def slots(vendor: CalendarVendor) -> list[Slot]:
    """The times of the connector's events as the vendor has them."""
    return [event.slot for event in vendor.events()]


class AppointmentChecks(Bench):
    """book, find, move, cancel."""

    @proves(Tier.SILVER, CALENDAR)
    async def test_booking_round_trips(self, connector: Any, vendor: Any) -> None:
        """book() returns what find() finds, and the vendor has it at that instant with that guest."""
        asked = request(vendor.calendar)
        made = await connector.book(asked)
        assert made == await connector.find(vendor.calendar, asked.key)
        assert (made.key, made.calendar, made.slot) == (asked.key, vendor.calendar, asked.slot)
        assert made.vendor_id
        assert made.version
        (event,) = vendor.events()
        assert event.slot == asked.slot
        assert event.attendees == {ADA.email}

    @proves(Tier.SILVER, CALENDAR)
    @pytest.mark.parametrize("fold", [0, 1])
    async def test_the_hour_that_comes_twice_is_kept_apart(self, connector: Any, vendor: Any, fold: int) -> None:
        """Send instants, or a zone with its rules: 02:30 on the night the clocks go back is two moments."""
        asked = request(vendor.calendar, slot=at(2, 30, day=AUTUMN.replace(fold=fold)))
        await connector.book(asked)
        assert slots(vendor) == [asked.slot]

    @proves(Tier.GOLD, CALENDAR)
    async def test_hostile_contact_is_only_text(self, connector: Any, vendor: Any) -> None:
        """Escape what a stranger typed: line breaks, quotes and markup must not become fields or guests."""
        asked = request(vendor.calendar, contact=HOSTILE)
        await connector.book(asked)
        (event,) = vendor.events()
        assert event.attendees == {HOSTILE.email}
        assert event.title.startswith(asked.title[:30])
        assert await connector.find(vendor.calendar, asked.key) is not None

    @proves(Tier.SILVER, CALENDAR)
    async def test_appointment_with_nobody_to_invite_stands(self, connector: Any, vendor: Any) -> None:
        """A request without a contact makes an event without guests: some people are known by phone alone."""
        asked = request(vendor.calendar, contact=None)
        made = await connector.book(asked)
        await connector.move(request(vendor.calendar, contact=None, slot=at(15), sequence=1))
        (event,) = vendor.events()
        assert (made.slot, event.slot, event.attendees) == (asked.slot, at(15), frozenset())

    @proves(Tier.SILVER, CALENDAR)
    async def test_same_key_books_once(self, connector: Any, vendor: Any) -> None:
        """A repeated book() returns the appointment that is there, even when the request has changed since."""
        made = await connector.book(request(vendor.calendar))
        assert await connector.book(request(vendor.calendar)) == made
        assert await connector.book(request(vendor.calendar, slot=at(15))) == made
        assert slots(vendor) == [made.slot]

    @proves(Tier.SILVER, CALENDAR)
    async def test_simultaneous_retries_book_once(self, connector: Any, vendor: Any) -> None:
        """Let the vendor's own uniqueness decide, not a look-up before the write: retries may overlap."""
        tries = [connector.book(request(vendor.calendar)) for _ in range(4)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        assert all(isinstance(a, Retryable) or not isinstance(a, BaseException) for a in answers), answers
        assert slots(vendor) == [at(9)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_lost_answer_books_once(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """A write without an answer is AmbiguousOutcome; find() then finds it, book() does not repeat it."""
        asked = request(vendor.calendar)
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.book(asked)
        assert await connector.find(vendor.calendar, asked.key) is not None
        await connector.book(asked)
        assert slots(vendor) == [asked.slot]

    @proves(Tier.SILVER, CALENDAR)
    async def test_failed_write_may_be_repeated(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """A 503 on a write is Retryable, and the same request then works."""
        wire.answer(503, writes_only=True)
        with pytest.raises(Retryable):
            await connector.book(request(vendor.calendar))
        await connector.book(request(vendor.calendar))
        assert slots(vendor) == [at(9)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_taken_slot_says_so(self, connector: Any, vendor: Any) -> None:
        """When the vendor refuses a time because it is taken, raise SlotTaken."""
        if not vendor.refuses_overlaps:
            pytest.skip("excused: this vendor accepts overlapping events")
        await connector.book(request(vendor.calendar, key="first"))
        with pytest.raises(SlotTaken):
            await connector.book(request(vendor.calendar, key="second"))

    @proves(Tier.SILVER, CALENDAR)
    async def test_unknown_key_is_none(self, connector: Any, vendor: Any) -> None:
        """find() answers None for a key it never saw, also when others are there."""
        await connector.book(request(vendor.calendar))
        assert await connector.find(vendor.calendar, "never-seen-g1") is None

    @proves(Tier.SILVER, CALENDAR)
    async def test_failed_look_up_is_not_none(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """find() that cannot read raises: None would make the host send again what is there."""
        for status in (401, 403, 429, 500):
            wire.answer(status, times=9)
            with pytest.raises(ConnectorError):
                await connector.find(vendor.calendar, "check-g1")

    @proves(Tier.SILVER, CALENDAR)
    async def test_move_changes_the_one_event(self, connector: Any, vendor: Any) -> None:
        """move() changes the event in place, and its version with it."""
        made = await connector.book(request(vendor.calendar))
        moved = await connector.move(request(vendor.calendar, slot=at(14), sequence=1))
        assert moved.slot == at(14)
        assert moved.version != made.version
        assert moved == await connector.find(vendor.calendar, made.key)
        assert slots(vendor) == [at(14)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_move_again_changes_nothing(self, connector: Any, vendor: Any) -> None:
        """A repeated move() finds the event where it should be and leaves it alone."""
        await connector.book(request(vendor.calendar))
        asked = request(vendor.calendar, slot=at(14), sequence=1)
        moved = await connector.move(asked)
        assert await connector.move(asked) == moved
        assert slots(vendor) == [at(14)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_late_move_does_not_undo_a_newer_one(self, connector: Any, vendor: Any) -> None:
        """A move() with a lower sequence than the vendor has seen is late: return what is there."""
        await connector.book(request(vendor.calendar))
        newer = await connector.move(request(vendor.calendar, slot=at(16), sequence=2))
        assert await connector.move(request(vendor.calendar, slot=at(14), sequence=1)) == newer
        assert slots(vendor) == [at(16)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_lost_answer_moves_once(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """A move() without an answer is AmbiguousOutcome, and may be repeated."""
        await connector.book(request(vendor.calendar))
        asked = request(vendor.calendar, slot=at(14), sequence=1)
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.move(asked)
        assert (await connector.move(asked)).slot == at(14)
        assert slots(vendor) == [at(14)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_vanished_event_is_created_by_move(self, connector: Any, vendor: Any) -> None:
        """When someone deleted the event, move() creates it: the appointment still stands."""
        await connector.book(request(vendor.calendar))
        vendor.erase()
        await connector.move(request(vendor.calendar, slot=at(14), sequence=1))
        assert slots(vendor) == [at(14)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_tentative_appointment_is_confirmed_by_a_move(self, connector: Any, vendor: Any) -> None:
        """A move() to the same slot with a newer sequence changes the standing, in place; a late one does not."""
        if not vendor.knows_tentative:
            pytest.skip("excused: this vendor shows every event as confirmed")
        made = await connector.book(request(vendor.calendar, tentative=True))
        assert made.tentative
        assert [event.tentative for event in vendor.events()] == [True]
        assert any(slot.overlaps(made.slot) for slot in await connector.busy(vendor.calendar, made.slot))
        confirmed = await connector.move(request(vendor.calendar, sequence=1))
        assert not confirmed.tentative
        assert confirmed.version != made.version
        assert await connector.move(request(vendor.calendar, tentative=True)) == confirmed
        assert confirmed == await connector.find(vendor.calendar, made.key)
        assert [(event.slot, event.tentative) for event in vendor.events()] == [(made.slot, False)]

    @proves(Tier.SILVER, CALENDAR)
    async def test_cancel_is_idempotent(self, connector: Any, vendor: Any) -> None:
        """cancel() removes the event; a second time, or for an unknown key, it succeeds and does nothing."""
        made = await connector.book(request(vendor.calendar))
        await connector.book(request(vendor.calendar, key="other", slot=at(11)))
        await connector.cancel(vendor.calendar, made.key)
        await connector.cancel(vendor.calendar, made.key)
        await connector.cancel(vendor.calendar, "never-seen-g1")
        assert slots(vendor) == [at(11)]
        assert await connector.find(vendor.calendar, made.key) is None

    @proves(Tier.SILVER, CALENDAR)
    async def test_failed_cancel_is_not_done(self, connector: Any, vendor: Any, wire: FaultyTransport) -> None:
        """cancel() that the vendor refused raises; a lost answer is AmbiguousOutcome; both may be repeated."""
        made = await connector.book(request(vendor.calendar))
        for status in (401, 403, 429, 503):
            wire.answer(status, writes_only=True)
            with pytest.raises(ConnectorError):
                await connector.cancel(vendor.calendar, made.key)
        wire.lose_answer()
        with pytest.raises(AmbiguousOutcome):
            await connector.cancel(vendor.calendar, made.key)
        await connector.cancel(vendor.calendar, made.key)
        assert slots(vendor) == []
