"""A field of the CRM that is renamed, taken away or changed is an alert by day; deliveries leave it out meanwhile."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from pointsman.services.connections.connections import get_connection
from pointsman.services.connections.field_faults import check_mapped_fields
from pointsman.services.wording.rendering import MessageReader, render_sentence
from support.floors.use_case_env import Ticking
from support.vendors.fields_floor import FieldsFloor, mapped, open_fields_floor
from support.wording import english_of

pytestmark = pytest.mark.anyio

MADE = {
    "industry": {"label": "Industry", "type": "choice", "options": ["SOFTWARE", "RETAIL"]},
    "staff": {"label": "Staff", "type": "number"},
}
INDUSTRY: dict[str, Any] = {
    "fact": "company.industry",
    "field": "industry",
    "direction": "both",
    "choices": {"SOFTWARE": "software", "RETAIL": "retail"},
}
STAFF: dict[str, Any] = {"fact": "company.employees", "field": "staff", "direction": "both"}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[FieldsFloor]:
    async with open_fields_floor(database_url, MADE, INDUSTRY, STAFF) as floor:
        yield floor


def vendor_fields(floor: FieldsFloor) -> dict[str, dict[str, Any]]:
    return floor.crm.crm.crm.custom["person"]


async def a_day_later(floor: FieldsFloor) -> int:
    clock = floor.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(timedelta(hours=25))
    return await check_mapped_fields(floor.env)


async def alerts(floor: FieldsFloor) -> list[tuple[str, str]]:
    rows = await floor.crm.floor.world.rows(
        "select subject, message from alerts where resolved_at is null and code = 'crm-field' order by subject"
    )
    return [(row.subject, english_of(row.message)) for row in rows]


async def left_out(floor: FieldsFloor) -> list[str]:
    return sorted((await get_connection(floor.env, "crm")).field_faults)


async def test_what_is_as_it_was_is_looked_at_once_a_day(floor: FieldsFloor) -> None:
    assert await check_mapped_fields(floor.env) == 0
    assert await a_day_later(floor) == 1
    assert await check_mapped_fields(floor.env) == 0
    assert (await alerts(floor), await left_out(floor)) == ([], [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (None, "has no field 'industry'"),
        ({"writable": False}, "lets nobody write the field 'industry'"),
        ({"options": ["RETAIL"]}, "offers no SOFTWARE"),
        ({"type": "other"}, "do not fit"),
    ],
)
async def test_a_field_that_changed_there_is_an_alert_that_ends_by_itself(
    floor: FieldsFloor, change: dict[str, Any] | None, says: str
) -> None:
    there = vendor_fields(floor)
    before = there.pop("industry")
    if change is not None:
        there["industry"] = {**before, **change}
    await a_day_later(floor)
    ((subject, message),) = await alerts(floor)
    assert subject == "connection:crm/field:industry"
    assert says in message
    assert await left_out(floor) == ["industry"]
    lead_id, _ = await floor.told(company__industry="software", company__employees=120)
    assert floor.record(lead_id).fields == {"staff": 120}
    there["industry"] = before
    await a_day_later(floor)
    assert (await alerts(floor), await left_out(floor)) == ([], [])
    await floor.says(lead_id, company__industry="retail")
    await floor.settle()
    assert floor.record(lead_id).fields == {"staff": 120, "industry": "RETAIL"}


async def test_a_field_that_is_renamed_at_night_keeps_no_owner_waiting(floor: FieldsFloor) -> None:
    there = vendor_fields(floor)
    there["industry_2"] = there.pop("industry")
    lead_id, row = await floor.told(company__industry="software", company__employees=120)
    assert (row.fields, bool(row.values["owner"])) == ({"staff": 120}, True)
    assert await floor.crm.floor.world.value("select count(*) from deliveries where status = 'dead'") == 0
    assert await check_mapped_fields(floor.env) == 1  # at once, and not in a day
    ((_, message),) = await alerts(floor)
    assert "industry_2" in message
    await floor.says(lead_id, company__employees=130)
    await floor.settle()
    assert floor.record(lead_id).fields == {"staff": 130}


async def test_the_alert_of_a_field_ends_where_it_is_mapped_no_more(floor: FieldsFloor) -> None:
    del vendor_fields(floor)["industry"]
    await a_day_later(floor)
    assert len(await alerts(floor)) == 1
    await floor.crm.connect(fields=mapped(STAFF))
    assert (await alerts(floor), await left_out(floor)) == ([], [])


async def test_a_crm_that_is_away_says_nothing_of_its_fields(floor: FieldsFloor) -> None:
    del vendor_fields(floor)["industry"]
    floor.crm.wire.answer(503, times=100)
    await a_day_later(floor)
    floor.crm.wire.heal()
    assert await alerts(floor) == []
    clock = floor.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(timedelta(minutes=11))
    assert await check_mapped_fields(floor.env) == 1
    assert len(await alerts(floor)) == 1


async def test_the_fault_is_said_in_german_too(floor: FieldsFloor) -> None:
    del vendor_fields(floor)["industry"]
    await a_day_later(floor)
    fault = (await get_connection(floor.env, "crm")).field_faults["industry"]
    assert "kein Feld „industry“" in render_sentence(fault, MessageReader(language="de"))
