"""Facts of a lead in the CRM's own fields: written where they changed here, and left where a human changed them there."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.errors import Invalid
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.mapped_fields import MappedFieldIn
from pointsman.services.intake.submit_lead import LeadInput, submit_lead
from pointsman.services.ports.booking.connections import RecordValue
from pointsman_memory.vendor.records import Row
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio

FIELDS = {
    "industry": {"label": "Industry", "type": "choice", "options": ["SOFTWARE", "RETAIL"]},
    "staff": {"label": "Staff", "type": "number"},
    "source": {"label": "Source", "type": "text"},
    "origin": {"label": "Origin", "type": "text", "writable": False},
    "since": {"label": "Since", "type": "date"},
}
INDUSTRY: dict[str, Any] = {
    "fact": "company.industry",
    "field": "industry",
    "direction": "both",
    "choices": {"SOFTWARE": "software", "RETAIL": "retail"},
}
STAFF: dict[str, Any] = {"fact": "company.employees", "field": "staff", "direction": "out", "wins": "pointsman"}
SOURCE: dict[str, Any] = {"fact": "lead.source", "field": "source", "direction": "out", "transforms": ["trim", "upper"]}


def rows(*given: dict[str, Any]) -> tuple[MappedFieldIn, ...]:
    return tuple(MappedFieldIn.model_validate(one) for one in given)


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        crm.crm.crm.custom["person"] = {name: dict(one) for name, one in FIELDS.items()}
        await crm.connect(fields=rows(INDUSTRY, STAFF, SOURCE))
        yield crm


async def says(crm: CrmFloor, lead_id: UUID, **facts: Any) -> None:
    """News of the lead, and what follows from them."""
    await submit_lead(
        crm.env,
        LeadInput(email=f"{lead_id}@lead.example", facts={name.replace("__", "."): one for name, one in facts.items()}),
        actor=ADMIN,
    )
    await crm.floor.work()


async def told(crm: CrmFloor, **facts: Any) -> tuple[UUID, Row]:
    """A lead that the CRM has heard of, and its record there."""
    lead_id = await crm.floor.world.lead(lead__country="DE", **facts)
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    return lead_id, record(crm, lead_id)


def record(crm: CrmFloor, lead_id: UUID) -> Row:
    (row,) = [one for one in crm.crm.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
    return row


def writes(crm: CrmFloor) -> int:
    return len([one for one in crm.crm.hooks.events if one.get("origin")])


async def test_the_first_telling_says_what_is_known_in_the_crms_own_words(crm: CrmFloor) -> None:
    _, there = await told(crm, company__industry="software", company__employees=120, lead__source=" fair ")
    assert there.fields == {"industry": "SOFTWARE", "staff": 120, "source": "FAIR"}
    assert there.values["owner"]


async def test_a_changed_fact_is_written_and_no_other_field(crm: CrmFloor) -> None:
    lead_id, there = await told(crm, company__industry="software", company__employees=120)
    crm.crm.crm.edit(there.id, last_name="Another")
    there.fields = {**there.fields, "staff": 7}  # by a human, meanwhile
    await says(crm, lead_id, company__industry="retail")
    assert record(crm, lead_id).fields == {"industry": "RETAIL", "staff": 7}


async def test_what_a_human_changed_stays_where_the_crm_wins(crm: CrmFloor) -> None:
    lead_id, there = await told(crm, lead__source="fair")
    there.fields = {**there.fields, "source": "Trade fair Munich"}
    for word in ("web", "phone"):
        await says(crm, lead_id, lead__source=word)
        assert record(crm, lead_id).fields["source"] == "Trade fair Munich"


async def test_what_a_human_changed_is_ours_again_where_pointsman_wins(crm: CrmFloor) -> None:
    lead_id, there = await told(crm, company__employees=120)
    there.fields = {**there.fields, "staff": 7}
    await says(crm, lead_id, company__employees=130)
    assert record(crm, lead_id).fields["staff"] == 130


async def test_a_record_that_a_human_made_before_keeps_its_values_where_the_crm_wins(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(
        lead__country="DE", lead__source="web", company__employees=120, company__industry="software"
    )
    made = crm.crm.crm.add("person", email=f"{lead_id}@lead.example")
    made.fields = {"source": "list", "staff": 3}
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    assert record(crm, lead_id).fields == {"source": "list", "staff": 120, "industry": "SOFTWARE"}


async def test_a_value_that_the_field_cannot_say_is_left_out_and_is_tried_no_more(crm: CrmFloor) -> None:
    lead_id, there = await told(crm, company__industry="mining", company__employees=120)
    assert "industry" not in there.fields
    before = writes(crm)
    await says(crm, lead_id, company__employees=121)
    assert (record(crm, lead_id).fields, writes(crm)) == ({"staff": 121}, before + 1)


async def test_an_act_that_changes_no_mapped_fact_reads_and_writes_no_field(crm: CrmFloor) -> None:
    lead_id, there = await told(crm, company__employees=120)
    there.fields = {**there.fields, "staff": 7}
    await says(crm, lead_id, lead__title="Head of Service")
    assert record(crm, lead_id).fields["staff"] == 7


async def test_an_answer_that_is_lost_writes_the_same_once_more_and_no_more(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE", company__employees=120)
    await crm.floor.world.route(lead_id)
    crm.wire.lose_answer(times=1)
    await crm.floor.work_out()
    assert record(crm, lead_id).fields == {"staff": 120}
    before = writes(crm)
    await crm.floor.work_out()
    assert writes(crm) == before


async def test_of_another_account_nothing_is_known(crm: CrmFloor) -> None:
    await told(crm, company__employees=120)
    assert await crm.floor.world.value("select count(*) from crm_records") == 1
    await save_connection(
        replace(crm.env, calendars=crm.gateway),
        "crm",
        connector="memory",
        config={"url": "https://other.example"},
        active=False,
        sync_owners=True,
        fields=rows(STAFF),
        actor=ADMIN,
    )
    assert await crm.floor.world.value("select count(*) from crm_records") == 0


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ([{**INDUSTRY, "field": "industri"}], "body.fields[0].field", "no-such-field"),
        ([STAFF, {**SOURCE, "field": "staff"}], "body.fields[1].field", "field-twice"),
        ([{**SOURCE, "field": "origin"}], "body.fields[0].direction", "field-read-only"),
        ([{**SOURCE, "field": "staff", "transforms": []}], "body.fields[0].transforms", "wrong-type"),
        ([{**STAFF, "field": "since"}], "body.fields[0].field", "wrong-type"),
        ([{**SOURCE, "transforms": ["list"]}], "body.fields[0].transforms", "transform-unfit"),
        ([{**INDUSTRY, "choices": {"SOFTWARES": "software"}}], 'body.fields[0].choices["SOFTWARES"]', "no-such-option"),
        ([{**SOURCE, "direction": "both"}], "body.fields[0].transforms", "not-reversible"),
        ([{**INDUSTRY, "choices": {"SOFTWARE": "a", "RETAIL": "a"}}], "body.fields[0].choices", "choice-ambiguous"),
        ([{**STAFF, "field": "source", "choices": {"A": "many"}}], 'body.fields[0].choices["A"]', "wrong-type"),
        ([{**SOURCE, "fact": "lead.sauce"}], "body.fields[0].fact", "unknown-fact"),
        ([{**SOURCE, "fact": "lead.email"}], "body.fields[0].fact", "identity"),
        ([{**SOURCE, "fact": "qualification.need"}], "body.fields[0].fact", "unknown-fact"),
        ([{**SOURCE, "fact": "lead.created_at", "direction": "in"}], "body.fields[0].direction", "read-only"),
        ([INDUSTRY, {**INDUSTRY, "field": "source", "choices": {}}], "body.fields[1].fact", "fact-twice"),
    ],
)
async def test_a_row_that_does_not_fit_is_refused_with_the_path_to_it(
    crm: CrmFloor, given: list[dict[str, Any]], path: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.connect(fields=rows(*given))
    assert [(one.path, one.code) for one in refused.value.faults] == [(path, code)]
    assert all(one.told is not None for one in refused.value.faults)


async def test_a_near_name_is_suggested(crm: CrmFloor) -> None:
    with pytest.raises(Invalid, match="did you mean 'industry'"):
        await crm.connect(fields=rows({**INDUSTRY, "field": "industri"}))


async def test_a_field_of_the_record_is_not_mapped_too(crm: CrmFloor) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.connect(record={RecordValue.STAGE: "source"}, fields=rows(SOURCE))
    assert [one.code for one in refused.value.faults] == ["field-twice"]


async def test_fields_without_owners_are_refused(crm: CrmFloor) -> None:
    with pytest.raises(Invalid) as refused:
        await crm.connect(sync_owners=False, fields=rows(STAFF))
    assert [one.code for one in refused.value.faults] == ["no-owners"]


async def test_a_field_that_only_comes_in_may_be_read_only(crm: CrmFloor) -> None:
    await crm.connect(fields=rows({"fact": "lead.source", "field": "origin", "direction": "in"}))
