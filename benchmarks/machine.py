"""What this machine can do, measured without Pointsman: stored beside every figure, since machines differ."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

from http_load import closed_loop, percentile, request

LINE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine factor."""

    cores: int
    python_per_second: float  # million steps of a plain loop
    sync_ms: float  # median of write + fdatasync of one 8 kB page
    http_per_second: float  # the load client against a server that only answers

    def __str__(self) -> str:
        return (
            f"machine: {self.cores} cores, Python {self.python_per_second:.1f} M steps/s, "
            f"fdatasync {self.sync_ms:.2f} ms, load client {self.http_per_second:,.0f} requests/s"
        )


def measure(directory: Path) -> Machine:
    """Takes about two seconds; the disk measured is that of `directory`."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        python_per_second=max(_python() for _ in range(3)),
        sync_ms=_sync(directory / "sync.probe"),
        http_per_second=asyncio.run(_http()),
    )


def _python() -> float:
    steps = 1_000_000
    start = time.perf_counter()
    total = 0
    for number in range(steps):
        total += number & 7
    return steps / (time.perf_counter() - start) / 1e6


def _sync(probe: Path) -> float:
    took = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(200):
            start = time.perf_counter()
            file.write(bytes(8192))
            os.fsync(file.fileno()) if not hasattr(os, "fdatasync") else os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
    probe.unlink()
    return percentile(sorted(took), 0.5) * 1000


class _Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(LINE)


async def _http() -> float:
    server = await asyncio.get_running_loop().create_server(_Echo, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        raw = request("GET", "/", headers={})
        load = await closed_loop([port], [raw] * 5_000, connections=32, seconds=2)
    return load.per_second
