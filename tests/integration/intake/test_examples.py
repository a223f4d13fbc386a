"""The sample webhooks in examples/, through their intakes, into leads."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import yaml

from pointsman.domain.leads.facts import STANDARD_FIELDS, FieldType
from pointsman.services.codes.registered_domains import NO_LISTS
from pointsman.services.intake.mapping.events import split_events
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import map_event
from pointsman.services.intake.mapping.mapping_model import parse_mapping
from pointsman.services.intake.receive import process_item
from pointsman.services.leads.fields import KnownFields
from support.floors.use_case_env import World
from support.http.signing import PUBLIC_URL, as_bytes, sign_hubspot_v3

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).parents[3] / "examples"
BATCH = EXAMPLES / "webhooks" / "crm-subscription-batch.json"
SUBSCRIPTIONS = {
    "dedupe": "[subscriptionId, objectId, occurredAt, propertyName, propertyValue]",
    "external_id": "to_string(objectId)",
    "source_system": "crm",
    "occurred_at": "occurredAt",
    "fields": {
        "lead.email": "propertyName == 'email' && propertyValue || `null`",
        "lead.country": "propertyName == 'country' && propertyValue || `null`",
    },
}
SENDERS = {
    "workflow": "hubspot-workflow",
    "typeform": "typeform-demo",
    "website": "website-form",
    "handover": "crm-handover",
}


@pytest.mark.parametrize("name", sorted(path.name for path in (EXAMPLES / "demo" / "leads").glob("*.json")))
async def test_every_event_of_a_demo_webhook_is_a_usable_lead_without_warnings(name: str) -> None:
    intakes = {item["key"]: item for item in yaml.safe_load((EXAMPLES / "demo" / "intakes.yaml").read_text())}
    intake = intakes[SENDERS[name.split("-")[1]]]
    known = KnownFields(
        types={**STANDARD_FIELDS, "custom.seats": FieldType.NUMBER},
        lists=NO_LISTS,
        accepts_any_custom=False,
    )
    mapping = parse_mapping(intake["mapping"], kind=intake["kind"], known=known)
    from datetime import UTC, datetime

    events = split_events(json.loads((EXAMPLES / "demo" / "leads" / name).read_text()), mapping, Evaluation(0))
    assert events
    for event in events:
        mapped = map_event(event, mapping, known, intake=intake["key"], at=datetime.now(UTC), evaluation=Evaluation(0))
        assert mapped.warnings == ()
        assert mapped.lead_input.email or mapped.lead_input.external_id
        assert intake["kind"] == "lead" or (mapped.setter and mapped.lead_input.evidence)


async def test_a_batch_of_crm_subscriptions_is_split_deduplicated_and_merged_by_external_id(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    raw = BATCH.read_bytes()
    await make_intake("crm", verifier={"scheme": "hubspot_v3"}, mapping=SUBSCRIPTIONS, sample=json.loads(raw))
    path = "/v1/hooks/crm"
    answer = await client.post(path, content=raw, headers=sign_hubspot_v3(raw, uri=PUBLIC_URL + path, at=world.clock()))
    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (3, 1)
    for inbox_id in answer.json()["ids"]:
        await process_item(world.env, UUID(inbox_id))
    leads = await world.rows(
        "select i.external_id, l.email, l.facts from leads l join lead_identities i on i.lead_id = l.id order by 1"
    )
    assert [(lead.external_id, lead.email) for lead in leads] == [
        ("90151", "henrik.thal@thalwerk.example"),
        ("90177", None),
    ]
    assert leads[0].facts == {"lead.country": "DE"}
    again = as_bytes([event | {"attemptNumber": 5} for event in json.loads(raw)])
    repeated = await client.post(
        path, content=again, headers=sign_hubspot_v3(again, uri=PUBLIC_URL + path, at=world.clock())
    )
    assert (repeated.json()["accepted"], repeated.json()["duplicates"]) == (0, 4)
