"""A mail server with a mailbox, for trials, tests and benchmarks.

    python -m pointsman_smtp.fake --port 8025 --control-port 8026

It speaks no HTTP, so that it is run, not served: the entry point of the group `pointsman.fakes` names `run`. It is made of
aiosmtpd, which comes with the extra `fakes`: the connector needs none of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

_HOST, _SENDER = "127.0.0.1", "appointments@example.com"
_CLIENT, _SECRET = "mail-client", "mail-client-secret"  # a vendor on this machine guards nothing


def run(port: int, control_port: int | None = None, keep: Path | None = None) -> None:
    """Run it on this machine until the process ends. The mailbox outlives it in the file `keep`.

    It asks for no sign-in, and takes the tokens that its control port issues.
    """
    from pointsman_sdk.fakes.oauth import OAuthServer  # noqa: PLC0415  # for those who run it
    from pointsman_smtp.fake.control import controlled  # noqa: PLC0415  # the extra `fakes`
    from pointsman_smtp.fake.server import FakeMailServer  # noqa: PLC0415  # the extra `fakes`

    oauth = OAuthServer(clock=lambda: datetime.now(UTC), client_id=_CLIENT, client_secret=_SECRET)
    server = FakeMailServer(oauth=oauth if control_port is not None else None, open=True)
    if keep is not None:
        server.keep_in(keep)
    with server.running(port):
        if control_port is None:
            Event().wait()
        else:
            with controlled(server, control_port):
                Event().wait()


def to_enter(port: int, control_port: int | None = None) -> Mapping[str, Mapping[str, Any]]:
    """The configurations of connections to it, by how they sign in: without, and by tokens where it issues some."""
    plain = {"host": _HOST, "port": port, "security": "none", "sender": _SENDER}
    found = {"none": {**plain, "sign_in": "none"}}
    if control_port is not None:
        issues = f"http://{_HOST}:{control_port}"
        client = {"username": _SENDER, "client_id": _CLIENT, "client_secret": _SECRET}
        found["google"] = {
            **plain,
            "sign_in": "google",
            **client,
            "authorize_url": f"{issues}/authorize",
            "token_url": f"{issues}/token",
        }
        found["microsoft_app"] = {
            **plain,
            "sign_in": "microsoft_app",
            **client,
            "tenant": "example.com",
            "login_url": issues,
        }
    return found
