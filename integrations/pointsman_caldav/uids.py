"""UIDs of our events: made of a key, and recognised."""

import re

from pointsman_sdk.keys import check_key

_SUFFIX = "@pointsman"
_FOLD = re.compile(r"\r?\n[ \t]")


def uid_of(key: str) -> str:
    """The event's UID: unique in the world, and telling whose it is."""
    return key + _SUFFIX


def key_of(uid: str) -> str | None:
    """The key of one of our events; None for events that are not ours. Anybody may send the rep a UID that ends like ours."""
    if not uid.endswith(_SUFFIX):
        return None
    try:
        return check_key(uid.removesuffix(_SUFFIX))
    except ValueError:
        return None


def may_be_ours(text: str) -> bool:
    """Whether one of our UIDs can be in a calendar object, without reading it; lines may be folded anywhere."""
    return _SUFFIX in _FOLD.sub("", text)


def key_of_path(path: str) -> str | None:
    """The key after which a resource is named; None for a name that is no key. Other programs' names may look like one."""
    name = path.rpartition("/")[2]
    try:
        return check_key(name.removesuffix(".ics")) if name.endswith(".ics") else None
    except ValueError:
        return None
