"""Promise 1 through every path of the product that gives work: rules, fallbacks, owners, drains, moves, overrides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, Invalid, NotFound, PolicyInvalid, RoleProtected
from pointsman.domain.roster.roles import Work
from pointsman.services.holds.drain import drain_holds
from pointsman.services.policies.lifecycle import add_draft, publish_policy
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.overrides import add_override, revoke_override
from pointsman.services.routing.routing_request import RoutingResult
from support.floors.use_case_env import ADMIN, POLICY, World, rep_given

pytestmark = pytest.mark.anyio

READABLE = {key: CalendarState(readable=True) for key in ("anna", "ben", "clara")}
OUTSIDE = (
    "select count(*) from assignments a join reps p on p.id = a.rep_id where a.override_id is null"
    " and (not exists (select from role_works w where w.role_id = p.role_id and w.work = a.work)"
    "      or (a.work = 'closing' and a.gate_check_id is null))"
)


async def allow(world: World, lead: UUID, rep: str, work: Work = Work.CLOSING, hours: float = 1) -> OverrideRow:
    expires_at = world.clock() + timedelta(hours=hours)
    return await add_override(
        world.env,
        lead_id=lead,
        rep=rep,
        work=work,
        reason="founder",
        approver="boss",
        expires_at=expires_at,
        actor=ADMIN,
    )


async def by_hand(world: World, lead: UUID, rep: str, work: Work, override: UUID | None = None) -> RoutingResult:
    return await assign_manually(world.env, lead, rep=rep, work=work, override_id=override, reason="asked", actor=ADMIN)


def closers_are(members: list[str]) -> dict[str, Any]:
    """POLICY with other members in the closing pool."""
    return {**POLICY, "pools": {**POLICY["pools"], "closers-mid-market": {"work": "closing", "members": members}}}


# ── rules ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_pool_of_people_outside_the_role_cannot_be_published(world: World) -> None:
    draft = await add_draft(world.env, closers_are(["lena", "jonas"]), note="x", actor=ADMIN)
    with pytest.raises(PolicyInvalid) as refused:
        await publish_policy(world.env, draft.policy.version, note="x", actor=ADMIN, check_expected=False)
    assert any(fault.path.startswith("pools.closers-mid-market") for fault in refused.value.faults)


async def test_a_member_whose_role_changed_after_publishing_gets_nothing_more(world: World) -> None:
    await put_roster(world.env, RosterInput(reps=(rep_given("ben"), rep_given("clara"))), actor=ADMIN)  # SDRs now
    for _ in range(6):
        lead = await world.lead(company__employees=80)
        check = await world.pass_gate(lead)
        routed = await world.route(
            lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check, calendars=READABLE
        )
        assert routed.rep is not None
        assert routed.rep.key == "anna"
    assert await world.value(OUTSIDE) == 0


async def test_a_role_that_changed_behind_the_roster_s_back_is_seen_by_the_database(world: World) -> None:
    closer = "(select id from roles where name = 'Closer')"
    change = f"update reps set role_id = {closer} where key in ('lena', 'jonas', 'sofia')"
    await world.owner_rows(change, past_guards=True)
    # The snapshot still says SDR: the database refuses, the roster is read again, and the lead is not given away.
    lead = await world.lead(lead__country="DE")
    with pytest.raises(Exception, match="The newest version of the roster says otherwise"):
        await world.route(lead)
    assert await world.value("select count(*) from assignments") == 0


async def test_an_owner_outside_the_role_does_not_get_their_account_s_lead(world: World) -> None:
    account = world.env.new_id()
    await world.rows(
        "insert into accounts (id, name, owner_rep_id, created_at) select :id, 'Acme', id, now() from reps where key = 'anna'",
        id=account,
    )
    lead = await world.lead(lead__country="DE")
    await world.rows("update leads set account_id = :account where id = :lead", account=account, lead=lead)
    routed = await world.route(lead)
    assert routed.rep is not None
    assert routed.rep.key in {"lena", "jonas", "sofia"}
    assert "owner-not-eligible" in [step.result for step in routed.decision.steps]


async def test_a_fallback_to_a_gated_pool_cannot_be_published(world: World) -> None:
    rules = [{"name": "Inbound", "work": "qualification", "pool": "sdr-dach", "else": "pool:closers-mid-market"}]
    draft = await add_draft(world.env, {**POLICY, "rules": rules}, note="x", actor=ADMIN)
    with pytest.raises(PolicyInvalid):
        await publish_policy(world.env, draft.policy.version, note="x", actor=ADMIN, check_expected=False)


async def test_a_fallback_to_a_gated_pool_gives_nothing_even_where_no_check_was_made(world: World) -> None:
    rules = [{"name": "Inbound", "work": "qualification", "pool": "sdr-dach", "else": "pool:closers-mid-market"}]
    draft = await add_draft(world.env, {**POLICY, "rules": rules}, note="x", actor=ADMIN)
    await world.rows("update policies set state = 'archived' where state = 'published'")
    await world.rows(
        "insert into policy_publications (seq, version, kind, at, actor, note)"
        " values (99, :v, 'published', now(), 'mallory', '')",
        v=draft.policy.version,
    )
    await world.rows("update policies set state = 'published' where version = :v", v=draft.policy.version)
    await world.rows("update reps set active = false where key in ('lena', 'jonas', 'sofia')")
    await world.rows(
        "insert into roster_versions select version + 1, jsonb_set(snapshot, '{reps}', (select jsonb_agg(case when r ->> 'key'"
        " in ('lena','jonas','sofia') then r || '{\"active\"\\: false}' else r end) from jsonb_array_elements(snapshot -> 'reps')"
        " r)), now() from roster_versions order by version desc limit 1"
    )
    routed = await world.route(await world.lead(lead__country="DE"), calendars=READABLE)
    assert routed.rep is None
    assert await world.value("select count(*) from assignments") == 0


# ── holds ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_drain_never_gives_closing_after_the_pass_has_run_out(world: World) -> None:
    lead = await world.lead(lead__country="DE", company__employees=80)
    check = await world.pass_gate(lead)
    held = await world.route(
        lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check
    )  # no calendar readable
    assert held.decision.hold_reason == "nobody-eligible"
    world.clock.advance(timedelta(days=21))
    assert await drain_holds(world.env) == 1
    rows = await world.rows("select p.key, a.work from assignments a join reps p on p.id = a.rep_id")
    assert [row.work for row in rows] == ["qualification"]
    assert await world.value(OUTSIDE) == 0


async def test_a_drain_leaves_closing_waiting_while_no_calendar_can_be_read(world: World) -> None:
    lead = await world.lead(lead__country="DE", company__employees=80)
    check = await world.pass_gate(lead)
    await world.route(lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check)
    assert await drain_holds(world.env) == 0
    assert await world.value("select count(*) from decisions") == 1


# ── a human's word ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rep", "work", "code"),
    [
        ("lena", Work.CLOSING, "role-protected"),
        ("anna", Work.CLOSING, "gate-closed"),
        ("anna", Work.QUALIFICATION, "role-protected"),
        ("anna", Work.PROSPECTING, "role-protected"),
        ("lena", Work.NURTURE, "role-protected"),
    ],
)
async def test_a_human_cannot_give_work_past_role_and_gate(world: World, rep: str, work: Work, code: str) -> None:
    lead = await world.lead()
    with pytest.raises(RoleProtected) as refused:
        await by_hand(world, lead, rep, work)
    assert refused.value.code == code
    assert await world.value("select count(*) from assignments") == 0


async def test_a_human_may_give_work_that_role_and_gate_allow(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    routed = await by_hand(world, lead, "anna", Work.CLOSING)
    assert routed.rep is not None
    assert await world.value("select stage from leads") == "closing"
    assert await world.value("select gate_check_id is not null from assignments") is True
    assert await world.value("select count(*) from ledger_entries") == 0


async def test_neither_an_inactive_nor_an_unknown_rep_gets_a_lead_by_hand(world: World) -> None:
    lead = await world.lead()
    with pytest.raises(NotFound):
        await by_hand(world, lead, "ghost", Work.QUALIFICATION)
    with pytest.raises(NotFound):
        await by_hand(world, world.env.new_id(), "lena", Work.QUALIFICATION)
    await by_hand(world, lead, "lena", Work.QUALIFICATION)
    with pytest.raises(Conflict):
        await by_hand(world, lead, "lena", Work.QUALIFICATION)


async def test_a_reassignment_of_closing_needs_the_gate_to_be_open_still(world: World) -> None:
    lead = await world.lead(company__employees=80)
    check = await world.pass_gate(lead)
    await world.route(lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check, calendars=READABLE)
    await world.rows("update gate_checks set revoked_at = now()")
    moved = await reassign(world.env, lead, reason="ill", actor=ADMIN)
    assert moved.decision.hold_reason == "gate-closed"
    assert await world.value("select count(*) from assignments where ended_at is null") == 0


# ── overrides ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rep", ["anna", "clara"])
async def test_an_override_lets_its_rep_through_by_the_rules_and_nobody_else(world: World, rep: str) -> None:
    await put_roster(world.env, RosterInput(reps=(rep_given("clara"),)), actor=ADMIN)  # an SDR now
    lead, other = await world.lead(company__employees=80), await world.lead(company__employees=80)
    await allow(world, lead, rep)
    routed = await world.route(lead, purpose=Work.CLOSING, trigger="handover", calendars=READABLE)
    assert routed.rep is not None
    assert routed.rep.key == rep  # no gate is open: only the override's rep is eligible
    assert await world.value("select used from overrides") == 1
    not_this = await world.route(other, purpose=Work.CLOSING, trigger="handover", calendars=READABLE)
    assert not_this.rep is None


async def test_an_override_that_was_not_needed_is_not_counted(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    override = await allow(world, lead, "anna")
    await by_hand(world, lead, "anna", Work.CLOSING, override.id)
    assert await world.value("select used from overrides") == 0
    assert await world.value("select override_id from assignments") is None


async def test_an_override_by_hand_is_for_its_rep_lead_and_work_alone(world: World) -> None:
    lead, other = await world.lead(), await world.lead()
    override = await allow(world, lead, "lena")
    for who, what, where in (
        ("jonas", Work.CLOSING, lead),
        ("lena", Work.CUSTOMER_SERVICE, lead),
        ("lena", Work.CLOSING, other),
    ):
        with pytest.raises(RoleProtected):
            await by_hand(world, where, who, what)
        with pytest.raises(Invalid):
            await by_hand(world, where, who, what, override.id)
    await by_hand(world, lead, "lena", Work.CLOSING)
    assert await world.value("select used from overrides") == 1


async def test_an_override_that_is_over_lets_nothing_through(world: World) -> None:
    lead = await world.lead()
    await allow(world, lead, "lena", hours=1)
    world.clock.advance(timedelta(hours=2))
    with pytest.raises(RoleProtected):
        await by_hand(world, lead, "lena", Work.CLOSING)
    world.clock.offset = timedelta()
    again = await allow(world, lead, "lena")
    await revoke_override(world.env, again.id, reason="no", actor=ADMIN)
    await world.rows("update overrides set revoked_at = now() where revoked_at is null")
    with pytest.raises(RoleProtected):
        await by_hand(world, lead, "lena", Work.CLOSING)
    assert await world.value("select sum(used) from overrides") == 0
