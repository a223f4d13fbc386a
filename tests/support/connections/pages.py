"""The pages of docs/connections: their blocks of commands, and the documents that those send."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "connections").glob("*.md"))
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HERE = re.compile(r"<<'JSON'\n(.*?)^JSON$", re.MULTILINE | re.DOTALL)
_SENT = re.compile(r"-d '(\{.*?\})'(?:\s|$)", re.DOTALL)
_ADDED = re.compile(r"pointsman connections add (\w+)")


def blocks(page: Path) -> list[str]:
    """The blocks of commands, in order."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def set_ups(page: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The connector and the document of each `connections add --from -`."""
    for block in blocks(page):
        for document in _HERE.findall(block):
            named = _ADDED.search(block)
            assert named, block
            yield named[1], json.loads(document)


def sent(page: Path) -> Iterator[dict[str, Any]]:
    """The bodies that curl sends to a connection, where they are written out."""
    for block in blocks(page):
        for body in _SENT.findall(block):
            found = json.loads(body)
            if "connector" in found:
                yield found
