"""Addresses leave in ASCII, so that every mail program and vendor can write to them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pointsman.connectors.mail.invitations import IcalendarInvitations
from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.connectors.sdk_values import appointment
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, EventGuest
from pointsman.services.ports.vendors.invitations import CalendarUser, Invitation, InvitationMethod
from pointsman.services.ports.vendors.texts import PrivateText, SharedText

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADDRESSES = {
    "Mara@Example.com": "Mara@Example.com",
    "mara@example.com.": "mara@example.com",
    "mara@bücher.de": "mara@xn--bcher-kva.de",
    "mara@BÜCHER.de.": "mara@xn--bcher-kva.de",
    "mara@bu\u0308cher.de": "mara@xn--bcher-kva.de",
    "mara@straße.de": "mara@xn--strae-oqa.de",
    "mara@xn--bcher-kva.de": "mara@xn--bcher-kva.de",
    "mara@例え.jp": "mara@xn--r8jz45g.jp",
    "mara@例え\u3002jp": "mara@xn--r8jz45g.jp",
    "müller@bücher.de": "müller@xn--bcher-kva.de",
}
INVITATION = Invitation(
    uid="pm-1@pointsman",
    sequence=0,
    method=InvitationMethod.REQUEST,
    start=NOW,
    end=NOW,
    summary=SharedText("Meeting"),
    description=SharedText(""),
    organizer=CalendarUser(name="Anna", email="anna@example.com"),
    attendee=CalendarUser(name="Mara", email="mara@example.com"),
    companions=(),
    tentative=False,
    url=None,
    created_at=NOW,
    stamped_at=NOW,
)


@pytest.mark.parametrize("written", ADDRESSES)
def test_the_host_of_an_address_leaves_in_ascii_and_the_rest_as_written(written: str) -> None:
    assert outgoing_address(written) == ADDRESSES[written]


@pytest.mark.parametrize("part", ["organizer", "attendee", "companions"])
def test_every_participant_of_an_invitation_can_be_written_to(part: str) -> None:
    user = CalendarUser(name="Mara", email="mara@bücher.de.")
    content = IcalendarInvitations().write(replace(INVITATION, **{part: (user,) if part == "companions" else user}))
    lines = content.decode().replace("\r\n ", "").splitlines()
    assert any(line.endswith(":mailto:mara@xn--bcher-kva.de") for line in lines)
    assert "bücher" not in content.decode()


def test_a_calendars_guest_can_be_written_to() -> None:
    event = CalendarEvent(
        key="pm-1",
        calendar="anna",
        start=NOW,
        end=NOW.replace(hour=13),
        title=SharedText("Demo"),
        shared=SharedText(""),
        private=PrivateText(""),
        guests=(EventGuest(email="mara@bücher.de.", name="Mara"),),
        sequence=0,
    )
    assert [guest.email for guest in appointment(event).guests] == ["mara@xn--bcher-kva.de"]


@pytest.mark.parametrize("host", ["bü..cher.de", "ü" * 64 + ".de", "\u2260\u0338.de", "ü." * 200 + "de"])
def test_a_host_that_can_be_none_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        outgoing_address(f"mara@{host}")
    with pytest.raises(ValueError, match="host"):
        IcalendarInvitations().write(replace(INVITATION, attendee=CalendarUser(name="", email=f"mara@{host}")))
