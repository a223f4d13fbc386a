"""Keys: the name the host gives to each effect, so that doing it again does nothing more."""

import re

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check_key(key: str) -> str:
    """`key` itself, when it is safe in a path, a header and a query; ValueError otherwise.

    Keys are opaque, chosen by the host, the same in every retry, never used again for something else.
    """
    if not _KEY.fullmatch(key):
        raise ValueError("a key is 1 to 128 characters of A-Z a-z 0-9 . _ - and starts with a letter or digit")
    return key
