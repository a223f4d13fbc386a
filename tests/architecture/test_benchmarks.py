"""Every benchmark still finds what it imports: they are run by hand, months apart, and the code moves meanwhile."""

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: Each is loaded as a module, so that nothing is measured. What one puts on the path is of no use to the next one.
_LOAD = """
import runpy, sys
folder, *scripts = sys.argv[1:]
sys.argv[1:] = []
found = [folder, *sys.path]
for script in scripts:
    sys.path[:] = found
    try:
        runpy.run_path(f"{folder}/{script}", run_name="loaded")
    except BaseException as error:
        print(f"{script}: {error!r}")
    added = tuple({*sys.path} - {*found})
    for name, module in [*sys.modules.items()]:
        if added and (getattr(module, "__file__", None) or "").startswith(added):
            del sys.modules[name]
"""


def unloadable(folder: Path) -> list[str]:
    """A line for each that cannot be loaded."""
    scripts = sorted(path.name for path in folder.glob("*.py"))
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(folder), *scripts], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout.splitlines()


def test_every_benchmark_can_be_loaded() -> None:
    assert unloadable(BENCHMARKS) == []


def test_a_benchmark_that_imports_what_is_gone_is_seen(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("FIRST = 1\n")
    (tmp_path / "kept.py").write_text("from shared import FIRST\n")
    (tmp_path / "lost.py").write_text("from shared import SECOND\n")
    (line,) = unloadable(tmp_path)
    assert line.startswith("lost.py: ImportError")


def test_what_one_benchmark_puts_on_the_path_is_of_no_use_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "helper.py").write_text("")
    (tmp_path / "first.py").write_text("import sys; sys.path.insert(0, sys.path[0] + '/elsewhere'); import helper\n")
    (tmp_path / "second.py").write_text("import helper\n")
    (line,) = unloadable(tmp_path)
    assert line.startswith("second.py: ModuleNotFoundError")
