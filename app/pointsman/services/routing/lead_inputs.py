"""What a lead brings to its decision: the facts that rules may ask about, and the gates that it has passed."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from pointsman.domain.errors import RoleProtected
from pointsman.domain.gate.evaluation import GateState, facts_with_evidence
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import say
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from pointsman.domain.routing.role_guard import gate_closed_reason
from pointsman.services.leads.facts import stored_facts
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import GatePass, RoutingContext


def gate_passes(context: RoutingContext, gate_check_id: UUID | None = None) -> dict[Work, GatePass]:
    """The gates that the lead has passed, by work; only what that check says, if one is given."""
    return {Work(row.work): row for row in context.gate_passes if gate_check_id is None or row.id == gate_check_id}


def awaited_gated_work(context: RoutingContext, passes: Mapping[Work, GatePass]) -> Work | None:
    """The gated work that the lead has passed for and waits for: news about it does not send it back to an SDR."""
    if context.hold is None or context.hold.work is None:
        return None
    work = Work(context.hold.work)
    return work if work in GATED_WORKS and work in passes else None


def gate_state(work: Work, passes: Mapping[Work, GatePass]) -> GateState:
    """Whether the gate for `work` is open to a lead with these passes."""
    found = passes.get(work)
    if found is None:
        return GateState(is_open=False, reason=gate_closed_reason(work))
    return GateState(is_open=True, reason=say("readiness.passed"), expires_at=found.expires_at)


def gate_closed_error() -> RoleProtected:
    """What a caller hears who would act for a lead whose gate is shut again."""
    return RoleProtected(
        "This lead's gate has expired or was revoked. Send fresh evidence: POST /v1/leads/{id}/handovers.",
        code="gate-closed",
    )


def routing_facts(lead: LeadRow, context: RoutingContext, policy: CompiledPolicy, now: datetime) -> Facts:
    """What the rules may ask about a lead; `qualification.*` from its evidence alone."""
    rules, lifetime = policy.policy.evidence, policy.policy.evidence_lifetime
    return facts_with_evidence(stored_facts(lead), context.evidence, now, lifetime, rules)


def plan_for_lead(
    policy: CompiledPolicy,
    facts: Facts,
    *,
    purpose: Work | None,
    passes: Mapping[Work, GatePass],
    overrides: Collection[tuple[str, Work]],
    now: datetime,
) -> RoutingPlan:
    """Where the rules may send a lead with these facts, passes and overrides."""
    return plan_routes(
        policy,
        facts,
        purpose=purpose,
        gates={work: gate_state(work, passes) for work in policy.gated_works},
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
