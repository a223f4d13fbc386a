"""Where a lead goes once two were made one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.leads.nurture import NurtureStay
from pointsman.domain.routing.nurture_return import NurtureReturn
from pointsman.services.handover.gate_check import attempt_gate
from pointsman.services.handover.refuse_gate import refuse_gate_in_tx
from pointsman.services.holds.close_lead import mark_won
from pointsman.services.holds.retry import excluded_holders
from pointsman.services.ports import Actor, ConstraintRefused, Env, LostRace, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import AssignmentRow
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
) -> tuple[RoutingResult | None, str]:
    """Route the survivor again where the news of both leads requires it; the result, and a sentence about what happened."""
    if not all(item.affirmed for item in news):
        context = await tx.decisions.routing_context(survivor.id, at=env.clock())
        if context.gate_passes:
            case = await attempt_gate(
                env, tx, survivor.id, (), None, replace(actor, supplier=None, rep=None), lock=False
            )
            if not case.gate.passed:
                handed = await refuse_gate_in_tx(env, tx, case, calendars)
                return handed.routing, f"The evidence speaks against closing. {handed.what_happens}"
    if holder is not None:
        return None, f"{holder.rep} goes on with the lead for {holder.work}."
    if pair.into_assignment is not None:
        return None, f"{pair.into_assignment.rep} goes on with the lead for {pair.into_assignment.work}."
    waited = LeadStage.HELD.value in (pair.into.stage, pair.other.stage)
    bought = LeadStage.WON.value in (pair.into.stage, pair.other.stage)
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
        return None, "Nobody held or waited for either lead; nothing had to be decided."
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
    """Whether the survivor leaves nurture; `asked`: the other lead was held, or waited for a rep."""
    if (running := await _keep_longest_cool_off(env, tx, pair)) is not None:
        return NurtureReturn(returns=False, sentence=f"The lead stays in nurture {running.cool_off}.")
    nurture = nurture_of(pair.into)
    assert nurture is not None, "the stage and its cause are written together"
    found = await find_nurture_return(env, tx, survivor, nurture)
    if found.returns or not asked:
        return found
    return NurtureReturn(returns=True, sentence="The lead came back from nurture: a rep was asked for the merged one.")


async def _keep_longest_cool_off(env: Env, tx: Tx, pair: LeadPair) -> NurtureStay | None:
    """The cool-off that runs for the person, whichever of the two leads began it: the survivor has it from now on."""
    now = env.clock()
    found = [(nurture, lead) for lead in (pair.into, pair.other) if (nurture := nurture_of(lead)) is not None]
    running = [(nurture, lead) for nurture, lead in found if nurture.until is not None and nurture.cools_off_at(now)]
    if not running:
        return None
    longest, of = max(running, key=lambda one: one[0].until or now)
    if of is pair.other:
        stage, reason = LeadStage.NURTURE.value, pair.other.nurture_reason
        await tx.leads.set_stage(pair.into.id, stage, at=now, nurture=longest, nurture_reason=reason)
    return longest
