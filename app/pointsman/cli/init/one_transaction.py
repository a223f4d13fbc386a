"""Several use cases in one transaction: all of what they write stands, or nothing does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from pointsman.services.ports import Env, Tx
from pointsman.services.transactions import run_in_transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Joined:
    """Hands the transaction that is open to every use case that asks for one."""

    tx: Tx

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Tx]:
        yield self.tx

    snapshot = autocommit = __call__


async def run_as_one(env: Env, work: Callable[[Env, Tx], Awaitable[T]]) -> T:
    """Run `work`, whose use cases on the Env that it is given join one transaction; raise, and nothing was written.

    For use cases that write in the database alone. Errors as `run_in_transaction`.
    """
    return await run_in_transaction(env, lambda tx: work(replace(env, uow=_Joined(tx)), tx))
