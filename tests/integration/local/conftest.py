"""Folders that any account may enter, and programs started as another account."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.local.postgres import EmbeddedPostgres


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Short and open to all, unlike pytest's own folders, which only their user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="pm-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postgres(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that has never been started."""
    server = EmbeddedPostgres(open_folder / "state")
    yield server
    server.remove()
