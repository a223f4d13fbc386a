"""Where a lead goes once two were made one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureStay
from pointsman.domain.messages.message import Arg, Message, message_from_json, rep_name, say
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.routing.nurture_return import NurtureReturn
from pointsman.services.handover.contradicted_pass import find_contradicted_pass
from pointsman.services.handover.gate_check import GateAttempt
from pointsman.services.handover.refuse_gate import refuse_gate_in_tx
from pointsman.services.holds.close_lead import keep_in_nurture, mark_won
from pointsman.services.holds.retry import excluded_holders
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import AssignmentRow
from pointsman.services.routing.lead_inputs import awaited_gated_work, gate_passes
from pointsman.services.routing.nurture import find_nurture_return, nurture_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, RoutingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPair:
    """Both leads, locked, with who holds them."""

    into: LeadRow
    other: LeadRow
    into_assignment: AssignmentRow | None
    other_assignment: AssignmentRow | None


async def route_merged_lead(
    env: Env,
    tx: Tx,
    pair: LeadPair,
    survivor: LeadRow,
    news: Sequence[Evidence],
    holder: AssignmentRow | None,
    actor: Actor,
    calendars: Mapping[str, CalendarState],
) -> tuple[RoutingResult | None, Message]:
    """Route the survivor again where the news of both leads requires it; the result, and what happened."""
    contradicted = await find_contradicted_pass(env, tx, survivor.id, news, actor)
    bought = LeadStage.WON.value in (pair.into.stage, pair.other.stage)
    working = holder or pair.into_assignment
    running = _longest_cool_off(pair, env.clock())
    ends = working is not None or bought or await _awaits_gated_work(env, tx, pair, contradicted)
    if running is not None and not ends:
        survivor = await _keep_cool_off(env, tx, pair, running, actor)
    if contradicted is not None:
        handed = await refuse_gate_in_tx(env, tx, replace(contradicted, lead=survivor), calendars)
        return handed.routing, say("news.speaks-against-closing", what=handed.what_happens)
    if working is not None:
        told: dict[str, Arg] = {"rep": rep_name(working.rep), "work": work_name(Work(working.work))}
        return None, say("news.goes-on-cool-off-over", **told) if running else say("news.goes-on", **told)
    if running is not None and not ends:
        return None, say("news.cooling-off", cool_off=running[0].cool_off)
    waited = LeadStage.HELD.value in (pair.into.stage, pair.other.stage)
    asked = waited or pair.other_assignment is not None
    why = None
    if pair.into.stage == LeadStage.NURTURE and not bought:
        back = await _nurture_after_merge(env, tx, pair, survivor, asked=asked)
        if not back.returns:
            return None, back.sentence
        why = back.sentence
    elif not asked:
        if bought and pair.into.stage != LeadStage.WON:
            await mark_won(env, tx, survivor, actor=actor)
        return None, say("news.nothing-to-decide")
    if bought:
        survivor = replace(survivor, stage=LeadStage.WON.value)  # what is decided now is decided about a customer
    past = await excluded_holders(tx, survivor.id) if waited else frozenset()
    trigger = "retry" if pair.into.stage == LeadStage.HELD else "merge"
    request = RoutingRequest(
        lead=survivor,
        purpose=None,
        trigger=trigger,
        actor=actor,
        calendars=calendars,
        past_holders=past,
        why=why,
    )
    try:
        routed = await route_lead(env, tx, request)
    except ConstraintRefused as refused:
        raise LostRace(str(refused)) from refused
    return routed, routed.decision.summary


async def _nurture_after_merge(env: Env, tx: Tx, pair: LeadPair, survivor: LeadRow, *, asked: bool) -> NurtureReturn:
    """Whether the survivor, which no cool-off holds, leaves nurture; `asked`: the other lead was held, or waited for a rep."""
    nurture = nurture_of(pair.into)
    assert nurture is not None, "the stage and its cause are written together"
    found = await find_nurture_return(env, tx, survivor, nurture)
    if found.returns or not asked:
        return found
    return NurtureReturn(returns=True, sentence=say("news.merged-was-asked-for"))


async def _awaits_gated_work(env: Env, tx: Tx, pair: LeadPair, contradicted: GateAttempt | None) -> bool:
    """Whether the survivor waits for a closer on a pass that stands: a passed gate ends a cool-off."""
    if contradicted is not None or pair.into.stage != LeadStage.HELD:
        return False
    context = await tx.decisions.routing_context(pair.into.id, at=env.clock())
    return awaited_gated_work(context, gate_passes(context)) is not None


def _longest_cool_off(pair: LeadPair, now: datetime) -> tuple[NurtureStay, LeadRow] | None:
    """The cool-off that runs for the person, and which of the two leads began it."""
    found = [(nurture, lead) for lead in (pair.into, pair.other) if (nurture := nurture_of(lead)) is not None]
    running = [one for one in found if one[0].cools_off_at(now)]
    return max(running, key=lambda one: one[0].until or now) if running else None


async def _keep_cool_off(
    env: Env, tx: Tx, pair: LeadPair, running: tuple[NurtureStay, LeadRow], actor: Actor
) -> LeadRow:
    """The survivor has the cool-off from now on, with its cause: what was put off to a day comes back on it."""
    nurture, of = running
    if of is pair.other:
        reason = message_from_json(of.nurture_reason) if of.nurture_reason else None
        await keep_in_nurture(env, tx, pair.into, nurture, reason=reason, actor=actor)
    kept = await tx.leads.get(pair.into.id)
    assert kept is not None, "it was locked"
    return kept
