"""A mail server with a mailbox, for trials, tests and benchmarks.

    python -m pointsman_smtp.fake --port 8025 --control-port 8026

It speaks no HTTP, so that it is run, not served: the entry point of the group `pointsman.fakes` names `run`. It is made of
aiosmtpd, which comes with the extra `fakes`: the connector needs none of it.
"""

from pathlib import Path
from threading import Event


def run(port: int, control_port: int | None = None, keep: Path | None = None) -> None:
    """Run it on this machine until the process ends. The mailbox outlives it in the file `keep`."""
    from pointsman_smtp.fake.control import controlled  # noqa: PLC0415  # the extra `fakes`
    from pointsman_smtp.fake.server import FakeMailServer  # noqa: PLC0415  # the extra `fakes`

    server = FakeMailServer()
    if keep is not None:
        server.keep_in(keep)
    with server.running(port):
        if control_port is None:
            Event().wait()
        else:
            with controlled(server, control_port):
                Event().wait()
