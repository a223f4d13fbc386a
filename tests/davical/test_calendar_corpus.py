"""The calendar corpus through DAViCal: what it keeps and finds again, read in the owner's zone."""

from collections.abc import Sequence

import pytest

from contract.caldav.test_calendar_corpus import STOPS_SERVERS, cases, kept
from support.programs.calendar_servers import RealServer

pytestmark = pytest.mark.anyio

REWRITTEN_BY_DAVICAL: frozenset[str] = frozenset()


@cases
async def test_davical_hides_no_busy_time(
    anyio_backend: object, caldav_server: RealServer, names: Sequence[str], zones: Sequence[str]
) -> None:
    tried = [name for name in names if name not in STOPS_SERVERS | REWRITTEN_BY_DAVICAL]
    assert len(await kept(caldav_server, tried, zones)) > 0.75 * len(tried)
