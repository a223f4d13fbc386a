"""Keys that encrypt stored credentials are changed while the service runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from pointsman.connectors.vault import Vault, new_key
from pointsman.db.operations.sealed_secrets import SEALED_TABLES
from pointsman.db.tables import metadata
from pointsman.services.operations.secret_rotation import count_secrets, rotate_secrets
from pointsman.settings import load_settings
from pointsman.wiring import wire
from support.floors.use_case_env import ADMIN
from support.programs.command_line import pointsman

OLD, NEW, STRANGE = new_key(), new_key(), new_key()


def test_no_table_with_sealed_values_is_forgotten() -> None:
    assert {table.name for table in metadata.tables.values() if "sealed" in table.columns} == set(SEALED_TABLES)


def test_secrets_are_rotated_counted_by_key_and_opened_afterwards_by_the_new_key_alone(database_url: str) -> None:
    old, both, new = Vault([OLD]), f"{NEW},{OLD}", Vault([NEW])
    with psycopg.connect(_plain(database_url), autocommit=True) as connection:
        ids = {table: [_add(connection, table, old) for _ in range(3)] for table in _INSERTS}
        newer = _add(connection, "connections", new)
        before = _sealed(connection, "connections")[newer]

        checked = pointsman("secrets", "rotate", "--check", url=database_url, POINTSMAN_SECRET_KEYS=both)
        assert (checked.returncode, f"{old.key_ids[0]}: {3 * len(SEALED_TABLES)}" in checked.stdout) == (1, True), (
            checked.stdout
        )
        assert "under the older key" in pointsman("doctor", url=database_url, POINTSMAN_SECRET_KEYS=both).stdout

        done = pointsman("secrets", "rotate", url=database_url, POINTSMAN_SECRET_KEYS=both)
        assert (done.returncode, f"{3 * len(SEALED_TABLES)} stored secrets were sealed" in done.stdout) == (0, True), (
            done.stdout + done.stderr
        )
        for table, rows in ids.items():
            for row in rows:
                assert new.open(_sealed(connection, table)[row], context=f"{table}:{row}") == b"plain"
        assert _sealed(connection, "connections")[newer] == before
        lines = connection.execute("select after::text from audit where action = 'secrets.rotated'").fetchall()
        assert sum(sum(json.loads(line)["rows"].values()) for (line,) in lines) == 3 * len(SEALED_TABLES)
        assert not [line for (line,) in lines if "plain" in line or OLD in line or NEW in line]

        again = pointsman("secrets", "rotate", url=database_url, POINTSMAN_SECRET_KEYS=both)
        assert (again.returncode, "0 stored secrets were sealed" in again.stdout) == (0, True)
        assert "it may be taken out" in again.stdout
        _add(connection, "intakes", Vault([STRANGE]))
        lost = pointsman("secrets", "rotate", "--check", url=database_url, POINTSMAN_SECRET_KEYS=both)
        assert (lost.returncode, "under none of the keys" in lost.stdout) == (1, True)
        assert "under none of the keys" in pointsman("doctor", url=database_url, POINTSMAN_SECRET_KEYS=NEW).stdout


class EnteredMeanwhile(Vault):
    """Keys in whose hands a row is changed by another process, the first time that one is sealed anew."""

    change: Callable[[], object] | None = None

    def reseal(self, sealed: bytes) -> bytes:
        if self.change is not None:
            self.change()
            self.change = None
        return super().reseal(sealed)


@pytest.mark.anyio
async def test_what_is_entered_while_secrets_are_rotated_stays_as_it_was_entered(database_url: str) -> None:
    keys = EnteredMeanwhile([NEW, OLD])
    wired = wire(load_settings(database_url=database_url, secret_keys=f"{NEW},{OLD}", pool_size=3), name="t")
    env = replace(wired.env, secrets=keys)
    with psycopg.connect(_plain(database_url), autocommit=True) as connection:
        rows = sorted(_add(connection, "connections", Vault([OLD])) for _ in range(5))
        entered = Vault([OLD]).seal(b"entered", context="x")
        keys.change = lambda: connection.execute("update connections set sealed = %s where id = %s", (entered, rows[0]))
        assert await rotate_secrets(env, actor=ADMIN, batch=2) == 4
        assert _sealed(connection, "connections")[rows[0]] == entered
        counted = await count_secrets(env, batch=2)
        assert (counted.older, counted.unknown) == ({keys.key_ids[1]: 1}, 0)
        assert await rotate_secrets(env, actor=ADMIN, batch=2) == 1
        assert connection.execute("select count(*) from audit where action = 'secrets.rotated'").fetchone() == (4,)
    await wired.aclose()


def _plain(database_url: str) -> str:
    return database_url.replace("postgresql+psycopg:", "postgresql:", 1)


_INSERTS = {
    "connections": "insert into connections (id, key, connector, config, sealed, active, created_at)"
    " values (%(row)s::uuid, %(row)s::text, 'memory', '{}', %(sealed)s, true, now())",
    "connection_tokens": "insert into connection_tokens (id, connection_id, subject, sealed, version)"
    " select %(row)s::uuid, id, %(row)s::text, %(sealed)s, 1 from connections limit 1",
    "connection_memory": "insert into connection_memory (id, connection_id, name, sealed, version)"
    " select %(row)s::uuid, id, %(row)s::text, %(sealed)s, 1 from connections limit 1",
    "sign_ins": "insert into sign_ins (id, connection_id, subject, state_hash, sealed, begun_by, expires_at)"
    " select %(row)s::uuid, id, '', sha256(%(sealed)s::bytea), %(sealed)s::bytea, 'cli', now() from connections limit 1",
    "intakes": "insert into intakes (id, key, title, kind, verifier, sealed, mapping, sample, active, version, created_at)"
    " values (%(row)s::uuid, %(row)s::text, 'x', 'lead', '{}', %(sealed)s, '{}', '{}', true, 1, now())",
}


def _add(connection: psycopg.Connection, table: str, vault: Vault) -> str:
    row = str(uuid4())
    sealed = vault.seal(b"plain", context=f"{table}:{row}")
    connection.execute(_INSERTS[table], {"row": row, "sealed": sealed})
    return row


def _sealed(connection: psycopg.Connection, table: str) -> dict[str, bytes]:
    query = sql.SQL("select id::text, sealed from {}").format(sql.Identifier(table))
    return {row: bytes(sealed) for row, sealed in connection.execute(query).fetchall()}
