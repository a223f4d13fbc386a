"""The repository of feeds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import intake_feeds
from pointsman.services.ports.intake.feeds import FeedPlace

_BEGIN = PreparedStatement("""
    insert into intake_feeds (intake_id, next_at) values (:intake_id, :at) on conflict (intake_id) do nothing
""")

#: One that is being asked is asked once more: what happened just now may not be in the answer.
_WAKE = PreparedStatement("""
    with soon as (
        select intake_id, greatest(cast(:at as timestamptz), complete_to + cast(:spacing as interval)) as at
        from intake_feeds where intake_id = :intake_id
    )
    update intake_feeds f set next_at = soon.at from soon
    where f.intake_id = soon.intake_id and (f.next_at > soon.at or f.leased_until > :at)
    returning f.next_at <= :at and (f.leased_until is null or f.leased_until <= :at) as is_due
""")

_DUE = PreparedStatement("""
    select f.intake_id from intake_feeds f join intakes n on n.id = f.intake_id
    where f.next_at <= :at and n.active and (f.leased_until is null or f.leased_until <= :at)
    order by f.next_at, f.intake_id limit :limit
""")

_CLAIM = PreparedStatement("""
    update intake_feeds set lease = :lease, leased_until = :until, next_at = :at
    where intake_id = :intake_id and next_at <= :at and (leased_until is null or leased_until <= :at)
    returning cursor, complete_to
""")

_KEEP = (
    update(intake_feeds)
    .where(intake_feeds.c.intake_id == bindparam("intake"), intake_feeds.c.lease == bindparam("held"))
    .values(cursor=bindparam("cursor"), complete_to=bindparam("complete_to"), leased_until=bindparam("leased_until"))
)

_RELEASE = PreparedStatement("""
    update intake_feeds set lease = null, leased_until = null,
        next_at = case when next_at > :claimed_at then next_at else :next_at end
    where intake_id = :intake_id and lease = :lease
""")


class SqlFeeds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, intake_id: UUID, *, at: datetime) -> None:
        await _BEGIN.run(self._connection, {"intake_id": intake_id, "at": at})

    async def wake(self, intake_id: UUID, *, at: datetime, spacing: timedelta) -> bool:
        given = {"intake_id": intake_id, "at": at, "spacing": spacing}
        return bool(await _WAKE.scalar(self._connection, given))

    async def due(self, *, at: datetime, limit: int) -> Sequence[UUID]:
        return await _DUE.scalars(self._connection, {"at": at, "limit": limit})

    async def claim(self, intake_id: UUID, *, lease: UUID, at: datetime, until: datetime) -> FeedPlace | None:
        given = {"intake_id": intake_id, "lease": lease, "at": at, "until": until}
        return await _CLAIM.record(self._connection, FeedPlace, given)

    async def keep(
        self, intake_id: UUID, *, lease: UUID, cursor: str | None, complete_to: datetime | None, leased_until: datetime
    ) -> bool:
        given = {
            "intake": intake_id,
            "held": lease,
            "cursor": cursor,
            "complete_to": complete_to,
            "leased_until": leased_until,
        }
        return (await self._connection.execute(_KEEP, given)).rowcount == 1

    async def release(self, intake_id: UUID, *, lease: UUID, claimed_at: datetime, next_at: datetime) -> None:
        given = {"intake_id": intake_id, "lease": lease, "claimed_at": claimed_at, "next_at": next_at}
        await _RELEASE.run(self._connection, given)
