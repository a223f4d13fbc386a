"""What the tests send to hurt a reader, for benchmarks too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from support.hostile import bombs  # the tests are no package that is installed
from support.hostile import calendars as hostile_calendars

__all__ = ["bombs", "hostile_calendars"]
