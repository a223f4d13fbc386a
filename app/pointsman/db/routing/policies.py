"""The policies repository."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import policy_publications
from pointsman.services.ports.routing.policies import (
    DefinitionsRow,
    LiveVersions,
    PolicyHeadRow,
    PolicyRow,
    PublicationRow,
)

_LIVE_VERSIONS = PreparedStatement("""
    select (select version from policies where state = 'published') as policy,
        (select max(version) from roster_versions) as roster
""")
_LOCK = PreparedStatement("select pg_advisory_xact_lock(hashtext('pointsman.policies'))")
_ADD = PreparedStatement("""
    insert into policies (version, state, document, source, note, created_by, created_at)
    select coalesce(max(version), 0) + 1, 'draft', cast(:document as json), :source, :note, :by, :at from policies
    returning version
""")
# A policy's note is why it was last made live; why it was drafted, until then.
_GET = PreparedStatement("""
    select p.version, p.state, coalesce(l.note, p.note) as note, p.created_by, p.created_at,
        l.actor as published_by, l.at as published_at, p.document, p.source
    from policies p left join lateral (
        select actor, at, note from policy_publications where version = p.version order by seq desc limit 1) l on true
    where p.version = :version
""")
_CURRENT = PreparedStatement("""
    select p.version, p.state, coalesce(l.note, p.note) as note, p.created_by, p.created_at,
        l.actor as published_by, l.at as published_at, p.document, p.source
    from policies p left join lateral (
        select actor, at, note from policy_publications where version = p.version order by seq desc limit 1) l on true
    where p.state = 'published'
""")
_PAGE = PreparedStatement("""
    select p.version, p.state, coalesce(l.note, p.note) as note, p.created_by, p.created_at,
        l.actor as published_by, l.at as published_at
    from policies p left join lateral (
        select actor, at, note from policy_publications where version = p.version order by seq desc limit 1) l on true
    where cast(:before as bigint) is null or p.version < :before
    order by p.version desc limit :limit
""")
_ADD_PUBLICATION = PreparedStatement("""
    insert into policy_publications (seq, version, kind, at, actor, note, replaced, rollback_to)
    select coalesce((select max(seq) from policy_publications), 0) + 1, :version, :kind, :at, :by, :note, live.version,
        case when :kind = 'published' then live.version
            else (select rollback_to from policy_publications where version = :version order by seq desc limit 1) end
    from (select max(version) as version from policies where state = 'published') live
""")
_ARCHIVE = PreparedStatement("update policies set state = 'archived' where state = 'published'")
_PUBLISH = PreparedStatement("update policies set state = 'published' where version = :version")
_HISTORY = (
    select(policy_publications)
    .where(or_(bindparam("before", type_=BigInteger).is_(None), policy_publications.c.seq < bindparam("before")))
    .order_by(policy_publications.c.seq.desc())
    .limit(bindparam("limit"))
)
_DEFINITIONS_BEFORE = PreparedStatement("""
    select p.version, f.actor as published_by, f.at as published_at,
        json_build_object('segments', p.document -> 'segments', 'icps', p.document -> 'icps',
            'personas', p.document -> 'personas', 'scores', p.document -> 'scores',
            'country_groups', p.document -> 'country_groups', 'word_lists', p.document -> 'word_lists') as parts
    from policies p cross join lateral (
        select actor, at from policy_publications where version = p.version order by seq limit 1) f
    where p.version < :before
    order by p.version desc limit :limit
""")


class SqlPolicies:
    """See `pointsman.services.ports.routing.policies.Policies`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def live_versions(self) -> LiveVersions:
        row = await _LIVE_VERSIONS.one(self._connection)
        return LiveVersions(policy=row.policy, roster=row.roster)

    async def lock(self) -> None:
        await _LOCK.run(self._connection)

    async def add(
        self, document: Mapping[str, Any], *, source: str | None, note: str, by: str, at: datetime
    ) -> PolicyRow:
        written = json.dumps(document, ensure_ascii=False)
        given = {"document": written, "source": source, "note": note, "by": by, "at": at}
        version = await _ADD.scalar(self._connection, given)
        return await self._stored(version)

    async def get(self, version: int) -> PolicyRow | None:
        return await _GET.record(self._connection, PolicyRow, {"version": version})

    async def current(self) -> PolicyRow | None:
        return await _CURRENT.record(self._connection, PolicyRow)

    async def page(self, *, before: int | None, limit: int) -> Sequence[PolicyHeadRow]:
        return await _PAGE.records(self._connection, PolicyHeadRow, {"before": before, "limit": limit})

    async def publish(self, version: int, *, kind: str, note: str, by: str, at: datetime) -> PolicyRow:
        given = {"version": version, "kind": kind, "note": note, "by": by, "at": at}
        await _ADD_PUBLICATION.run(self._connection, given)
        await _ARCHIVE.run(self._connection)
        await _PUBLISH.run(self._connection, {"version": version})
        return await self._stored(version)

    async def latest_publication(self) -> PublicationRow | None:
        found = await self.history(before=None, limit=1)
        return found[0] if found else None

    async def history(self, *, before: int | None, limit: int) -> Sequence[PublicationRow]:
        rows = await self._connection.execute(_HISTORY, {"before": before, "limit": limit})
        return [PublicationRow(**row) for row in rows.mappings()]

    async def definitions_before(self, version: int, *, limit: int) -> Sequence[DefinitionsRow]:
        return await _DEFINITIONS_BEFORE.records(self._connection, DefinitionsRow, {"before": version, "limit": limit})

    async def _stored(self, version: int) -> PolicyRow:
        row = await self.get(version)
        assert row is not None
        return row
