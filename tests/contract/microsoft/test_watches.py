"""Subscriptions that are tried before they exist, notes of which each is proven, and delta queries that begin anew."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contract.microsoft.world import ANNA, Clock, world
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk import Rejected, Retryable, Scope, WebhookRequest
from pointsman_sdk.fakes import TwoWayTransport
from pointsman_sdk.testing import NOW, appointment, at

pytestmark = pytest.mark.anyio
CALLBACK = "https://host.example/hooks/w1"
SECRET = SecretStr("s" * 64)


async def test_the_connector_s_own_answer_lets_a_subscription_exist_and_each_change_is_a_look() -> None:
    heard: list[int] = []

    async def host(request: WebhookRequest) -> httpx.Response:
        reply = here.connector.watches.heard(request, SECRET)
        heard.append(reply.status)
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)

    vendor = GraphVendor(clock=Clock())
    wire = TwoWayTransport(vendor, host)
    vendor.post, vendor.subscriptions.delivers = wire.post, True
    async with world(transport=wire, vendor=vendor) as here:
        made = await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        assert made is not None
        assert heard == [200, 200]  # notificationUrl and lifecycleNotificationUrl
        await here.connector.appointments.put(appointment(ANNA))
        assert heard == [200, 200, 202]
        await here.connector.watches.unwatch(ANNA, made.state)
        await here.connector.appointments.drop(ANNA, "check-g1")
        assert heard == [200, 200, 202]


async def test_a_callback_that_does_not_answer_makes_no_subscription() -> None:
    async with world() as here:
        here.vendor.post = lambda _: httpx.Response(200, text="welcome")
        with pytest.raises(Rejected, match="https"):
            await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        assert here.vendor.standing()["subscriptions"] == []


@pytest.mark.parametrize("app", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "wait"),
    [
        (429, "TooManyRequests", "40"),
        (429, "", "40"),
        (503, "ApplicationThrottled", "40"),
        (503, "", "40"),
        (429, "TooManyRequests", None),
        (503, "ApplicationThrottled", None),
    ],
)
async def test_too_many_calls_about_subscriptions_keep_no_booking_waiting(
    *, app: bool, status: int, code: str, wait: str | None
) -> None:
    async with world(app=app) as here:
        said = {"error": {"code": code, "message": "under category:throttle.aad.ags.subscriptionservice.dc.create"}}
        throttled = httpx.Response(status, headers={"Retry-After": wait} if wait else {}, json=said)
        here.answer = lambda request: throttled if "/subscriptions" in request.url.path else None
        for ask in (
            here.connector.watches.watch(ANNA, CALLBACK, SECRET),
            here.connector.watches.unwatch(ANNA, "84bd8158-6d4d-4958-8b9f-9d6445542f95"),
        ):
            with pytest.raises(Retryable) as caught:
                await ask
            assert (caught.value.scope, caught.value.subject) == (Scope.CALL, None)
            # A time is what tells a refusal from an outage.
            assert caught.value.retry_after == timedelta(seconds=int(wait or 30))
        made = await here.connector.appointments.put(appointment(ANNA))
        assert made.slot == at(9)


async def test_a_watch_is_renewed_before_it_ends_and_one_that_ended_hears_nothing() -> None:
    async with world() as here:
        first = await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        assert first is not None
        assert first.renew_at is not None
        assert NOW + timedelta(days=2) < first.renew_at < NOW + timedelta(minutes=4_230)
        here.clock.now = first.renew_at
        second = await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        assert second is not None
        await here.connector.watches.unwatch(ANNA, first.state)
        here.clock.now += timedelta(days=1)
        here.vendor.directory.block(ANNA, at(9))
        assert len(here.vendor.subscriptions.pushed) == 1
        here.clock.now += timedelta(days=3)
        here.vendor.directory.block(ANNA, at(10))
        assert len(here.vendor.subscriptions.pushed) == 1


async def test_another_calendar_of_the_mailbox_is_watched_by_itself() -> None:
    async with world() as here:
        other = here.vendor.directory.add_calendar(ANNA, "Other")
        await here.connector.watches.watch(other, CALLBACK, SECRET)
        here.vendor.directory.block(ANNA, at(9))
        assert here.vendor.subscriptions.pushed == []
        here.vendor.directory.block(other, at(9))
        assert len(here.vendor.subscriptions.pushed) == 1


@pytest.mark.parametrize(
    ("event", "renew"), [("missed", False), ("reauthorizationRequired", True), ("subscriptionRemoved", True)]
)
async def test_what_a_subscription_says_of_itself(event: str, *, renew: bool) -> None:
    async with world() as here:
        await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        (note,) = here.vendor.subscriptions.lifecycle(event)
        reply = here.connector.watches.heard(note, SECRET)
        assert (reply.status, reply.body, reply.renew) == (202, b"", renew)


async def test_every_note_of_a_call_shows_the_secret_or_none_of_them_is_believed() -> None:
    async with world() as here:
        await here.connector.watches.watch(ANNA, CALLBACK, SECRET)
        here.vendor.directory.block(ANNA, at(9))
        (push,) = here.vendor.subscriptions.pushed
        (note,) = json.loads(push.body)["value"]
        forged: list[Any] = [{**note, "clientState": "t" * 64}, {**note, "clientState": None}, {}, "note", None]
        for one in forged:
            for notes in ([note, one], [one, note]):
                with pytest.raises(Rejected):
                    here.connector.watches.heard(replace(push, body=json.dumps({"value": notes}).encode()), SECRET)
        assert here.connector.watches.heard(replace(push, body=json.dumps({"value": [note] * 3}).encode()), SECRET)


@pytest.mark.parametrize("token", ["<script>alert(1)</script>", "a\nb", "", "x" * 600])
async def test_a_trial_that_is_no_token_is_not_repeated(token: str) -> None:
    async with world() as here:
        url = str(httpx.URL(CALLBACK, params={"validationToken": token}))
        with pytest.raises(Rejected):
            here.connector.watches.heard(WebhookRequest(method="POST", url=url, headers={}, body=b""), SECRET)


async def test_changes_come_over_many_pages_and_those_of_long_ago_are_not_complete() -> None:
    async with world() as here:
        here.vendor.deltas.page_size = 2
        watches = here.connector.watches
        for hour in range(8, 13):
            here.vendor.directory.block(ANNA, at(hour, day=at(9).start - timedelta(days=60)))
        begun = await watches.changed(ANNA, None)
        assert (begun.keys, begun.others, begun.complete) == ((), False, True)
        for hour in range(8, 13):
            near = at(hour, day=at(9).start - timedelta(days=50))
            await here.connector.appointments.put(appointment(ANNA, key=f"own-{hour}", slot=near))
        told = await watches.changed(ANNA, begun.cursor)
        assert set(told.keys) == {f"own-{hour}" for hour in range(8, 13)}
        assert (told.others, told.complete) == (False, True)
        await here.connector.appointments.drop(ANNA, "own-8")
        gone = await watches.changed(ANNA, told.cursor)
        assert (gone.others, gone.complete) == (True, False)  # nothing tells any more whose it was
        assert gone.cursor is not None
        quiet = await watches.changed(ANNA, gone.cursor)
        assert (quiet.keys, quiet.others, quiet.complete) == ((), False, True)
        here.vendor.directory.mailbox(ANNA).forgotten = 10**6
        lost = await watches.changed(ANNA, quiet.cursor)
        assert (lost.complete, lost.cursor) == (False, None)


async def test_many_changes_at_once_are_not_looked_up_one_by_one() -> None:
    async with world() as here:
        begun = await here.connector.watches.changed(ANNA, None)
        for number in range(25):
            slot = at(9, day=at(9).start - timedelta(days=30 + number))
            await here.connector.appointments.put(appointment(ANNA, key=f"own-{number}", slot=slot))
        here.seen.clear()
        told = await here.connector.watches.changed(ANNA, begun.cursor)
        assert (told.complete, told.others) == (False, True)
        assert len(here.seen) == 1
        assert (await here.connector.watches.changed(ANNA, told.cursor)).complete


async def test_a_cursor_is_begun_anew_after_a_week_and_is_one_calendar_s_alone() -> None:
    async with world() as here:
        other = here.vendor.directory.add_calendar(ANNA, "Other")
        begun = await here.connector.watches.changed(ANNA, None)
        assert not (await here.connector.watches.changed(other, begun.cursor)).complete
        here.clock.now += timedelta(days=6)
        assert (await here.connector.watches.changed(ANNA, begun.cursor)).complete
        here.clock.now += timedelta(days=2)
        assert not (await here.connector.watches.changed(ANNA, begun.cursor)).complete


@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/me", "https://graph.example.evil.example/me", "//x", "/me"]
)
async def test_a_link_to_another_server_is_not_followed(name: str, link: str) -> None:
    async with world(url="https://graph.example") as here:
        here.answer = lambda _: httpx.Response(200, json={"value": [], name: link})
        with pytest.raises(Rejected):
            await here.connector.watches.changed(ANNA, None)
        assert {one.url.host for one in here.seen} == {"graph.example"}


@pytest.mark.parametrize("named", [None, "", 5, []])
async def test_a_change_that_has_no_id_is_refused_and_not_left_out(named: object) -> None:
    async with world() as here:
        cursor = (await here.connector.watches.changed(ANNA, None)).cursor
        link = "https://graph.microsoft.com/v1.0/users/x/calendarView/delta?$deltatoken=1"
        here.answer = lambda _: httpx.Response(200, json={"value": [{"id": named}], "@odata.deltaLink": link})
        with pytest.raises(Rejected, match="unknown shape"):
            await here.connector.watches.changed(ANNA, cursor)
