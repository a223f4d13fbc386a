"""What people change in a lead's record in the CRM comes in as far as it is mapped, once each, and nothing goes round."""

from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from pointsman.services.intake.records.told import sweep_records
from support.floors.use_case_env import Ticking
from support.vendors.fields_floor import FieldsFloor, open_fields_floor

pytestmark = pytest.mark.anyio

MADE = {
    "industry": {"label": "Industry", "type": "choice", "options": ["SOFTWARE", "RETAIL"]},
    "staff": {"label": "Staff", "type": "number"},
    "source": {"label": "Source", "type": "text"},
    "job": {"label": "Job", "type": "text"},
}
CHOICES = {"SOFTWARE": "software", "RETAIL": "retail"}
INDUSTRY: dict[str, Any] = {"fact": "company.industry", "field": "industry", "direction": "both", "choices": CHOICES}
STAFF: dict[str, Any] = {"fact": "company.employees", "field": "staff", "direction": "both", "wins": "pointsman"}
SOURCE: dict[str, Any] = {"fact": "lead.source", "field": "source", "direction": "both", "wins": "newer"}
JOB: dict[str, Any] = {"fact": "lead.title", "field": "job", "direction": "in"}


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[FieldsFloor]:
    async with open_fields_floor(database_url, MADE, INDUSTRY, STAFF, SOURCE, JOB) as floor:
        yield floor


async def test_a_humans_change_becomes_the_leads_fact_in_our_words(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__industry="software", company__employees=120)
    before = await floor.crm.floor.world.value("select count(*) from decisions")
    await floor.settle([floor.edit(row, industry="RETAIL", staff="130", job="Head of Service")])
    facts = (await floor.lead(lead_id)).facts
    assert (facts["company.industry"], facts["company.employees"], facts["lead.title"]) == (
        "retail",
        130,
        "Head of Service",
    )
    assert await floor.crm.floor.world.value("select count(*) from decisions") == before  # its holder keeps it
    told = await floor.crm.floor.world.rows("select actor from audit where actor = 'connection:crm'")
    assert told


async def test_it_comes_to_rest_with_the_humans_words_as_they_were_written(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__industry="software")
    await floor.settle([floor.edit(row, source=" Trade fair ")])
    writes = floor.writes()
    await floor.settle(floor.crm.crm.hooks.events)
    assert (floor.writes(), floor.record(lead_id).fields["source"]) == (writes, " Trade fair ")


async def test_the_same_event_again_and_older_ones_change_nothing(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__employees=120)
    first, second = floor.edit(row, staff=130), floor.edit(row, staff=140)
    await floor.settle([second])
    await floor.settle([first, second, first])
    assert (await floor.lead(lead_id)).facts["company.employees"] == 140


async def test_of_two_changes_the_crms_stands_where_it_wins(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__industry="software")
    event = floor.edit(row, industry="RETAIL")
    await floor.says(lead_id, company__industry="mining")
    await floor.settle([event])
    assert (floor.record(lead_id).fields["industry"], (await floor.lead(lead_id)).facts["company.industry"]) == (
        "RETAIL",
        "retail",
    )


async def test_of_two_changes_ours_stands_where_pointsman_wins(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__employees=120)
    event = floor.edit(row, staff=130)
    await floor.says(lead_id, company__employees=140)
    await floor.settle([event])
    assert (floor.record(lead_id).fields["staff"], (await floor.lead(lead_id)).facts["company.employees"]) == (140, 140)


@pytest.mark.parametrize("later", ["crm", "ours"])
async def test_of_two_changes_the_newer_one_stands(floor: FieldsFloor, later: str) -> None:
    lead_id, row = await floor.told(lead__source="web")
    clock = floor.env.clock
    assert isinstance(clock, Ticking)
    if later == "ours":
        event = floor.edit(row, source="fair")
    clock.advance(timedelta(seconds=5))
    await floor.says(lead_id, lead__source="phone")
    clock.advance(timedelta(seconds=5))
    if later == "crm":
        event = floor.edit(row, source="fair")
    clock.advance(timedelta(seconds=5))
    await floor.hears(event)
    await floor.read()
    await floor.settle()
    stands = {"crm": "fair", "ours": "phone"}[later]
    assert (floor.record(lead_id).fields["source"], (await floor.lead(lead_id)).facts["lead.source"]) == (
        stands,
        stands,
    )


async def test_what_cannot_be_read_is_left_and_an_emptied_field_takes_nothing_away(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__industry="software", company__employees=120)
    await floor.settle([floor.edit(row, industry="MINING", staff="")])
    facts = (await floor.lead(lead_id)).facts
    assert (facts["company.industry"], facts["company.employees"]) == ("software", 120)
    assert (floor.record(lead_id).fields["industry"], floor.record(lead_id).fields["staff"]) == ("MINING", "")


async def test_our_own_write_comes_back_as_no_change(floor: FieldsFloor) -> None:
    lead_id, _ = await floor.told(company__employees=120)
    await floor.says(lead_id, company__employees=130)
    await floor.settle()
    writes, lead = floor.writes(), await floor.lead(lead_id)
    untold = [{**event, "origin": None, "version": None} for event in floor.crm.crm.hooks.events]
    await floor.settle(untold)
    assert (floor.writes(), await floor.lead(lead_id)) == (writes, lead)
    assert floor.record(lead_id).fields["staff"] == 130


async def test_a_humans_change_just_before_our_write_is_not_taken_for_ours(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__employees=120)
    event = floor.edit(row, job="Head of Service")
    await floor.says(lead_id, company__employees=130)
    await floor.crm.floor.work()  # the version that stands now is ours
    await floor.settle([{**event, "version": None, "origin": None}])
    assert (await floor.lead(lead_id)).facts["lead.title"] == "Head of Service"


async def test_a_vendor_that_is_away_is_asked_again_later(floor: FieldsFloor) -> None:
    lead_id, row = await floor.told(company__employees=120)
    await floor.hears(floor.edit(row, staff=130))
    floor.crm.wire.answer(503, times=100)
    await floor.read()
    floor.crm.wire.heal()
    assert await floor.read() == 0
    clock = floor.env.clock
    assert isinstance(clock, Ticking)
    clock.advance(timedelta(minutes=6))
    assert await sweep_records(floor.env) == 1
    await floor.read()
    assert (await floor.lead(lead_id)).facts["company.employees"] == 130


async def test_a_record_that_the_crm_had_before_tells_what_it_has(floor: FieldsFloor) -> None:
    lead_id = await floor.crm.floor.world.lead(lead__country="DE")
    made = floor.crm.crm.crm.add("person", email=f"{lead_id}@lead.example")
    made.fields = {"industry": "RETAIL", "job": "Buyer"}
    await floor.crm.floor.world.route(lead_id)
    await floor.settle()
    facts = (await floor.lead(lead_id)).facts
    assert (facts["company.industry"], facts["lead.title"]) == ("retail", "Buyer")


class Model:
    """What both sides should say of one field: what was agreed last, and each side's last word since."""

    def __init__(self, wins: str, start: str) -> None:
        self.wins, self.agreed = wins, start
        self.ours, self.theirs = (start, 0), (start, 0)

    def edit(self, side: str, value: str, at: int) -> None:
        setattr(self, side, (value, at))

    def level(self) -> str:
        """Both are compared: what stands from now on."""
        ours, theirs = self.ours[0] != self.agreed, self.theirs[0] != self.agreed
        if ours and theirs:
            is_crm = self.wins == "crm" or (self.wins == "newer" and self.theirs[1] >= self.ours[1])
            self.agreed = (self.theirs if is_crm else self.ours)[0]
        elif ours or theirs:
            self.agreed = (self.ours if ours else self.theirs)[0]
        self.ours, self.theirs = (self.agreed, self.ours[1]), (self.agreed, self.theirs[1])
        return self.agreed


FACTS = {"industry": "company.industry", "staff": "company.employees", "source": "lead.source"}
PLAIN = {name: {"label": name, "type": "text"} for name in FACTS}
ROWS: list[dict[str, Any]] = [
    {"fact": "company.industry", "field": "industry", "direction": "both", "wins": "crm"},
    {"fact": "company.employees", "field": "staff", "direction": "both", "wins": "pointsman", "transforms": ["number"]},
    {"fact": "lead.source", "field": "source", "direction": "both", "wins": "newer"},
]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_both_sides_change_and_however_it_is_told_they_end_as_the_model_says(
    database_url: str, seed: int
) -> None:
    """Edits on both sides; then events come late, doubled and in any order, between deliveries and readings that run or not.

    Of `newer`, all events are heard before anybody looks: what the CRM has not told yet counts as of the look.
    """
    random = Random(seed)
    async with open_fields_floor(database_url, PLAIN, *ROWS) as floor:
        clock = floor.env.clock
        assert isinstance(clock, Ticking)
        clock.freeze()
        lead_id, row = await floor.told(company__industry="1", company__employees=1, lead__source="1")
        models = {name: Model(wins, "1") for name, wins in zip(FACTS, ("crm", "pointsman", "newer"), strict=True)}
        edits = 0
        for _ in range(10):
            events = []
            is_newer = random.random() < 0.5
            names = ["source"] if is_newer else ["industry", "staff"]
            for _ in range(random.randint(1, 5)):
                clock.advance(timedelta(seconds=1))
                edits += 1
                name, value, side = random.choice(names), random.randint(1, 4), random.choice(["ours", "theirs"])
                models[name].edit(side, str(value), edits)
                if side == "theirs":
                    events.append(floor.edit(row, **{name: str(value)}))
                else:
                    said = value if name == "staff" else str(value)
                    await floor.says(lead_id, **{FACTS[name].replace(".", "__"): said})
            clock.advance(timedelta(seconds=1))
            await _tell(floor, random, events, looks_between=not is_newer)
            facts, there = (await floor.lead(lead_id)).facts, floor.record(lead_id).fields
            for name, model in models.items():
                stands = model.level()
                assert (str(facts[FACTS[name]]), str(there[name])) == (stands, stands), (seed, name)
        writes = floor.writes()
        assert writes <= 2 * edits + 1  # a delivery for each change that is ours, or became ours
        await floor.settle(floor.crm.crm.hooks.events)  # all of it once more
        assert floor.writes() == writes


async def _tell(floor: FieldsFloor, random: Random, events: list[dict[str, Any]], *, looks_between: bool) -> None:
    told = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(told)
    while told:
        part, told = told[:2], told[2:]
        await floor.hears(*part)
        if looks_between and random.random() < 0.5:
            await floor.read()
        if looks_between and random.random() < 0.3:
            await floor.crm.floor.work()
    await floor.settle()
