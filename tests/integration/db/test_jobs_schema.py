"""The copied schema of the job queue is that of the installed release: an upgrade cannot be forgotten."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

from procrastinate.schema import SchemaManager

ROOT = Path(__file__).parents[3]
COPY = ROOT / "migrations" / "versions" / "procrastinate_3_10.sql"


def test_the_copy_is_what_the_installed_release_would_make() -> None:
    assert statements(COPY.read_text(encoding="utf-8")) == statements(SchemaManager.get_schema())


def test_the_copy_is_named_after_the_installed_release() -> None:
    major, minor, *_ = version("procrastinate").split(".")
    assert COPY.name == f"procrastinate_{major}_{minor}.sql"


def test_the_comparison_would_notice_a_changed_statement() -> None:
    changed = SchemaManager.get_schema().replace("attempts + 1", "attempts + 2", 1)
    assert digest(changed) != digest(SchemaManager.get_schema())


def statements(sql: str) -> str:
    """The SQL without comments and layout."""
    return re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", sql)).strip()


def digest(sql: str) -> str:
    return hashlib.sha256(statements(sql).encode()).hexdigest()
