"""In a state folder of another account, nothing that lies in a file's place is followed anywhere."""

import os
from pathlib import Path

import pytest

from pointsman.local.calendar_server import CalendarServer
from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.os_account import OsAccount
from pointsman.local.own_files import give_tree, is_foreign, open_to_append
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_binaries import WHEEL_FOLDER, _copy
from pointsman.local.supervision.supervisor import ChildProgram, Supervisor

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A file that no state folder is about."""
    file = tmp_path / "theirs"
    file.write_text("as it was")
    return file


def test_a_folder_of_another_account_or_behind_a_link_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    mine = os.geteuid()
    found = [is_foreign(tmp_path / "link"), is_foreign(tmp_path), is_foreign(tmp_path / "none")]
    assert found == [True, False, False]
    assert [is_foreign(tmp_path, owners={mine}), is_foreign(tmp_path, owners={mine + 1})] == [False, True]


@pytest.mark.parametrize("kind", ["link", "dangling", "hard", "pipe", "chain"])
def test_only_a_plain_file_is_written_to(kind: str, tmp_path: Path, theirs: Path) -> None:
    place = tmp_path / "state.log"
    match kind:
        case "link":
            place.symlink_to(theirs)
        case "dangling":
            place.symlink_to(tmp_path / "nothing")
        case "hard":
            place.hardlink_to(theirs)
        case "pipe":
            os.mkfifo(place)
        case _:
            (tmp_path / "middle").symlink_to(theirs)
            place.symlink_to(tmp_path / "middle")
    with pytest.raises(LocalServerError, match="is a link, where a file belongs"):
        open_to_append(place)
    assert theirs.read_text() == "as it was"
    assert not (tmp_path / "nothing").exists()


def test_a_plain_file_is_made_and_appended_to(tmp_path: Path) -> None:
    for word in (b"one", b"two"):
        with open_to_append(tmp_path / "log") as file:
            file.write(word)
    assert (tmp_path / "log").read_bytes() == b"onetwo"


def test_no_server_writes_its_log_or_its_lock_through_a_link(open_folder: Path, theirs: Path) -> None:
    state = open_folder / "state"
    state.mkdir()
    (state / "postgres.lock").symlink_to(theirs)
    with pytest.raises(LocalServerError, match="is a link"):
        EmbeddedPostgres(state).start()
    (state / "lock").symlink_to(theirs)
    with pytest.raises(LocalServerError, match="is a link"):
        CalendarServer(state).start()
    (state / "supervisor.lock").symlink_to(theirs)
    with pytest.raises(LocalServerError, match="is a link"):
        Supervisor([ChildProgram(name="x", argv=["true"])], state=state).start()
    assert theirs.read_text() == "as it was"


def test_the_log_of_a_database_that_was_started_before_is_not_a_link(
    started_before: EmbeddedPostgres, theirs: Path
) -> None:
    (started_before.directory / "postgres.log").symlink_to(theirs)
    with pytest.raises(LocalServerError, match="is a link"):
        started_before.start()
    assert theirs.read_text() == "as it was"
    (started_before.directory / "postgres.log").unlink()


def test_a_kept_file_is_not_written_through_a_link_in_its_half_made_place(tmp_path: Path, theirs: Path) -> None:
    (tmp_path / "kept.new").symlink_to(theirs)
    write_kept_file(tmp_path / "kept", "ours")
    assert (theirs.read_text(), (tmp_path / "kept").read_text()) == ("as it was", "ours")


@as_root
def test_what_a_link_leads_to_is_not_given_away_with_the_tree(tmp_path: Path, theirs: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "file").touch()
    (tree / "to-folder").symlink_to(outside)
    (tree / "to-file").symlink_to(theirs)
    give_tree(tree, 65534, 65534)
    assert [one.stat().st_uid for one in (outside, theirs)] == [0, 0]
    assert [one.lstat().st_uid for one in (tree, tree / "below", tree / "below" / "file", tree / "to-file")] == [
        65534
    ] * 4


@as_root
def test_the_databases_programs_are_not_copied_through_a_link(open_folder: Path) -> None:
    outside = open_folder / "outside"
    outside.mkdir()
    copies = open_folder / "programs"
    copies.symlink_to(outside)
    wheel = open_folder / "wheel" / WHEEL_FOLDER / "bin"
    wheel.mkdir(parents=True)
    with pytest.raises(LocalServerError, match="is a file or a link"):
        _copy(wheel, copies, OsAccount(uid=65534, gid=65534))
    assert list(outside.iterdir()) == []
    assert outside.stat().st_uid == 0
