"""The policies repository."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports.routing import PolicyRow, Versions

_COLUMNS = "version, state, document, note, created_by, created_at, published_by, published_at"
_VERSIONS = text(
    "select (select version from policies where state = 'published') as policy,"
    " (select max(version) from roster_versions) as roster"
)
_LOCK = text("select pg_advisory_xact_lock(hashtext('pointsman.policies'))")
_ADD = text(
    "insert into policies (version, state, document, note, created_by, created_at)"
    " select coalesce(max(version), 0) + 1, 'draft', cast(:document as jsonb), :note, :by, :at from policies"
    f" returning {_COLUMNS}"
)
_GET = text(f"select {_COLUMNS} from policies where version = :version")
_CURRENT = text(f"select {_COLUMNS} from policies where state = 'published'")
_PAGE = text(
    f"select {_COLUMNS} from policies where cast(:before as bigint) is null or version < :before"
    " order by version desc limit :limit"
)
_ARCHIVE = text("update policies set state = 'archived' where state = 'published'")
_PUBLISH = text(
    "update policies set state = 'published', note = :note, published_by = :by, published_at = :at"
    f" where version = :version returning {_COLUMNS}"
)


class SqlPolicies:
    """See `pointsman.services.ports.routing.Policies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def versions(self) -> Versions:
        row = (await self._connection.execute(_VERSIONS)).one()
        return Versions(policy=row.policy, roster=row.roster)

    async def lock(self) -> None:
        await self._connection.execute(_LOCK)

    async def add(self, document: Mapping[str, Any], *, note: str, by: str, at: datetime) -> PolicyRow:
        given = {"document": json.dumps(document), "note": note, "by": by, "at": at}
        return _row((await self._connection.execute(_ADD, given)).mappings().one())

    async def get(self, version: int) -> PolicyRow | None:
        found = (await self._connection.execute(_GET, {"version": version})).mappings().one_or_none()
        return _row(found) if found else None

    async def current(self) -> PolicyRow | None:
        found = (await self._connection.execute(_CURRENT)).mappings().one_or_none()
        return _row(found) if found else None

    async def page(self, *, before: int | None, limit: int) -> Sequence[PolicyRow]:
        rows = await self._connection.execute(_PAGE, {"before": before, "limit": limit})
        return [_row(row) for row in rows.mappings()]

    async def publish(self, version: int, *, note: str, by: str, at: datetime) -> PolicyRow:
        await self._connection.execute(_ARCHIVE)
        given = {"version": version, "note": note, "by": by, "at": at}
        return _row((await self._connection.execute(_PUBLISH, given)).mappings().one())


def _row(row: RowMapping) -> PolicyRow:
    return PolicyRow(**row)
