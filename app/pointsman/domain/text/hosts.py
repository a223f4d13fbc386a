"""The host in a URL, an email address or a bare name, and what lies under a domain."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from pointsman.domain.text.composition import compose

LONGEST_HOST = 253  # characters of a host, by DNS; encoding a longer one takes time that grows with its square

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


@lru_cache(maxsize=16)  # as long as one lead is looked at: addresses are not to be kept
def host_in(text: str) -> str | None:
    """The host of "https://www.acme.de/x", "anna@acme.de" or "acme.de" in ASCII and small letters; None without one."""
    shown = text.strip()
    if "\\" in shown:  # readers of URLs disagree about it
        return None
    try:
        host = urlsplit(shown if "//" in shown else f"//{shown}").hostname
        name = _ascii(host) if host and len(host) <= LONGEST_HOST else ""
    except ValueError:
        return None
    return name if _HOST.fullmatch(name) else None


def is_host_name(text: str) -> bool:
    """Whether the text is a host name in ASCII and small letters."""
    return len(text) <= LONGEST_HOST and _HOST.fullmatch(text) is not None


def is_under_domain(host: str, domains: frozenset[str]) -> bool:
    """Whether `host` is one of `domains` or lies under one; "notsiemens.com" does not lie under "siemens.com"."""
    if host in domains:
        return True
    dot = host.find(".")
    while dot >= 0:
        if host[dot + 1 :] in domains:
            return True
        dot = host.find(".", dot + 1)
    return False


def _ascii(host: str) -> str:
    name = compose(host.rstrip(".").lower()).replace("\u3002", ".")
    if name.isascii():
        return name
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in name.split(".")
    )
