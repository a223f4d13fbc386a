"""The repository of tokens, sign-ins and memory: one small statement each, so that nothing is locked while a vendor is asked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.vendors.sign_in import MemoryRow, SignInRow, TokenRow

_TOKEN = PreparedStatement("""
    select id, sealed, version, renewing_until, refused from connection_tokens
    where connection_id = :of and subject = :subject
""")
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
_RENEWED = PreparedStatement("""
    update connection_tokens set sealed = :sealed, version = version + 1, renewing_until = null, refused = false
    where connection_id = :of and subject = :subject and version = :stale
""")
_NOT_RENEWED = PreparedStatement("""
    update connection_tokens set renewing_until = :until, refused = :refused
    where connection_id = :of and subject = :subject and version = :stale
""")
_DROP = PreparedStatement("delete from connection_tokens where connection_id = :of")
_MEMORY = PreparedStatement("select sealed, version from connection_memory where connection_id = :of and name = :name")
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
_BEGIN = PreparedStatement("""
    insert into sign_ins (id, connection_id, subject, state_hash, sealed, begun_by, expires_at)
    values (:id, :connection_id, :subject, :state_hash, :sealed, :begun_by, :expires_at)
""")
_TAKE = PreparedStatement("""
    delete from sign_ins where state_hash = :hash
    returning id, connection_id, subject, state_hash, sealed, begun_by, expires_at
""")
_DROP_EXPIRED = PreparedStatement("delete from sign_ins where expires_at <= :at")


class SqlSignInStore:
    """See `pointsman.services.ports.vendors.sign_in.SignInStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def token(self, connection_id: UUID, subject: str) -> TokenRow | None:
        return await _TOKEN.record(self._connection, TokenRow, {"of": connection_id, "subject": subject})

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
        given = {"of": connection_id, "subject": subject, "stale": stale, "sealed": sealed}
        return await _RENEWED.run(self._connection, given) == 1

    async def not_renewed(
        self, connection_id: UUID, subject: str, *, stale: int, refused: bool, until: datetime | None
    ) -> None:
        given = {"of": connection_id, "subject": subject, "stale": stale, "refused": refused, "until": until}
        await _NOT_RENEWED.run(self._connection, given)

    async def drop_tokens(self, connection_id: UUID) -> int:
        return await _DROP.run(self._connection, {"of": connection_id})

    async def memory(self, connection_id: UUID, name: str) -> MemoryRow | None:
        return await _MEMORY.record(self._connection, MemoryRow, {"of": connection_id, "name": name})

    async def remember(
        self, connection_id: UUID, name: str, *, memory_id: UUID, sealed: bytes, if_version: int | None
    ) -> bool:
        given: dict[str, Any] = {"of": connection_id, "name": name, "id": memory_id}
        return await _REMEMBER.scalar(self._connection, given | {"sealed": sealed, "version": if_version}) is True

    async def begin_sign_in(self, row: SignInRow) -> None:
        await _BEGIN.run(self._connection, {name: getattr(row, name) for name in SignInRow.__slots__})

    async def take_sign_in(self, state_hash: bytes) -> SignInRow | None:
        return await _TAKE.record(self._connection, SignInRow, {"hash": state_hash})

    async def drop_expired_sign_ins(self, *, at: datetime) -> int:
        return await _DROP_EXPIRED.run(self._connection, {"at": at})
