"""Names of servers as a configuration may say them, with what was probably meant where it is none."""

import ipaddress
import re

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
