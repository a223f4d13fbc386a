"""Long reading leaves room for others."""

import pytest

from pointsman.services.reassignment.pacing import LONGEST_REST_S, REST, brief_turns

pytestmark = pytest.mark.anyio


async def test_after_the_work_on_an_item_comes_a_pause_that_is_longer_than_the_work_was() -> None:
    clock, paused = [0.0], list[float]()

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    async for took in brief_turns([0.05, 0.0, 3.0], seconds=lambda: clock[0], pause=pause):
        clock[0] += took
    assert paused == [REST * 0.05, 0.0, LONGEST_REST_S]
    assert REST > 1
