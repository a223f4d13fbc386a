"""The admin's guide, run as it stands: its commands in order on a demo floor, and what it says they print."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pointsman.demo.files import DemoState
from support.programs.open_folders import make_open_folder
from support.programs.running_demo import Demo, demo_in

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the demo's processes are looked for under /proc"),
]

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")
STAND_IN = ROOT / "tests" / "support" / "programs" / "stand_in_curl.py"
PATIENCE_S = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One block of commands, and what the guide says that it prints (None: nothing is said)."""

    section: str
    commands: str
    printed: str | None


def steps() -> list[Step]:
    found: list[Step] = []
    section, follows = "", False
    for heading, kind, block in re.findall(
        r"^## ([^\n]+)$|^```(\w+)\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL
    ):
        section = heading or section
        if kind == "sh":
            found.append(Step(section=section, commands=block, printed=None))
        elif kind in {"text", "json"}:
            assert follows, f"an answer without a question: {block}"
            found[-1] = Step(section=found[-1].section, commands=found[-1].commands, printed=block)
        follows = kind == "sh"
    return found


def pattern(printed: str) -> str:
    """A line of … alone stands for any lines, … within a line for any words."""
    lines = []
    for line in printed.splitlines():
        if line.strip() == "…":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.split("…")) + r"\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with make_open_folder() as folder, demo_in(folder) as floor:
        floor.start(patience=2 * PATIENCE_S)
        yield floor


def environment(demo: Demo, programs: Path, *, stand_in: bool) -> dict[str, str]:
    """The guide's machine: `curl` and `python3` are there, and the demo has printed where it is."""
    programs.mkdir()
    if stand_in or shutil.which("curl") is None:
        curl = programs / "curl"
        curl.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(STAND_IN))} "$@"\n')
        curl.chmod(0o755)
    paths = (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
    return {**os.environ, "PATH": os.pathsep.join(paths), "COLUMNS": "160", "NO_PROXY": "127.0.0.1"}


def on_this_machine(commands: str, demo: Demo) -> str:
    """What a reader puts in, and where this demo differs from one that was started by `make demo` right here."""
    key = DemoState(demo.state / "demo.json").read()["admin_key"]
    for written, here in {
        "http://127.0.0.1:8000": f"http://127.0.0.1:{demo.port}",
        "pm_PASTE_YOURS": key,
        '. "${STATE:-': f"STATE={shlex.quote(str(demo.state))}\n" + '. "${STATE:-',
        ".venv/bin/pointsman": f"{shlex.quote(sys.executable)} -m pointsman.cli",
    }.items():
        commands = commands.replace(written, here)
    return commands


def run(script: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = ["bash", "-eu", "-o", "pipefail", "-c", script]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_every_command_of_the_guide_runs_and_prints_what_the_guide_says(demo: Demo, tmp_path: Path) -> None:
    guide = steps()
    env = environment(demo, tmp_path / "programs", stand_in=False)
    script = "".join(f"{on_this_machine(step.commands, demo)}\necho '=== {i}'\n" for i, step in enumerate(guide))
    done = run(script, tmp_path, env)
    said = re.split(r"^=== \d+\n", done.stdout, flags=re.MULTILINE)
    reached = guide[min(len(said), len(guide)) - 1]
    assert done.returncode == 0, f"{reached.section}: {reached.commands}\n{said[-1]}\n{done.stderr}"
    assert len(said) == len(guide) + 1
    for step, output in zip(guide, said, strict=False):
        if step.printed is not None:
            assert re.fullmatch(pattern(step.printed), output), f"{step.section} printed:\n{output}"


def test_the_guide_goes_the_whole_way() -> None:
    commands = "\n".join(step.commands for step in steps())
    for path in (
        "/v1/policies/current", "/v1/policies/check", "/v1/policies?note", "/v1/policies/explain", "/simulate", "/diff/",
        "/publish", "/v1/policies/history", "/definitions", "/v1/policies/rollback",
    ):  # fmt: skip
        assert path in commands
    assert sum(step.printed is not None for step in steps()) >= 14


def test_the_guide_calls_operations_by_their_names_in_the_console(demo: Demo) -> None:
    with demo.api() as api:
        description = api.get("/openapi.json").json()
    names = {
        f"{operation['tags'][0]} / {operation['summary']}"
        for methods in description["paths"].values()
        for operation in methods.values()
    }
    named = re.findall(r"\*(\w+ / [^*]+)\*", GUIDE)
    assert len(named) >= 12
    assert set(named) <= names


def test_the_guide_is_held_to_its_words() -> None:
    assert re.fullmatch(pattern("[\n  …\n  one … two\n]\n"), "[\n  a\n  b\n  one x two\n]\n")
    assert not re.fullmatch(pattern("[\n  one … two\n]\n"), "[\n  a\n  one x two\n]\n")
    assert not re.fullmatch(pattern("true\n"), "false\n")


def test_where_curl_is_missing_its_stand_in_does_what_the_guide_asks(demo: Demo, tmp_path: Path) -> None:
    env = environment(demo, tmp_path / "programs", stand_in=True)
    asked = [step.commands for step in steps() if step.section in {"Sign in", "2. Get the live policy"}]
    asked.append('api "$POINTSMAN/v1/policies/check" -H "Content-Type: application/yaml" --data-binary @policy.yaml')
    asked.append('api "$POINTSMAN/v1/policies/explain" -H "Content-Type: application/json" -d "{}" | pick outcome')
    done = run("\n".join(on_this_machine(part, demo) for part in asked), tmp_path, env)
    assert done.returncode == 0, done.stderr
    assert '"publishable":' in done.stdout
