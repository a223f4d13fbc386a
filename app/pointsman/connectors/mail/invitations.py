"""Invitations written as iCalendar: RFC 5545 for the file, RFC 5546 for what it asks.

Texts are strangers'. What may not stand in a file is taken out first: control characters and halves of characters; every
line break becomes one newline, and in what is one line (names, the summary) any white space one blank. In a name a double
quote becomes an apostrophe, since RFC 5545 has no way to write it there and not every reader knows RFC 6868, and a
backslash a slash, since some readers take it for an escape there, which it is not.
"""

import re
from datetime import UTC
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.services.ports.vendors.invitations import CalendarUser, Invitation, InvitationMethod
from pointsman_sdk.people import check_email

PRODID = "-//Pointsman//Pointsman//EN"
# Unicode's line breaks count as such: some readers end a line at them, and what follows would be a property.
_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def ical_text(text: str) -> str:
    """`text` as it will be read again: line breaks are newlines, control characters are gone."""
    return _UNFIT.sub("", _BREAK.sub("\n", text))


def ical_line(text: str) -> str:
    """`text` on one line."""
    return " ".join(ical_text(text).split())


def ical_name(text: str) -> str:
    """`text` as a participant's name."""
    return ical_line(text).replace('"', "'").replace("\\", "/")


class IcalendarInvitations:
    """Implements `Invitations`."""

    def write(self, invitation: Invitation) -> bytes:
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", PRODID)
        calendar.add("CALSCALE", "GREGORIAN")
        calendar.add("METHOD", invitation.method.upper())
        calendar.add_component(_event(invitation))
        content: bytes = calendar.to_ical()
        return content


def _event(given: Invitation) -> Event:
    event = Event()
    event.add("UID", given.uid)
    event.add("SEQUENCE", given.sequence)
    event.add("DTSTAMP", given.stamped_at.astimezone(UTC))
    event.add("CREATED", given.created_at.astimezone(UTC))
    event.add("DTSTART", given.start.astimezone(UTC))
    event.add("DTEND", given.end.astimezone(UTC))
    event.add("SUMMARY", ical_line(given.summary.text))
    if given.description.text:
        event.add("DESCRIPTION", ical_text(given.description.text))
    event.add("STATUS", _status(given))
    event.add("TRANSP", "OPAQUE")
    event.add("ORGANIZER", _organizer(given))
    event.add("ATTENDEE", _address(given.attendee, ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="TRUE"))
    for companion in given.companions:
        event.add("ATTENDEE", _address(companion, ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE"))
    if given.url:
        event.add("URL", _url(given.url))
    return event


def _status(given: Invitation) -> str:
    if given.method is InvitationMethod.CANCEL:
        return "CANCELLED"
    return "TENTATIVE" if given.tentative else "CONFIRMED"


def _organizer(given: Invitation) -> vCalAddress:
    found = _address(given.organizer)
    if given.sent_by is not None:
        found.params["SENT-BY"] = _mailto(given.sent_by)
    return found


def _mailto(email: str) -> str:
    return f"mailto:{check_email(outgoing_address(email))}"


def _address(user: CalendarUser, **parameters: str) -> vCalAddress:
    address = vCalAddress(_mailto(user.email))
    for name, value in {"CN": ical_name(user.name), **parameters}.items():
        if value:
            address.params[name] = vText(value)
    return address


def _url(text: str) -> vUri:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or text != ical_line(text) or " " in text:
        raise ValueError("not an address of a page")
    return vUri(text)
