"""News that contradict a standing pass of the gate."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.leads.evidence import Evidence
from pointsman.services.handover.gate_check import GateAttempt, attempt_gate
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx


async def find_contradicted_pass(
    env: Env, tx: Tx, lead_id: UUID, news: Sequence[Evidence], actor: Actor
) -> GateAttempt | None:
    """The failed gate of a lead with a standing pass, where `news` say a "no" that counts; None where the pass stands.

    `news` are on record, with their origins, and the lead is locked. A "no" that the live policy does not let count speaks
    against nothing: a policy by which an old pass would not be given any more ends none.
    """
    refusals = [item for item in news if not item.affirmed]
    if not refusals:
        return None
    rules = (await load_routing_config(env, tx)).policy.policy.evidence
    if not any(map(rules.counts, refusals)):
        return None
    if not (await tx.decisions.routing_context(lead_id, at=env.clock())).gate_passes:
        return None
    case = await attempt_gate(env, tx, lead_id, (), None, replace(actor, supplier=None, rep=None), lock=False)
    return None if case.gate.passed else case
