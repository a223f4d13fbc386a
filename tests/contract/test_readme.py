"""The connector that the README walks through works as printed, and earns the grade it promises."""

import re
import subprocess
import sys
from pathlib import Path

from support.waiting import PATIENCE_S

README = Path(__file__).parents[2] / "integrations" / "README.md"


def test_connector_of_the_readme_passes_the_kit_with_gold(tmp_path: Path) -> None:
    printed = re.findall(r"^`(\w+\.py)`.*?^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in printed] == ["pointsman_acme.py", "fake_acme.py", "test_acme.py"]
    for name, code in printed:
        (tmp_path / name).write_text(code)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "pointsman_sdk.testing.grade", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{README.parent}:{tmp_path}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "TestAcme: gold" in run.stdout
