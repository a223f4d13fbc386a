"""Whether news bring a nurtured lead back, asked of what is stored."""

from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.nurture_return import NurtureReturn, nurture_return
from pointsman.services.policies.cache import load_routing_config_at
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.routing.lead_inputs import gate_passes, plan_for_lead, routing_facts


def nurture_of(lead: LeadRow) -> NurtureStay | None:
    """The lead's stay in nurture; None for one that is not there."""
    if lead.nurture_cause is None or lead.nurture_since is None:
        return None
    return NurtureStay(cause=NurtureCause(lead.nurture_cause), since=lead.nurture_since, until=lead.nurture_until)


async def find_nurture_return(env: Env, tx: Tx, lead: LeadRow, nurture: NurtureStay) -> NurtureReturn:
    """See `nurture_return`; the lead with what it is known for now, its evidence and passes among it."""
    now = env.clock()
    context = await tx.decisions.routing_context(lead.id, at=now)
    policy = (await load_routing_config_at(env, tx, context.versions)).policy
    plan = plan_for_lead(
        policy,
        routing_facts(lead, context, policy, now),
        purpose=None,
        passes=gate_passes(context),
        overrides={(row.rep, Work(row.work)) for row in context.overrides},
        now=now,
    )
    return nurture_return(nurture, policy, plan, now)
