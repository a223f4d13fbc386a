"""Appointment checks: the right instant, in its standing, and nothing private for guests."""

from datetime import timedelta
from typing import Any

import pytest

from pointsman_sdk import CREATE_MEETING, Capability, Invites, Rejected, Slot, SlotTaken, Standing
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.busytimes import DAY, busy_slots
from pointsman_sdk.testing.samples import ADA, AUTUMN, PRIVATE, appointment, at
from pointsman_sdk.testing.tiers import Tier, proves

APPOINTMENTS = Capability.APPOINTMENTS


def slots(vendor: Any) -> list[Slot]:
    """When the vendor's rows are."""
    found = [row.slot for row in vendor.rows(APPOINTMENTS)]
    return sorted(found, key=lambda slot: slot.utc().start)


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
    async def test_ours_of_an_unreadable_place_raises(self, connector: Any, vendor: Any) -> None:
        """ours() of a calendar that cannot be read raises: an empty list would call every appointment off."""
        with pytest.raises(Rejected):
            await connector.appointments.ours(vendor.unreadable, DAY)
