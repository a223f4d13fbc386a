"""What the demo floor is made of, read from `examples/demo`, and the secrets that one machine's demo keeps."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import pointsman
from pointsman.local.kept_file import write_kept_file


def examples_folder() -> Path:
    """In an installed wheel the examples lie inside the package, in a checkout beside `app/`."""
    package = Path(pointsman.__file__).parent
    inside = package / "examples"
    return (inside if inside.is_dir() else package.parents[1] / "examples") / "demo"


def load_yaml(name: str) -> Any:
    return yaml.safe_load((examples_folder() / name).read_text(encoding="utf-8"))


def read_example(name: str) -> bytes:
    return (examples_folder() / name).read_bytes()


@dataclass(frozen=True, slots=True)
class DemoState:
    """What must be the same at the next start: the admin key and the senders' secrets. Readable by its owner alone."""

    path: Path

    def read(self) -> dict[str, str]:
        """What was saved; nothing where the file is damaged: then all is made anew, as where it was deleted."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return (
            {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
        )

    def save(self, **values: str) -> None:
        write_kept_file(self.path, json.dumps(self.read() | values, indent=2))

    def sender_secret(self, intake: str) -> str:
        """The signing secret of one sender, made on first use; usable with every scheme."""
        name = f"sender:{intake}"
        if name not in self.read():
            self.save(**{name: "whsec_" + base64.b64encode(os.urandom(32)).decode()})
        return self.read()[name]
