"""Channels of Google's and subscriptions of Graph's: begun, renewed, ended, refused, and what they say of themselves."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from pointsman.services.calendars.watches import RENEW_TASK, renew_watches
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from pointsman.services.roster.change_roster import deactivate_rep, put_roster
from pointsman_sdk import WebhookRequest
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import floor_given
from support.vendors.two_vendors import GOOGLE, MICROSOFT, TwoVendors, open_two_vendors

pytestmark = pytest.mark.anyio
#: How a vendor is asked to watch a calendar.
WATCHED = {GOOGLE: "/watch", MICROSOFT: "/subscriptions"}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


async def test_the_watch_of_a_rep_who_leaves_is_ended_and_begun_anew_when_they_are_back(here: TwoVendors) -> None:
    await deactivate_rep(here.env, here.rep, actor=SETTER)
    await here.renew()
    assert here.watching(here.rep) == []
    await put_roster(here.env, floor_given(), actor=SETTER)
    assert [await here.renew(), await here.renew()] == [1, 0]
    assert len(here.watching(here.rep)) == 1


async def test_a_connection_with_other_secrets_is_watched_anew(here: TwoVendors) -> None:
    old = here.watching(here.rep)
    await here.save(here.vendor)
    assert [await here.renew(), await here.renew()] == [1, 0]
    (new,) = here.watching(here.rep)
    assert new not in old


async def test_a_call_that_comes_before_its_watch_is_noted_is_heard(here: TwoVendors) -> None:
    here.floor.world.clock.advance(timedelta(days=8))
    here.google.channels.open.clear()
    here.graph.subscriptions.known.clear()
    here.wire.meanwhile = (WATCHED[here.vendor], here.told)
    await here.renew()
    assert here.wire.meanwhile is None
    assert set(here.answered(here.vendor)) <= {200, 202}
    assert await here.is_outdated(here.rep)
    assert await here.work() == [OUTDATED_TASK]
    assert len(await here.busy(here.rep)) == 1


async def test_two_workers_that_renew_at_once_leave_one_watch(here: TwoVendors) -> None:
    here.floor.world.clock.advance(timedelta(days=8))
    here.wire.meanwhile = (WATCHED[here.vendor], lambda: renew_watches(here.env))  # as another worker does
    assert await renew_watches(here.env) == 1
    assert here.wire.meanwhile is None
    assert [method for method, _ in here.asked(here.vendor, WATCHED[here.vendor])].count("POST") == 3  # one was before
    assert len(here.watching(here.rep)) == 1
    await here.told()
    assert await here.work() == [OUTDATED_TASK]


async def test_a_channel_that_google_gives_for_minutes_alone_is_begun_anew_by_the_clock(google: TwoVendors) -> None:
    google.google.channels.longest = 10 * MINUTE
    await google.renew(after=timedelta(days=6))
    due = [await google.renew(after=5 * MINUTE) for _ in range(4)]
    assert (due, len(google.watching("anna"))) == ([1, 1, 1, 1], 1)


async def test_an_address_that_the_vendor_does_not_call_is_asked_for_once_a_day(database_url: str) -> None:
    async with open_two_vendors(database_url, reps=["anna", "ben"], watched=False) as here:
        here.graph.post = lambda _: httpx.Response(200, text="welcome")

        class Everything(set[str]):
            def __contains__(self, _: object) -> bool:
                return True

        here.google.channels.unproven = Everything()
        assert [await here.renew(), await here.renew(after=HOUR), await here.renew(after=timedelta(days=1))] == [
            2,
            0,
            2,
        ]
        assert (here.watching("anna"), here.watching("ben")) == ([], [])
        here.lose_pushes()
        for rep in ("anna", "ben"):
            await here.block(rep, here.ahead(5))
        await here.poll(after=6 * MINUTE)
        assert [len(await here.busy(rep)) for rep in ("anna", "ben")] == [1, 1]


# -- what a subscription of Graph's says of itself


async def lifecycle(graph: TwoVendors, event: str) -> list[WebhookRequest]:
    return await graph.by_owner(lambda: graph.graph.subscriptions.lifecycle(event))


async def test_a_subscription_that_has_to_be_authorised_anew_is_begun_anew(graph: TwoVendors) -> None:
    (old,) = graph.watching("ben")
    graph.floor.world.clock.advance(HOUR)
    await lifecycle(graph, "reauthorizationRequired")
    assert await graph.work() == [OUTDATED_TASK, RENEW_TASK]
    (new,) = graph.watching("ben")
    assert new != old


async def test_a_subscription_that_was_removed_is_begun_anew_and_what_happened_meanwhile_is_read(
    graph: TwoVendors,
) -> None:
    graph.floor.world.clock.advance(HOUR)
    graph.lose_pushes()
    await graph.block("ben", graph.ahead(5))
    graph.lose_pushes(lost=False)
    await lifecycle(graph, "subscriptionRemoved")
    assert await graph.work() == [OUTDATED_TASK, RENEW_TASK]
    assert len(await graph.busy(graph.rep)) == 1
    assert len(graph.watching("ben")) == 1


async def test_calls_that_graph_missed_are_read_and_the_subscription_stays(graph: TwoVendors) -> None:
    (old,) = graph.watching("ben")
    graph.floor.world.clock.advance(HOUR)
    await lifecycle(graph, "missed")
    assert await graph.work() == [OUTDATED_TASK]
    assert graph.watching("ben") == [old]


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved"])
async def test_a_word_of_a_former_subscription_ends_no_other_one(graph: TwoVendors, event: str) -> None:
    graph.floor.world.clock.advance(HOUR)
    (note,) = await lifecycle(graph, event)
    await graph.work()
    (watch,) = graph.watching("ben")
    for _ in range(3):
        graph.floor.world.clock.advance(HOUR)
        assert (await graph.post(note)).status_code == 202
        assert await graph.work() == [OUTDATED_TASK]
        await graph.renew()
        assert graph.watching("ben") == [watch]


async def test_a_subscription_that_is_over_as_soon_as_it_begins_is_asked_for_by_the_clock(graph: TwoVendors) -> None:
    graph.floor.world.clock.advance(HOUR)
    begun = []
    for _ in range(4):
        await lifecycle(graph, "subscriptionRemoved")
        begun.append(RENEW_TASK in await graph.work())
        graph.floor.world.clock.advance(MINUTE)
    assert begun == [True, False, False, False]
    assert await graph.renew(after=5 * MINUTE) == 1
    assert len(graph.watching("ben")) == 1


async def test_a_call_with_one_note_of_a_stranger_changes_nothing(graph: TwoVendors) -> None:
    push = await graph.told()
    await graph.work()
    (note,) = json.loads(push.body)["value"]
    mixed = json.dumps({"value": [note, {**note, "clientState": "f" * 64, "lifecycleEvent": "subscriptionRemoved"}]})
    assert (await graph.post(replace(push, body=mixed.encode()))).status_code == 401
    assert await graph.work() == []


async def test_the_trial_of_an_address_has_nothing_looked_at(graph: TwoVendors) -> None:
    for trial in graph.graph.subscriptions.tried:
        answer = await graph.post(trial)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert await graph.work() == []


# -- what a channel of Google's says


async def test_a_channel_calls_before_its_watch_is_noted_and_is_answered(google: TwoVendors) -> None:
    assert google.pushed(GOOGLE)[0].headers["x-goog-resource-state"] == "sync"
    assert google.answered(GOOGLE)[0] == 200


@pytest.mark.parametrize("state", ["sync", "exists", "not_exists"])
async def test_each_state_of_a_channel_says_look(google: TwoVendors, state: str) -> None:
    push = await google.told()
    await google.work()
    google.floor.world.clock.advance(MINUTE)
    said = replace(push, headers={**push.headers, "x-goog-resource-state": state})
    assert (await google.post(said)).status_code == 200
    assert await google.work() == [OUTDATED_TASK]
    assert not await google.is_outdated("anna")
    assert len(google.watching("anna")) == 1
