"""News that contradict a standing pass of the gate."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.gate.evaluation import evaluate_gate
from pointsman.domain.leads.evidence import Evidence
from pointsman.services.handover.gate_check import GateAttempt, attempt_gate, closing_gate
from pointsman.services.leads.facts import stored_facts
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.routing.decisions import GatePass


async def find_contradicted_pass(
    env: Env, tx: Tx, lead_id: UUID, news: Sequence[Evidence], actor: Actor
) -> GateAttempt | None:
    """The failed gate of a lead with a standing pass, where `news` say a "no" that shuts it; None where the pass stands.

    `news` are on record, with their origins, and the lead is locked. A "no" that the live policy does not let count speaks
    against nothing, nor does one on what its gate does not ask for, or finds elsewhere: a policy by which an old pass would
    not be given any more ends none.
    """
    refusals = [item for item in news if not item.affirmed]
    if not refusals:
        return None
    rules = (await load_routing_config(env, tx)).policy.policy.evidence
    if not any(map(rules.counts, refusals)):
        return None
    passes = (await tx.decisions.routing_context(lead_id, at=env.clock())).gate_passes
    if not passes:
        return None
    case = await attempt_gate(env, tx, lead_id, (), None, replace(actor, supplier=None, rep=None), lock=False)
    later = [item for item in refusals if _is_later(item, passes, case.evidence)]
    return case if case.gate.unmet - _unmet_without(case, later) else None


def _is_later(no: Evidence, passes: Sequence[GatePass], on_record: Sequence[Evidence]) -> bool:
    """Later than the pass, or than a "yes" of its name. An older one, heard late, denies what no pass rested on."""
    return any(given.checked_at < no.observed_at for given in passes) or any(
        item.affirmed and item.name == no.name and item.observed_at <= no.observed_at for item in on_record
    )


def _unmet_without(case: GateAttempt, refusals: Sequence[Evidence]) -> frozenset[tuple[str, str]]:
    """What would keep the gate shut, were these not on record."""
    said = set(map(_saying, refusals))
    rest = [item for item in case.evidence if item.affirmed or _saying(item) not in said]
    return evaluate_gate(
        closing_gate(case.config),
        rest,
        stored_facts(case.lead),
        case.now,
        sources=case.config.policy.policy.evidence,
        definitions=case.config.policy.definitions,
    ).unmet


def _saying(item: Evidence) -> tuple[object, ...]:
    """What stays the same of an item once it is on record; its expiry does not."""
    return item.name, item.value, item.source, item.observed_at
