"""A server without an extension that the schema needs: said before anything is changed, by `migrate` as by `doctor`."""

import pytest
from sqlalchemy.exc import InvalidRequestError

from pointsman.db import migrations
from pointsman.db.engine import extensions
from support.programs.command_line import pointsman

pytestmark = pytest.mark.usefixtures("lacking")


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this server's package left the contrib modules out."""
    monkeypatch.setitem(extensions.NEEDED, "no_such_extension", "does something")


def test_migrate_names_what_is_missing_before_it_changes_anything(
    shared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_heads", lambda _url: ())  # as of an empty database
    done = pointsman("migrate", url=shared_database_url)
    assert done.returncode == 1
    assert "lacks no_such_extension. Install PostgreSQL's contrib modules" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_it_in_the_same_words(shared_database_url: str) -> None:
    done = pointsman("doctor", url=shared_database_url)
    assert "The extension no_such_extension is missing." in done.stdout
    assert f"{extensions.HOW_TO_INSTALL}: it does something." in done.stdout
    assert "The extension pg_trgm is there." in done.stdout


def test_any_other_end_of_a_migration_is_a_sentence(shared_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_url: str, *, service_url: str | None) -> str:
        raise InvalidRequestError("the connection went away")

    monkeypatch.setattr(migrations, "upgrade_schema", broken)
    done = pointsman("migrate", url=shared_database_url)
    assert done.returncode == 1
    assert "The migration ended, and was undone." in done.stderr
    assert "Traceback" not in done.stderr
