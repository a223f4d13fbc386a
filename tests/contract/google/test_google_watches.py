"""Changes in Google calendars: channels that push and end without a word, and sync tokens that get too old."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from contract.google.bench_vendor import delegated, rsa_key
from contract.google.world import ANNA, BEN, World
from pointsman_google import GoogleConnector
from pointsman_google.ids import event_id
from pointsman_sdk import PlaceGone, Rejected, Retryable
from pointsman_sdk.testing import NOW, appointment, at

pytestmark = pytest.mark.anyio
CALLBACK, SECRET = "https://host.example/v1/push/1", SecretStr("s" * 64)


# -- channels


async def test_a_channel_is_renewed_in_the_last_quarter_of_its_time(world: World, google: GoogleConnector) -> None:
    watch = await google.watches.watch(ANNA, CALLBACK, SECRET)
    assert watch is not None
    assert watch.renew_at == NOW + timedelta(days=7) * 3 / 4
    (channel,) = world.vendor.channels.open.values()
    assert (channel.token, channel.address, watch.state) == ("s" * 64, CALLBACK, f"{channel.id} {channel.resource}")


async def test_google_may_give_less_time_than_was_asked_for(world: World, google: GoogleConnector) -> None:
    world.vendor.channels.longest = timedelta(hours=4)
    watch = await google.watches.watch(ANNA, CALLBACK, SECRET)
    assert watch is not None
    assert watch.renew_at == NOW + timedelta(hours=3)


async def test_two_channels_of_one_calendar_stand_side_by_side_while_one_takes_the_others_place(
    world: World, google: GoogleConnector
) -> None:
    first = await google.watches.watch(ANNA, CALLBACK, SECRET)
    second = await google.watches.watch(ANNA, CALLBACK, SECRET)
    assert first is not None
    assert second is not None
    assert first.state != second.state
    await google.watches.unwatch(ANNA, first.state)
    world.vendor.block(ANNA, at(9))
    assert [one.headers["x-goog-resource-state"] for one in world.vendor.channels.pushed] == ["sync", "sync", "exists"]


async def test_a_channel_that_is_over_calls_no_more_and_is_ended_without_an_error(
    world: World, google: GoogleConnector
) -> None:
    watch = await google.watches.watch(ANNA, CALLBACK, SECRET)
    begun = await google.watches.changed(ANNA, None)
    assert watch is not None
    world.later(days=8)
    world.vendor.oauth.access = dict.fromkeys(world.vendor.oauth.access, world.now + timedelta(hours=1))
    world.vendor.block(ANNA, at(9))
    assert len(world.vendor.channels.pushed) == 1, "the one with the watch"
    await google.watches.unwatch(ANNA, watch.state)
    assert (await google.watches.changed(ANNA, begun.cursor)).others, "a poll finds what no push told"


@pytest.mark.parametrize("state", ["", "only-an-id", "id resource", "a b c"])
async def test_what_is_no_channel_of_ours_is_ended_without_an_error(google: GoogleConnector, state: str) -> None:
    await google.watches.unwatch(ANNA, state)


async def test_the_first_call_is_answered_and_a_strangers_is_not(world: World, google: GoogleConnector) -> None:
    await google.watches.watch(ANNA, CALLBACK, SECRET)
    (sync,) = world.vendor.channels.pushed
    assert (sync.headers["x-goog-resource-state"], google.watches.heard(sync, SECRET).status) == ("sync", 200)
    for headers in ({**sync.headers, "x-goog-channel-token": "s" * 63}, {**sync.headers, "x-goog-resource-state": "?"}):
        with pytest.raises(Rejected):
            google.watches.heard(replace(sync, headers=headers), SECRET)


async def test_what_google_does_not_push_is_polled(world: World, google: GoogleConnector) -> None:
    assert await google.watches.watch(ANNA, "http://127.0.0.1/push", SECRET) is None
    world.vendor.channels.unwatchable.add(BEN)
    assert await google.watches.watch(BEN, CALLBACK, SECRET) is None
    world.vendor.channels.unproven.add(CALLBACK)
    assert await google.watches.watch(ANNA, CALLBACK, SECRET) is None
    with pytest.raises(PlaceGone):
        await google.watches.watch("nobody@example.com", CALLBACK, SECRET)


# -- sync tokens


async def test_a_token_that_is_too_old_says_that_something_is_missing(world: World, google: GoogleConnector) -> None:
    begun = await google.watches.changed(ANNA, None)
    world.vendor.block(ANNA, at(9))
    world.vendor.calendar(ANNA).forgotten = 1
    found = await google.watches.changed(ANNA, begun.cursor)
    assert (found.complete, found.others) == (False, True)
    after = await google.watches.changed(ANNA, found.cursor)
    assert (after.complete, after.others, after.keys) == (True, False, ())


async def test_changes_come_over_all_pages_each_once(world: World, google: GoogleConnector) -> None:
    world.vendor.page_size = 2
    begun = await google.watches.changed(ANNA, None)
    keys = [f"own-{hour}" for hour in (9, 10, 11, 12, 13)]
    for hour, key in enumerate(keys, 9):
        await google.appointments.put(appointment(ANNA, key=key, slot=at(hour)))
        await google.appointments.put(appointment(ANNA, key=key, slot=at(hour, 10), sequence=1))
    found = await google.watches.changed(ANNA, begun.cursor)
    assert (list(found.keys), found.others, found.complete) == (keys, False, True)


async def test_an_event_of_ours_that_was_deleted_is_told_by_its_key(world: World, google: GoogleConnector) -> None:
    await google.appointments.put(appointment(ANNA))
    begun = await google.watches.changed(ANNA, None)
    world.vendor.erase(ANNA, event_id(ANNA, "check-g1"))
    found = await google.watches.changed(ANNA, begun.cursor)
    assert (found.keys, found.others, found.complete) == (("check-g1",), False, True)


async def test_a_deleted_event_without_its_key_has_the_host_read_all(world: World, google: GoogleConnector) -> None:
    world.vendor.calendar(ANNA).bare = True
    await google.appointments.put(appointment(ANNA))
    blocked = world.vendor.block(ANNA, at(15))
    begun = await google.watches.changed(ANNA, None)
    world.vendor.erase(ANNA, blocked["id"])
    others = await google.watches.changed(ANNA, begun.cursor)
    assert (others.others, others.complete) == (True, True)
    world.vendor.erase(ANNA, event_id(ANNA, "check-g1"))
    found = await google.watches.changed(ANNA, others.cursor)
    assert (found.keys, found.others, found.complete) == ((), True, False)


async def test_only_ends_and_keys_are_fetched(world: World, google: GoogleConnector) -> None:
    world.vendor.block(ANNA, at(9), summary="Doctor")
    begun = await google.watches.changed(ANNA, None)
    world.vendor.block(ANNA, at(10), summary="Bank")
    assert (await google.watches.changed(ANNA, begun.cursor)).others
    asked = [one.url.params["fields"] for one in world.asked("/events")]
    assert asked[0] == "kind,nextPageToken,nextSyncToken"
    assert "summary" not in asked[1]


async def test_a_list_without_an_end_is_given_up(world: World, google: GoogleConnector) -> None:
    world.wire.say(b'{"kind": "calendar#events", "items": [], "nextPageToken": "again"}', times=50)
    with pytest.raises(Rejected):
        await google.watches.changed(ANNA, "sync-0")
    with pytest.raises(Rejected):
        await google.watches.changed(ANNA, None)


async def test_a_calendar_that_is_gone_says_so(google: GoogleConnector) -> None:
    with pytest.raises(PlaceGone):
        await google.watches.changed("nobody@example.com", None)


async def test_a_watch_that_google_cannot_begin_now_is_tried_again(world: World, google: GoogleConnector) -> None:
    world.wire.answer(503, writes_only=True)
    with pytest.raises(Retryable):
        await google.watches.watch(ANNA, CALLBACK, SECRET)


@pytest.mark.parametrize("place", [ANNA, BEN])
async def test_an_address_that_google_does_not_call_ends_no_users_sign_in(world: World, place: str) -> None:
    """It says so by a 401, for each user as which a service account asks."""
    world.vendor.accounts.key = rsa_key()
    reason = {"domain": "global", "reason": "push.webhookUrlUnauthorized"}
    world.instead["/events/watch"] = httpx.Response(401, json={"error": {"code": 401, "errors": [reason]}})
    google = world.connect(delegated(world.vendor))
    assert await google.watches.watch(place, CALLBACK, SECRET) is None
