"""A set-up as a document is read as editors write it."""

import json
from pathlib import Path

import pytest

from pointsman.cli.connections.given import read_given
from pointsman.domain.field_mapping.mapped import Direction, Transform, Winner


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_document(mark: str, tmp_path: Path) -> None:
    file = tmp_path / "set-up.json"
    file.write_text(mark + json.dumps({"config": {"host": "mail.example"}}), encoding="utf-8")
    assert read_given(file).config == {"host": "mail.example"}


def test_a_document_maps_fields(tmp_path: Path) -> None:
    file = tmp_path / "set-up.json"
    row = {"fact": "company.employees", "field": "numemployees", "direction": "both", "transforms": ["number"]}
    file.write_text(json.dumps({"config": {}, "sync_owners": True, "fields": [row]}), encoding="utf-8")
    (given,) = read_given(file).fields
    assert (given.fact, given.field) == ("company.employees", "numemployees")
    assert (given.direction, given.wins, given.transforms) == (Direction.BOTH, Winner.CRM, (Transform.NUMBER,))


@pytest.mark.parametrize("odd", [{"direction": "sideways"}, {"transforms": ["shout"]}, {"field": " x"}, {"way": "in"}])
def test_a_mapped_field_of_another_shape_ends_the_command(
    odd: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "set-up.json"
    row = {"fact": "company.employees", "field": "numemployees", "direction": "both", **odd}
    file.write_text(json.dumps({"config": {}, "fields": [row]}), encoding="utf-8")
    with pytest.raises(SystemExit):
        read_given(file)
    assert f"fields[0].{next(iter(odd))}" in capsys.readouterr().err
