"""A vendor whose answers are made to hurt their reader: 8 MB and more of every kind, or drop by drop without end.

    python benchmarks/hostile_vendor.py PORT [MEGABYTES]

Below `/N` lies a vendor that answers as a calendar server and as the memory vendor do, until `/N/_arm` is asked: from then on
each of its answers is the N-th of `BOMBS`.
"""

import asyncio
import gzip
import json
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from hostile import hostile_calendars

SIZE = int(float(sys.argv[2]) * 1024 * 1024) if len(sys.argv) > 2 and sys.argv[0] == __file__ else 8 * 1024 * 1024
JSON, XML, ICS = "application/json", "application/xml", "text/calendar"


def long(head: bytes, piece: bytes, tail: bytes = b"") -> bytes:
    """So many pieces that it is as large as the answers are."""
    return head + piece * ((SIZE - len(head) - len(tail)) // len(piece)) + tail


def laughs(levels: int) -> bytes:
    rows = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, levels))
    return b'<!DOCTYPE a [<!ENTITY e0 "haha">' + rows + b"]><a>" + b"&e%d;" % (levels - 1) + b"</a>"


def packed(pack: Callable[[bytes], bytes]) -> bytes:
    """Unpacks to some gigabytes."""
    return pack(b" " * 64 * 1024 * 1024) * 128


@dataclass(frozen=True, slots=True)
class Bomb:
    """One answer. `endless`: it comes again and again, `pause_s` after one another."""

    connector: str
    kind: str
    make: Callable[[], bytes]
    headers: tuple[str, ...] = ()
    pause_s: float = 0.0
    endless: bool = False


#: By name. `memory` reads JSON; `caldav` reads XML, and below it iCalendar.
BOMBS: Mapping[str, Bomb] = {
    "JSON, lists in lists": Bomb("memory", JSON, lambda: b"[" * SIZE),
    "JSON, closed lists in lists": Bomb("memory", JSON, lambda: b"[" * (SIZE // 2) + b"]" * (SIZE // 2)),
    "JSON, objects in objects": Bomb("memory", JSON, lambda: long(b"", b'{"a":')),
    "JSON, a long list": Bomb("memory", JSON, lambda: long(b"[0", b",0", b"]")),
    "JSON, a list of objects": Bomb("memory", JSON, lambda: long(b'{"items":[{}', b',{"a":1}', b"]}")),
    "JSON, one key again and again": Bomb("memory", JSON, lambda: long(b'{"a":0', b',"a":0', b"}")),
    "JSON, a long text": Bomb("memory", JSON, lambda: long(b'{"account":"', b"x", b'"}')),
    "JSON, escapes": Bomb("memory", JSON, lambda: long(b'{"account":"', b"\\ud83d\\ude00", b'"}')),
    "JSON, a long number": Bomb("memory", JSON, lambda: long(b"", b"9")),
    "JSON, a great exponent": Bomb("memory", JSON, lambda: long(b"1e", b"9")),
    "JSON, space": Bomb("memory", JSON, lambda: long(b"", b" ", b"0")),
    "not UTF-8": Bomb("memory", JSON, lambda: b"\xff" * SIZE),
    "gzip": Bomb("memory", JSON, lambda: packed(gzip.compress), ("Content-Encoding: gzip",)),
    "deflate": Bomb("memory", JSON, lambda: packed(zlib.compress), ("Content-Encoding: deflate",)),
    "gzip that is said to be none": Bomb("memory", JSON, lambda: packed(gzip.compress)),
    "cookies": Bomb("memory", JSON, lambda: b"{}", tuple(f"Set-Cookie: c{n}={'x' * 500}" for n in range(100))),
    "a megabyte a second without end": Bomb("memory", JSON, lambda: b" " * 100_000, pause_s=0.1, endless=True),
    "a letter at a time without end": Bomb("memory", JSON, lambda: b" ", pause_s=0.1, endless=True),
    "crumbs without end": Bomb("memory", JSON, lambda: b" ", endless=True),
    "nothing": Bomb("memory", JSON, lambda: b"", pause_s=3_600, endless=True),
    "XML, depth": Bomb("caldav", XML, lambda: long(b"", b"<a>")),
    "XML, empty elements": Bomb("caldav", XML, lambda: long(b"<a>", b"<b/>", b"</a>")),
    "XML, attributes": Bomb("caldav", XML, lambda: hostile_calendars.attributes(700_000)),
    "XML, laughs": Bomb("caldav", XML, lambda: laughs(12)),
    "XML, one entity again and again": Bomb("caldav", XML, lambda: long(b'<!DOCTYPE a [<!ENTITY b "b">]><a>', b"&b;")),
    "XML, resources": Bomb("caldav", XML, lambda: hostile_calendars.multistatus([""] * 40_000)),
    "XML, comments": Bomb("caldav", XML, lambda: long(b"<a>", b"<!---->", b"</a>")),
    "XML, a tag without end": Bomb("caldav", XML, lambda: long(b"<a a='", b"a")),
    "XML, NULs": Bomb("caldav", XML, lambda: b"\x00" * SIZE),
    "FREEBUSY lines": Bomb("caldav", ICS, lambda: hostile_calendars.free_busy(230_000)),
    "events": Bomb("caldav", XML, lambda: hostile_calendars.events(24_000)),
    "events in one object": Bomb("caldav", XML, hostile_calendars.EVENTS["50,000 events in one object"]),
    "RDATEs": Bomb("caldav", XML, hostile_calendars.EVENTS["100,000 RDATEs"]),
    "RDATEs line by line": Bomb("caldav", XML, hostile_calendars.EVENTS["RDATEs line by line"]),
    "a series by the second": Bomb("caldav", XML, hostile_calendars.EVENTS["a series by the second"]),
    "XML, a letter at a time without end": Bomb("caldav", XML, lambda: b" ", pause_s=0.1, endless=True),
}


class HostileVendor:
    """Serves all of them."""

    def __init__(self) -> None:
        self._armed: set[int] = set()
        self._made: dict[int, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lengths = [
                line.partition(":")[2] for line in head.split("\r\n") if line.lower().startswith("content-length:")
            ]
            body = await reader.readexactly(int(lengths[0]) if lengths else 0)
            method, path, _ = head.split(" ", 2)
            _, number, *rest = path.split("/")
            async for piece in self._answer(int(number or 0), method, "/".join(rest), body):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _answer(self, number: int, method: str, path: str, body: bytes) -> AsyncIterator[bytes]:
        bomb = list(BOMBS.values())[number]
        if path == "_arm":
            self._made[number] = bomb.make()
            self._armed.add(number)
            yield whole(200, JSON, b"{}")
        elif number not in self._armed:
            yield honest(method, path, body)
        elif bomb.endless:
            yield start(200, bomb.kind, bomb.headers, None)
            while True:
                yield chunk(self._made[number])
                await asyncio.sleep(bomb.pause_s)
        else:
            yield start(207 if bomb.kind == XML else 200, bomb.kind, bomb.headers, len(self._made[number]))
            yield self._made[number]


def honest(method: str, path: str, body: bytes) -> bytes:
    if method == "PROPFIND":
        nobody = b'<D:multistatus xmlns:D="DAV:"/>'
        return whole(207, XML, hostile_calendars.KIND if b"resourcetype" in body else nobody)
    if method == "REPORT":
        return whole(207, XML, hostile_calendars.multistatus([]))
    if path == "me":
        return whole(200, JSON, b'{"account": "hostile"}')
    asked = json.loads(body)["calendars"] if path == "busy" else []
    items = [{"id": one["id"], "keyed": True, "busy": []} for one in asked]
    return whole(200, JSON, json.dumps({"items": items, "next": None}).encode())


def start(status: int, kind: str, headers: tuple[str, ...], length: int | None) -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return "\r\n".join([f"HTTP/1.1 {status} OK", f"Content-Type: {kind}", size, *headers, "", ""]).encode()


def whole(status: int, kind: str, body: bytes) -> bytes:
    return start(status, kind, ("Connection: close",), len(body)) + body


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


async def main(port: int) -> None:
    vendor = HostileVendor()
    async with await asyncio.start_server(vendor.serve, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
