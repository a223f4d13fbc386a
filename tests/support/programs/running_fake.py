"""A vendor's fake as `pointsman connectors fake` runs it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from pointsman.local.plain_http import NO_AUTHORITIES
from support.programs.free_port import free_port
from support.waiting import wait_until


@contextmanager
def running_fake(name: str, *, control: bool = False) -> Iterator[tuple[int, int]]:
    """The fake of a connector on free ports while the block lasts: its own, and that which speaks HTTP."""
    port = free_port()
    answers = free_port() if control else port
    words = ["-m", "pointsman.cli", "connectors", "fake", name, "--port", str(port)]
    words += ["--control-port", str(answers)] if control else []
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: is_answering(answers), otherwise=f"the fake of {name} does not answer")
            yield port, answers
        finally:
            process.terminate()


def is_answering(port: int) -> bool:
    """Whether anything there speaks HTTP, whatever it says."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/_control/items", trust_env=False, verify=NO_AUTHORITIES)
    except httpx.TransportError:
        return False
    return True
