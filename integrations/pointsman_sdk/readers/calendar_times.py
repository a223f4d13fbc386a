"""Times in iCalendar: dates, moments, lengths and periods, each in a zone that is known, or unreadable."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NoReturn
from zoneinfo import ZoneInfo

from pointsman_sdk.readers.icalendar import Property
from pointsman_sdk.readers.unreadable import Reason, Unreadable

#: Which zone a name means; None where it means none.
Zones = Callable[[str], tzinfo | None]

_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})([Zz]?)")
_MIDNIGHT = re.compile(r"T000000\Z", re.IGNORECASE)  # which some programs write behind a day
_LENGTH = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>[0-9]{1,5})W)?(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,7})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,10})S)?)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?")
_IANA = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,99}")
_SHOWABLE = re.compile(r"[A-Za-z0-9 _/+.,()-]{1,60}")
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})  # files beside the zones, which mean something else


def iana_zone(name: str) -> tzinfo | None:
    """The zone that IANA knows by this name. A name is never taken for a file of another kind."""
    if not _IANA.fullmatch(name) or name in _NOT_ZONES:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # not a name of a zone, no such zone, not a file
        return None


def known_zone(name: str) -> tzinfo | None:
    """The zone that IANA knows by this name or by its end, as in `/freeassociation.sourceforge.net/Europe/Berlin`."""
    parts = name.strip("/ ").split("/")[-4:]
    return next((zone for first in range(len(parts)) if (zone := iana_zone("/".join(parts[first:])))), None)


def read_time(found: Property, *, zones: Zones, default: tzinfo) -> date | datetime:
    """A date, or an aware moment; what names no zone is the wall clock of `default`. Unreadable for an unknown zone."""
    parameters, text = found.parameters, found.value.strip()
    if parameters.get("VALUE", "").upper() == "DATE" or _DATE.fullmatch(text):
        return read_date(_MIDNIGHT.sub("", text))
    zone = default
    if (name := parameters.get("TZID")) and not text.upper().endswith("Z"):
        known = zones(name)
        if known is None:
            shown = name if _SHOWABLE.fullmatch(name) else "one with an odd name"
            raise Unreadable(Reason.MALFORMED, f"The calendar uses a time zone that is not known: {shown}.")
        zone = known
    return read_moment(text, zone)


def read_date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        _unreadable()
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        _unreadable()


def read_moment(text: str, zone: tzinfo) -> datetime:
    """A DATE-TIME: UTC where it ends in Z, else the wall clock of `zone`."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        _unreadable()
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    try:
        # A leap second is allowed by the format and unknown to most clocks.
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC if found[7] else zone)
        moment.astimezone(UTC)  # the first and the last days there are have no UTC everywhere
    except (ValueError, OverflowError):
        _unreadable()
    return moment


def read_length(text: str) -> timedelta:
    """A DURATION, in elapsed time."""
    found = _LENGTH.fullmatch(text.strip())
    parts = {name: int(value) for name, value in found.groupdict().items() if value and name != "sign"} if found else {}
    if found is None or not parts:
        _unreadable()
    try:
        length = timedelta(**parts)
    except OverflowError:
        _unreadable()
    return -length if found["sign"] == "-" else length


def read_period(text: str, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """A PERIOD: start and end, or start and length. Its end is not before its start."""
    first, slash, second = text.strip().partition("/")
    if not slash:
        _unreadable()
    start = read_moment(first, zone)
    try:
        end = (
            start.astimezone(UTC) + read_length(second)
            if second[:1] in ("P", "p", "+", "-")
            else read_moment(second, zone)
        )
    except OverflowError:
        _unreadable()
    if end.astimezone(UTC) < start.astimezone(UTC):
        _unreadable()
    return start, end


def read_offset(text: str) -> timedelta:
    """A UTC-OFFSET, at most a day."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        _unreadable()
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if length >= timedelta(days=1):
        _unreadable()
    return -length if found[1] == "-" else length


def _unreadable() -> NoReturn:
    # Without the text: what a vendor sends may hold anything, and this goes into an alert.
    raise Unreadable(Reason.MALFORMED, "The calendar has a time that cannot be read.")
