"""What stands at a fake, kept in a file, so that it stands there again after a new start of its process."""

import errno
import json
import os
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Keeps(Protocol):
    """A fake that can be ended and started anew. Which part of it is lost all the same, its own documentation says."""

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        ...

    def take_up(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        ...


class KeptFile:
    """The file of one fake, which its account alone may read."""

    def __init__(self, fake: Keeps, path: Path) -> None:
        self._fake, self._path = fake, path
        self._written = ""

    def take_up(self) -> None:
        """What the file has, where there is one. Raises ValueError for a file that is another's, OSError where none can be."""
        if not self._path.exists():
            self._require_place()
            return
        try:
            self._fake.take_up(json.loads(self._path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"{self._path} holds nothing that this fake kept") from error

    def _require_place(self) -> None:
        """Said at once, rather than of the first thing that is to be kept."""
        folder = self._path.absolute().parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder}")
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, f"this account may not write into {folder}")

    def write(self) -> None:
        """Whole or not at all; nothing where nothing changed."""
        text = json.dumps(self._fake.kept())
        if text == self._written:
            return
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(self._path)
        self._written = text
