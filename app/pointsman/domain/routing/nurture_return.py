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

    A cool-off holds, whatever is true of the lead. After it, a lead that the rules would send back there stays. Without
    `re_enter`, any other news bring it back; with it, only if it is true. A lead that a rule put there comes back as soon
    as `re_enter` is true and no rule keeps it there, or the rules lead to a human.
    """
    if nurture.cools_off_at(now):
        return NurtureReturn(returns=False, sentence=f"The lead is in nurture {nurture.cool_off}; this news is kept.")
    returns, why = _after_cool_off(nurture, policy, plan)
    sentence = f"The lead came back from nurture: {why}." if returns else f"The lead stays in nurture: {why}."
    return NurtureReturn(returns=returns, sentence=sentence)


def _after_cool_off(nurture: NurtureStay, policy: CompiledPolicy, plan: RoutingPlan) -> tuple[bool, str]:
    meets = _meets_re_enter(policy, plan.facts)
    unmet = " and it does not meet nurture.re_enter" if policy.re_enter is not None else ""
    if rule := _rule_for_nurture(plan):
        return False, f"rule '{rule}' keeps it there" + (", although it meets nurture.re_enter" if meets else unmet)
    if meets:
        return True, "it meets nurture.re_enter"
    if nurture.cause is not NurtureCause.RULE:
        if policy.re_enter is None:
            return True, "its cool-off is over"
        return False, "its cool-off is over, but it does not meet nurture.re_enter"
    if rule := _rule_for_a_human(plan):
        return True, f"rule '{rule}' is for a human"
    return False, f"no rule for a human is true{unmet}"


def _meets_re_enter(policy: CompiledPolicy, facts: Facts) -> bool:
    return policy.re_enter is not None and policy.re_enter(facts) is True


def _rule_for_nurture(plan: RoutingPlan) -> str | None:
    """The rule that sends the lead to nurture before any rep is asked."""
    return plan.routes[0].rule if plan.routes and plan.routes[0].pool is None else None


def _rule_for_a_human(plan: RoutingPlan) -> str | None:
    """The first rule that the plan follows to a pool; with its gate shut, a new lead would wait for it too."""
    if plan.routes:
        return plan.routes[0].rule
    if plan.hold_reason is HoldReason.NO_RULE:
        return None
    return next((step.rule for step in plan.steps if step.result is StepResult.MATCHED), None)
