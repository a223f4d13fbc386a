"""A database whose encoding or locale does not know every name is refused, or told of."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest

from pointsman.cli.service.doctor import Verdict, _server
from pointsman.cli.service.migrate import _warn_of_locale
from pointsman.db.engine.locale import WrongEncoding
from pointsman.db.migrations import upgrade_schema
from support.databases.fixtures import CLONE, Server
from support.databases.roles import as_owner, for_libpq


@contextmanager
def database(server: Server, options: str) -> Iterator[str]:
    """The owner's URL of an empty database."""
    name = f"{CLONE}{uuid4().hex[:12]}"
    with server.admin() as admin:
        admin.execute(f"create database {name} template template0 locale_provider libc {options}".encode())
    try:
        yield as_owner(server.address(name))
    finally:
        server.drop(name)


def said(url: str) -> dict[str, Verdict]:
    with psycopg.connect(for_libpq(url), autocommit=True) as connection:
        return {result.found: result.verdict for result in _server(connection)}


def test_a_database_that_cannot_hold_every_name_is_refused_before_anything_is_changed(database_server: Server) -> None:
    with database(database_server, "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'") as url:
        with pytest.raises(WrongEncoding, match=r"encoding is LATIN1.*encoding 'UTF8'"):
            upgrade_schema(url)
        with psycopg.connect(for_libpq(url)) as connection:
            assert connection.execute("select count(*) from pg_class where relname = 'leads'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("ctype", "verdict", "sentence"),
    [
        ("C", Verdict.WARNING, "The database's LC_CTYPE is C: names in other than Latin letters"),
        ("C.UTF-8", Verdict.GOOD, "The database knows the letters of every script."),
    ],
)
def test_the_doctor_says_what_a_locale_without_letters_costs(
    database_server: Server, ctype: str, verdict: Verdict, sentence: str
) -> None:
    with database(database_server, f"encoding 'UTF8' lc_collate 'C' lc_ctype '{ctype}'") as url:
        assert [kind for found, kind in said(url).items() if found.startswith(sentence)] == [verdict]


def test_migrating_says_it_too(database_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with database(database_server, "encoding 'UTF8' lc_collate 'C' lc_ctype 'C'") as url:
        _warn_of_locale(for_libpq(url))
    assert "lc_ctype 'C.UTF-8'" in capsys.readouterr().err
