"""The variables that a running service keeps for other terminals: a shell and `init` read the same, whatever they hold."""

import os
import subprocess
from pathlib import Path

import pytest

from pointsman.cli import local
from pointsman.cli.terminal.found_environment import read_environment


@pytest.mark.parametrize("organisation", ["Nordwerk", "Nord'werk & Söhne", '$HOME "x" `id`; #', "a=b"])
def test_a_name_comes_back_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, organisation: str) -> None:
    for name in ("POINTSMAN_SECRET_KEYS", "POINTSMAN_ORGANISATION"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "organisation").write_text(organisation + "\n", encoding="utf-8")
    local._environment(tmp_path, "postgresql+psycopg://service@/pointsman?host=/tmp/x", {})
    kept = read_environment(tmp_path)
    assert kept is not None
    assert kept["POINTSMAN_ORGANISATION"] == organisation
    words = [". ./environment", 'printf %s "$POINTSMAN_ORGANISATION"']
    shown = subprocess.run(["sh", "-c", "; ".join(words)], cwd=tmp_path, capture_output=True, check=True)
    assert shown.stdout.decode() == organisation


def test_the_address_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    local._environment(tmp_path, None, {"POINTSMAN_PORT": "8123"})
    kept = read_environment(tmp_path)
    assert kept is not None
    assert kept["POINTSMAN_PORT"] == "8123"


def test_a_line_that_somebody_broke_is_none(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text(
        "export POINTSMAN_A='1'\nexport POINTSMAN_B='2\nexport LD_PRELOAD=x\n", encoding="utf-8"
    )
    (tmp_path / "environment").chmod(0o600)
    assert read_environment(tmp_path) == {"POINTSMAN_A": "1"}


@pytest.mark.parametrize("mode", [0o600, 0o666, 0o620])
def test_a_file_that_others_can_write_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    monkeypatch.setenv("POINTSMAN_A", "1")
    (tmp_path / "environment").write_text("export POINTSMAN_A='1'\n", encoding="utf-8")
    (tmp_path / "environment").chmod(mode)
    local._forget_environment_of(tmp_path)
    assert ("POINTSMAN_A" in os.environ) == (mode != 0o600)
