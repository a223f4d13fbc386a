"""What the contract tests ask of a real server, asked of DAViCal.

It keeps one UID twice in a calendar, though RFC 4791, section 5.3.2.1, forbids that: an event of ours that was copied to
another name there is not noticed.
"""

import pytest

from contract.caldav.test_caldav_real_server import (
    real,
    test_calendar_that_does_not_exist_is_refused_by_book,
    test_event_is_what_a_calendar_program_expects,
    test_recurring_and_all_day_and_cancelled_events_are_read_right,
    test_twenty_writers_of_one_key_leave_one_event,
    test_wrong_password_asks_for_another,
)

__all__ = [
    "real",
    "test_calendar_that_does_not_exist_is_refused_by_book",
    "test_event_is_what_a_calendar_program_expects",
    "test_recurring_and_all_day_and_cancelled_events_are_read_right",
    "test_twenty_writers_of_one_key_leave_one_event",
    "test_wrong_password_asks_for_another",
]
pytestmark = pytest.mark.anyio
