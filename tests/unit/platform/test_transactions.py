"""A transaction is committed, rolled back with a result, or run again after a lost race; an error ends it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from pointsman.domain.errors import Unavailable
from pointsman.services.ports import ConstraintRefused, Env, LostRace, RosterOutdated, Tx
from pointsman.services.transactions import MAX_ATTEMPTS, Rollback, run_in_transaction

pytestmark = pytest.mark.anyio


@dataclass
class FakeTx:
    """A transaction that knows only how it ended."""

    number: int
    ended: str = "open"

    async def rollback(self) -> None:
        self.ended = "rolled back"


@dataclass
class FakeEnv:
    """Opens transactions, of which the first `races` fail at their commit."""

    races: int = 0
    error: Exception = field(default_factory=Exception)
    begun: list[FakeTx] = field(default_factory=list)

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[Any]:
        tx = FakeTx(number=len(self.begun) + 1)
        self.begun.append(tx)
        yield tx
        if tx.ended == "open":
            if tx.number <= self.races:
                raise self.error
            tx.ended = "committed"


async def number(tx: Tx) -> int:
    return cast("FakeTx", tx).number


async def number_undone(tx: Tx) -> int | Rollback[int]:
    return Rollback(await number(tx))


async def test_the_answer_is_that_of_the_transaction_that_committed() -> None:
    env = FakeEnv(races=2, error=LostRace("40001"))

    assert await run_in_transaction(cast("Env", env), number) == 3
    assert [tx.ended for tx in env.begun] == ["open", "open", "committed"]


async def test_a_rollback_gives_its_result_and_commits_nothing() -> None:
    env = FakeEnv()

    assert await run_in_transaction(cast("Env", env), number_undone) == 1
    assert [tx.ended for tx in env.begun] == ["rolled back"]


async def test_a_transaction_that_loses_every_race_ends_as_unavailable() -> None:
    env = FakeEnv(races=99, error=LostRace("40P01"))

    with pytest.raises(Unavailable):
        await run_in_transaction(cast("Env", env), number)
    assert len(env.begun) == MAX_ATTEMPTS


async def test_a_rep_whose_row_differs_from_the_roster_for_good_is_named() -> None:
    env = FakeEnv(races=99, error=RosterOutdated("rep anna is not active"))

    with pytest.raises(Unavailable, match="anna") as caught:
        await run_in_transaction(cast("Env", env), number)
    assert caught.value.code == "roster-outdated"
    assert len(env.begun) == MAX_ATTEMPTS


async def test_a_refusal_is_final() -> None:
    env = FakeEnv(races=99, error=ConstraintRefused("reservations_no_overlap", "no"))

    with pytest.raises(ConstraintRefused):
        await run_in_transaction(cast("Env", env), number)
    assert len(env.begun) == 1
