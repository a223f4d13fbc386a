"""A decision alone tells a closer, a setter or an admin why the lead went where it went."""

from datetime import timedelta

import pytest

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.roster.roles import Work
from pointsman.services.routing.overrides import add_override
from support.floors.use_case_env import ADMIN, World
from support.wording import english

pytestmark = pytest.mark.anyio

READABLE = {key: CalendarState(readable=True) for key in ("anna", "ben", "clara")}


async def test_a_closing_decision_says_until_when_the_gate_is_passed(world: World) -> None:
    lead = await world.lead(company__employees=80)
    await world.pass_gate(lead)
    routed = await world.route(lead, purpose=Work.CLOSING, calendars=READABLE)
    (matched,) = [step for step in routed.decision.steps if step.result == "matched"]
    assert "the gate for closing is passed until " in english(matched.sentence)


async def test_a_decision_by_an_override_says_so_in_its_first_sentence(world: World) -> None:
    lead = await world.lead(company__employees=80)
    until = world.clock() + timedelta(hours=1)
    await add_override(
        world.env,
        lead_id=lead,
        rep="anna",
        work=Work.CLOSING,
        reason="x",
        approver="boss",
        expires_at=until,
        actor=ADMIN,
    )
    routed = await world.route(lead, purpose=Work.CLOSING, calendars=READABLE)
    assert english(routed.decision.summary).startswith("Anna gets this lead for closing by an override")
    assert "Anna may take it by an override" in [english(c.sentence) for c in routed.decision.candidates]
    (matched,) = [step for step in routed.decision.steps if step.result == "matched"]
    assert english(matched.sentence).endswith("but an override exists")


async def test_a_lead_that_no_rule_matches_is_told_why_each_rule_did_not(world: World) -> None:
    routed = await world.route(await world.lead(lead__country="FR"))
    said = {step.rule: [english(leaf.words) for leaf in step.leaves] for step in routed.decision.steps}
    assert said["DACH inbound"] == ["the lead's country (FR) is none of DE, AT, CH"]
    assert said["Newsletter to nurture"] == ["the lead's source is not known"]
