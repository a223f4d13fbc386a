"""A calendar whose owner shares its busy times alone, as DAViCal hides it."""

from datetime import UTC, datetime

import pytest

from contract.caldav.test_caldav_servers import DAY
from davical.vendor import DavicalVendor
from pointsman_sdk import PlaceGone, Rejected
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import appointment
from support.hostile.calendars import event
from support.programs.caldav_calls import busy, on

pytestmark = pytest.mark.anyio


async def test_busy_times_are_believed_where_the_connection_says_so_and_nothing_else_is_done(
    caldav_vendor: DavicalVendor, anyio_backend: object
) -> None:
    calendar, config = caldav_vendor.unreadable, caldav_vendor.server.config
    content = event("DTSTART:20310330T080000Z", "DURATION:PT1H").encode()
    caldav_vendor.other.ask("PUT", f"{calendar}x.ics", content, {"Content-Type": "text/calendar"}).raise_for_status()
    async with make_client(caldav_vendor.transport) as http:
        with pytest.raises(Rejected, match="set trust_free_busy"):
            await busy(on(http, **config), calendar, DAY)
        trusting = on(http, **config, trust_free_busy=True)
        (found,) = await busy(trusting, calendar, DAY)
        assert found.start == datetime(2031, 3, 30, 8, tzinfo=UTC)
        for call in (trusting.appointments.ours(calendar, DAY), trusting.appointments.put(appointment(calendar))):
            with pytest.raises(PlaceGone):
                await call
