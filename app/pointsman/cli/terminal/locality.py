"""Where the person at the terminal is: language and time zone, of the variables and of the machine."""

import os
import re
from pathlib import Path

from pointsman.domain.dates.local_time import is_time_zone
from pointsman.services.wording.rendering import supported

_LANGUAGE_FROM = ("POINTSMAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ENCODING = re.compile(r"[.@]")  # "de.UTF-8", "de_DE@euro"
_ZONES = "zoneinfo/"
_LOCAL_TIME = Path("/etc/localtime")


def terminal_language() -> str:
    """The language of the terminal's person: POINTSMAN_LANGUAGE, or the locale."""
    asked = next((found for name in _LANGUAGE_FROM if (found := os.environ.get(name))), "")
    return supported(_ENCODING.split(asked)[0])


def machine_zone() -> str:
    """The machine's time zone by name; UTC where it has none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named and _LOCAL_TIME.is_symlink():
        named = str(_LOCAL_TIME.readlink()).rpartition(_ZONES)[2]
    return named if named and is_time_zone(named) else "UTC"
