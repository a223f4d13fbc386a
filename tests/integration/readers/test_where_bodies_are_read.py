"""Texts that are dear to read are read beside the service's own process, whatever their kind."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Message, Scope

from pointsman.api.http.body_limits import BodyLimitsMiddleware
from pointsman.domain.text.forms import MEDIA_TYPE, read_marked_form
from pointsman.domain.text.marked_json import read_marked_json
from pointsman.domain.text.outcomes import value_of
from pointsman.domain.text.strict_json import DEAR_BYTES
from pointsman.services.intake.mapping.event_json import (
    read_marked_event_body,
    read_marked_event_form,
    read_mended_event_json,
)
from pointsman.services.ports import Env
from pointsman.services.ports.text_readers import TextReader
from support.hostile import bombs

pytestmark = pytest.mark.anyio

SMALL_FORM, LARGE_FORM = b"a=%ff&b[c]=1", b"a=%ff&b[c]=" + b"x" * DEAR_BYTES
SMALL_JSON, LARGE_JSON = b'{"a": NaN, "b": 1}', b'{"a": NaN, "b": "' + b"x" * DEAR_BYTES + b'"}'


class Beside:
    """Reads at once, and remembers which readers were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def read(self, reader: TextReader, text: bytes, **arguments: Any) -> Any:
        self.asked.append(reader.__name__)
        return value_of(reader(text, **arguments))

    @property
    def env(self) -> Env:
        return cast("Env", SimpleNamespace(readers=self))


class Unread(Beside):
    """Remembers only."""

    async def read(self, reader: TextReader, _text: bytes, **_arguments: Any) -> Any:
        self.asked.append(reader.__name__)
        return [{}, ""]


@pytest.mark.parametrize(("form", "asked"), [(SMALL_FORM, []), (LARGE_FORM, ["form_outcome"])])
async def test_a_large_form_is_read_beside_the_service_and_says_the_same(form: bytes, asked: list[str]) -> None:
    beside = Beside()
    assert await read_marked_event_body(beside.env, form, f"{MEDIA_TYPE}; charset=utf-8") == (
        read_marked_form(form),
        True,
    )
    assert await read_marked_event_form(beside.env, form) == read_marked_form(form)
    assert beside.asked == asked * 2


@pytest.mark.parametrize(("body", "asked"), [(SMALL_JSON, []), (LARGE_JSON, ["marked_outcome"])])
async def test_what_strict_json_refuses_is_read_again_beside_the_service(body: bytes, asked: list[str]) -> None:
    beside, same = Beside(), read_marked_json(body)
    assert await read_marked_event_body(beside.env, body, "application/json") == (same, False)
    assert await read_mended_event_json(beside.env, body) == same.mended(same.value)
    assert beside.asked == asked * 2


async def test_strict_json_that_is_not_large_stays_in_the_service() -> None:
    beside = Beside()
    await read_marked_event_body(beside.env, LARGE_JSON.replace(b"NaN", b"1"), "application/json")
    assert beside.asked == []


@pytest.mark.parametrize(("body", "asked"), [(SMALL_JSON, []), (LARGE_JSON, ["flaws_outcome"])])
async def test_the_faults_of_a_refused_body_are_found_beside_the_service(body: bytes, asked: list[str]) -> None:
    beside, told = Beside(), list[Message]()

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        told.append(message)

    async def no_route(*_: object) -> None:
        raise AssertionError("a refused body reaches no route")

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/leads",
        "headers": [(b"content-type", b"application/json")],
        "app": SimpleNamespace(state=SimpleNamespace(env=beside.env)),
    }
    limits = BodyLimitsMiddleware(no_route, max_body_bytes=1_000_000, max_json_depth=32, receive_timeout_s=5)
    await limits(scope, receive, send)
    assert told[0]["status"] == 422
    assert b'"body.a"' in told[1]["body"]
    assert beside.asked == asked


@pytest.mark.parametrize("form", bombs.WEBHOOK_FORMS.values(), ids=bombs.WEBHOOK_FORMS)
async def test_a_form_bomb_is_left_to_a_reader(form: bytes) -> None:
    beside = Unread()
    await read_marked_event_body(beside.env, form, MEDIA_TYPE)
    assert beside.asked == ["form_outcome"]
