"""The policies repository."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.services.ports.routing.policies import (
    DefinitionsRow,
    LiveVersions,
    PolicyHeadRow,
    PolicyRow,
    PublicationRow,
)

_VERSIONS = text(
    "select (select version from policies where state = 'published') as policy,"
    " (select max(version) from roster_versions) as roster"
)
_LOCK = text("select pg_advisory_xact_lock(hashtext('pointsman.policies'))")
_ADD = text(
    "insert into policies (version, state, document, source, note, created_by, created_at)"
    " select coalesce(max(version), 0) + 1, 'draft', cast(:document as json), :source, :note, :by, :at from policies"
    " returning version"
)
# A policy's note is why it was last made live; why it was drafted, until then.
_HEAD = (
    "p.version, p.state, coalesce(l.note, p.note) as note, p.created_by, p.created_at,"
    " l.actor as published_by, l.at as published_at"
)
_FROM = (
    "from policies p left join lateral (select actor, at, note from policy_publications"
    " where version = p.version order by seq desc limit 1) l on true"
)
_GET = text(f"select {_HEAD}, p.document, p.source {_FROM} where p.version = :version")
_CURRENT = text(f"select {_HEAD}, p.document, p.source {_FROM} where p.state = 'published'")
_PAGE = text(
    f"select {_HEAD} {_FROM} where cast(:before as bigint) is null or p.version < :before"
    " order by p.version desc limit :limit"
)
_RECORD = text(
    "insert into policy_publications (seq, version, kind, at, actor, note, replaced, rollback_to)"
    " select coalesce((select max(seq) from policy_publications), 0) + 1, :version, :kind, :at, :by, :note, live.version,"
    " case when :kind = 'published' then live.version else (select rollback_to from policy_publications"
    " where version = :version order by seq desc limit 1) end"
    " from (select max(version) as version from policies where state = 'published') live"
)
_ARCHIVE = text("update policies set state = 'archived' where state = 'published'")
_PUBLISH = text("update policies set state = 'published' where version = :version")
_LATEST = text("select * from policy_publications order by seq desc limit 1")
_HISTORY = text(
    "select * from policy_publications where cast(:before as bigint) is null or seq < :before"
    " order by seq desc limit :limit"
)
_DEFINITIONS = text(
    "select p.version, f.actor as published_by, f.at as published_at, json_build_object('segments', p.document -> 'segments',"
    " 'icps', p.document -> 'icps', 'personas', p.document -> 'personas', 'scores', p.document -> 'scores',"
    " 'country_groups', p.document -> 'country_groups', 'word_lists', p.document -> 'word_lists') as parts"
    " from policies p cross join lateral (select actor, at from policy_publications where version = p.version"
    " order by seq limit 1) f where p.version < :before order by p.version desc limit :limit"
)


class SqlPolicies:
    """See `pointsman.services.ports.routing.policies.Policies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def live_versions(self) -> LiveVersions:
        row = (await self._connection.execute(_VERSIONS)).one()
        return LiveVersions(policy=row.policy, roster=row.roster)

    async def lock(self) -> None:
        await self._connection.execute(_LOCK)

    async def add(
        self, document: Mapping[str, Any], *, source: str | None, note: str, by: str, at: datetime
    ) -> PolicyRow:
        written = json.dumps(document, ensure_ascii=False)
        given = {"document": written, "source": source, "note": note, "by": by, "at": at}
        version = (await self._connection.execute(_ADD, given)).scalar_one()
        return await self._stored(version)

    async def get(self, version: int) -> PolicyRow | None:
        found = (await self._connection.execute(_GET, {"version": version})).mappings().one_or_none()
        return PolicyRow(**found) if found else None

    async def current(self) -> PolicyRow | None:
        found = (await self._connection.execute(_CURRENT)).mappings().one_or_none()
        return PolicyRow(**found) if found else None

    async def page(self, *, before: int | None, limit: int) -> Sequence[PolicyHeadRow]:
        rows = await self._connection.execute(_PAGE, {"before": before, "limit": limit})
        return [PolicyHeadRow(**row) for row in rows.mappings()]

    async def publish(self, version: int, *, kind: str, note: str, by: str, at: datetime) -> PolicyRow:
        given = {"version": version, "kind": kind, "note": note, "by": by, "at": at}
        await self._connection.execute(_RECORD, given)
        await self._connection.execute(_ARCHIVE)
        await self._connection.execute(_PUBLISH, {"version": version})
        return await self._stored(version)

    async def latest_publication(self) -> PublicationRow | None:
        found = (await self._connection.execute(_LATEST)).mappings().one_or_none()
        return PublicationRow(**found) if found else None

    async def history(self, *, before: int | None, limit: int) -> Sequence[PublicationRow]:
        rows = await self._connection.execute(_HISTORY, {"before": before, "limit": limit})
        return [PublicationRow(**row) for row in rows.mappings()]

    async def definitions_before(self, version: int, *, limit: int) -> Sequence[DefinitionsRow]:
        rows = await self._connection.execute(_DEFINITIONS, {"before": version, "limit": limit})
        return [DefinitionsRow(**row) for row in rows.mappings()]

    async def _stored(self, version: int) -> PolicyRow:
        row = await self.get(version)
        assert row is not None
        return row
