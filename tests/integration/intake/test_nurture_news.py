"""A lead in nurture: a rule's lead comes back as soon as a human may have it, and a cool-off holds, on every path of news."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.leads.nurture import NurtureCause
from pointsman.domain.messages.message import as_written, message_from_json
from pointsman.services.explain.explain import ExplainRequest, explain
from pointsman.services.holds.close_lead import close_lead, mark_won, move_to_nurture
from pointsman.services.intake.intakes import IntakeInput, create_intake
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.process_item import process_item
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.lead_pages.journey import load_journey
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.roster.change_roster import deactivate_rep, put_roster
from support.floors.booking_floor import CLOSERS, Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY, SENDER, floor_given
from support.http.signing import SECRET, as_bytes
from support.wording import english, english_of, english_sentence

pytestmark = pytest.mark.anyio

COOL_OFF = timedelta(days=30)
HAND_RAISED = {"lead.source": "demo_form", "lead.country": "DE"}
RE_ENTER = {"nurture": {"cool_off": "30d", "re_enter": {"field": "lead.score", "gte": 70}}}
CAUSES = ["rule", "refused", "lost", "later"]


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as opened:
        yield opened


async def in_nurture(floor: Floor, cause: str) -> UUID:
    lead = await floor.world.lead(lead__source="newsletter", lead__country="DE")
    await floor.world.route(lead)
    if cause == "refused":
        await floor.hand_over(lead, evidence=floor.evidence("intent", affirmed=False))
    elif cause != "rule":
        async with floor.env.uow() as tx:
            row = await tx.leads.get(lead, lock=True)
            assert row is not None
            until = floor.env.clock() + COOL_OFF
            await move_to_nurture(
                floor.env, tx, row, cause=NurtureCause(cause), until=until, end_reason=cause, actor=ADMIN
            )  # fmt: skip
    assert await standing(floor, lead) == ("nurture", cause)
    return lead


async def standing(floor: Floor, lead: UUID) -> tuple[str, str | None]:
    (row,) = await floor.world.rows("select stage, nurture_cause from leads where id = :id", id=lead)
    return row.stage, row.nurture_cause


async def says(floor: Floor, lead: UUID, facts: dict[str, Any] | None = None) -> SubmitResult:
    given = LeadInput(email=f"{lead}@lead.example", facts=facts or HAND_RAISED)
    return await submit_lead(floor.env, given, actor=SENDER)


async def by_form(floor: Floor, lead: UUID) -> None:
    await says(floor, lead)


async def by_webhook(floor: Floor, lead: UUID) -> None:
    given = IntakeInput(
        title="Form",
        kind="lead",
        verifier={"scheme": "hmac"},
        secrets=(SECRET,),
        mapping={"fields": {"lead.email": "email"}, "constants": HAND_RAISED},
        sample={"email": "sam@sample.example"},
        active=True,
    )
    intake = await create_intake(floor.env, "form", given, actor=ADMIN)
    async with floor.env.uow() as tx:
        receipt = await tx.inbox.accept(
            inbox_id=floor.env.new_id(),
            intake_id=intake.id,
            intake_version=intake.version,
            dedupe_key="1",
            body=as_bytes({"email": f"{lead}@lead.example"}),
            at=floor.env.clock(),
        )
    await process_item(floor.env, receipt.inbox_ids[0])
    (row,) = await floor.world.rows("select status, result from inbox")
    assert row.status == "done"
    assert "nurture" in english(message_from_json(row.result["note"]))


async def by_merge(floor: Floor, lead: UUID) -> None:
    other = await floor.world.lead(**{name.replace(".", "__"): value for name, value in HAND_RAISED.items()})
    await floor.world.rows(
        "update leads set known_at = jsonb_build_object('lead.source', cast(:at as text)) where id = :id",
        at=floor.env.clock().isoformat(),
        id=other,
    )
    await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)


async def by_hand_over(floor: Floor, lead: UUID) -> None:
    await floor.hand_over(lead, evidence=floor.evidence("need"))


EVIDENCE_CHANGES: dict[str, dict[str, Any]] = {
    "the name is dropped": {
        "names": {"need": {"kind": "qualified"}, "intent": {"kind": "motivated"}, "tour": {"kind": "educated"}}
    },
    "the source does not count": {
        "names": {
            "need": {"kind": "qualified"},
            "authority": {"kind": "qualified"},
            "intent": {"kind": "motivated"},
            "tour": {"kind": "educated"},
        },
        "sources": [{"from": "scope:handover"}, {"from": "scope:admin"}],
    },
}
NEWS: list[Callable[[Floor, UUID], Awaitable[None]]] = [by_form, by_webhook, by_merge, by_hand_over]


@pytest.mark.parametrize("tell", NEWS, ids=lambda tell: tell.__name__)
@pytest.mark.parametrize("cause", CAUSES)
async def test_news_bring_back_a_rules_lead_at_once_and_no_other_before_its_cool_off_is_over(
    floor: Floor, cause: str, tell: Callable[[Floor, UUID], Awaitable[None]]
) -> None:
    lead = await in_nurture(floor, cause)
    await tell(floor, lead)
    assert await standing(floor, lead) == (("working", None) if cause == "rule" else ("nurture", cause))


@pytest.mark.parametrize("cause", CAUSES)
async def test_the_answer_says_why_the_lead_came_back_or_when_its_cool_off_ends(floor: Floor, cause: str) -> None:
    lead = await in_nurture(floor, cause)
    told = await says(floor, lead)
    if cause == "rule":
        assert told.routed is not None
        assert english_sentence(told.note) == "The lead came back from nurture: rule 'DACH inbound' is for a human."
        why = await floor.world.value("select after->'why' from audit where reason ->> 'key' = 'reason.re-entry'")
        assert message_from_json(why) == told.note
    else:
        assert told.routed is None
        until = await floor.world.value("select nurture_until from leads where id = :id", id=lead)
        assert told.note is not None
        assert f"{until:%H:%M} (UTC) at least: the cool-off after" in english_sentence(told.note)
    floor.world.clock.advance(COOL_OFF)
    late = await says(floor, lead)
    assert (late.routed is not None) is (cause != "rule")
    assert await standing(floor, lead) == ("working", None)


async def test_a_lead_that_no_rep_could_take_stays_since_when_it_came_and_goes_to_the_first_who_can(
    floor: Floor,
) -> None:
    rules = [rule | ({"else": "nurture"} if rule["name"] == "DACH inbound" else {}) for rule in POLICY["rules"]]
    await floor.world.publish({**POLICY, "rules": rules})
    for setter in ("lena", "jonas", "sofia"):
        await deactivate_rep(floor.env, setter, actor=ADMIN)
    lead = await floor.world.lead(lead__source="demo_form", lead__country="DE")
    await floor.world.route(lead)
    assert await standing(floor, lead) == ("nurture", "rule")
    since = await floor.world.value("select nurture_since from leads where id = :id", id=lead)
    for _ in range(2):
        floor.world.clock.advance(timedelta(hours=1))
        told = await says(floor, lead)
        assert told.routed is not None, "only a decision tells who can take it now"
        assert (
            english_sentence(told.note)
            == f"The lead stays in nurture. {english_sentence(told.routed.decision.summary)}"
        )
    assert await floor.world.value("select nurture_since from leads where id = :id", id=lead) == since
    assert (
        await floor.world.value("select count(*) from audit where after -> 'why' ->> 'key' = 'nurture.came-back'") == 0
    )
    await put_roster(floor.env, floor_given(), actor=ADMIN)
    assert (
        english_sentence((await says(floor, lead)).note)
        == "The lead came back from nurture: rule 'DACH inbound' is for a human."
    )
    assert await standing(floor, lead) == ("working", None)


async def test_a_passed_gate_that_leads_to_no_rep_ends_no_cool_off(floor: Floor) -> None:
    rules = [rule | ({"else": "nurture"} if rule["work"] == "closing" else {}) for rule in POLICY["rules"]]
    await floor.world.publish({**POLICY, "rules": rules})
    lead = await in_nurture(floor, "lost")
    await says(floor, lead, {"company.employees": 120})
    asked = "select nurture_since, nurture_until, nurture_reason from leads where id = :id"
    before = await floor.world.rows(asked, id=lead)
    for closer in CLOSERS:
        await deactivate_rep(floor.env, closer, actor=ADMIN)
    assert (await floor.hand_over(lead)).gate.passed
    assert await standing(floor, lead) == ("nurture", "lost")
    assert await floor.world.rows(asked, id=lead) == before
    assert (await says(floor, lead)).routed is None


async def test_a_day_on_which_the_lead_stays_is_on_record_and_no_lead_came_back(floor: Floor) -> None:
    kept = await in_nurture(floor, "later")
    await says(floor, kept, {"lead.source": "newsletter"})
    floor.world.clock.advance(COOL_OFF)
    assert await return_nurtured_leads(floor.env) == 0
    lines = await floor.world.rows(
        "select before, after, reason from audit where reason ->> 'key' = 'nurture.day-passed'"
    )
    assert [(line.before, line.after["cause"]) for line in lines] == [({"cause": "later"}, "day-passed")]
    assert "keeps it there" in english_of(lines[0].reason)
    assert await return_nurtured_leads(floor.env) == 0
    assert len(await floor.world.rows("select 1 from audit where after ->> 'cause' = 'day-passed'")) == 1  # said once


async def test_a_lead_that_no_rep_can_take_on_its_day_did_not_come_back(floor: Floor) -> None:
    rules = [rule | ({"else": "nurture"} if rule["name"] == "DACH inbound" else {}) for rule in POLICY["rules"]]
    await floor.world.publish({**POLICY, "rules": rules})
    lead = await in_nurture(floor, "later")
    await says(floor, lead)
    for setter in ("lena", "jonas", "sofia"):
        await deactivate_rep(floor.env, setter, actor=ADMIN)
    floor.world.clock.advance(COOL_OFF)
    assert await return_nurtured_leads(floor.env) == 0
    assert await standing(floor, lead) == ("nurture", "rule")


@pytest.mark.parametrize("cause", CAUSES)
async def test_re_enter_brings_back_no_lead_that_the_rules_would_send_to_nurture_again(
    floor: Floor, cause: str
) -> None:
    await floor.world.publish({**POLICY, **RE_ENTER})
    lead = await in_nurture(floor, cause)
    decisions = await floor.world.value("select count(*) from decisions")
    assert (await says(floor, lead, {"lead.score": 60})).routed is None
    assert (await says(floor, lead, {"lead.score": 80})).routed is None
    floor.world.clock.advance(COOL_OFF)
    for score in (81, 82):
        told = await says(floor, lead, {"lead.score": score})
        assert told.routed is None
        keeps = "rule 'Newsletter to nurture' keeps it there, although it meets the condition to come back"
        assert english_sentence(told.note) == f"The lead stays in nurture: {keeps}."
    assert (await explain(floor.env, ExplainRequest(lead_id=lead))).nurture == told.note
    assert await floor.world.value("select count(*) from decisions") == decisions
    late = await says(floor, lead, {"lead.score": 83, **HAND_RAISED})
    assert late.routed is not None
    assert english_sentence(late.note) == "The lead came back from nurture: it meets the condition to come back."


async def test_re_enter_sees_what_evidence_says(floor: Floor) -> None:
    re_enter = {"field": "qualification.need", "present": True}
    await floor.world.publish({**POLICY, "nurture": {"re_enter": re_enter}})
    lead = await in_nurture(floor, "lost")
    floor.world.clock.advance(COOL_OFF)
    assert (await says(floor, lead)).routed is None
    given = LeadInput(email=f"{lead}@lead.example", evidence=tuple(floor.evidence("need")))
    assert (await submit_lead(floor.env, given, actor=SENDER)).routed is not None


@pytest.mark.parametrize("cause", CAUSES)
async def test_an_explanation_says_what_news_would_be_told(floor: Floor, cause: str) -> None:
    lead = await in_nurture(floor, cause)
    question = ExplainRequest(lead_id=lead, facts=HAND_RAISED)
    asked = (await explain(floor.env, question)).nurture
    assert asked == (await says(floor, lead)).note


async def test_a_second_refusal_after_a_return_starts_anew(floor: Floor) -> None:
    lead = await in_nurture(floor, "refused")
    first = await floor.world.value("select nurture_until from leads where id = :id", id=lead)
    floor.world.clock.advance(COOL_OFF)
    assert (await says(floor, lead)).routed is not None
    again = await floor.hand_over(lead, evidence=floor.evidence("intent", affirmed=False))
    assert again.stage == "nurture"
    assert again.nurture_until is not None
    assert again.nurture_until >= first + COOL_OFF
    assert await floor.world.value("select nurture_since from leads where id = :id", id=lead) >= first


async def test_a_refusal_does_not_shorten_a_longer_cool_off(floor: Floor) -> None:
    lead = await in_nurture(floor, "later")
    await floor.world.rows(
        "update leads set nurture_until = nurture_until + interval '60 days' where id = :id", id=lead
    )
    told = await floor.hand_over(lead, evidence=floor.evidence("intent", affirmed=False))
    assert (told.stage, await standing(floor, lead)) == ("nurture", ("nurture", "later"))
    assert 'the cool-off after the outcome "later"' in english_sentence(told.what_happens)


async def test_a_gate_that_is_passed_ends_a_cool_off(floor: Floor) -> None:
    lead = await in_nurture(floor, "lost")
    assert (await floor.hand_over(lead)).gate.passed
    assert (await standing(floor, lead))[1] is None


async def test_a_survivor_has_the_cool_off_of_the_lead_that_is_merged_into_it(floor: Floor) -> None:
    lead, other = await in_nurture(floor, "rule"), await in_nurture(floor, "lost")
    merged = await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    assert "the cool-off after a loss" in english_sentence(merged.what_happens)
    assert await standing(floor, lead) == ("nurture", "lost")
    assert (await says(floor, lead)).routed is None


async def in_stage(floor: Floor, stage: str) -> UUID:
    """A lead in the stage; `held`: no rule is for its country."""
    if stage == "nurture":
        return await in_nurture(floor, "rule")
    where = {"lead__country": "BR"} if stage == "held" else {"lead__country": "DE", "company__employees": 120}
    lead = await floor.world.lead(**where)
    if stage != "new":
        await floor.world.route(lead)
    if stage in ("closed", "won"):
        async with floor.env.uow() as tx:
            row = await tx.leads.get(lead, lock=True)
            assert row is not None
            if stage == "won":
                await mark_won(floor.env, tx, row, actor=ADMIN)
            else:
                await close_lead(floor.env, tx, row, end_reason="spam", why=as_written("spam"), actor=ADMIN)
    assert (await standing(floor, lead))[0] == stage
    return lead


@pytest.mark.parametrize("survives", ["cooling", "other"])
@pytest.mark.parametrize(
    ("stage", "then"),
    [
        ("new", ("nurture", "lost")),
        ("held", ("nurture", "lost")),
        ("closed", ("nurture", "lost")),
        ("nurture", ("nurture", "lost")),
        ("working", ("working", None)),
        ("won", ("won", None)),
    ],
)
async def test_a_cool_off_goes_on_in_a_merge_in_either_direction_unless_a_rep_works_or_the_lead_bought(
    floor: Floor, stage: str, then: tuple[str, str | None], survives: str
) -> None:
    cooling, other = await in_nurture(floor, "lost"), await in_stage(floor, stage)
    lead, into = (cooling, other) if survives == "other" else (other, cooling)
    merged = await merge_leads(floor.env, lead, into=into, reason="the same person", actor=ADMIN)
    assert await standing(floor, into) == then
    assert merged.survivor.stage == then[0]
    assert await floor.world.value("select count(*) from holds where released_at is null") == 0
    if then[0] == "nurture":
        assert "the cool-off after a loss" in english_sentence(merged.what_happens)
        assert (await says(floor, into)).routed is None
    elif stage == "working":
        assert english_sentence(merged.what_happens).endswith("the cool-off ends.")


async def test_a_survivor_that_waits_for_a_closer_on_a_pass_has_no_cool_off(floor: Floor) -> None:
    for closer in CLOSERS:
        await deactivate_rep(floor.env, closer, actor=ADMIN)
    lead = await floor.lead()
    assert (await floor.hand_over(lead)).stage == "held"
    await merge_leads(floor.env, await in_nurture(floor, "lost"), into=lead, reason="the same person", actor=ADMIN)
    assert await standing(floor, lead) == ("held", None)


async def test_a_survivor_that_the_rules_leave_in_nurture_is_not_said_to_have_come_back(floor: Floor) -> None:
    lead, held = await in_nurture(floor, "rule"), await in_stage(floor, "held")
    merged = await merge_leads(floor.env, held, into=lead, reason="the same person", actor=ADMIN)
    assert await standing(floor, lead) == ("nurture", "rule")
    assert merged.routed is not None
    whys = await floor.world.rows("select after -> 'why' as why from audit where after ->> 'why' is not null")
    assert [row.why for row in whys] == [{"key": "news.merged-was-asked-for", "args": {}}]


@pytest.mark.parametrize("survivors_stage", ["working", "closed"])
async def test_a_merged_lead_that_was_put_off_comes_back_as_its_survivor_alone(
    floor: Floor, survivors_stage: str
) -> None:
    put_off, into = await in_nurture(floor, "later"), await in_stage(floor, survivors_stage)
    await merge_leads(floor.env, put_off, into=into, reason="the same person", actor=ADMIN)
    assert (await says(floor, into)).routed is None
    floor.world.clock.advance(COOL_OFF)
    assert await return_nurtured_leads(floor.env) == (survivors_stage == "closed")
    assert await standing(floor, into) == ("working", None)


@pytest.mark.parametrize("way", ["form", "merge"])
@pytest.mark.parametrize("change", ["the name is dropped", "the source does not count"])
async def test_a_no_that_does_not_count_ends_no_pass_though_the_new_policy_would_not_give_it(
    floor: Floor, way: str, change: str
) -> None:
    lead, _ = await floor.ready()
    no = tuple(floor.evidence("authority", affirmed=False))
    other = await floor.lead()
    if way == "merge":
        await submit_lead(floor.env, LeadInput(email=f"{other}@lead.example", evidence=no), actor=SENDER)
    await floor.world.publish({**POLICY, "evidence": EVIDENCE_CHANGES[change]})
    if way == "merge":
        await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    else:
        await submit_lead(floor.env, LeadInput(email=f"{lead}@lead.example", evidence=no), actor=SENDER)
    assert await standing(floor, lead) == ("closing", None)
    assert await floor.world.value("select count(*) from gate_checks where passed and revoked_at is null") == 1


#: A "no" on evidence, the gate that is published before it comes (which no lead would pass), and whether it ends an old pass.
ASKS = {"field": "qualification.authority", "present": True}
TOO_LARGE = {"field": "company.employees", "gte": 1_000_000}
NOES_UNDER_A_STRICTER_GATE = {
    "not asked for": ("authority", ["qualified.need", "motivated", "educated"], TOO_LARGE, False),
    "its kind is met by another name": ("authority", ["qualified", "motivated", "educated"], TOO_LARGE, False),
    "required by its name": ("need", ["qualified.need", "motivated", "educated"], TOO_LARGE, True),
    "the only one of a kind": ("intent", ["qualified", "motivated", "educated"], TOO_LARGE, True),
    "asked by the condition": ("authority", ["qualified.need", "educated"], {"all": [ASKS, TOO_LARGE]}, True),
    "required anew": ("urgency", ["qualified.need", "motivated.urgency"], TOO_LARGE, True),
}


@pytest.mark.parametrize("way", ["form", "merge"])
@pytest.mark.parametrize("no", NOES_UNDER_A_STRICTER_GATE)
async def test_a_no_ends_a_pass_only_where_the_gate_asks_for_what_it_denies(floor: Floor, way: str, no: str) -> None:
    name, require, when, ends = NOES_UNDER_A_STRICTER_GATE[no]
    lead = await floor.lead()
    await floor.hand_over(lead, evidence=floor.evidence("need", "authority", "intent", "offer_known"))
    assert await standing(floor, lead) == ("closing", None)
    other = await floor.lead()
    floor.world.clock.advance(timedelta(seconds=1))
    denied = tuple(floor.evidence(name, affirmed=False))
    if way == "merge":
        await submit_lead(floor.env, LeadInput(email=f"{other}@lead.example", evidence=denied), actor=SENDER)
    await floor.world.publish({**POLICY, "gates": {"closing": {"require": require, "when": when}}})
    if way == "merge":
        await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    else:
        await submit_lead(floor.env, LeadInput(email=f"{lead}@lead.example", evidence=denied), actor=SENDER)
    passes = "select count(*) from gate_checks where lead_id = :lead and passed and revoked_at is null"
    assert await floor.world.value(passes, lead=lead) == (0 if ends else 1)


@pytest.mark.parametrize("way", ["form", "merge"])
async def test_a_no_from_before_the_pass_ends_none_though_a_stricter_gate_asks_for_it(floor: Floor, way: str) -> None:
    lead, _ = await floor.ready()
    other = await floor.lead()
    older = tuple(floor.evidence("urgency", affirmed=False, at=floor.env.clock() - timedelta(days=2)))
    if way == "merge":
        await submit_lead(floor.env, LeadInput(email=f"{other}@lead.example", evidence=older), actor=SENDER)
    gate = {"require": ["motivated.urgency", "educated"]}
    await floor.world.publish({**POLICY, "gates": {"closing": gate}})
    if way == "merge":
        await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    else:
        await submit_lead(floor.env, LeadInput(email=f"{lead}@lead.example", evidence=older), actor=SENDER)
    passes = "select count(*) from gate_checks where lead_id = :lead and passed and revoked_at is null"
    assert await floor.world.value(passes, lead=lead) == 1


@pytest.mark.parametrize("cause", CAUSES)
async def test_by_itself_only_a_lead_put_off_to_a_day_comes_back(floor: Floor, cause: str) -> None:
    lead = await in_nurture(floor, cause)
    if cause != "rule":
        await says(floor, lead)  # kept until then
    assert await return_nurtured_leads(floor.env) == 0
    floor.world.clock.advance(COOL_OFF)
    assert await return_nurtured_leads(floor.env) == (cause == "later")


async def test_a_lead_whose_day_has_come_stays_while_the_rules_lead_to_nurture_and_says_so(floor: Floor) -> None:
    lead = await in_nurture(floor, "later")
    floor.world.clock.advance(COOL_OFF)
    assert await return_nurtured_leads(floor.env) == 0
    asked = "select nurture_cause, nurture_reason from leads where id = :id"
    (row,) = await floor.world.rows(asked, id=lead)
    assert row.nurture_cause == "day-passed"
    assert english_of(row.nurture_reason) == (
        "the day that the lead was put off to has come, and the lead stays in nurture: "
        "rule 'Newsletter to nurture' keeps it there"
    )
    assert (await says(floor, lead)).routed is not None


async def test_a_day_that_came_is_told_in_the_journey_and_asked_by_its_code_alone(floor: Floor) -> None:
    lead = await in_nurture(floor, "later")
    floor.world.clock.advance(COOL_OFF)
    await floor.world.rows("update leads set nurture_reason = null where id = :id", id=lead)
    assert await return_nurtured_leads(floor.env) == 0
    assert await standing(floor, lead) == ("nurture", "day-passed")
    entries = (await load_journey(floor.env, lead, actor=ADMIN)).entries
    assert [english(entry.text) for entry in entries if entry.kind == "nurture"][-1] == (
        "the day that the lead was put off to has come, and the rules keep it in nurture"
    )
