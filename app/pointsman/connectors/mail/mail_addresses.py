"""Mail addresses as they leave the house: every vendor and mail program reads them in ASCII."""

import idna

from pointsman.domain.text.hosts import LONGEST_HOST


def outgoing_address(email: str) -> str:
    """`email` with its host in ASCII (IDNA 2008, UTS 46) and without a trailing dot; the local part stays as it is written.

    ValueError where the host cannot be one.
    """
    local, at, host = email.rpartition("@")
    host = host.rstrip(".")
    if host.isascii():
        return f"{local}{at}{host}"
    if len(host) > LONGEST_HOST:
        raise ValueError("not a host to which mail goes")
    try:
        return f"{local}{at}{idna.encode(host, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise ValueError("not a host to which mail goes") from error
