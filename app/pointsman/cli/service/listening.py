"""Whether we could listen at an address, and what is in the way."""

import errno
import socket


def find_listening_fault(host: str, port: int) -> str | None:
    """One sentence, and what to do; None where nothing is in the way."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except UnicodeError:  # a name that no resolver takes: a label is empty, or longer than 63
        return _no_address(host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} on {host} is in use. Stop what uses it, or give another with --port."
        if error.errno == errno.EACCES:
            return f"This account may not listen on port {port}. Give one from 1024 on with --port."
        return _no_address(host)
    return None


def _no_address(host: str) -> str:
    return f"{host} is no address of this machine. Give one with --host, such as 127.0.0.1."
