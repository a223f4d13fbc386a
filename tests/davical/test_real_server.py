"""What the contract tests ask of a real server, asked of DAViCal.

It keeps one UID twice in a calendar, though RFC 4791, section 5.3.2.1, forbids that: an event of ours that was copied to
another name there is not noticed.
"""

import httpx
import pytest

from contract.caldav.test_caldav_real_server import (
    real,
    test_a_sync_token_that_the_server_does_not_know_has_all_read_again,
    test_calendar_that_does_not_exist_is_refused_by_book,
    test_event_is_what_a_calendar_program_expects,
    test_recurring_and_all_day_and_cancelled_events_are_read_right,
    test_twenty_writers_of_one_key_leave_one_event,
    test_wrong_password_asks_for_another,
)
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_sdk import Rejected
from pointsman_sdk.http import make_client
from support.programs.caldav_calls import on
from support.programs.calendar_servers import RealServer

__all__ = [
    "real",
    "test_a_sync_token_that_the_server_does_not_know_has_all_read_again",
    "test_calendar_that_does_not_exist_is_refused_by_book",
    "test_event_is_what_a_calendar_program_expects",
    "test_recurring_and_all_day_and_cancelled_events_are_read_right",
    "test_twenty_writers_of_one_key_leave_one_event",
    "test_wrong_password_asks_for_another",
]
pytestmark = pytest.mark.anyio


async def test_the_address_of_the_machine_is_not_that_of_its_caldav(
    caldav_server: RealServer, anyio_backend: object
) -> None:
    async with make_client(httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)) as http:
        with pytest.raises(Rejected, match=r"/caldav\.php/ of DAViCal"):
            await on(http, **caldav_server.config | {"base_url": caldav_server.url}).check()
