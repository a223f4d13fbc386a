"""A schema whose number fits, and which lacks what this release needs."""

import psycopg
import pytest

from pointsman.db.engine.schema_check import find_missing
from support.databases.roles import for_libpq
from support.programs.command_line import pointsman


def test_a_database_of_this_release_lacks_nothing(shared_database_url: str) -> None:
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        assert find_missing(connection) == ()


@pytest.mark.own_database
def test_a_column_and_a_table_that_are_missing_are_said_with_what_to_do(owner_url: str) -> None:
    with psycopg.connect(for_libpq(owner_url), autocommit=True) as connection:
        connection.execute("alter table leads drop column email")
        connection.execute("drop table slot_holds cascade")
        assert find_missing(connection) == ("leads.email", "slot_holds")
    for command in ("doctor", "migrate"):
        done = pointsman(command, url=owner_url)
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1
        assert "and lacks leads.email and slot_holds." in said
        assert "made by an unreleased version of Pointsman" in said
        assert "make it anew" in said
