"""Addresses of servers, as an admin writes them into a connection's configuration."""

import re

#: A name with a dot, a port and a path, to which https:// is all that lacks.
_WITHOUT_SCHEME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?(?:/[A-Za-z0-9./_-]*)?")


def check_address(value: str) -> str:
    """`value` itself, when it is the http(s) address of a server and nothing beside; ValueError otherwise.

    A password in it would be shown, and logged, with the address; a query or a fragment would come before the path of a call.
    """
    import httpx  # noqa: PLC0415  # a command that speaks to no vendor checks no address

    try:
        url = httpx.URL(value)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("not an address") from None
    if url.scheme not in ("http", "https") or not url.host:
        meant = f"; did you mean https://{value}?" if _WITHOUT_SCHEME.fullmatch(value) else ""
        raise ValueError(f"must start with https:// (or http://) and name a host{meant}")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must hold neither a password nor a query: the credentials have fields of their own")
    return value


def check_base_address(value: str) -> str:
    """The same for an address to which the paths of calls are appended: it comes back without slashes at its end."""
    return check_address(value).rstrip("/")
