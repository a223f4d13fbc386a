"""Passes of the gate that rest on what was true of a person at the company that they have left (decision 23)."""

from dataclasses import replace
from uuid import UUID

from pointsman.domain.gate.evaluation import evaluate_gate
from pointsman.domain.leads.evidence import OF_THE_EMPLOYER, with_ends
from pointsman.domain.messages.message import say
from pointsman.domain.roster.roles import Work
from pointsman.services.audit import audit
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.handover.gate_check import attempt_gate, closing_gate
from pointsman.services.leads.facts import stored_facts
from pointsman.services.ports import Actor, Env, Tx


async def end_passes_of_former_employer(env: Env, tx: Tx, lead_id: UUID, actor: Actor) -> None:
    """End the pass of a lead that has just changed employer, where its gate asks for evidence that ended with that.

    The lead is locked, and evidence that came with the news is not on record yet. Assignment and appointment stay.
    """
    now = env.clock()
    passes = (await tx.decisions.routing_context(lead_id, at=now)).gate_passes
    if not passes:
        return
    case = await attempt_gate(env, tx, lead_id, (), None, replace(actor, supplier=None, rep=None), lock=False)
    others = [end for end in await tx.gates.evidence_ends(lead_id) if end.kinds != OF_THE_EMPLOYER]
    before = evaluate_gate(
        closing_gate(case.config),
        [with_ends(item, others) for item in await tx.gates.evidence(lead_id)],
        stored_facts(case.lead),
        now,
        sources=case.config.policy.policy.evidence,
        definitions=case.config.policy.definitions,
    )
    if not case.gate.unmet - before.unmet:
        return
    await tx.gates.revoke_passes(lead_id, Work.CLOSING, at=now)
    await owe_lead_record(env, tx, lead_id)
    await audit(
        env,
        tx,
        actor,
        "gate.revoked",
        f"lead:{lead_id}",
        before={"gate_checks": [str(found.id) for found in passes]},
        after={"missing": sorted(what for _, what in case.gate.unmet - before.unmet)},
        reason=say("reason.employer-changed"),
    )
