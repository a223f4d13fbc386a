"""The curl commands that a page shows, as calls."""

import json
import re
import shlex
from dataclasses import dataclass

HOST = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One call: `path` with its query; `headers` are those of `-H`, by name."""

    method: str
    path: str
    headers: dict[str, str]
    body: object


def shown_calls(page: str) -> list[Shown]:
    """Each curl of the shell blocks of a Markdown page, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    commands = [
        found for block in blocks for found in re.findall(r"^curl (?:\\\n|[^\n']|'[^']*')*", block, re.MULTILINE)
    ]
    return [_shown(shlex.split(command)) for command in commands]


def _shown(words: list[str]) -> Shown:
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
    (address,) = (word for word in words if word.startswith(HOST))
    said = [words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H"]
    return Shown(method=method, path=address.removeprefix(HOST), headers=dict(said), body=body)
