"""The command line as a person types it, without a new process each time: starting Python takes seconds.

That `pointsman` and `python -m pointsman.cli` start the same function is tested with processes.
"""

import io
import os
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from pointsman.cli import main
from support.http.keys import SECRET


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left: its exit code, and all that it wrote."""

    returncode: int
    stdout: str
    stderr: str


def pointsman(*words: str, url: str | None = None, **more: str) -> Done:
    """Run `pointsman` with these words; `url` is its database, `more` goes into its environment."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, command_environment(url, **more), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _run(words)
    return Done(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())


def command_environment(url: str | None, **more: str) -> dict[str, str]:
    ours = {"POINTSMAN_DATABASE_URL": url, "POINTSMAN_SECRET_KEYS": SECRET} if url else {}
    return {**os.environ, **{name: value for name, value in ours.items() if value}, "COLUMNS": "200", **more}


def _run(words: tuple[str, ...]) -> int:
    """As Python ends a program: with its exit code, or with 1 and a traceback."""
    try:
        main(words)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except Exception:  # noqa: BLE001  # whatever a command lets through is what the test is about
        traceback.print_exc()
        return 1
    return 0
