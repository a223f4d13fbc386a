"""Addresses of servers, as an admin writes them into a connection's configuration."""

import httpx


def check_address(value: str) -> str:
    """`value` itself, when it is the http(s) address of a server and nothing beside; ValueError otherwise.

    A password in it would be shown, and logged, with the address; a query or a fragment would come before the path of a call.
    """
    try:
        url = httpx.URL(value)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("not an address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must start with https:// (or http://) and name a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must hold neither a password nor a query: the credentials have fields of their own")
    return value


def check_base_address(value: str) -> str:
    """The same for an address to which the paths of calls are appended: it comes back without slashes at its end."""
    return check_address(value).rstrip("/")
