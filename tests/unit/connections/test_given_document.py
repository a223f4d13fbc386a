"""A set-up as a document is read as editors write it."""

import json
from pathlib import Path

import pytest

from pointsman.cli.connections.given import read_given


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_document(mark: str, tmp_path: Path) -> None:
    file = tmp_path / "set-up.json"
    file.write_text(mark + json.dumps({"config": {"host": "mail.example"}}), encoding="utf-8")
    assert read_given(file).config == {"host": "mail.example"}
