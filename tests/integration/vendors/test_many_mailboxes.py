"""Many calendars over one connection: how few requests read them, and one mailbox that is throttled while others go on."""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pointsman.domain.messages.message import say
from pointsman.services.calendars.readings import read_calendars
from pointsman.services.connections.health import connection_health
from pointsman.services.ports import VendorWaitError
from pointsman.services.ports.booking.calendars import CalendarReading
from pointsman.services.ports.vendors.calendar_events import CalendarEvent
from pointsman.services.ports.vendors.pace import PaceState
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from support.vendors.two_vendors import GOOGLE, MICROSOFT, TwoVendors, calendar_of
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BEN, DORA = calendar_of("ben"), calendar_of("dora")


async def bind_more(here: TwoVendors, names: Sequence[str]) -> None:
    """Further calendars of the rep's, without a look at the vendor."""
    for name in names:
        if here.vendor == GOOGLE:
            here.google.calendar(name).roles[calendar_of("anna")] = "freeBusyReader"
        else:
            here.graph.directory.mailbox(name)
    await here.floor.world.owner_rows(
        "insert into rep_calendars (id, rep_id, connection_id, calendar, writes)"
        " select gen_random_uuid(), rep_id, connection_id, unnest(cast(:names as text[])), false from rep_calendars",
        names=list(names),
    )


async def read_all(here: TwoVendors) -> bool:
    """Whether all calendars of the rep could be read."""
    now, patient = here.env.clock(), timedelta(seconds=PATIENCE_S)
    found = await read_calendars(here.env, [here.rep], now, now + 14 * DAY, max_age=timedelta(), deadline=patient)
    return found[here.rep].state.readable


@pytest.mark.parametrize("many", [120])
async def test_many_calendars_are_read_by_few_requests_for_a_buyer_and_by_the_poll(here: TwoVendors, many: int) -> None:
    question, size = {GOOGLE: ("freeBusy", 50), MICROSOFT: ("getSchedule", 20)}[here.vendor]
    await bind_more(here, [f"rep{number}@example.com" for number in range(1, many)])
    here.wire.seen.clear()
    assert await read_all(here)
    assert len(here.asked(here.vendor, question)) == -(-many // size)
    here.wire.seen.clear()
    assert await here.poll(after=6 * MINUTE) == many
    assert [part for _, part in here.asked(here.vendor) if question not in part] == []
    assert len(here.wire.seen) == -(-many // size)


def event(calendar: str, here: TwoVendors) -> CalendarEvent:
    start = here.ahead(30).start.replace(minute=0, second=0, microsecond=0)
    return CalendarEvent(
        key="pm-1",
        calendar=calendar,
        start=start,
        end=start + 30 * MINUTE,
        title=SharedText("Demo"),
        shared=SharedText(""),
        private=PrivateText(""),
        sequence=0,
    )


async def readings(here: TwoVendors) -> dict[str, CalendarReading | None]:
    async with here.env.uow.autocommit() as tx:
        return {binding.calendar: reading for binding, reading in await tx.calendars.bindings([here.rep])}


async def test_a_mailbox_that_graph_throttles_waits_and_the_others_over_the_connection_go_on(
    graph: TwoVendors,
) -> None:
    calendars, now = graph.env.calendars, graph.env.clock()
    await bind_more(graph, [DORA])
    async with graph.env.uow.autocommit() as tx:
        ref = (await tx.calendars.bindings(["ben"]))[0][0].connection.ref()
    graph.graph.most_calls = 200
    graph.graph.asked[BEN] = deque([now] * 200)
    with pytest.raises(VendorWaitError) as caught:
        await calendars.put_event(ref, event(BEN, graph))
    assert caught.value.until > now + 9 * MINUTE
    graph.wire.seen.clear()
    with pytest.raises(VendorWaitError):
        await calendars.put_event(ref, event(BEN, graph))
    assert graph.wire.seen == []
    await calendars.put_event(ref, event(DORA, graph))
    assert not await read_all(graph)
    assert graph.asked(MICROSOFT, f"/{BEN}/") == []
    found = await readings(graph)
    assert {name: reading and reading.error for name, reading in found.items()} == {
        BEN: say("vendor.waits"),
        DORA: None,
    }
    health = await connection_health(graph.env, MICROSOFT)
    assert (health.state, [one.subject for one in health.held]) == (PaceState.CLOSED, [BEN])
    graph.floor.world.clock.advance(11 * MINUTE)
    await calendars.put_event(ref, event(BEN, graph))
    assert await read_all(graph)
    assert (await connection_health(graph.env, MICROSOFT)).held == []


async def test_a_mailbox_over_which_a_batch_is_asked_is_remembered_as_throttled(graph: TwoVendors) -> None:
    await bind_more(graph, [DORA])
    graph.graph.most_calls = 200
    graph.graph.asked[BEN] = deque([graph.env.clock()] * 200)
    for _ in range(3):
        assert not await read_all(graph)
    assert len(graph.asked(MICROSOFT, f"/{BEN}/calendar/getSchedule")) == 1
    found = await readings(graph)
    dora = found[DORA]
    assert dora is not None
    assert dora.error is None
