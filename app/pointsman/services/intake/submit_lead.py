"""A lead comes in: known or new, its evidence kept, routed when there is something to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Fault
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.handover.contradicted_pass import find_contradicted_pass
from pointsman.services.handover.former_employer import end_passes_of_former_employer
from pointsman.services.handover.refuse_gate import refuse_gate_in_tx
from pointsman.services.holds.retry import excluded_holders
from pointsman.services.leads.evidence_intake import taken_in, uncounted_warnings
from pointsman.services.leads.facts import stored_facts
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.leads.upsert import UpsertResult, upsert_lead
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import RoutingContext
from pointsman.services.routing.nurture import find_nurture_return, nurture_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RE_ENTRY, RoutingRequest, RoutingResult
from pointsman.services.transactions import run_in_transaction

__all__ = [
    "LeadInput",
    "SubmitResult",
    "UpsertResult",
    "re_entry_trigger",
    "submit_lead",
    "submit_lead_in_tx",
    "upsert_lead",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResult:
    """What became of a lead that came in; `routed` None means that nothing had to be decided, and `note` says why."""

    lead: LeadRow
    created: bool
    routed: RoutingResult | None
    note: Message | None
    warnings: tuple[Fault, ...] = ()


async def submit_lead(env: Env, given: LeadInput, *, actor: Actor) -> SubmitResult:
    """Take in a lead in one transaction; see `submit_lead_in_tx`."""

    async def attempt(calendars: Mapping[str, CalendarState]) -> SubmitResult:
        async def work(tx: Tx) -> SubmitResult:
            return await submit_lead_in_tx(env, tx, given, actor=actor, calendars=calendars)

        return await run_in_transaction(env, work)

    return await with_closer_calendars(env, attempt)


async def submit_lead_in_tx(
    env: Env,
    tx: Tx,
    given: LeadInput,
    *,
    actor: Actor,
    calendars: Mapping[str, CalendarState],
    speaker: Actor | None = None,
) -> SubmitResult:
    """Upsert the lead and route it when it is new, held, won, closed or back from nurture; else its holder keeps it.

    `speaker` as in `upsert_lead`.

    Raises Forbidden, and as `route_lead`: CalendarsUnread too, so that its transaction belongs into `with_closer_calendars`.
    """
    actor.require(Operation.LEAD_SUBMIT)
    upserted = await upsert_lead(env, tx, given, actor=actor, speaker=speaker)
    lead = upserted.lead
    warnings: tuple[Fault, ...] = ()
    items: Sequence[Evidence] = ()
    if upserted.left_employer:
        await end_passes_of_former_employer(env, tx, lead.id, actor)
    if given.evidence:
        items = taken_in(env, given.evidence, actor)
        await tx.gates.add_evidence(lead.id, items, at=env.clock())
        await owe_lead_record(env, tx, lead.id)
        warnings = uncounted_warnings(items, (await load_routing_config(env, tx)).policy.policy.evidence)
    if contradicted := await find_contradicted_pass(env, tx, lead.id, items, actor):
        withdrawn = await refuse_gate_in_tx(env, tx, contradicted, calendars)
        after = await tx.leads.get(lead.id)
        return SubmitResult(
            lead=after or lead,
            created=False,
            routed=withdrawn.routing,
            note=withdrawn.what_happens,
            warnings=warnings,
        )
    trigger, note = await _routing_trigger(env, tx, lead)
    why = note if trigger == RE_ENTRY else None
    if trigger is None:
        return SubmitResult(lead=lead, created=upserted.created, routed=None, note=note, warnings=warnings)
    past = await excluded_holders(tx, lead.id) if lead.stage == LeadStage.HELD else frozenset()
    # A lead made a moment ago has nothing yet: one statement less for nearly every lead.
    fresh = RoutingContext(versions=upserted.versions) if upserted.versions and not given.evidence else None
    request = RoutingRequest(
        lead=lead,
        purpose=None,
        trigger=trigger,
        actor=actor,
        calendars=calendars,
        past_holders=past,
        context=fresh,
        why=why,
    )
    routed = await route_lead(env, tx, request)
    if LeadStage.NURTURE in (lead.stage, routed.decision.outcome):
        lead = await tx.leads.get(lead.id) or lead  # since when and why it is there, or that it is no more
    if trigger == RE_ENTRY and routed.decision.outcome is DecisionOutcome.NURTURE:
        note = say(
            "news.stays-in-nurture", decision=routed.decision.summary
        )  # who can take it now, only a decision tells
    return SubmitResult(lead=lead, created=upserted.created, routed=routed, note=note, warnings=warnings)


async def _routing_trigger(env: Env, tx: Tx, lead: LeadRow) -> tuple[str | None, Message | None]:
    """(why the lead is routed now, or None; what is told to the caller when it was known)."""
    match LeadStage(lead.stage):
        case LeadStage.NEW:
            return "intake", None
        case LeadStage.HELD:
            return "retry", say("news.was-waiting")
        case LeadStage.NURTURE:
            return await re_entry_trigger(env, tx, lead)
        case LeadStage.WON:
            return _news_of_won(lead)
        case LeadStage.CLOSED:
            return "returned", say("news.was-closed")
        case LeadStage.WORKING | LeadStage.CLOSING | LeadStage.BOOKED:
            return None, say("news.kept")


def _news_of_won(lead: LeadRow) -> tuple[str, Message]:
    if stored_facts(lead).get("account.status") == "customer":
        return "customer-news", say("news.of-customer")
    return "returned", say("news.of-prospect")


async def re_entry_trigger(env: Env, tx: Tx, lead: LeadRow) -> tuple[str | None, Message]:
    """Why a nurtured lead is routed now, or None for one that stays; and that told."""
    nurture = nurture_of(lead)
    assert nurture is not None, "the stage and its cause are written together"
    found = await find_nurture_return(env, tx, lead, nurture)
    return RE_ENTRY if found.returns else None, found.sentence
