"""Texts of one kind do not keep those of another waiting."""

import asyncio
from dataclasses import asdict

import pytest

from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.errors import Invalid, Unavailable
from pointsman.domain.text.forms import form_outcome, read_marked_form
from pointsman.domain.text.marked_json import flaws_of, flaws_outcome, read_marked_json
from pointsman.domain.text.strict_json import WEBHOOK_LIMITS, json_outcome
from support.hostile import bombs, readers

pytestmark = pytest.mark.anyio

MORE_THAN_WAIT = 40


async def test_dear_texts_of_one_kind_take_no_process_from_another() -> None:
    children = ChildTextReaders()
    dear = [asyncio.create_task(children.read(readers.endless, b"x")) for _ in range(MORE_THAN_WAIT)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await children.read(readers.endless, b"x")
    [other] = await asyncio.gather(
        children.read(json_outcome, b"[1]", bounds=asdict(WEBHOOK_LIMITS)), return_exceptions=True
    )
    assert other is None or "too busy" in str(other)  # a process was free, if perhaps not the machine
    for outcome in await asyncio.gather(*dear, return_exceptions=True):
        assert isinstance(outcome, Invalid | Unavailable)


async def test_a_form_with_many_flaws_comes_back_from_a_child_as_the_service_would_read_it() -> None:
    form = bombs.WEBHOOK_FORMS["flaws"]
    [told] = await asyncio.gather(ChildTextReaders().read(form_outcome, form, charset=None), return_exceptions=True)
    if not isinstance(told, Invalid | Unavailable):  # what else runs here may leave it no time
        there = read_marked_form(form)
        assert told == [there.value, there.mark]


async def test_the_flaws_of_a_refused_body_come_back_from_a_child() -> None:
    body, bounds = bombs.JSON["no numbers, few"], asdict(WEBHOOK_LIMITS)
    reading = ChildTextReaders().read(flaws_outcome, body, bounds=bounds, path="body")
    [told] = await asyncio.gather(reading, return_exceptions=True)
    if not isinstance(told, Invalid | Unavailable):
        there = read_marked_json(body)
        assert flaws_of(told) == there.flaws(there.value, "body")
