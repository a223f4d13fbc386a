"""Addresses: a calendar's URL on the connection's own server, and nowhere else."""

import re

import httpx

from pointsman_sdk import Rejected, check_key

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\?#]|%2e|%2f|%5c|%00", re.IGNORECASE)


def calendar_url(base: str, calendar: str) -> httpx.URL:
    """The collection that `calendar` names: a path, or an absolute URL on the origin of `base`.

    Rejected for every other origin, since the credentials would be sent there, and for what could
    be read differently by us and by the server.
    """
    if not calendar or _UNSAFE.search(calendar) or calendar.startswith("//"):
        raise Rejected("a calendar is named by its path, or by its URL on the connection's server")
    home = httpx.URL(base.rstrip("/") + "/")
    try:
        url = home.join(calendar.rstrip("/") + "/")
    except (httpx.InvalidURL, ValueError):
        raise Rejected("the calendar's address is not a URL") from None
    if _origin(url) != _origin(home) or url.userinfo:
        raise Rejected("the calendar lies on another server than the connection")
    if any(part in (".", "..") for part in calendar.split("/")):
        raise Rejected("the calendar's path must not contain . or ..")
    return url


def event_url(collection: httpx.URL, key: str) -> httpx.URL:
    """Where the event with this key lives: one stable place per key, so the server keeps it single."""
    return collection.join(f"{check_key(key)}.ics")


def member_url(collection: httpx.URL, name: str) -> httpx.URL | None:
    """The resource of this name, as a server writes it, in the collection; None for a name that leads elsewhere."""
    if not name.isascii() or _UNSAFE.search(name) or "/" in name or name in ("", ".", ".."):
        return None
    return collection.copy_with(raw_path=collection.raw_path + name.encode())


def origin_of(address: str) -> str | None:
    """The server of an absolute address, as it is entered as `base_url`; None for one that is none, or has a login in it."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return None
    named = url.scheme in ("http", "https") and url.host and not url.userinfo
    return f"{url.scheme}://{url.netloc.decode('ascii')}" if named else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
