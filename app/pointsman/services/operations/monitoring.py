"""What the operator asks: is it ready, what is stuck, who did what."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Fault, Unavailable
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, Env, SchemaUnusable
from pointsman.services.ports.operations.alerts import AlertFilter, AlertRow
from pointsman.services.ports.operations.audit import AuditFilter
from pointsman.services.ports.operations.system import SystemState

READINESS_TIMEOUT_S = 2.0
WORKER_ALIVE_WITHIN = timedelta(seconds=15)
COUNTS_MAX_AGE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The service can do its work; a worker may still be missing, then what is accepted waits."""

    revision: str
    worker_seen_at: datetime | None
    worker_alive: bool


async def readiness(env: Env, *, needs_revision: str, patience_s: float = READINESS_TIMEOUT_S) -> Readiness:
    """Raises `Unavailable` when the database does not answer, or its schema is not the one this release needs."""
    asking = asyncio.create_task(_state(env))
    asking.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # heard, also when nobody waits
    try:
        # Not by a time-out around it: the driver waits for a frozen server to confirm that it was interrupted.
        await asyncio.wait({asking}, timeout=patience_s)
        state = asking.result()
    except (DatabaseUnavailable, TimeoutError, asyncio.InvalidStateError) as error:
        raise _not_ready("database", "unreachable", "The database does not answer.") from error
    except DatabaseBusy as error:
        raise _not_ready("database", error.code, str(error)) from error
    except SchemaUnusable as error:
        raise _not_ready(
            "schema", "unusable", f"The schema cannot be used: {error}. Run `pointsman doctor`."
        ) from error
    finally:
        asking.cancel()
    if state.revision is None or state.revision < needs_revision:
        found = state.revision or "nothing"
        said = (
            f"The schema is at {found}, this release needs {needs_revision}. Run `pointsman migrate`:"
            " where it cannot, it says why."
        )
        raise _not_ready("schema", "not-migrated", said)
    seen = state.worker_seen_at
    return Readiness(
        revision=state.revision,
        worker_seen_at=seen,
        worker_alive=seen is not None and state.now - seen < WORKER_ALIVE_WITHIN,
    )


async def _state(env: Env) -> SystemState:
    async with env.uow() as tx:
        return await tx.system.state()


def _not_ready(path: str, code: str, message: str) -> Unavailable:
    return Unavailable(message, code="not-ready", faults=[Fault(path=path, code=code, message=message)])


@dataclass(slots=True)
class _LastCounts:
    """The counts as last taken, and when."""

    value: tuple[datetime, Mapping[str, Mapping[str, int]]] | None = None


async def state_counts(env: Env) -> Mapping[str, Mapping[str, int]]:
    """How many there are of what, at most a few seconds old."""
    now = env.clock()
    last = env.cache.of(_LastCounts).value
    if last is not None and timedelta(0) <= now - last[0] < COUNTS_MAX_AGE:
        return last[1]
    async with env.uow() as tx:
        found = await tx.system.counts(at=now)
    env.cache.of(_LastCounts).value = (now, found)
    return found


async def audit_page(
    env: Env, which: AuditFilter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Audit lines, newest first."""
    async with env.uow() as tx:
        return await tx.audit.page(which, after=after, limit=limit)


async def alert_page(
    env: Env, which: AlertFilter, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[AlertRow]:
    """What a human must look at, newest first."""
    async with env.uow() as tx:
        return await tx.alerts.page(which, after=after, limit=limit)
