"""Calendars are proposed to reps by address: in any spelling, and never where two could be meant."""

import pytest

from pointsman.services.connections.calendar_matching import match_calendars
from pointsman.services.ports.vendors.calendars import VendorCalendar
from support.connections.host_in_memory import calendar
from support.roster import rep

ANNA = rep("anna", email="Anna.Vogt@Müller.example")
BEN = rep("ben")


@pytest.mark.parametrize(
    ("calendars", "found"),
    [
        ([calendar("/cal/1/", "anna.vogt@xn--mller-kva.example")], {"anna": "/cal/1/"}),
        ([calendar("c1", "ANNA.VOGT@MÜLLER.EXAMPLE")], {"anna": "c1"}),
        ([calendar("anna.vogt@müller.example")], {"anna": "anna.vogt@müller.example"}),
        (
            [
                calendar("team@group.calendar.example", "ben@example.com"),
                calendar("ben@example.com", "ben@example.com"),
            ],
            {"ben": "ben@example.com"},
        ),
        ([calendar("a", "ben@example.com"), calendar("b", "ben@example.com")], {}),
        ([calendar("a", "ben@example.com"), calendar("b", "ben@example.com", writable=False)], {"ben": "a"}),
        ([calendar("ben@example.com", writable=False)], {}),
        ([calendar("a", "benn@example.com"), calendar("b", None), calendar("ben", "")], {}),
        ([calendar("a", "ben+x@example.com")], {}),
        ([], {}),
    ],
)
def test_a_calendar_is_proposed_to_the_rep_of_its_owners_address(
    calendars: list[VendorCalendar], found: dict[str, str]
) -> None:
    assert {key: one.id for key, one in match_calendars(calendars, [ANNA, BEN]).items()} == found
