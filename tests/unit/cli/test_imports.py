"""What a command imports, since that is the time that it takes to start: counted in a process of its own, not timed."""

import subprocess
import sys
from pathlib import Path

import pytest

from pointsman.cli.commands import COMMANDS
from pointsman.cli.terminal.on_demand import Place, load_command

POLICY = Path(__file__).parents[3] / "examples" / "demo" / "policy.yaml"
_COUNT = """
import sys
from pointsman.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print("\\n--", *sys.modules)
"""
FRAMEWORKS = {
    "fastapi",
    "starlette",
    "uvicorn",
    "alembic",
    "babel",
    "sqlalchemy",
    "psycopg",
    "httpx",
    "icalendar",
    "tldextract",
}


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (("--help",), 450),
        (("policy", "--help"), 480),
        (("policy", "schema"), 600),
        (("policy", "check", "--offline", str(POLICY)), 800),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_command_without_a_database_imports_no_framework(words: tuple[str, ...], most: int) -> None:
    done = subprocess.run([sys.executable, "-c", _COUNT, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules = done.stdout.rpartition("\n-- ")[2].split()
    assert not FRAMEWORKS & set(modules)
    assert len(modules) < most, len(modules)


def _places(found: dict[str, Place] | None = None, before: str = "") -> list[tuple[str, Place]]:
    listed: list[tuple[str, Place]] = []
    for name, place in (found or COMMANDS).items():
        listed += [(before + name, place), *(_places(dict(place.parts), f"{before}{name} ") if place.parts else [])]
    return listed


@pytest.mark.parametrize(("name", "place"), _places(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_list_of_commands_says_what_each_says_of_itself(name: str, place: Place) -> None:
    assert load_command(name, place).help == place.help
