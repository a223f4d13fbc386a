"""Cleaning up after a run, whatever state it is in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.local.calendar_server import CalendarServer
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.processes import Process
from pointsman.local.supervision.supervisor import Supervisor


def clean(state: Path, *more: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pointsman.cli.service.clean", str(state), *more]
    env = {**os.environ, "POINTSMAN_LANGUAGE": language}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=env)


def test_servers_and_orphans_end_and_nothing_remains(open_folder: Path) -> None:
    state = open_folder / "state"
    database, calendar = EmbeddedPostgres(state / "deep"), CalendarServer(state / "calendar", port=0)
    database.start()
    calendar.start(["anna"])
    known = calendar._find_running()
    assert known
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as orphan:
        facts = Process.find(orphan.pid)
        assert facts
        (state / "children.json").write_text(f'[{{"pid": {facts.pid}, "started": "{facts.started}"}}]')
        result = clean(state)
        assert result.returncode == 0, result.stderr
        assert not facts.is_running()
        assert not known.process.is_running()
        assert not database.is_running()
        assert not state.exists()


def test_a_note_that_a_full_disk_left_empty_costs_no_file_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty path is the current folder: all of it was deleted."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path / ".pointsman"
    state.mkdir()
    (state / "postgres.path").touch()
    (tmp_path / "work.py").write_text("mine")
    for note in ("", f"{tmp_path}\n", "relative\n"):
        state.mkdir(exist_ok=True)
        (state / "postgres.path").write_text(note)
        assert clean(state).returncode == 0
        assert not state.exists()
        assert (tmp_path / "work.py").read_text() == "mine"


def test_what_is_supervised_is_not_taken_from_under_its_supervisor(tmp_path: Path) -> None:
    with Supervisor([], state=tmp_path / "state"):
        refused = clean(tmp_path)
        assert (refused.returncode, "Stop it first" in refused.stderr) == (1, True)
        assert f"(Prozess {os.getpid()}) läuft, mit dem Zustand in" in clean(tmp_path, language="de").stderr
        assert (tmp_path / "state").exists()
    assert clean(tmp_path / "state").returncode == 0
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("kept", ["secret_key", "environment"])  # the second alone, where the key was set
def test_a_floor_of_ones_own_goes_only_when_its_end_is_said(tmp_path: Path, kept: str) -> None:
    """The demo may lie below it, and says how its own data are deleted."""
    (tmp_path / "demo").mkdir()
    for file in (tmp_path / kept, tmp_path / "demo" / kept, tmp_path / "demo" / "demo.json"):
        file.touch()
    refused = clean(tmp_path)
    assert (refused.returncode, "FLOOR=delete" in refused.stderr) == (1, True)
    assert (tmp_path / kept).exists()
    assert clean(tmp_path / "demo").returncode == 0
    assert not (tmp_path / "demo").exists()
    assert clean(tmp_path, "--own-floor").returncode == 0
    assert not tmp_path.exists()


def test_a_folder_that_is_not_there_is_clean(tmp_path: Path) -> None:
    assert clean(tmp_path / "nothing").returncode == 0
