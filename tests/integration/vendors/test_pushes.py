"""Calls of vendors that come, are lost or lie, through the whole service: nothing is missed, and nothing goes round."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import POLICY
from support.vendors.two_vendors import GOOGLE, MICROSOFT, TwoVendors, calendar_of

pytestmark = pytest.mark.anyio
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def test_a_change_is_told_and_read_at_once(here: TwoVendors) -> None:
    await here.told()
    assert here.answered(here.vendor)[-1] in (200, 202)
    assert await here.is_outdated(here.rep)
    assert await here.work() == [OUTDATED_TASK]
    assert len(await here.busy(here.rep)) == 1


async def test_what_was_told_is_no_reason_to_begin_the_list_of_changes_anew(here: TwoVendors) -> None:
    await here.told()
    here.wire.seen.clear()
    await here.work()
    assert len(here.asked(GOOGLE, "syncToken=") + here.asked(MICROSOFT, "deltatoken=")) == 1
    assert len(here.wire.seen) == 2  # what changed, and the busy times


async def test_a_watch_that_ended_without_a_word_misses_nothing(here: TwoVendors) -> None:
    here.floor.world.clock.advance(timedelta(days=8))  # longer than either vendor calls
    await here.poll()
    calls = len(here.pushed(here.vendor))
    await here.block(here.rep, here.ahead(5))
    assert len(here.pushed(here.vendor)) == calls
    assert await here.poll(after=6 * MINUTE) == 1
    assert len(await here.busy(here.rep)) == 1


async def test_a_watch_that_the_vendor_dropped_misses_nothing(here: TwoVendors) -> None:
    here.google.channels.open.clear()
    here.graph.subscriptions.known.clear()
    await here.block(here.rep, here.ahead(5))
    assert await here.work() == []
    assert await here.poll(after=6 * MINUTE) == 1
    assert len(await here.busy(here.rep)) == 1
    await here.renew(after=timedelta(days=6))  # the old one cannot be ended, which is no fault
    assert len(here.watching(here.rep)) == 1
    await here.told()
    assert await here.work() == [OUTDATED_TASK]


async def test_calls_that_are_lost_miss_nothing(here: TwoVendors) -> None:
    here.lose_pushes()
    await here.block(here.rep, here.ahead(5))
    assert not await here.is_outdated(here.rep)
    assert await here.poll(after=6 * MINUTE) == 1
    assert len(await here.busy(here.rep)) == 1


async def test_a_watch_is_begun_anew_before_it_ends_so_that_one_always_calls(here: TwoVendors) -> None:
    for _ in range(9):
        await here.renew(after=timedelta(hours=20))
        await here.work()
        calls = len(here.pushed(here.vendor))
        await here.block(here.rep, here.ahead(5))
        assert len(here.pushed(here.vendor)) == calls + 1
        assert len(here.watching(here.rep)) == 1


async def test_a_list_of_changes_that_is_lost_is_begun_anew_once(here: TwoVendors) -> None:
    here.lose_pushes()
    await here.block(here.rep, here.ahead(5))
    here.google.calendar(calendar_of("anna")).forgotten = 1
    mailbox = here.graph.directory.mailbox(calendar_of("ben"))
    mailbox.forgotten = len(mailbox.log)
    assert await here.poll(after=6 * MINUTE) == 1
    assert len(await here.busy(here.rep)) == 1
    here.wire.seen.clear()
    await here.poll(after=6 * MINUTE)
    assert len(here.wire.seen) == 1  # nothing changed since


async def test_what_lies_beyond_graphs_list_of_changes_is_read_all_the_same(graph: TwoVendors) -> None:
    policy = deepcopy(POLICY)
    policy["pools"]["closers-mid-market"]["booking"] = {"horizon": "90d"}
    await graph.floor.world.publish(policy)
    await graph.poll(after=6 * MINUTE)
    graph.graph.deltas.tells_beyond = False
    graph.lose_pushes()
    await graph.block("ben", graph.ahead(24 * 80))
    await graph.poll(after=6 * MINUTE)
    assert len(await graph.busy("ben")) == 1


# -- calls that lie


async def test_a_call_with_another_secret_changes_nothing(here: TwoVendors) -> None:
    push = await here.told()
    await here.work()
    forged = replace(push, body=push.body.replace(b'"clientState": "', b'"clientState": "0'))
    forged = replace(forged, headers={**push.headers, "x-goog-channel-token": "0" * 64})
    elsewhere = replace(push, url=push.url[:-4] + "AAAA")
    for request, status in ((forged, 401), (replace(push, headers={}, body=b""), 401), (elsewhere, 404)):
        assert (await here.post(request)).status_code == status
    assert await here.work() == []
    assert not await here.is_outdated(here.rep)


async def test_a_call_that_comes_twice_and_late_has_the_calendar_looked_at_no_more_than_that(here: TwoVendors) -> None:
    push = await here.told()
    await here.post(push)
    assert await here.work() == [OUTDATED_TASK]
    here.floor.world.clock.advance(HOUR)
    assert (await here.post(push)).status_code in (200, 202)
    assert await here.work() == [OUTDATED_TASK]
    assert len(await here.busy(here.rep)) == 1


@pytest.mark.parametrize("times", [80, pytest.param(1_000, marks=pytest.mark.deep)])
async def test_calls_without_end_about_a_calendar_that_did_not_change_cost_few_readings(
    here: TwoVendors, times: int
) -> None:
    push = await here.told()
    await here.work()
    here.floor.world.clock.freeze()
    here.floor.world.clock.advance(MINUTE)
    here.wire.seen.clear()
    for _ in range(8):  # more than ten a second, with a worker that has nothing else to do
        here.floor.world.clock.advance(timedelta(seconds=1))
        for _ in range(times // 8):
            assert (await here.post(push)).status_code in (200, 202)
        assert await here.work() == [OUTDATED_TASK]
    assert len(here.wire.seen) == 2
    assert await here.is_outdated(here.rep)  # it is known: nothing is offered by the last reading
    assert await here.poll(after=MINUTE) == 1
    assert not await here.is_outdated(here.rep)
    assert len(here.watching(here.rep)) == 1


async def test_a_call_of_a_former_watch_says_look_and_no_more(here: TwoVendors) -> None:
    push = await here.told()
    await here.work()
    await here.renew(after=timedelta(days=6))
    await here.work()
    (watch,) = here.watching(here.rep)
    assert (await here.post(push)).status_code in (200, 202)
    here.floor.world.clock.advance(MINUTE)
    assert await here.work() == [OUTDATED_TASK]
    assert here.watching(here.rep) == [watch]


async def test_a_call_about_a_calendar_that_is_bound_no_more_is_refused(here: TwoVendors) -> None:
    push = await here.told()
    await here.work()
    await bind_calendars(here.env, here.rep, [], actor=SETTER)
    assert here.watching(here.rep) == []
    assert (await here.post(push)).status_code == 404
    given = [CalendarBindingInput(connection=here.vendor, calendar=calendar_of(here.rep), writes=True)]
    await bind_calendars(here.env, here.rep, given, actor=SETTER)
    assert (await here.post(push)).status_code == 404
    assert OUTDATED_TASK not in await here.work()
