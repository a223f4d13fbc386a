"""A light HTTP/1.1 client that makes load and keeps every latency. It speaks to this machine alone.

Closed loop: so many connections, each sends its next request when the last is answered: finds the throughput.
Open loop: requests leave on a timetable, and a latency counts from the planned moment, so that a server that stalls
cannot hide it by slowing the client down.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

HOST = "127.0.0.1"
LONGEST = 60.0  # seconds that one answer may take
BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` 0 means that the connection broke before an answer came."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of a load: statuses, latencies in ascending order, and how long it took altogether."""

    statuses: Mapping[int, int]
    seconds: tuple[float, ...]
    elapsed: float
    answers: tuple[Answer, ...]

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def ms(self, quantile: float) -> float:
        """The latency in milliseconds that this share of the requests stayed within."""
        return percentile(self.seconds, quantile) * 1000

    def only(self, status: int) -> bool:
        return set(self.statuses) == {status}

    def __str__(self) -> str:
        counts = ", ".join(f"{n} x {status or 'broken'}" for status, n in sorted(self.statuses.items()))
        return (
            f"{self.per_second:,.0f}/s, p50 {self.ms(0.5):.1f} ms, p99 {self.ms(0.99):.1f} ms, "
            f"max {self.ms(1):.1f} ms ({counts})"
        )


def percentile(ascending: Sequence[float], quantile: float) -> float:
    return ascending[min(len(ascending) - 1, int(quantile * len(ascending)))] if ascending else 0.0


def request(method: str, path: str, *, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire, made beforehand so that making it is not measured."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One kept-alive connection to a port of this machine; opened on first use, and again after it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, raw: bytes, *, since: float | None = None) -> Answer:
        """Never raises for a broken connection: the answer says so. `since` is the planned moment of an open loop."""
        start = time.perf_counter() if since is None else since
        try:
            async with asyncio.timeout(LONGEST):
                status, body = await self._exchange(raw)
        except BROKEN:
            self.close()
            status, body = 0, b""
        return Answer(status=status, body=body, seconds=time.perf_counter() - start)

    async def open(self) -> None:
        self._streams = await asyncio.open_connection(HOST, self._port)

    async def _exchange(self, raw: bytes) -> tuple[int, bytes]:
        if self._streams is not None and self._streams[0].at_eof():
            self.close()  # the server ended it while it was idle
        if self._streams is None:
            await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        body = await _body(reader, head)
        if b"\r\nconnection: close" in head:
            self.close()
        return status, body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    if b"\r\ntransfer-encoding: chunked" not in head:
        return b""
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


async def closed_loop(ports: Sequence[int], requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Send the requests over so many connections, spread over the ports, until all are sent or the time is up."""
    left = iter(requests)
    answers: list[Answer] = []

    async def one(connection: Connection) -> None:
        for raw in left:
            answers.append(await connection.send(raw))
            if time.perf_counter() > end:
                return

    crowd = await _connected(ports, connections)
    start = time.perf_counter()
    end = start + seconds
    await asyncio.gather(*(one(connection) for connection in crowd))
    return _load(answers, time.perf_counter() - start, crowd)


async def open_loop(ports: Sequence[int], requests: Sequence[bytes], *, rate: float, connections: int) -> Load:
    """Send the requests at this rate, each over a connection that is idle by then."""
    crowd = await _connected(ports, connections)
    idle: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    for connection in crowd:
        idle.put_nowait(connection)

    async def one(raw: bytes, planned: float) -> Answer:
        connection = await idle.get()
        try:
            return await connection.send(raw, since=planned)
        finally:
            idle.put_nowait(connection)

    start = time.perf_counter()
    sent = []
    for number, raw in enumerate(requests):
        planned = start + number / rate
        if (wait := planned - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        sent.append(asyncio.create_task(one(raw, planned)))
    answers = await asyncio.gather(*sent)
    return _load(answers, time.perf_counter() - start, crowd)


async def at_once(ports: Sequence[int], requests: Sequence[bytes]) -> Load:
    """Send all requests at the same moment, each over a connection of its own."""
    return await closed_loop(ports, requests, connections=len(requests), seconds=LONGEST)


async def _connected(ports: Sequence[int], count: int) -> list[Connection]:
    crowd = [Connection(ports[number % len(ports)]) for number in range(count)]
    for some in _chunks(crowd, 50):  # gently: a listening queue is not endless
        await asyncio.gather(*(connection.open() for connection in some))
    return crowd


def _chunks(items: Sequence[Connection], size: int) -> list[list[Connection]]:
    rest = iter(items)
    return list(iter(lambda: list(islice(rest, size)), []))


def _load(answers: Sequence[Answer], elapsed: float, crowd: Sequence[Connection]) -> Load:
    for connection in crowd:
        connection.close()
    return Load(
        statuses=dict(Counter(answer.status for answer in answers)),
        seconds=tuple(sorted(answer.seconds for answer in answers)),
        elapsed=elapsed,
        answers=tuple(answers),
    )
