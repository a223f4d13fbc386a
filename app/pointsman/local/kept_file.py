"""Files that one start of the service leaves for the next."""

import os
from pathlib import Path


def write_kept_file(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace the file by a whole one that, without a `mode`, only its owner may read: a full disk or a kill leaves what
    was there.

    Raises OSError.
    """
    partial = path.with_name(f"{path.name}.new")
    try:
        write_partial_file(partial, text, mode=mode)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_partial_file(partial: Path, text: str, *, mode: int) -> None:
    """Write what is to be renamed later, in the place of what is there under this name. Raises OSError."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)  # of a kill, or a link: in a foreign folder it may lead anywhere
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(partial, flags, mode), "w", encoding="utf-8") as file:
        file.write(text)
