"""The repository of tokens, sign-ins and memory: one small statement each, so that nothing is locked while a vendor is asked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import Integer, LargeBinary, Text, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import connection_memory, connection_tokens, sign_ins
from pointsman.db.tables.base import INSTANT
from pointsman.services.ports.vendors.sign_in import MemoryRow, SignInRow, TokenRow

_of = bindparam("of", type_=UUID_TYPE)
_whose = bindparam("whose", type_=Text)
_stale = bindparam("stale", type_=Integer)
_THIS = (connection_tokens.c.connection_id == _of) & (connection_tokens.c.subject == _whose)
_TOKEN = select(
    connection_tokens.c.id,
    connection_tokens.c.sealed,
    connection_tokens.c.version,
    connection_tokens.c.renewing_until,
    connection_tokens.c.refused,
).where(_THIS)
_RENEWED = (
    update(connection_tokens)
    .where(_THIS, connection_tokens.c.version == _stale)
    .values(sealed=bindparam("sealed"), version=_stale + 1, renewing_until=None, refused=False)
)
_NOT_RENEWED = (
    update(connection_tokens)
    .where(_THIS, connection_tokens.c.version == _stale)
    .values(
        renewing_until=bindparam("renewing_until"),
        refused=bindparam("refused"),
        sealed=func.coalesce(bindparam("sealed_anew", type_=LargeBinary), connection_tokens.c.sealed),
    )
)
_DROP = delete(connection_tokens).where(connection_tokens.c.connection_id == _of)
_MEMORY = select(connection_memory.c.sealed, connection_memory.c.version).where(
    connection_memory.c.connection_id == _of, connection_memory.c.name == bindparam("of_name")
)
_BEGIN = insert(sign_ins)
_TAKE = delete(sign_ins).where(sign_ins.c.state_hash == bindparam("hash")).returning(sign_ins)
_DROP_EXPIRED = delete(sign_ins).where(sign_ins.c.expires_at <= bindparam("at", type_=INSTANT))
_MAKE_PLACE = PreparedStatement("""
    insert into connection_tokens (id, connection_id, subject, sealed, version)
    select :id, id, :subject, :sealed, 0 from connections where id = :of
    on conflict (connection_id, subject) do nothing
""")
_PUT = PreparedStatement("""
    insert into connection_tokens (id, connection_id, subject, sealed, version) values (:id, :of, :subject, :sealed, 1)
    on conflict (connection_id, subject) do update set
        sealed = excluded.sealed, version = connection_tokens.version + 1, renewing_until = null, refused = false
""")
_CLAIM = PreparedStatement("""
    update connection_tokens set renewing_until = :until
    where connection_id = :of and subject = :subject and version = :stale
      and (renewing_until is null or renewing_until <= :at)
""")
_REMEMBER = PreparedStatement("""
    with there as (select id from connections where id = :of),
    made as (
        insert into connection_memory (id, connection_id, name, sealed, version)
        select :id, id, :name, :sealed, 1 from there where cast(:version as integer) is null
        on conflict (connection_id, name) do nothing
        returning 1
    ),
    changed as (
        update connection_memory set sealed = :sealed, version = version + 1
        where connection_id = :of and name = :name and version = cast(:version as integer)
        returning 1
    )
    select not exists (select from there) or exists (select from made) or exists (select from changed)
""")


class SqlSignInStore:
    """See `pointsman.services.ports.vendors.sign_in.SignInStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def token(self, connection_id: UUID, subject: str) -> TokenRow | None:
        found = await self._connection.execute(_TOKEN, {"of": connection_id, "whose": subject})
        row = found.mappings().one_or_none()
        return TokenRow(**row) if row else None

    async def make_place(self, connection_id: UUID, subject: str, *, token_id: UUID, sealed: bytes) -> None:
        await _MAKE_PLACE.run(
            self._connection, {"of": connection_id, "subject": subject, "id": token_id, "sealed": sealed}
        )

    async def put_token(self, connection_id: UUID, subject: str, *, token_id: UUID, sealed: bytes) -> None:
        await _PUT.run(self._connection, {"of": connection_id, "subject": subject, "id": token_id, "sealed": sealed})

    async def claim(self, connection_id: UUID, subject: str, *, stale: int, at: datetime, until: datetime) -> bool:
        given = {"of": connection_id, "subject": subject, "stale": stale, "at": at, "until": until}
        return await _CLAIM.run(self._connection, given) == 1

    async def renewed(self, connection_id: UUID, subject: str, *, stale: int, sealed: bytes) -> bool:
        given = {"of": connection_id, "whose": subject, "stale": stale, "sealed": sealed}
        return (await self._connection.execute(_RENEWED, given)).rowcount == 1

    async def not_renewed(
        self,
        connection_id: UUID,
        subject: str,
        *,
        stale: int,
        refused: bool,
        until: datetime | None,
        sealed: bytes | None = None,
    ) -> None:
        given = {"of": connection_id, "whose": subject, "stale": stale, "refused": refused, "renewing_until": until}
        given["sealed_anew"] = sealed
        await self._connection.execute(_NOT_RENEWED, given)

    async def drop_tokens(self, connection_id: UUID) -> int:
        return (await self._connection.execute(_DROP, {"of": connection_id})).rowcount

    async def memory(self, connection_id: UUID, name: str) -> MemoryRow | None:
        found = await self._connection.execute(_MEMORY, {"of": connection_id, "of_name": name})
        row = found.mappings().one_or_none()
        return MemoryRow(**row) if row else None

    async def remember(
        self, connection_id: UUID, name: str, *, memory_id: UUID, sealed: bytes, if_version: int | None
    ) -> bool:
        given: dict[str, Any] = {"of": connection_id, "name": name, "id": memory_id}
        return await _REMEMBER.scalar(self._connection, given | {"sealed": sealed, "version": if_version}) is True

    async def begin_sign_in(self, row: SignInRow) -> None:
        await self._connection.execute(_BEGIN, {name: getattr(row, name) for name in SignInRow.__slots__})

    async def take_sign_in(self, state_hash: bytes) -> SignInRow | None:
        row = (await self._connection.execute(_TAKE, {"hash": state_hash})).mappings().one_or_none()
        return SignInRow(**row) if row else None

    async def drop_expired_sign_ins(self, *, at: datetime) -> int:
        return (await self._connection.execute(_DROP_EXPIRED, {"at": at})).rowcount
