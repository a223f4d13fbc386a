"""Running a transaction: to its commit, to a rollback that still has a result, or again when it lost a race."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import say
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, Env, LostRace, RosterOutdated, Tx

T = TypeVar("T")

MAX_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Rollback(Generic[T]):
    """What a transaction's function returns when everything that it wrote is to be undone: its result all the same."""

    result: T


async def run_in_transaction(env: Env, work: Callable[[Tx], Awaitable[T | Rollback[T]]]) -> T:
    """Run `work` in a transaction and commit, or roll back when it returns a `Rollback`; the result either way.

    After a deadlock or serialisation failure, `work` runs again, so it must have no effect outside its transaction.
    Raises `Unavailable` when it lost every race; "roster-outdated" when a rep's row differs from the roster's newest version.
    """
    return await _repeated(partial(_once, env, work))


async def run_on_snapshot(env: Env, work: Callable[[Tx], Awaitable[T]]) -> T:
    """Run `work` on one moment of the database, which it can neither change nor lock. Raises `Unavailable` as above."""

    async def once() -> T:
        async with env.uow.snapshot() as tx:
            return await work(tx)

    return await _repeated(once)


async def keep_trying(write: Callable[[], Awaitable[None]], *, within: timedelta) -> None:
    """Run `write` until the database has answered, where it is away or busy for no longer than `within`.

    It may have been carried out though no answer came: run again it must change nothing more. Raises `DatabaseUnavailable` or
    `DatabaseBusy` when it was away for longer.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((DatabaseUnavailable, DatabaseBusy)),
        stop=stop_after_delay(within),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            await write()


async def _repeated(once: Callable[[], Awaitable[T]]) -> T:
    # Nearly all end here; preparing to try again took as long as one of a decision's statements.
    with contextlib.suppress(LostRace):
        return await once()
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(LostRace),
        stop=stop_after_attempt(MAX_ATTEMPTS - 1),
        wait=wait_random_exponential(multiplier=0.01, max=0.5),
        reraise=True,
    )
    try:
        async for attempt in retrying:
            with attempt:
                return await once()
    except RosterOutdated as lasting:
        raise Unavailable(
            f"The database refused it: {lasting}. The newest version of the roster says otherwise: PUT this rep again, as"
            " it should be, and both agree.",
            code="roster-outdated",
            told=say("refusal.roster-outdated"),
        ) from lasting
    except LostRace as lost:
        raise Unavailable(
            "Too many requests for the same thing at once. Try again in a second.", told=say("refusal.too-many-at-once")
        ) from lost
    raise AssertionError("unreachable: the loop returns or raises")


async def _once(env: Env, work: Callable[[Tx], Awaitable[T | Rollback[T]]]) -> T:
    async with env.uow() as tx:
        result = await work(tx)
        if not isinstance(result, Rollback):
            return result
        await tx.rollback()
        return result.result
