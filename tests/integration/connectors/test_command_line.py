"""What the command line says of connectors that cannot be used: two of one name, one that is gone, one with other settings."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from pointsman.connectors.credentials import seal_config
from pointsman.connectors.vault import Vault
from support.databases.roles import as_owner, for_libpq
from support.http.keys import SECRET
from support.programs.command_line import pointsman


class _Settings(BaseModel):
    colour: str = "red"  # which no connector of ours takes


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def two_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("acme-one", "acme-two")):
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[pointsman.connectors]\nacme = acme_{number}:connector\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("words", ["connectors list", "connectors new zoho", "doctor"])
@pytest.mark.parametrize(("language", "said"), [("en", "claim the connector 'acme'"), ("de", "den Connector „acme“")])
@pytest.mark.usefixtures("two_of_one_name")
def test_two_packages_of_one_name_are_said_in_a_sentence(
    words: str, language: str, said: str, shared_database_url: str
) -> None:
    done = pointsman(*words.split(), url=shared_database_url, POINTSMAN_LANGUAGE=language)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert said in done.stdout + done.stderr
    assert "acme-one" in done.stdout + done.stderr
    assert "acme-two" in done.stdout + done.stderr


@pytest.mark.own_database
def test_a_connection_whose_connector_is_gone_or_wants_other_settings_is_said_so(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
        for key, connector in (("gone", "vanished"), ("old", "memory")):
            public, sealed = seal_config(Vault([SECRET]), connector, _Settings())
            connection.execute(
                "insert into connections (id, key, connector, config, sealed, active, created_at)"
                " values (%s, %s, %s, %s, %s, true, now())",
                (uuid4(), key, connector, Jsonb(public), sealed),
            )
    for key, said in (("gone", "'vanished' is not installed"), ("old", "settings of the connection do not fit")):
        done = pointsman("connectors", "check", key, "--live", url=database_url)
        assert done.returncode == 1
        assert done.stderr.startswith("Refused: ")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    doctor = pointsman("doctor", url=database_url)
    assert doctor.returncode == 1
    assert "bad  Connection gone: the connector 'vanished' is not installed\n" in doctor.stdout
    assert "→ Install the package of its connector again" in doctor.stdout
