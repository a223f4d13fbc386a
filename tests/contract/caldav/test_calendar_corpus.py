"""The calendar corpus through real servers: what they keep and find again, read in the owner's zone."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_caldav import CaldavConnector
from pointsman_sdk import Rejected, Retryable, Slot
from pointsman_sdk.http import make_client
from support.corpus import CORPUS
from support.corpus.notation import OWNER, OWNERS, WITHIN, Case
from support.programs.caldav_calls import busy, on
from support.programs.calendar_servers import RealServer

pytestmark = pytest.mark.anyio

START, END = (datetime.fromtimestamp(second, UTC) for second in WITHIN)
#: What stops a server for good when it keeps it or looks through it.
STOPS_SERVERS = frozenset(
    {
        "ends of series: a rule that never comes true",
        "ends of series: a rule by the second that never comes true",
        "not worked out: by the second",
        "not worked out: no step",
    }
)
#: What a server does not keep as it was written, so that it says something else from then on.
REWRITTEN_BY_RADICALE = frozenset(
    {
        "days in series: a time in a series of days",
        "times: 24 hours over the change back",
        "times: small letters in a time",
        "times: an hour that no clock has",
        "unknown zones: Outlook's own zone without its rules",
        "dates: a day in a series of times",
        "left out: a day, which leaves no time out",
    }
)
REWRITTEN_BY_XANDIKOS = frozenset(
    {
        "whole days: a day with the name of a zone",
        "times: 24 hours over the change back",
        "times: a zone beside a time in UTC",
        "times: no start",
        "ends of series: until a day, in small letters",
        "not worked out: a part twice",
    }
)
#: What the servers' own reports read as free, and some of every kind; `make test-deep` tries all, in every zone.
FEW = [
    *("days in series: a day each week without an end", "dates: by date from years ago", "times: a floating hour"),
    *("unknown zones: a name that nobody knows", "attendance: transparent in small letters"),
    *list(CORPUS)[::24],
]
cases = pytest.mark.parametrize(
    ("names", "zones"),
    [
        pytest.param(FEW, OWNERS[:1], id="some"),
        pytest.param(list(CORPUS), OWNERS, id="all", marks=pytest.mark.deep),
    ],
)


async def kept(server: RealServer, names: Sequence[str], zones: Sequence[str]) -> list[str]:
    """The names of the cases that the server kept; each was read alone in its calendar, and says what it is to."""
    found = []
    calendar = server.make_calendar("corpus")
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    async with make_client(httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)) as http:
        connector = on(http, **server.config)
        for number, name in enumerate(names):
            path = f"{calendar}case-{number}.ics"
            if server.ask("PUT", path, CORPUS[name].text.encode(), headers).status_code < 300:
                with suppress(Retryable):  # a server that fails with it is not free either
                    for zone in zones if len(zones) > 1 else (OWNERS[number % len(OWNERS)],):
                        await agrees(connector, calendar, CORPUS[name], zone)
                    found.append(name)
            server.ask("DELETE", path)
    return found


async def agrees(connector: CaldavConnector, calendar: str, one: Case, zone: str) -> None:
    if one.unreadable:
        with pytest.raises(Rejected, match=one.unreadable):
            await busy(connector, calendar, Slot(START, END), zone=zone, owner=OWNER)
        return
    found = await busy(connector, calendar, Slot(START, END), zone=zone, owner=OWNER)
    spans = [(int(slot.start.timestamp()), int(slot.end.timestamp())) for slot in found]
    assert spans == one.spans(zone), (one.name, zone)


@cases
async def test_radicale_hides_no_busy_time(
    anyio_backend: object, caldav_server: RealServer, names: Sequence[str], zones: Sequence[str]
) -> None:
    tried = [name for name in names if name not in STOPS_SERVERS | REWRITTEN_BY_RADICALE]
    assert len(await kept(caldav_server, tried, zones)) > 0.75 * len(tried)


@cases
async def test_xandikos_hides_no_busy_time(
    anyio_backend: object, second_server: RealServer, names: Sequence[str], zones: Sequence[str]
) -> None:
    tried = [name for name in names if name not in STOPS_SERVERS | REWRITTEN_BY_XANDIKOS]
    assert len(await kept(second_server, tried, zones)) > 0.75 * len(tried)
