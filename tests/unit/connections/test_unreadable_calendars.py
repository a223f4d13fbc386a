"""The alert that names the calendars of a rep that cannot be read."""

from dataclasses import replace
from uuid import UUID

from pointsman.domain.messages.message import as_written
from pointsman.services.calendars.refresh import unreadable_message
from pointsman.services.ports.booking.calendars import CalendarBinding
from pointsman.services.ports.vendors.calendars import CalendarOwner
from pointsman.services.wording.rendering import MessageReader, render
from support.connections.host_in_memory import other_connection

BOUND = CalendarBinding(
    id=UUID(int=1),
    rep_id=UUID(int=2),
    rep_key="anna",
    owner=CalendarOwner(zone="UTC", email="anna@example.com"),
    connection=other_connection("cal"),
    calendar="",
    writes=True,
)


def test_names_of_calendars_are_short_and_do_nothing_to_the_screen() -> None:
    names = ["\u202egro.live\x1b[2J\nall is well", "a" * 2_000]
    told = unreadable_message([(replace(BOUND, calendar=name), as_written("gone")) for name in names])
    text = render(told, MessageReader(language="en", zone="UTC"))
    assert "\\u202egro.live\\x1b[2J all is well" in text
    assert f"{'a' * 199}…" in text
    assert len(text) < 500
