"""Files in a state folder that may be another account's: root, too, writes only to a file that lies right there.

A link in its place would let that account have any file of ours written to.
"""

import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError

_NO_FILE = {errno.ELOOP, errno.EMLINK, errno.ENXIO}  # a link, as two systems say it; a pipe without a reader


def open_to_append(path: Path) -> BinaryIO:
    """A log or a lock, made if need be. Raises LocalServerError for a link or what else is no plain file; OSError."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o644)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _no_plain_file(path) from error
        raise
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:  # a second name of a file elsewhere is a link, too
        os.close(handle)
        raise _no_plain_file(path)
    return os.fdopen(handle, "ab")


def is_foreign(folder: Path, owners: Collection[int] | None = None) -> bool:
    """Whether a folder is a link, or not of `owners`, by default this account and root: what lies in it is not believed."""
    trusted = {os.geteuid(), 0} if owners is None else owners
    try:
        facts = folder.lstat()
    except OSError:
        return False  # it will be made
    return stat.S_ISLNK(facts.st_mode) or facts.st_uid not in trusted


def give_tree(folder: Path, uid: int, gid: int) -> None:
    """Give an account a folder with all that lies below it, and nothing that a link in it leads to."""
    for _, folders, files, here in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            os.chown(name, uid, gid, dir_fd=here, follow_symlinks=False)
        os.fchown(here, uid, gid)


def _no_plain_file(path: Path) -> LocalServerError:
    return LocalServerError(say("local.link", path=str(path)))
