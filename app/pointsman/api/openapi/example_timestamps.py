"""Times in the console's examples: told from today, so that no example grows old."""

import json
import re
from datetime import date, timedelta
from typing import Any

_MARK = re.compile(r"in (\d+) days at (\d\d:\d\d)")
_SATURDAY = 5


def in_days(days: int, *, at: str = "10:00") -> str:
    """For an example: that many days from when the description is read, or the Monday after; in UTC."""
    return f"in {days} days at {at}"


def fill_in_dates(description: dict[str, Any], today: date) -> dict[str, Any]:
    """The description with every such time filled in."""

    def moment(found: re.Match[str]) -> str:
        day = today + timedelta(days=int(found[1]))
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
        return f"{day.isoformat()}T{found[2]}:00Z"

    filled: dict[str, Any] = json.loads(_MARK.sub(moment, json.dumps(description)))
    return filled
