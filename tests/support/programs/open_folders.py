"""Folders that any account may enter, unlike pytest's own, which only their user may enter."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: A database server's files are made and deleted in memory many times faster than on a disk.
MEMORY = Path("/dev/shm")  # a folder of a name of its own is made in it
ROOM_BYTES = 2**31


@contextmanager
def make_open_folder() -> Iterator[Path]:
    """A new folder with a short path, in memory where there is room for it."""
    folder = Path(tempfile.mkdtemp(prefix="pm-", dir=MEMORY if _memory_will_do() else None))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A new folder that any account may enter."""
    with make_open_folder() as folder:
        yield folder


def _memory_will_do() -> bool:
    """Whether there is room, we may write there, and programs run there: some tests copy a server's programs."""
    if not os.access(MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return False
    return not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
