"""An id that a sender writes as a number of JSON: 7.0 and 7 are one number, so they are one id."""

from datetime import UTC, datetime

import pytest

from pointsman.domain.leads.facts import STANDARD_FIELDS
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.leads.fields import KnownFields

KNOWN = KnownFields(types=STANDARD_FIELDS, lists=NO_LISTS, accepts_any_custom=False)


@pytest.mark.parametrize("asked", ["id", "to_string(id)"])
@pytest.mark.parametrize(("sent", "known"), [(7, "7"), (7.0, "7"), (7.5, "7.5"), (2**60, str(2**60))])
def test_a_whole_number_is_one_id_with_and_without_its_point(asked: str, sent: float, known: str) -> None:
    mapping = parse_mapping({"fields": {"lead.email": "email"}, "external_id": asked}, kind="lead", known=KNOWN)
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    event = {"id": sent, "email": "a@b.example"}
    found = map_event(event, mapping, KNOWN, intake="crm", at=now, evaluation=Evaluation(0))
    assert found.lead_input.external_id == known
