"""Names and addresses of servers as a configuration may say them, with what was probably meant where it is none."""

import ipaddress
import re

import httpx

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_MEANT = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^:/\s\[\]]+))(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)


def server_name(text: str) -> str:
    """The name of a server, or its address. ValueError says what to write where a port or a scheme stands with it."""
    if _HOST.fullmatch(text) and (":" not in text or _is_ip_6(text)):
        return text
    found = _MEANT.fullmatch(text.strip())
    name = (found["six"] or found["name"]) if found else None
    if found is None or name is None or not _HOST.fullmatch(name) or (found["six"] and not _is_ip_6(name)):
        raise ValueError("the name of a server alone, such as smtp.example.com")
    port = f" and {found['port']} as port" if found["port"] else ""
    raise ValueError(f"the name of a server alone; did you mean {name!r} as host{port}?")


def _is_ip_6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def sign_in_address(text: str) -> str:
    """An address of a vendor's sign-in, without a slash at its end."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise ValueError("not an address") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must start with https:// (or http://) and name a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must hold neither a password nor a query")
    return text.rstrip("/")
