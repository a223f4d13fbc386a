"""Whether there is, or was, what a name stands for."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.operations.names import NamedThing

_HAS: Mapping[NamedThing, PreparedStatement] = MappingProxyType({
    NamedThing.REP: PreparedStatement("""
        select exists (select from reps where key = :name and supplier = coalesce(cast(:supplier as text), supplier)
            and key = coalesce(cast(:sees_rep as text), key))
    """),
    NamedThing.POOL: PreparedStatement("""
        select exists (select from decisions where pool = :name) or exists (select from holds where pool = :name)
            or exists (select from appointments where pool = :name)
    """),
    NamedThing.RULE: PreparedStatement("select exists (select from decisions where rule = :name)"),
    NamedThing.CONNECTION: PreparedStatement("select exists (select from connections where key = :name)"),
    NamedThing.INTAKE: PreparedStatement("""
        select exists (select from intakes where key = :name) or exists (select from suppliers where 'partner:' || key = :name)
            or exists (select from inbox where sender = :name and intake_id is null)
    """),
    NamedThing.POLICY_VERSION: PreparedStatement("select exists (select from policies where version::text = :name)"),
})  # fmt: skip
_SOME: Mapping[NamedThing, PreparedStatement] = MappingProxyType({
    NamedThing.REP: PreparedStatement("""
        select key from reps where supplier = coalesce(cast(:supplier as text), supplier)
            and key = coalesce(cast(:sees_rep as text), key)
        order by active desc, key limit :limit
    """),
    NamedThing.CONNECTION: PreparedStatement("select key from connections order by active desc, key limit :limit"),
    NamedThing.INTAKE: PreparedStatement("select key from intakes order by active desc, key limit :limit"),
    NamedThing.POLICY_VERSION: PreparedStatement("select version::text from policies order by version desc limit :limit"),
})  # fmt: skip


class SqlNames:
    """See `pointsman.services.ports.operations.names.Names`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def has(self, what: NamedThing, name: str, *, sees: Visibility) -> bool:
        of_reps = visibility_values(sees) if what is NamedThing.REP else {}
        return bool(await _HAS[what].scalar(self._connection, {"name": name, **of_reps}))

    async def some(self, what: NamedThing, *, sees: Visibility, limit: int) -> Sequence[str]:
        of_reps = visibility_values(sees) if what is NamedThing.REP else {}
        return await _SOME[what].scalars(self._connection, {"limit": limit, **of_reps})
