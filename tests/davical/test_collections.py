"""What the contract tests ask about collections that are no calendars, asked of DAViCal.

It makes no lists that take tasks alone: a calendar there takes both, whatever was asked for.
"""

import pytest

from contract.caldav.test_caldav_collections import (
    real,
    test_a_calendar_that_gave_its_place_away_is_unreadable_from_then_on,
    test_an_address_book_is_no_calendar,
    test_the_folder_above_a_calendar_is_none,
    test_the_root_of_a_server_is_no_calendar,
)

__all__ = [
    "real",
    "test_a_calendar_that_gave_its_place_away_is_unreadable_from_then_on",
    "test_an_address_book_is_no_calendar",
    "test_the_folder_above_a_calendar_is_none",
    "test_the_root_of_a_server_is_no_calendar",
]
pytestmark = pytest.mark.anyio
