"""Commands start in an empty folder: beside a `.pointsman` they would find its database."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder: Path = tmp_path_factory.mktemp("empty")
    monkeypatch.chdir(folder)
