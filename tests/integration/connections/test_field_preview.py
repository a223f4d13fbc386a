"""What the mapped fields would do with a real record, asked over HTTP by who reads leads: nothing is written."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from support.http.service import caller_of, serve_floor
from support.vendors.fields_floor import FieldsFloor, open_fields_floor

pytestmark = pytest.mark.anyio

MADE = {
    "industry": {"label": "Industry", "type": "choice", "options": ["SOFTWARE", "RETAIL"]},
    "staff": {"label": "Staff", "type": "number", "writable": True},
}
INDUSTRY: dict[str, Any] = {
    "fact": "company.industry",
    "field": "industry",
    "direction": "both",
    "choices": {"SOFTWARE": "software", "RETAIL": "retail"},
}
STAFF: dict[str, Any] = {"fact": "company.employees", "field": "staff", "direction": "out", "wins": "pointsman"}
FIELDS, PREVIEW = "/v1/connections/crm/fields", "/v1/connections/crm/fields/preview"


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[FieldsFloor]:
    async with open_fields_floor(database_url, MADE, INDUSTRY, STAFF) as floor:
        yield floor


@pytest.fixture
async def app(floor: FieldsFloor) -> AsyncIterator[FastAPI]:
    with serve_floor(replace(floor.env, calendars=floor.crm.gateway)) as app:
        yield app


async def test_the_fields_of_people_are_listed_with_type_choices_and_whether_they_are_written(app: FastAPI) -> None:
    async with caller_of(app, "admin") as admin:
        answer = await admin.get(FIELDS)
    assert answer.status_code == 200, answer.text
    by_name = {one["name"]: one for one in answer.json()["items"]}
    assert by_name["industry"] == {
        "name": "industry",
        "label": "Industry",
        "type": "choice",
        "options": ["SOFTWARE", "RETAIL"],
        "writable": True,
        "facts": ["company.industry"],
    }
    assert (by_name["email"]["type"], by_name["email"]["facts"]) == ("text", [])


async def test_a_preview_says_what_would_be_done_and_does_nothing(floor: FieldsFloor, app: FastAPI) -> None:
    lead_id, row = await floor.told(company__industry="software", company__employees=120)
    floor.edit(row, industry="RETAIL", staff=130)
    await floor.says(lead_id, company__employees=140)
    async with caller_of(app, "read") as reader:
        before = await everything(floor)
        answers = [await reader.post(PREVIEW, json=given) for given in ({"lead": str(lead_id)}, {"record": row.id})]
        assert await everything(floor) == before
    for answer in answers:
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["lead_id"], found["record"]) == (str(lead_id), row.id)
        first, second = found["items"]
        assert (first["ours"], first["theirs"], first["theirs_here"], first["act"], first["why"]) == (
            "software",
            "RETAIL",
            "retail",
            "take",
            "theirs-changed",
        )
        assert (second["ours_there"], second["theirs"], second["act"], second["why"]) == (
            140,
            130,
            "write",
            "pointsman-wins",
        )
        assert first["sentence"] == "only the CRM has changed"
    await floor.settle(floor.crm.crm.hooks.events)
    assert floor.record(lead_id).fields == {"industry": "RETAIL", "staff": 140}  # as it was said


async def everything(floor: FieldsFloor) -> Any:
    world = floor.crm.floor.world
    tables = ("crm_records", "deliveries", "leads", "audit")
    rows = [[str(row) for row in await world.rows(f"select * from {one} order by 1, 2")] for one in tables]
    return rows, floor.writes()


async def test_rows_that_are_not_saved_yet_are_tried_by_an_admin_alone(floor: FieldsFloor, app: FastAPI) -> None:
    lead_id, _ = await floor.told(company__industry="software", company__employees=120)
    given = {"lead": str(lead_id), "fields": [{**STAFF, "fact": "lead.score"}]}
    async with caller_of(app, "read") as reader, caller_of(app, "admin") as admin:
        refused = await reader.post(PREVIEW, json=given)
        answer = await admin.post(PREVIEW, json=given, headers={"Accept-Language": "de"})
        wrong = await admin.post(PREVIEW, json={**given, "fields": [{**STAFF, "field": "staf"}]})
    assert refused.status_code == 403
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    assert (found["ours"], found["theirs"], found["act"]) == (None, 120, "nothing")
    assert found["sentence"] == "im CRM hat jemand das Feld geändert, und nichts kommt von dort herein"
    assert (wrong.status_code, wrong.json()["faults"][0]["path"]) == (422, "body.fields[0].field")


async def test_a_lead_that_the_caller_does_not_see_is_not_previewed(floor: FieldsFloor, app: FastAPI) -> None:
    lead_id, row = await floor.told(company__employees=120)
    async with caller_of(app, "read", rep="clara") as partner, caller_of(app, "admin") as admin:
        for given in ({"lead": str(lead_id)}, {"record": row.id}):
            assert (await partner.post(PREVIEW, json=given)).status_code == 404
        assert (await admin.post(PREVIEW, json={"record": "person-999"})).status_code == 404
        assert (await admin.post(PREVIEW, json={})).status_code == 422
        assert (await admin.post(PREVIEW, json={"lead": str(lead_id), "record": row.id})).status_code == 422


async def test_only_an_admin_lists_fields_and_saves_them(floor: FieldsFloor, app: FastAPI) -> None:
    body = {"connector": "memory", "config": {"url": "https://crm.example"}, "sync_owners": True, "fields": [STAFF]}
    async with caller_of(app, "read", "handover") as reader, caller_of(app, "admin") as admin:
        assert (await reader.get(FIELDS)).status_code == 403
        assert (await reader.put("/v1/connections/crm", json=body)).status_code == 403
        saved = await admin.put("/v1/connections/crm", json=body)
    assert saved.status_code == 200, saved.text
    assert saved.json()["fields"] == [{**STAFF, "type": "number", "choices": {}, "transforms": [], "fault": None}]
    told = await floor.crm.floor.world.rows(
        "select after from audit where action = 'connection.changed' order by at desc limit 1"
    )
    assert told[0].after["fields"][0]["field"] == "staff"


async def test_a_connection_that_is_no_crm_lists_none(floor: FieldsFloor, app: FastAPI) -> None:
    await floor.crm.floor.world.rows("update connections set connector = 'smtp' where key = 'crm'")
    async with caller_of(app, "admin") as admin:
        answer = await admin.get(FIELDS)
        unknown = await admin.get("/v1/connections/unknown/fields")
    assert (answer.status_code, answer.json()["code"]) == (422, "no-field-list")
    assert unknown.status_code == 404
