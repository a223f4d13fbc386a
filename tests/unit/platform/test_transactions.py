"""A lost race is run again, a few times; anything else is not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest

from pointsman.domain.errors import Unavailable
from pointsman.services.ports import ConstraintRefused, Env, LostRace, Tx
from pointsman.services.transactions import MAX_ATTEMPTS, run_in_transaction

pytestmark = pytest.mark.anyio


@dataclass
class Losing:
    """A world whose first `races` transactions fail at their commit."""

    races: int
    error: Exception
    begun: int = 0

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Any]:
        self.begun += 1
        yield self.begun
        if self.begun <= self.races:
            raise self.error


async def answer(tx: Tx) -> Tx:
    return tx


async def test_the_answer_is_that_of_the_transaction_that_committed() -> None:
    world = Losing(races=2, error=LostRace("40001"))

    assert cast("int", await run_in_transaction(cast("Env", world), answer)) == 3


async def test_whoever_loses_every_race_is_told_to_come_back() -> None:
    world = Losing(races=99, error=LostRace("40P01"))

    with pytest.raises(Unavailable):
        await run_in_transaction(cast("Env", world), answer)
    assert world.begun == MAX_ATTEMPTS


async def test_a_refusal_is_final() -> None:
    world = Losing(races=99, error=ConstraintRefused("reservations_no_overlap", "no"))

    with pytest.raises(ConstraintRefused):
        await run_in_transaction(cast("Env", world), answer)
    assert world.begun == 1
