"""Whether we could listen at an address, and what is in the way."""

import errno
import socket

from pointsman.cli.output import word


def find_listening_fault(host: str, port: int) -> str | None:
    """One sentence in the terminal's words, and what to do; None where nothing is in the way."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except UnicodeError:  # a name that no resolver takes: a label is empty, or longer than 63
        return _no_address(host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return word("cli-service.port-used", port=port, host=host)
        if error.errno == errno.EACCES:
            return word("cli-service.port-forbidden", port=port)
        return _no_address(host)
    return None


def _no_address(host: str) -> str:
    return word("cli-service.no-address", host=host)
