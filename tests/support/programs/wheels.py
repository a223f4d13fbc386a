"""Wheels built without network, and bare environments that hold no more than a test puts into them."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
SDK = ROOT / "integrations" / "pointsman_sdk"


def built_wheel(project: Path, folder: Path) -> Path:
    """The wheel of the project in `project`, put into `folder`."""
    before = set(folder.glob("*.whl"))
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(words, cwd=project, check=True, capture_output=True)
    (built,) = set(folder.glob("*.whl")) - before
    return built


class BareEnvironment:
    """An environment of its own with the wheels in it, and nothing of the checkout."""

    def __init__(self, home: Path, wheels: Iterable[Path]) -> None:
        venv.create(home, with_pip=False, symlinks=True)
        self.home, self.python = home, home / "bin" / "python"
        self.site = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        self.pip("install", "--quiet", "--no-deps", "--no-index", *map(str, wheels))

    def pip(self, *words: str) -> str:
        """What our pip says of that environment, without network."""
        given = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.python), *words]
        return self._said(given)

    def run(self, *words: str) -> str:
        return self._said([str(self.python), *words])

    def command(self, *words: str) -> str:
        """A script that a wheel has put there."""
        return self._said([str(self.home / "bin" / words[0]), *words[1:]])

    def borrow_all(self) -> None:
        """Whatever is installed beside the tests, all but the checkout itself."""
        # A path file's folder is added without reading the path files in it, so the editable install stays invisible.
        (self.site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def borrow(self, *requirements: str) -> set[str]:
        """What these need, and what that needs, from beside the tests, and nothing else. Returns the distributions' names."""
        closure: dict[str, Distribution] = {}
        wanted = [Requirement(one) for one in requirements]
        while wanted:
            asked = wanted.pop()
            found = distribution(asked.name)
            if not asked.specifier.contains(found.version, prereleases=True):
                raise AssertionError(f"{asked} is wanted, and {found.version} is here")
            closure[found.name.lower()] = found
            wanted += [
                need
                for need in map(Requirement, found.requires or ())
                if _applies(need, asked.extras) and need.name.lower() not in closure
            ]
        for found in closure.values():
            for top in {file.parts[0] for file in found.files or () if _is_below(file)}:
                place = self.site / top
                if not place.exists():
                    place.symlink_to(Path(str(found.locate_file(top))))
        return set(closure)

    def _said(self, words: list[str]) -> str:
        result = subprocess.run(words, cwd=self.home, env=_bare(), capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout


def _applies(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras or {""})


def _is_below(file: PackagePath) -> bool:
    return file.parts[0] not in {"..", "__pycache__", "/"}


def _bare() -> dict[str, str]:
    """No PYTHONPATH and none of our settings, so that nothing of the checkout can help."""
    return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
