"""What one start leaves for the next is whole, or as it was."""

from pathlib import Path

import pytest

from pointsman.cli.local import _kept_secret
from pointsman.demo.files import DemoState
from pointsman.local.kept_file import write_kept_file


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state" / "kept"
    write_kept_file(path, "before")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnicodeEncodeError):
        write_kept_file(path, "x" * 100_000 + "\udc00")
    assert path.read_text() == "before"
    assert [file.name for file in path.parent.iterdir()] == ["kept"]


@pytest.mark.parametrize("left", ["", "{", "[]", '{"admin_key": 7}', "\x00"])
def test_a_damaged_memory_of_the_demo_counts_as_none(left: str, tmp_path: Path) -> None:
    kept = DemoState(tmp_path / "demo.json")
    kept.path.write_text(left)
    assert kept.read() == {}
    assert kept.sender_secret("typeform").startswith("whsec_")


def test_an_empty_secret_key_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.touch()
    made = _kept_secret(path)
    assert len(made) > 40
    assert _kept_secret(path) == made
