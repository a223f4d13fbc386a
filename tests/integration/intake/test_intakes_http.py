"""Intakes are checked before they are saved: what an admin got wrong is named, and nothing secret comes back."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pointsman.services.ports import Env
from support.floors.use_case_env import World
from support.http.signing import SECRET

pytestmark = pytest.mark.anyio

DEMO = Path(__file__).parents[3] / "examples" / "demo"
INTAKE: dict[str, Any] = {
    "key": "website-form",
    "title": "Website",
    "verifier": {"scheme": "hmac", "header": "X-Sig", "prefix": "sha256="},
    "secrets": [SECRET],
    "mapping": {"fields": {"lead.email": "email", "company.employees": "size", "custom.seats": "seats"}},
    "sample": {"email": "sam@sample.example", "size": "120", "seats": 4},
}


@pytest.fixture
async def admin(client: httpx.AsyncClient, sign_in: Any) -> Any:
    headers = await sign_in("admin")

    async def call(method: str, path: str, body: Any = None) -> httpx.Response:
        return await client.request(method, path, json=body, headers=headers)

    return call


async def test_an_intake_is_made_and_read_without_its_secrets(admin: Any, world: World) -> None:
    made = await admin("POST", "/v1/intakes", INTAKE)
    assert made.status_code == 201
    assert made.json()["address"].endswith("/v1/hooks/website-form")
    shown = await admin("GET", "/v1/intakes/website-form")
    listed = await admin("GET", "/v1/intakes")
    assert shown.json() == made.json() == listed.json()[0]
    sealed = await world.value("select sealed from intakes")
    audit = await world.value("select after::text from audit where action = 'intake.created'")
    for place in (shown.text, listed.text, audit):
        assert SECRET not in place
    assert SECRET.encode() not in bytes(sealed)


async def test_a_taken_key_is_a_conflict(admin: Any) -> None:
    await admin("POST", "/v1/intakes", INTAKE)
    again = await admin("POST", "/v1/intakes", INTAKE)
    assert (again.status_code, again.json()["code"]) == (409, "key-taken")


@pytest.mark.parametrize(
    ("over", "path", "hint"),
    [
        ({"fields": {"lead.email": "email", "lead.contry": "c"}}, 'mapping.fields["lead.contry"]', "lead.country"),
        ({"fields": {"lead.email": "email", "custom.nope": "c"}}, 'mapping.fields["custom.nope"]', "policy"),
        ({"fields": {"lead.email": "email", "lead.created_at": "c"}}, 'mapping.fields["lead.created_at"]', "service"),
        ({"fields": {"lead.email": "email ||"}}, 'mapping.fields["lead.email"]', "JMESPath"),
        ({"fields": {"lead.email": "size"}}, 'mapping.fields["lead.email"]', "email"),
        ({"fields": {"lead.email": "nothing.here"}}, 'mapping.fields["lead.email"]', "neither"),
        ({"fields": {"company.name": "email"}}, "mapping.fields", "external_id"),
        ({"fields": {"lead.email": "email", "company.employees": "email"}}, 'mapping.fields["company.employees"]', "num"),
        ({"fields": {"lead.email": "email", "lead.score": "contains(missing, 'x')"}}, 'mapping.fields["lead.score"]', "fail"),
        ({"fields": {"lead.email": "email"}, "constants": {"lead.score": "high"}}, 'mapping.constants["lead.score"]', "num"),
        ({"fields": {"lead.email": "email"}, "constants": {"lead.email": "a@b.de"}}, 'mapping.constants["lead.email"]', "one"),
        ({"fields": {"lead.email": "email"}, "evidence": [{"name": "ned", "value": "email"}]}, "mapping.evidence[0]", "need"),
        ({"fields": {"lead.email": "email"}, "setter": "sdr"}, "mapping.setter", "handover"),
        ({"fields": {"lead.email": "email"}, "dedupe": "]["}, "mapping.dedupe", "JMESPath"),
        ({"fields": {"lead.email": "email"}, "oops": 1}, "mapping.oops", "known are auto_book"),
        ({"field": {"lead.email": "email"}}, "mapping.field", "did you mean 'fields'?"),
        ({"fields": {"lead.email": "email"}, "external_id": "'\"id\"'"}, "mapping.external_id", "in JSON"),
        ({"fields": {"lead.email": "your-email"}}, 'mapping.fields["lead.email"]', "'\"your-email\"' in YAML"),
    ],
)  # fmt: skip
async def test_a_fault_in_the_mapping_is_named_with_its_path(
    admin: Any, world: World, over: Any, path: str, hint: str
) -> None:
    answer = await admin("POST", "/v1/intakes", INTAKE | {"mapping": over})
    assert answer.status_code == 422
    faults = {fault["path"]: fault["message"] for fault in answer.json()["faults"]}
    assert path in faults
    assert hint in faults[path]
    assert await world.value("select count(*) from intakes") == 0


async def test_all_faults_are_listed_at_once(admin: Any) -> None:
    fields = {"lead.email": "email", "lead.a": "a", "lead.b": "b"}
    answer = await admin("POST", "/v1/intakes", INTAKE | {"mapping": {"fields": fields}})
    assert len(answer.json()["faults"]) == 2


@pytest.mark.parametrize(
    "over",
    [
        {"secrets": []},
        {"secrets": ["short"]},
        {"secrets": None},
        {"secrets": [SECRET] * 6},
        {"verifier": {"scheme": "none"}},
        {"verifier": {"scheme": "hmac", "header": "bad header"}},
        {"verifier": {"scheme": "standard_webhooks"}},
        {"key": "Not A Key"},
        {"sample": [1, 2]},
        {"sample": {"email": "x" * 200_000}},
        {"kind": "other"},
        {"extra": 1},
    ],
    ids=str,
)
async def test_what_cannot_work_is_refused(admin: Any, over: Any) -> None:
    assert (await admin("POST", "/v1/intakes", INTAKE | over)).status_code == 422


async def test_trying_a_body_shows_what_it_would_become_and_writes_nothing(admin: Any, world: World) -> None:
    await admin("POST", "/v1/intakes", INTAKE)
    answer = await admin(
        "POST", "/v1/intakes/website-form/try", {"body": [{"email": "A@b.example", "size": "12"}, {"size": "many"}]}
    )
    good, bad = answer.json()["events"]
    assert (good["usable"], good["fields"]) == (True, {"company.employees": 12})
    assert bad["usable"] is False
    assert bad["warnings"][0]["path"] == 'fields["company.employees"]'
    other = await admin(
        "POST",
        "/v1/intakes/website-form/try",
        {"body": {"e": "a@b.example"}, "mapping": {"fields": {"lead.email": "e"}}},
    )
    assert other.json()["events"][0]["email"] == "a@b.example"
    assert await world.value("select count(*) from leads") + await world.value("select count(*) from inbox") == 0


async def test_a_trial_on_which_the_mapping_has_no_end_is_refused_with_its_path(admin: Any) -> None:
    await admin("POST", "/v1/intakes", INTAKE)
    mapping = {"fields": {"lead.email": "email", "lead.message": "join(s, map(&to_string(@), l))"}}
    body = {"email": "a@b.example", "s": "x" * 300_000, "l": ["a"] * 90_000}
    answer = await admin("POST", "/v1/intakes/website-form/try", {"body": body, "mapping": mapping})
    assert (answer.status_code, answer.json()["code"]) == (422, "mapping-too-costly")
    assert [fault["path"] for fault in answer.json()["faults"]] == ['mapping.fields["lead.message"]']


async def test_a_trial_shows_the_first_hundred_events_and_counts_the_others(admin: Any) -> None:
    await admin("POST", "/v1/intakes", INTAKE)
    answer = await admin("POST", "/v1/intakes/website-form/try", {"body": [{"email": "a@b.example"}] * 250})
    assert (len(answer.json()["events"]), answer.json()["left_out"]) == (100, 150)


async def test_replacing_without_secrets_keeps_them(admin: Any, world: World) -> None:
    await admin("POST", "/v1/intakes", INTAKE)
    before = await world.value("select sealed from intakes")
    body = {name: value for name, value in INTAKE.items() if name not in ("key", "secrets")}
    answer = await admin("PUT", "/v1/intakes/website-form", body | {"title": "New"})
    assert (answer.json()["title"], answer.json()["version"]) == ("New", 2)
    assert await world.value("select sealed from intakes") == before


async def test_an_unknown_intake_is_not_found(admin: Any) -> None:
    body = {name: value for name, value in INTAKE.items() if name != "key"}
    for method, path, given in (
        ("GET", "/v1/intakes/nope", None),
        ("PUT", "/v1/intakes/nope", body),
        ("POST", "/v1/intakes/nope/deactivate", None),
        ("POST", "/v1/intakes/nope/try", {"body": {}}),
    ):
        assert (await admin(method, path, given)).status_code == 404


async def test_only_an_admin_may_change_intakes(client: httpx.AsyncClient, sign_in: Any) -> None:
    headers = await sign_in("intake", "read", "handover", "booking")
    assert (await client.post("/v1/intakes", json=INTAKE, headers=headers)).status_code == 403
    assert (await client.get("/v1/inbox", headers=headers)).status_code == 403


async def test_the_demos_intakes_work_on_their_samples(env: Env, make_intake: Any, world: World) -> None:
    for intake in yaml.safe_load((DEMO / "intakes.yaml").read_text()):
        sample = json.loads((DEMO / intake["sample"]).read_text())
        secret = "whsec_" + "QUFB" * 8
        await make_intake(
            intake["key"],
            title=intake["title"],
            kind=intake["kind"],
            verifier=intake["verifier"],
            secrets=[secret],
            mapping=intake["mapping"],
            sample=sample,
        )
    assert await world.value("select count(*) from intakes") == 4


async def test_a_stored_mapping_with_a_name_that_the_policy_dropped_is_tried_and_its_secret_rotated(
    admin: Any, world: World
) -> None:
    mapping = INTAKE["mapping"] | {"evidence": [{"name": "need", "value": "need"}]}
    body = INTAKE | {"mapping": mapping, "sample": INTAKE["sample"] | {"need": "Excel"}}
    assert (await admin("POST", "/v1/intakes", body)).json()["warnings"] == []
    old = json.dumps(mapping).replace('"need", "value"', '"gone", "value"')  # as if the policy had declared it then
    await world.rows("update intakes set mapping = cast(:old as jsonb)", old=old)
    tried = (await admin("POST", "/v1/intakes/website-form/try", {"body": body["sample"]})).json()["events"][0]
    assert tried["usable"]
    assert {warning["code"] for warning in tried["warnings"]} == {"evidence-name", "unknown-evidence"}
    stored = {name: value for name, value in body.items() if name != "key"} | {"mapping": json.loads(old)}
    rotated = await admin("PUT", "/v1/intakes/website-form", stored | {"secrets": [SECRET, SECRET + "-new"]})
    assert rotated.status_code == 200
    assert [warning["path"] for warning in rotated.json()["warnings"]] == ["mapping.evidence[0]"]
    changed = stored["mapping"] | {"source_system": "crm"}
    refused = await admin("PUT", "/v1/intakes/website-form", stored | {"mapping": changed})
    assert [fault["path"] for fault in refused.json()["faults"]] == ["mapping.evidence[0]"]
