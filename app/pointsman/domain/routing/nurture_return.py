"""Whether news bring a lead back from nurture: one answer for every path that has news, and for who asks beforehand."""

from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.leads.facts import Facts
from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import HoldReason, StepResult
from pointsman.domain.routing.plan import RoutingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class NurtureReturn:
    """Whether the lead is routed now, and why it is or is not."""

    returns: bool
    sentence: str


def nurture_return(nurture: NurtureStay, policy: CompiledPolicy, plan: RoutingPlan, now: datetime) -> NurtureReturn:
    """What becomes of a nurtured lead with the facts of `plan`, which is for any work (`purpose` None).

    A cool-off holds, whatever is true of the lead. After it, and without `re_enter`, any news bring the lead back; with it,
    only if it is true. A lead that a rule put there comes back as soon as `re_enter` is true, or the rules lead to a human.
    """
    if nurture.cools_off_at(now):
        return NurtureReturn(returns=False, sentence=f"The lead is in nurture {nurture.cool_off}; this news is kept.")
    if _meets_re_enter(policy, plan.facts):
        return NurtureReturn(returns=True, sentence="The lead came back from nurture: it meets nurture.re_enter.")
    if nurture.cause is not NurtureCause.RULE:
        if policy.re_enter is None:
            return NurtureReturn(returns=True, sentence="The lead came back from nurture: its cool-off is over.")
        return NurtureReturn(
            returns=False,
            sentence="The lead stays in nurture: its cool-off is over, but it does not meet nurture.re_enter.",
        )
    if rule := _rule_for_a_human(plan):
        return NurtureReturn(returns=True, sentence=f"The lead came back from nurture: rule '{rule}' is for a human.")
    kept = f"rule '{plan.routes[0].rule}' keeps it there" if plan.routes else "no rule for a human is true"
    unmet = " and it does not meet nurture.re_enter" if policy.re_enter is not None else ""
    return NurtureReturn(returns=False, sentence=f"The lead stays in nurture: {kept}{unmet}.")


def _meets_re_enter(policy: CompiledPolicy, facts: Facts) -> bool:
    return policy.re_enter is not None and policy.re_enter(facts) is True


def _rule_for_a_human(plan: RoutingPlan) -> str | None:
    """The first rule that the plan follows, if it is not for nurture; with its gate shut, a new lead would wait for it too."""
    if plan.routes:
        return plan.routes[0].rule if plan.routes[0].pool is not None else None
    if plan.hold_reason is HoldReason.NO_RULE:
        return None
    return next((step.rule for step in plan.steps if step.result is StepResult.MATCHED), None)
