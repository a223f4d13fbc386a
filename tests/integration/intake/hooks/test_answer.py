"""Webhooks that a connector answers: its events are committed, then exactly its reply is sent."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from pointsman.api.front.source_limits import SourceLimits
from pointsman.domain.errors import Invalid
from pointsman.services.connections.connections import save_connection
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.intakes import IntakeInput, create_intake, deactivate_intake, load_intake, replace_intake
from pointsman.services.ports import DatabaseUnavailable, Tx, UnitOfWork
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman_sdk import Event, Rejected, Reply, WebhookRequest
from support.floors.hook_floor import HookFloor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio

ADA = {"email": "ada@nordlicht.example", "name": "Ada", "id": "p-1"}


def replying(*events: Event, **reply: Any) -> Callable[[WebhookRequest], Reply]:
    return lambda _: Reply(events=events, **reply)


async def test_the_reply_is_the_connectors_own_and_its_events_are_stored_before_it_is_sent(floor: HookFloor) -> None:
    await floor.intake("form")
    floor.script.answer = replying(
        Event(key="e-1", body=ADA),
        Event(key="e-2", about="p-2", version="7"),
        status=201,
        headers={"Content-Type": "text/xml; charset=utf-8", "X-Hook-Secret": "abc"},
        body=b"<Ack>true</Ack>",
    )
    answer = await floor.post()
    assert (answer.status_code, answer.content) == (201, b"<Ack>true</Ack>")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-hook-secret"] == "abc"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    )  # it may be the sender's own words
    told, silent = await floor.items()
    assert (told.dedupe_key, told.status, json.loads(bytes(told.body))) == ("event:e-1", "received", ADA)
    assert (silent.dedupe_key, silent.status, bytes(silent.body), silent.about) == ("event:e-2", "unread", b"", "p-2")
    assert await floor.jobs("pointsman") == ["inbox.process"]
    assert await floor.jobs("pointsman-vendors") == ["intake.fetch"]


async def test_the_connector_sees_the_request_as_it_was_written(floor: HookFloor) -> None:
    await floor.intake("form")
    seen: list[WebhookRequest] = []

    def answer(hook: WebhookRequest) -> Reply:
        seen.append(hook)
        return Reply(status=204)

    floor.script.answer = answer
    await floor.client.post("/v1/hooks/form?a=%2F&b=1+2", content=b"\x00\xff", headers={"X-Own": "yes"})
    (hook,) = seen
    assert (hook.method, hook.body, hook.headers["x-own"]) == ("POST", b"\x00\xff", "yes")
    assert hook.url == "http://127.0.0.1:8000/v1/hooks/form?a=%2F&b=1+2"


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_no_byte_of_a_body_is_read_where_a_vendor_only_tries_the_address(floor: HookFloor, method: str) -> None:
    await floor.intake("form")
    seen: list[bytes] = []
    read = 0

    def answer_it(hook: WebhookRequest) -> Reply:
        seen.append(hook.body)
        return Reply(status=204)

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b"x" * 1_000_000

    floor.script.answer = answer_it
    answer = await floor.client.request(method, "/v1/hooks/form", content=endless())
    assert (answer.status_code, seen, read) == (204, [b""], 0)


async def test_a_vendor_that_asks_whether_it_may_send_is_answered(floor: HookFloor) -> None:
    await floor.intake("form")
    floor.script.answer = lambda hook: Reply(
        headers={"webhook-allowed-origin": f"{hook.method} {hook.headers['webhook-request-origin']}"}
    )
    asked = {"WebHook-Request-Origin": "events.vendor.example"}
    answer = await floor.client.request("OPTIONS", "/v1/hooks/form", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["webhook-allowed-origin"] == "OPTIONS events.vendor.example"


async def test_an_event_that_is_told_again_is_stored_once_and_acknowledged_again(floor: HookFloor) -> None:
    await floor.intake("form")
    floor.script.answer = replying(Event(key="e-1", body=ADA), Event(key="e-1", body=ADA), body=b"taken")
    answers = await asyncio.gather(*(floor.post() for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"taken")}
    assert len(await floor.items()) == 1
    assert await floor.jobs("pointsman") == ["inbox.process"]


async def test_one_version_of_a_thing_is_stored_once_whatever_events_tell_of_it(floor: HookFloor) -> None:
    await floor.intake("form")
    floor.script.answer = replying(
        Event(key="e-1", about="p-1", version="1"),
        Event(key="e-2", about="p-1", version="1"),
        Event(key="e-3", about="p-1", version="2"),
        Event(key="e-4", about="p-1"),
        Event(key="e-5", about="p-1"),
    )
    await asyncio.gather(*(floor.post() for _ in range(5)))
    versions = sorted((item.version or "") for item in await floor.items())
    assert versions == ["", "", "1", "2"]


async def test_the_same_key_of_another_intake_is_another_event(floor: HookFloor) -> None:
    await floor.intake("form")
    await floor.intake("other")
    floor.script.answer = replying(Event(key="e-1", body=ADA, about="p-1", version="1"))
    await floor.post("form")
    await floor.post("other")
    assert len(await floor.items()) == 2


def of_form(**changed: Any) -> IntakeInput:
    """An intake of hand-overs, over the connection of the intake `form`."""
    given: dict[str, Any] = {"title": "x", "kind": "lead", "verifier": {}, "secrets": None, "active": True}
    mapping = {"fields": {"lead.email": "email"}}
    return IntakeInput(**(given | {"connection": "form", "mapping": mapping, "sample": ADA} | changed))


async def test_what_comes_to_one_intake_of_a_connection_is_told_to_all_of_them_once(floor: HookFloor) -> None:
    await floor.intake("form")
    await create_intake(floor.env, "beside", of_form(), actor=ADMIN)
    await create_intake(floor.env, "closed", of_form(active=False), actor=ADMIN)
    await floor.intake("other")
    floor.script.answer = replying(Event(key="e-1", body=ADA), Event(key="e-2", about="p-2", version="7"))
    answers = await asyncio.gather(*(floor.post(key) for key in ("form", "beside") * 5))
    assert {answer.status_code for answer in answers} == {200}
    told = await floor.world.rows(
        "select n.key, i.dedupe_key from inbox i join intakes n on n.id = i.intake_id order by 1, 2"
    )
    assert [tuple(row) for row in told] == [
        (key, f"event:{event}") for key in ("beside", "form") for event in ("e-1", "e-2")
    ]
    assert await floor.jobs("pointsman") == ["inbox.process"] * 2
    assert await floor.jobs("pointsman-vendors") == ["intake.fetch"] * 2
    assert (await floor.post("closed")).status_code == 410


async def test_an_intake_that_is_closed_while_the_one_beside_it_is_told_hears_nothing_and_keeps_nobody_from_it(
    floor: HookFloor,
) -> None:
    await floor.intake("form")
    await create_intake(floor.env, "beside", of_form(), actor=ADMIN)
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    async with asyncio.TaskGroup() as both:
        both.create_task(deactivate_intake(floor.env, "beside", actor=ADMIN))
        told = [both.create_task(floor.post()) for _ in range(5)]
    assert {one.result().status_code for one in told} == {200}
    form = "select count(*) from inbox i join intakes n on n.id = i.intake_id where n.key = 'form'"
    assert await floor.world.value(form) == 1


async def test_a_hook_that_says_look_has_all_intakes_of_the_connection_asked_for(floor: HookFloor) -> None:
    await floor.intake("form")
    await create_intake(floor.env, "beside", of_form(), actor=ADMIN)
    first = "insert into intake_feeds (intake_id, next_at) select id, '2999-01-01' from intakes"
    await floor.world.rows(f"{first} on conflict (intake_id) do update set next_at = '2999-01-01', complete_to = null")
    floor.script.answer = lambda _: Reply(status=204)
    assert (await floor.post()).status_code == 204
    assert await floor.jobs("pointsman-vendors") == ["intake.catch_up"] * 2


@pytest.mark.parametrize(
    ("handshake", "request_of", "wanted"),
    [
        ("meta", lambda hooks: hooks.meta_handshake("tried-1"), (200, b"tried-1", "text/plain; charset=utf-8")),
        ("graph", lambda hooks: hooks.graph_handshake("tried 2"), (200, b"tried 2", "text/plain; charset=utf-8")),
        (
            "slack",
            lambda hooks: hooks.slack_handshake("tried-3"),
            (200, b'{"challenge": "tried-3"}', "application/json"),
        ),
        ("none", lambda hooks: hooks.signed(b""), (204, b"", None)),
    ],
)
async def test_a_vendor_that_tries_the_address_is_answered_as_it_wants(
    floor: HookFloor, handshake: str, request_of: Callable[[Any], WebhookRequest], wanted: tuple[int, bytes, str | None]
) -> None:
    await floor.intake("crm", "memory", handshake=handshake)
    answer = await floor.send("crm", request_of(floor.vendor.hooks))
    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == wanted
    assert await floor.items() == []


async def test_a_soap_message_is_acknowledged_once_its_events_are_stored(floor: HookFloor) -> None:
    await floor.intake("crm", "memory", handshake="soap")
    floor.vendor.crm.add("person", email="ada@nordlicht.example", last_name="Ada")
    answer = await floor.send("crm", floor.vendor.hooks.soap(floor.vendor.hooks.events))
    assert answer.status_code == 200
    assert b"<Ack>true</Ack>" in answer.content
    (item,) = await floor.items()
    assert item.status == "unread"


@pytest.mark.parametrize("error", [StopIteration, asyncio.CancelledError])
async def test_a_connector_that_would_end_more_than_its_answer_is_a_bug(
    floor: HookFloor, error: type[BaseException]
) -> None:
    await floor.intake("form")

    def end_it(_: WebhookRequest) -> Reply:
        raise error

    floor.script.answer = end_it
    assert (await floor.post()).status_code == 502
    assert floor.bugs == ["RuntimeError"]


async def test_a_refusal_that_quotes_what_was_sent_is_told_in_what_can_be_sent(floor: HookFloor) -> None:
    await floor.intake("form")

    def quote_it(_: WebhookRequest) -> Reply:
        raise Rejected("no such type: \ud800\r\n of ada@nordlicht.example")

    floor.script.answer = quote_it
    answer = await floor.post()
    assert (answer.status_code, answer.json()["code"]) == (401, "hook-rejected")
    assert answer.json()["detail"] == "The webhook is refused: no such type:     of (address)"


async def test_a_question_of_very_many_words_is_refused_and_no_bug(floor: HookFloor) -> None:
    await floor.intake("crm", "memory", handshake="graph")
    answer = await floor.client.post("/v1/hooks/crm?" + "&".join(f"a{number}=1" for number in range(51)))
    assert (answer.status_code, floor.bugs) == (401, [])


async def test_a_handshake_with_a_wrong_secret_is_refused_and_says_no_secret(floor: HookFloor) -> None:
    await floor.intake("crm", "memory", handshake="meta")
    answer = await floor.send("crm", floor.vendor.hooks.meta_handshake("tried-1", token="wrong"))  # a wrong one
    assert (answer.status_code, answer.json()["code"]) == (401, "hook-rejected")
    assert b"tried-1" not in answer.content


@pytest.mark.parametrize("change", [{"body": b"{}"}, {"headers": {}}])
async def test_what_the_vendor_did_not_sign_leaves_no_trace(floor: HookFloor, change: dict[str, Any]) -> None:
    await floor.intake("crm", "memory")
    floor.vendor.crm.add("person", email="ada@nordlicht.example", last_name="Ada")
    forged = replace(floor.vendor.hooks.hook(floor.vendor.hooks.events), **change)
    answer = await floor.send("crm", forged)
    assert (answer.status_code, answer.json()["code"]) == (401, "hook-rejected")
    assert await floor.items() == []


async def test_a_refusal_shows_no_secret_of_the_connection(floor: HookFloor) -> None:
    await floor.intake("form", secret="planted-Secret-9")  # planted

    def refuse(_hook: WebhookRequest) -> Reply:
        raise Rejected("it is not signed with planted-Secret-9")

    floor.script.answer = refuse
    answer = await floor.post()
    assert answer.status_code == 401
    assert "planted-Secret-9" not in answer.text


def replying_lazily(events: Any) -> Callable[[WebhookRequest], Reply]:
    return lambda _: Reply(events=events)


def ending(_request: WebhookRequest) -> Any:
    sys.exit(3)


def raising(_hook: WebhookRequest) -> Reply:
    raise KeyError("mara@nordlicht.example")


LET_GO = threading.Event()


def refusing(_hook: WebhookRequest) -> Reply:
    raise Rejected("it is not signed")


def hanging(_hook: WebhookRequest) -> Reply:
    LET_GO.wait()
    return Reply()


WRONG: dict[str, Callable[[WebhookRequest], Any]] = {
    "it raises": raising,
    "it ends the process": ending,
    "it hangs": hanging,
    "no reply": lambda _: None,
    "a redirect": replying(status=302, headers={"Location": "https://elsewhere.example"}),
    "a fault": replying(status=500),
    "an odd status": replying(status="200"),
    "a cookie": replying(headers={"Set-Cookie": "a=b"}),
    "a header in two lines": replying(headers={"X-Hook-Secret": "a\r\nSet-Cookie: b=c"}),
    "a page": replying(headers={"Content-Type": "text/html"}, body=b"<script>1</script>"),
    "a long body": replying(body=b"x" * 70_000),
    "a body that is text": replying(body="text"),
    "a refusal that takes events": replying(Event(key="e-1", body=ADA), status=400),
    "a body where there is none": replying(status=204, body=b"x"),
    "an event without a key": replying(Event(key="", body=ADA)),
    "a key with NUL": replying(Event(key="a\x00", body=ADA)),
    "a key with half a character": replying(Event(key="a\ud800", body=ADA)),
    "an endless key": replying(Event(key="k" * 501, body=ADA)),
    "too many events": replying(*(Event(key=f"e-{n}", body=ADA) for n in range(1_001))),
    "too much in all": replying(*(Event(key=f"e-{n}", body={"text": "x" * 900_000}) for n in range(23))),
    "events without end": replying_lazily(Event(key=f"e-{n}", body=ADA) for n in count()),
    "an event that says too much": replying(Event(key="e-1", body={"text": "x" * 1_000_001})),
    "an event that is no JSON": replying(Event(key="e-1", body={"what": object()})),
    "a number that is none": replying(Event(key="e-1", body={"what": float("nan")})),
    "a time without a zone": replying(Event(key="e-1", body=ADA, occurred_at=datetime(2031, 1, 1))),  # noqa: DTZ001  # that is what is wrong
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_connector_that_cannot_answer_acknowledges_nothing(floor: HookFloor, wrong: str) -> None:
    await floor.intake("form")
    floor.script.answer = WRONG[wrong]
    LET_GO.clear()
    answer = await floor.post()
    LET_GO.set()
    assert (answer.status_code, answer.json()["code"]) == (502, "hook-unanswered")
    assert "mara" not in answer.text
    assert await floor.items() == []
    assert len(floor.bugs) == (wrong != "it hangs")
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    assert (await floor.post()).status_code == 200  # the next one is taken


class AwayAfter:
    """A database that goes away after so many statements."""

    def __init__(self, uow: UnitOfWork, statements: int) -> None:
        self._uow, self._left = uow, statements

    def autocommit(self) -> AbstractAsyncContextManager[Tx]:
        self._left -= 1
        if self._left < 0:
            raise DatabaseUnavailable("away")
        return self._uow.autocommit()


@pytest.mark.parametrize("statements", [0, 1, 2])
async def test_nothing_is_acknowledged_once_the_database_is_away(floor: HookFloor, statements: int) -> None:
    await floor.intake("form")
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    uow: Any = AwayAfter(floor.env.uow, statements)
    request = SignedRequest(method="POST", uri="/v1/hooks/form", headers={}, body=b"")
    intake = await load_intake(floor.env, "form")
    with pytest.raises(DatabaseUnavailable) if statements < 2 else nullcontext():
        await answer_hook(replace(floor.env, uow=uow), intake, request)
    assert len(await floor.items()) == (statements == 2)


class Killed(BaseException):
    """Stands for a SIGKILL: nothing on the way catches it."""


class DiesAtCommit:
    """A process that is killed right before its second statement, or once that is committed."""

    def __init__(self, uow: UnitOfWork, *, committed: bool) -> None:
        self._uow, self._committed, self._statements = uow, committed, 0

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Tx]:
        self._statements += 1
        if self._statements == 2 and not self._committed:
            raise Killed
        async with self._uow.autocommit() as tx:
            yield tx
        if self._statements == 2:
            raise Killed


@pytest.mark.parametrize("committed", [False, True])
async def test_a_process_that_dies_before_its_reply_loses_nothing_and_doubles_nothing(
    floor: HookFloor, *, committed: bool
) -> None:
    await floor.intake("form")
    floor.script.answer = replying(Event(key="e-1", body=ADA), Event(key="e-2", about="p-2"))
    uow: Any = DiesAtCommit(floor.env.uow, committed=committed)
    request = SignedRequest(method="POST", uri="/v1/hooks/form", headers={}, body=b"")
    with pytest.raises(Killed):
        await answer_hook(replace(floor.env, uow=uow), await load_intake(floor.env, "form"), request)
    assert len(await floor.items()) == (2 if committed else 0)
    assert (await floor.post()).status_code == 200  # it was not answered: the vendor sends it again
    assert len(await floor.items()) == 2
    assert await floor.jobs("pointsman") == ["inbox.process"]
    assert await floor.jobs("pointsman-vendors") == ["intake.fetch"]


@pytest.mark.parametrize("answer", [refusing, raising])
async def test_a_source_whose_webhooks_are_refused_is_limited_as_for_signatures(
    floor: HookFloor, answer: Callable[[WebhookRequest], Reply]
) -> None:
    await floor.intake("form")
    floor.app.state.source_limits = SourceLimits.of(page_per_minute=0, refused_per_minute=3, monotonic=lambda: 0.0)
    floor.script.answer = answer
    refused = [(await floor.post()).status_code for _ in range(5)]
    assert refused[3:] == [429, 429]
    assert (await floor.client.get("/v1/hooks/form")).status_code == 429
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    assert (await floor.post()).status_code == 200  # what the vendor signed is never limited


async def test_an_intake_without_a_connection_answers_no_get(floor: HookFloor) -> None:
    await floor.intake("form")
    answer = await floor.client.get("/v1/hooks/none")
    assert answer.status_code == 404


async def test_a_closed_intake_answers_410_and_a_connection_that_is_off_503(floor: HookFloor) -> None:
    await floor.intake("form")
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    await save_connection(floor.env, "form", connector="scripted", config={}, active=False, actor=ADMIN)
    assert (await floor.post()).status_code == 503
    await save_connection(floor.env, "form", connector="scripted", config={}, active=True, actor=ADMIN)
    assert (await floor.post()).status_code == 200
    await deactivate_intake(floor.env, "form", actor=ADMIN)
    assert (await floor.post()).status_code == 410
    assert (await floor.client.get("/v1/hooks/form")).status_code == 410


async def test_an_event_from_the_future_happened_when_it_came(floor: HookFloor) -> None:
    await floor.intake("form")
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=400)
    floor.script.answer = replying(
        Event(key="e-1", body=ADA, occurred_at=early), Event(key="e-2", body=ADA, occurred_at=late)
    )
    await floor.post()
    first, second = await floor.world.rows("select occurred_at, received_at from inbox order by dedupe_key")
    assert first.occurred_at == early
    assert second.occurred_at == second.received_at


async def test_an_intake_stays_with_its_connection(floor: HookFloor) -> None:
    await floor.intake("form")
    await floor.intake("other")
    given: dict[str, Any] = {"title": "x", "kind": "lead", "verifier": {}, "secrets": None, "active": True}
    given |= {"mapping": {"fields": {"lead.email": "email"}}, "sample": {"email": "a@b.example"}}
    signed = {"connection": None, "verifier": {"scheme": "hmac"}, "secrets": ["a-secret-of-at-least-16-characters"]}
    for change in ({"connection": "other"}, signed):
        with pytest.raises(Invalid) as caught:
            await replace_intake(floor.env, "form", IntakeInput(**(given | change)), actor=ADMIN)
        assert caught.value.faults[0].path == "body.connection"
    await replace_intake(floor.env, "form", IntakeInput(**given, connection="form"), actor=ADMIN)
    floor.script.answer = replying(Event(key="e-1", body=ADA))
    assert (await floor.post()).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"connection": "nowhere"}, "connection-unusable"),
        ({"connection": "form", "secrets": ["a-secret-of-at-least-16-characters"]}, "connection-unusable"),
        ({"connection": "form", "verifier": {"scheme": "hmac"}}, "connection-unusable"),
        ({"connection": None}, "missing"),
    ],
)
async def test_an_intake_has_one_way_to_prove_its_senders(floor: HookFloor, change: dict[str, Any], code: str) -> None:
    await floor.intake("form")
    given: dict[str, Any] = {"title": "x", "kind": "lead", "verifier": {}, "secrets": None, "active": True}
    given |= {"mapping": {"fields": {"lead.email": "email"}}, "sample": {"email": "a@b.example"}} | change
    with pytest.raises(Invalid) as caught:
        await create_intake(floor.env, "second", IntakeInput(**given), actor=ADMIN)
    assert caught.value.faults[0].code == code
