"""A vendor calls when a calendar changed: asked for, renewed, ended, and heard at an address of each calendar's own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.calendars.watches import renew_watches
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.ports import VendorRejectedError, VendorRetryableError
from pointsman.worker.tasks import JOBS
from support.floors.booking_floor import SETTER, Floor
from support.http.service import caller_of, serve_floor

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@pytest.fixture
async def watched(floor: Floor) -> Floor:
    """Every calendar is watched for a day, and was read."""
    floor.env = replace(floor.env, public_url="https://pointsman.example")
    floor.vendor.news = {}
    floor.vendor.pushes_until = floor.env.clock() + 24 * HOUR
    assert await renew_watches(floor.env) == 3
    floor.world.clock.advance(timedelta(minutes=6))
    await poll_calendars(floor.env)
    floor.vendor.batches.clear()
    return floor


@pytest.fixture
async def client(watched: Floor) -> AsyncIterator[httpx.AsyncClient]:
    with serve_floor(watched.env) as app:
        async with caller_of(app, "read") as client:
            client.headers.pop("authorization")
            yield client


def address(floor: Floor, calendar: str) -> str:
    (found,) = [callback for name, callback in floor.vendor.watches.values() if name == calendar]
    assert found.startswith("https://pointsman.example/v1/hooks/calendars/")
    return urlsplit(found).path


def proof(floor: Floor, calendar: str) -> dict[str, str]:
    return {"secret": floor.vendor.secrets[calendar]}


async def test_a_call_has_that_calendar_read_at_once(watched: Floor, client: httpx.AsyncClient) -> None:
    await poll_calendars(watched.env)
    assert watched.vendor.batches == []
    given = {"content": b"anything", "headers": proof(watched, "anna-cal")}
    for _ in range(2):
        assert (await client.post(address(watched, "anna-cal"), **given)).status_code == 202
    (job,) = await watched.world.rows("select * from procrastinate_jobs where task_name like 'calendars.%'")
    assert job.queue_name == "pointsman-vendors"
    await JOBS[job.task_name](watched.env, job.args)
    assert watched.vendor.batches == [["anna-cal"]]


async def test_a_call_during_the_first_reading_of_a_calendar_has_it_read_again(floor: Floor) -> None:
    floor.env = replace(floor.env, public_url="https://pointsman.example")
    floor.vendor.news = {}
    floor.vendor.pushes_until = floor.env.clock() + 24 * HOUR
    await floor.world.owner_rows("delete from calendar_reads")
    await renew_watches(floor.env)
    with serve_floor(floor.env) as app:
        async with caller_of(app, "read") as client:

            async def vendor_calls() -> None:
                called = await client.post(address(floor, "anna-cal"), headers=proof(floor, "anna-cal"))
                assert called.status_code == 202

            floor.vendor.after_busy_times = vendor_calls
            await poll_calendars(floor.env)
    floor.world.clock.advance(timedelta(seconds=1))
    floor.vendor.batches.clear()
    await JOBS["calendars.outdated"](floor.env, {})
    assert floor.vendor.batches == [["anna-cal"]]


async def test_a_call_at_an_address_that_is_none_is_not_found_and_limited(
    watched: Floor, client: httpx.AsyncClient
) -> None:
    right = address(watched, "anna-cal")
    for wrong in (right[:-4] + "AAAA", "/v1/hooks/calendars/x", "/v1/hooks/calendars/" + "x" * 500):
        answer = await client.post(wrong)
        assert answer.status_code in {404, 429}, wrong
    await poll_calendars(watched.env)
    assert watched.vendor.batches == []
    assert (await client.post(right, headers=proof(watched, "anna-cal"))).status_code == 202  # never limited


async def test_a_call_without_the_secret_of_its_address_is_refused_and_nothing_is_read(
    watched: Floor, client: httpx.AsyncClient
) -> None:
    secrets = watched.vendor.secrets
    assert len(set(secrets.values())) == 3
    assert all(len(secret) == 64 for secret in secrets.values())
    for headers in ({}, proof(watched, "ben-cal")):
        answer = await client.post(address(watched, "anna-cal"), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "hook-rejected")
    await poll_calendars(watched.env)
    assert watched.vendor.batches == []


async def test_a_watch_is_renewed_before_it_ends_and_the_old_one_ended(watched: Floor) -> None:
    assert await renew_watches(watched.env) == 0
    before = dict(watched.vendor.watches)
    assert watched.vendor.pushes_until is not None
    watched.vendor.pushes_until += 24 * HOUR
    watched.world.clock.advance(24 * HOUR - timedelta(minutes=20))
    assert await renew_watches(watched.env) == 3
    assert len(watched.vendor.watches) == 3
    assert not before.keys() & watched.vendor.watches.keys()


async def test_a_vendor_that_fails_keeps_what_it_watches_and_is_asked_again(watched: Floor) -> None:
    watched.world.clock.advance(24 * HOUR)
    watched.vendor.faults["watch"] = VendorRetryableError("503")
    assert await renew_watches(watched.env) == 3
    assert len(watched.vendor.watches) == 3
    assert await renew_watches(watched.env) == 3


async def test_a_vendor_that_calls_nobody_is_asked_once_a_day(floor: Floor) -> None:
    env = replace(floor.env, public_url="https://pointsman.example")
    floor.vendor.news = {}
    assert [await renew_watches(env), await renew_watches(env)] == [3, 0]
    floor.world.clock.advance(24 * HOUR)
    assert await renew_watches(env) == 3


async def test_a_calendar_that_its_vendor_does_not_watch_is_asked_about_once_a_day(watched: Floor) -> None:
    watched.world.clock.advance(24 * HOUR)
    watched.vendor.faults["watch"] = VendorRejectedError("push is not supported for this calendar")
    asked = []
    for _ in range(3):
        asked.append(await renew_watches(watched.env))
        watched.world.clock.advance(HOUR)
    assert asked == [3, 0, 0]
    assert len(watched.vendor.watches) == 3
    watched.vendor.faults.clear()
    watched.world.clock.advance(24 * HOUR)
    assert await renew_watches(watched.env) == 3


async def test_nothing_is_asked_where_no_vendor_can_call(floor: Floor) -> None:
    floor.vendor.news = {}
    assert floor.env.public_url.startswith("http://")
    assert await renew_watches(floor.env) == 0


async def test_a_calendar_that_its_rep_uses_no_more_is_not_watched_and_its_calls_are_nothing(
    watched: Floor, client: httpx.AsyncClient
) -> None:
    old = address(watched, "anna-cal")
    other = [CalendarBindingInput(connection="cal", calendar="other", writes=True)]
    await bind_calendars(watched.env, "anna", other, actor=SETTER)
    assert {calendar for calendar, _ in watched.vendor.watches.values()} == {"ben-cal", "clara-cal"}
    assert (await client.post(old)).status_code == 404
