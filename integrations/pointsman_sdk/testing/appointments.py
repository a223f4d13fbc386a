"""Appointment checks: the right instant, in its standing, and nothing private for guests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pointsman_sdk import CREATE_MEETING, Capability, GuestsRefused, Invites, Rejected, Slot, SlotTaken, Standing
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.busytimes import DAY, busy_slots
from pointsman_sdk.testing.samples import ADA, AUTUMN, PRIVATE, SPRING, appointment, at
from pointsman_sdk.testing.tiers import Tier, proves

APPOINTMENTS = Capability.APPOINTMENTS
TIMES = 3
"""Of a series that an owner makes, a week apart."""
WEEKS = Slot(DAY.start, DAY.start + timedelta(weeks=TIMES))
deleted = pytest.mark.parametrize("without", [0, 1, TIMES], ids=["none", "first", "all"])
"""How many of its times the owner deletes."""


def slots(vendor: Any) -> list[Slot]:
    """When the vendor's rows are."""
    found = [row.slot for row in vendor.rows(APPOINTMENTS)]
    return sorted(found, key=lambda slot: slot.utc().start)


async def make_series(connector: Any, vendor: Any, *, without: int, sequence: int = 0) -> None:
    """An event of ours at 9:00, of which the owner made a series."""
    await connector.appointments.put(appointment(vendor.calendar, sequence=sequence))
    if not vendor.repeat(times=TIMES, without=without):
        pytest.skip("excused: this vendor's calendars have no series")
    assert [(row.slot, row.repeats) for row in vendor.rows(APPOINTMENTS)] == [(at(9), True)]


class AppointmentChecks(Bench):
    """Events in calendars, beside what holds for every kind."""

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_appointment_keeps_its_instant(self, connector: Any, vendor: Any) -> None:
        """The vendor's event is at the instant asked for, and is answered so: wall clocks are not UTC."""
        asked = appointment(vendor.calendar, slot=at(9))
        made = await connector.appointments.put(asked)
        assert (made.slot, slots(vendor)) == (asked.slot, [asked.slot])

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_the_hour_that_comes_twice_is_kept_apart(self, connector: Any, vendor: Any) -> None:
        """02:30 comes twice on the night when clocks go back; the second is an hour after the first."""
        first = at(2, 30, day=AUTUMN)
        second = Slot(*(moment + timedelta(hours=1) for moment in (first.utc().start, first.utc().end)))
        for key, slot in (("first", first), ("second", second)):
            made = await connector.appointments.put(appointment(vendor.calendar, key=key, slot=slot))
            assert made.slot == slot
        assert slots(vendor) == [first, second]

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_appointment_with_nobody_to_invite_stands(self, connector: Any, vendor: Any) -> None:
        """An appointment without guests makes an event without guests: some people are known by phone alone."""
        await connector.appointments.put(appointment(vendor.calendar, contact=None))
        await connector.appointments.put(appointment(vendor.calendar, contact=None, slot=at(15), sequence=1))
        assert [(row.slot, row.guests) for row in vendor.rows(APPOINTMENTS)] == [(at(15), frozenset())]

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_private_text_never_reaches_a_guest(self, connector: Any, vendor: Any) -> None:
        """Nothing of `private` is where a guest can read it, however the guests are invited, also after a change."""
        for invites in sorted(connector.manifest.invites):
            key = f"for-{invites}"
            for sequence, slot in enumerate((at(9), at(14))):
                asked = appointment(vendor.calendar, key=key, sequence=sequence, slot=slot, invites=invites)
                await connector.appointments.put(asked)
            (row,) = vendor.rows(APPOINTMENTS)
            assert PRIVATE not in row.guest_text
            assert PRIVATE[:12] not in row.guest_text
            may_stand = frozenset() if invites is Invites.HOST else frozenset({ADA.email})
            must_stand = may_stand if invites is Invites.VENDOR else frozenset()
            assert must_stand <= row.guests <= may_stand
            await connector.appointments.drop(vendor.calendar, key)

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_meeting_link_is_answered(self, connector: Any, vendor: Any) -> None:
        """The host's link stands in the event and comes back; one that the vendor makes too, where it is declared."""
        link = "https://meet.example/room-1"
        made = await connector.appointments.put(appointment(vendor.calendar, meeting=link))
        assert made.join_url == link
        try:
            own = await connector.appointments.put(
                appointment(vendor.calendar, key="own-room", slot=at(11), meeting=CREATE_MEETING)
            )
        except Rejected:
            assert not connector.manifest.makes_meetings
            return
        assert connector.manifest.makes_meetings
        assert own.join_url is not None
        assert own.join_url.startswith("https://")

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_appointment_stands_though_no_guest_is_invited(self, connector: Any, vendor: Any) -> None:
        """Where the vendor writes to no more guests, put() says GuestsRefused and did nothing; without them it stands."""
        if Invites.VENDOR not in connector.manifest.invites or not vendor.refuse_guests():
            pytest.skip("excused: this vendor has no limit of invitations")
        for sequence, slot in enumerate((at(9), at(11))):
            before = slots(vendor)
            asked = appointment(vendor.calendar, sequence=sequence, slot=slot, invites=Invites.VENDOR)
            with pytest.raises(GuestsRefused):
                await connector.appointments.put(asked)
            assert slots(vendor) == before
            await connector.appointments.put(replace(asked, invites=Invites.HOST))
            assert [(row.slot, row.guests) for row in vendor.rows(APPOINTMENTS)] == [(slot, frozenset())]

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_taken_slot_says_so(self, connector: Any, vendor: Any) -> None:
        """When the vendor refuses a time because it is taken, raise SlotTaken."""
        if not vendor.refuses_overlaps:
            pytest.skip("excused: this vendor accepts overlapping events")
        await connector.appointments.put(appointment(vendor.calendar, key="first"))
        with pytest.raises(SlotTaken):
            await connector.appointments.put(appointment(vendor.calendar, key="second"))

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_tentative_appointment_is_confirmed(self, connector: Any, vendor: Any) -> None:
        """A newer state of the same slot changes the standing, in place; a late one does not; both block the time."""
        if not vendor.knows_tentative:
            pytest.skip("excused: this vendor shows every event as confirmed")
        asked = appointment(vendor.calendar, standing=Standing.TENTATIVE)
        made = await connector.appointments.put(asked)
        assert made.standing is Standing.TENTATIVE
        assert [row.tentative for row in vendor.rows(APPOINTMENTS)] == [True]
        if Capability.BUSY in connector.manifest.capabilities:
            assert await busy_slots(connector, vendor, DAY) == [at(9)]
        confirmed = await connector.appointments.put(appointment(vendor.calendar, sequence=1))
        assert confirmed.standing is Standing.CONFIRMED
        assert confirmed.version != made.version
        assert await connector.appointments.put(asked) == confirmed
        assert [(row.slot, row.tentative) for row in vendor.rows(APPOINTMENTS)] == [(made.slot, False)]

    @proves(Tier.SILVER, APPOINTMENTS)
    async def test_ours_lists_ours_alone_over_every_page(self, connector: Any, vendor: Any) -> None:
        """ours() lists the host's own that stand in the window, by start: no other's, none of another day, none twice."""
        vendor.block(at(7))
        wanted = [
            await connector.appointments.put(appointment(vendor.calendar, key=f"own-{hour}", slot=at(hour)))
            for hour in (16, 9, 12, 10, 14)
        ]
        next_day = Slot(DAY.end, at(9).end + timedelta(days=1))
        await connector.appointments.put(appointment(vendor.calendar, key="next-day", slot=next_day))
        await connector.appointments.put(appointment(vendor.calendar, key="dropped", slot=at(18)))
        await connector.appointments.drop(vendor.calendar, "dropped")
        found = list(await connector.appointments.ours(vendor.calendar, DAY))
        assert found == sorted(wanted, key=lambda record: record.slot.utc().start)

    @proves(Tier.GOLD, APPOINTMENTS)
    @deleted
    async def test_owner_s_series_stands_at_its_first_time_left(
        self, connector: Any, vendor: Any, without: int
    ) -> None:
        """get() and ours() say `repeats` of a series, at the first of its times that stands, and CANCELLED where none does."""
        await make_series(connector, vendor, without=without)
        found = await connector.appointments.get(vendor.calendar, "check-g1")
        assert (found.key, found.repeats) == ("check-g1", True)
        listed = await connector.appointments.ours(vendor.calendar, WEEKS)
        if without == TIMES:
            assert {one.standing for one in [found, *listed]} == {Standing.CANCELLED}
            return
        first = at(9, day=SPRING + timedelta(weeks=without))
        assert (found.slot, found.standing) == (first, Standing.CONFIRMED)
        assert [(one.key, one.slot, one.repeats, one.standing) for one in listed] == [
            ("check-g1", first, True, Standing.CONFIRMED)
        ]
        there = [one.slot for one in await connector.appointments.ours(vendor.calendar, DAY)]
        assert there == ([] if without else [first])

    @proves(Tier.SILVER, APPOINTMENTS)
    @deleted
    async def test_put_makes_a_single_event_of_a_broken_series(self, connector: Any, vendor: Any, without: int) -> None:
        """put() makes a single event of a series where nothing stands at its first time; else it is its owner's to keep."""
        await make_series(connector, vendor, without=without)
        kept = without == 0
        made = await connector.appointments.put(appointment(vendor.calendar, sequence=1))
        found = await connector.appointments.get(vendor.calendar, "check-g1")
        for one in (made, found):
            assert (one.slot, one.repeats, one.standing) == (at(9), kept, Standing.CONFIRMED)
        assert [(row.slot, row.repeats) for row in vendor.rows(APPOINTMENTS)] == [(at(9), kept)]

    @proves(Tier.SILVER, APPOINTMENTS)
    @deleted
    async def test_late_state_of_a_series_answers_what_stands(self, connector: Any, vendor: Any, without: int) -> None:
        """A late put() answers a series as get() does: at the first of its times that stands, not where it began."""
        await make_series(connector, vendor, without=without, sequence=2)
        late = await connector.appointments.put(appointment(vendor.calendar, sequence=1, slot=at(11)))
        assert late == await connector.appointments.get(vendor.calendar, "check-g1")
        assert [(row.slot, row.repeats) for row in vendor.rows(APPOINTMENTS)] == [(at(9), True)]

    @proves(Tier.SILVER, APPOINTMENTS)
    @pytest.mark.parametrize("days", [0, 1], ids=["its day", "another day"])
    async def test_series_leaves_its_day_as_a_single_event(self, connector: Any, vendor: Any, days: int) -> None:
        """A series that put() moves stays one on its day; on another its rule may have no time, so that it is a single event."""
        await make_series(connector, vendor, without=0)
        moved, stays = at(11, day=SPRING + timedelta(days=days)), days == 0
        made = await connector.appointments.put(appointment(vendor.calendar, sequence=1, slot=moved))
        found = await connector.appointments.get(vendor.calendar, "check-g1")
        for one in (made, found):
            assert (one.slot, one.repeats, one.standing) == (moved, stays, Standing.CONFIRMED)
        assert [(row.slot, row.repeats) for row in vendor.rows(APPOINTMENTS)] == [(moved, stays)]

    @proves(Tier.GOLD, APPOINTMENTS)
    async def test_ours_of_an_unreadable_place_raises(self, connector: Any, vendor: Any) -> None:
        """ours() of a calendar that cannot be read raises: an empty list would call every appointment off."""
        with pytest.raises(Rejected):
            await connector.appointments.ours(vendor.unreadable, DAY)
