"""Times in Graph: a wall clock without an offset beside the name of its zone, IANA's or Windows' (dateTimeTimeZone).

All is asked for in UTC (`Prefer: outlook.timezone`), and read in whatever zone it comes.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from pointsman_microsoft.graph.shape import text
from pointsman_sdk import Slot
from pointsman_sdk.readers.calendar_times import iana_zone, known_zone

_WALL_CLOCK = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(Z?)")
_UTC = frozenset({"UTC", "Etc/UTC", "Etc/GMT", "tzone://Microsoft/Utc"})
_SHORTEST = timedelta(minutes=1)
"""Of a moment, which is not nothing."""


def written(moment: datetime, clock: str | None = None) -> dict[str, str]:
    """An instant as a dateTimeTimeZone: on this zone's clock where that is known and shows it once, else in UTC."""
    zone = zone_named(clock) if clock is not None else None
    wall = moment.astimezone(zone or UTC)
    if zone is None or wall.fold:
        return {"dateTime": plain(moment), "timeZone": "UTC"}
    return {"dateTime": wall.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": clock or "UTC"}


def plain(moment: datetime) -> str:
    """An instant in UTC, without an offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def instant(row: Any) -> datetime:
    """The instant of a dateTimeTimeZone. ValueError for a zone that is not known: it is never taken for UTC."""
    found = _WALL_CLOCK.fullmatch(text(row["dateTime"]))
    if found is None:
        raise ValueError("not a wall clock")
    zone = UTC if found[2] else zone_named(text(row["timeZone"]))
    if zone is None:
        raise ValueError("an unknown time zone")
    return datetime.fromisoformat(found[1]).replace(tzinfo=zone).astimezone(UTC)


def slot_of(row: Any, zone: str | None = None) -> Slot:
    """When an event is. Whole days are those of `zone`, the owner's: Graph writes them as midnights of the zone asked for."""
    start, end = instant(row["start"]), instant(row["end"])
    if row.get("isAllDay") is True and zone is not None and start.time() == end.time() == time():
        first, last = start.date(), max(end.date(), start.date() + timedelta(days=1))
        return Slot(_midnight(first, zone), _midnight(last, zone))
    return Slot(start, max(end, start + _SHORTEST))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def zone_named(name: str) -> tzinfo | None:
    """The zone of a name; None for an unknown one, such as "Customized Time Zone"."""
    if name in _UTC:
        return UTC
    iana = _windows().get(name.strip().casefold())
    return iana_zone(iana) if iana else known_zone(name)


@cache
def _windows() -> Mapping[str, str]:
    """CLDR's names of Windows' zones."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415  # takes 0.2 s, and is seldom asked

    return {name.casefold(): iana for name, iana in WINDOWS_TO_OLSON.items()}
