"""Texts of one kind do not keep those of another waiting."""

import asyncio
from dataclasses import asdict

import pytest

from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.errors import Invalid, Unavailable
from pointsman.domain.text.strict_json import WEBHOOK_LIMITS, json_outcome
from support import readers

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
