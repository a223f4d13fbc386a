"""The example mappings name events, not people: whoever writes again is heard again, and one delivery counts once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pointsman.services.intake.mapping.events import dedupe_key
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.mapping_model import IntakeMapping

INTAKES = yaml.safe_load((Path(__file__).parents[3] / "examples/demo/intakes.yaml").read_text())

#: By intake: two things that one person says, and the header of their deliveries.
TWICE: dict[str, tuple[Any, Any]] = {
    "typeform-demo": (
        {"event_id": "01A", "form_response": {"token": "t", "answers": []}},
        {"event_id": "01B", "form_response": {"token": "t", "answers": [{"email": "m@a.example"}]}},
    ),
    "website-form": ({"id": "web-1", "source": "pricing_page"}, {"id": "web-1", "source": "demo_form"}),
    "hubspot-workflow": (
        {"portal-id": 1, "vid": 2, "properties": {"lastmodifieddate": {"value": "1"}}},
        {"portal-id": 1, "vid": 2, "properties": {"lastmodifieddate": {"value": "2"}}},
    ),
    "crm-handover": (
        {"portal-id": 1, "vid": 2, "properties": {"lastmodifieddate": {"value": "1"}}},
        {"portal-id": 1, "vid": 2, "properties": {"lastmodifieddate": {"value": "2"}}},
    ),
}


def key_of(intake: dict[str, Any], event: Any, delivery: str) -> str:
    given = intake["mapping"]
    if "dedupe" not in given and intake["verifier"]["scheme"] == "standard_webhooks":
        given = given | {"dedupe": "header:webhook-id"}
    mapping = IntakeMapping.model_validate(given)
    return dedupe_key(event, 0, mapping, {"webhook-id": delivery}, batch=False, evaluation=Evaluation(0))


@pytest.mark.parametrize("intake", INTAKES, ids=lambda intake: intake["key"])
def test_a_person_who_says_two_things_is_heard_twice_and_a_delivery_counts_once(intake: dict[str, Any]) -> None:
    first, second = TWICE[intake["key"]]
    assert key_of(intake, first, "msg_1") != key_of(intake, second, "msg_2")
    assert key_of(intake, first, "msg_1") == key_of(intake, first, "msg_1")


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("hubspot-workflow", {"portal-id": 1, "a": 1}, {"portal-id": 1, "a": 2}),
        ("hubspot-workflow", {"portal-id": 1, "vid": 5, "a": 1}, {"portal-id": 1, "vid": 5, "a": 2}),
        ("crm-handover", {"portal-id": 1, "a": 1}, {"portal-id": 1, "a": 2}),
        ("crm-handover", {"portal-id": 1, "vid": 5, "a": 1}, {"portal-id": 1, "vid": 5, "a": 2}),
    ],
)
def test_events_in_which_a_part_of_the_name_is_missing_are_told_apart(key: str, one: Any, other: Any) -> None:
    (intake,) = [each for each in INTAKES if each["key"] == key]
    assert key_of(intake, one, "") != key_of(intake, other, "")
    assert key_of(intake, one, "") == key_of(intake, dict(one), "")
