"""Names come in without signs that act on a screen: each door refuses them with the path to the name."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from pointsman.api.intake.intakes import IntakeIn
from pointsman.api.operations.api_keys import NewKeyIn
from pointsman.api.roster.request_bodies import KeyedSupplierIn, NamedRoleIn, RepPatch

NAMES = ["Lena\x1b[2J", "Lena\u202eanel", "Lena\x9b1m", "Lena\nVogt", "Lena\u2028Vogt"]
DOORS: list[tuple[str, Callable[[str], Any], str]] = [
    ("rep", lambda name: RepPatch.model_validate({"name": name}), "name"),
    ("role", lambda name: NamedRoleIn.model_validate({"name": name, "works": ["closing"]}), "name"),
    ("supplier", lambda name: KeyedSupplierIn.model_validate({"key": "a", "name": name, "kind": "partner"}), "name"),
    ("key", lambda name: NewKeyIn.model_validate({"name": name, "scopes": ["read"]}), "name"),
    ("intake", lambda name: IntakeIn.model_validate({"title": name}), "title"),
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize(("door", "read", "field"), DOORS, ids=[door for door, _, _ in DOORS])
def test_a_name_that_acts_on_a_screen_is_refused(door: str, read: Callable[[str], Any], field: str, name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(name)
    said = {error["loc"]: error["msg"] for error in refused.value.errors()}
    assert "take it out" in said[field,], door
