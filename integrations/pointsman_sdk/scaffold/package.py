"""The package of a new connector: which files it has, and putting them into an empty folder."""

import errno
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template

from pointsman_sdk.scaffold.templates import TEMPLATES

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40
_TAKEN = frozenset({"sdk"})  # pointsman_sdk: such a package would lie over the SDK


class WrongName(ValueError):
    """A connector cannot have this name; the message says which names it can have."""


def files_of(name: str) -> Mapping[str, str]:
    """The text of each file by its path in the package's folder. Raises WrongName."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name) or name in _TAKEN:
        raise WrongName(
            f"{name[:_LONGEST]!r} is no name for a connector: take the vendor's, up to {_LONGEST} letters a to z, digits and"
            " single underscores, with a letter first, such as `acme`; no word of Python, and not `sdk`"
        )
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "Title": " ".join(part.capitalize() for part in name.split("_")),
        "Class": "".join(part.capitalize() for part in name.split("_")),
    }
    return {Template(path).substitute(words): Template(text).substitute(words) for path, text in TEMPLATES.items()}


def write_package(name: str, folder: Path | None = None) -> list[Path]:
    """Write the package into `folder`, by default `pointsman-NAME` in the current one, and tell the files' paths.

    Raises WrongName, and FileExistsError where the folder is not empty: nothing is written then.
    """
    files = files_of(name)
    place = folder or Path(f"pointsman-{name.replace('_', '-')}")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise FileExistsError(errno.EEXIST, "it is there already", str(place))
    written = []
    for path, text in files.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
