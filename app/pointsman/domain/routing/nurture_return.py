"""Whether news bring a lead back from nurture: one answer for every path that has news, and for who asks beforehand."""

from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.leads.facts import Facts
from pointsman.domain.leads.nurture import NurtureCause, NurtureStay
from pointsman.domain.messages.message import Message, say
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import HoldReason, StepResult
from pointsman.domain.routing.plan import RoutingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class NurtureReturn:
    """Whether the lead is routed now, and why it is or is not."""

    returns: bool
    sentence: Message


def nurture_return(nurture: NurtureStay, policy: CompiledPolicy, plan: RoutingPlan, now: datetime) -> NurtureReturn:
    """What becomes of a nurtured lead with the facts of `plan`, which is for any work (`purpose` None).

    A cool-off holds, whatever is true of the lead. After it, a lead that the rules would send back there stays. Without
    `re_enter`, any other news bring it back; with it, only if it is true. A lead that a rule put there comes back as soon
    as `re_enter` is true and no rule keeps it there, or the rules lead to a human.
    """
    if nurture.cools_off_at(now):
        return NurtureReturn(returns=False, sentence=say("nurture.cooling-off", cool_off=nurture.cool_off))
    returns, why = _after_cool_off(nurture, policy, plan)
    sentence = say("nurture.came-back", why=why) if returns else say("nurture.stays", why=why)
    return NurtureReturn(returns=returns, sentence=sentence)


def _after_cool_off(nurture: NurtureStay, policy: CompiledPolicy, plan: RoutingPlan) -> tuple[bool, Message]:
    if rule := _rule_for_nurture(plan):
        return False, _kept_by(rule, policy, plan)
    if _meets_re_enter(policy, plan.facts):
        return True, say("nurture.meets-re-enter")
    asks = policy.re_enter is not None
    if nurture.cause is not NurtureCause.RULE:
        return not asks, say("nurture.cool-off-over-but") if asks else say("nurture.cool-off-over")
    if rule := _rule_for_a_human(plan):
        return True, say("nurture.rule-for-a-human", rule=rule)
    return False, say("nurture.no-human-rule-and") if asks else say("nurture.no-human-rule")


def _kept_by(rule: str, policy: CompiledPolicy, plan: RoutingPlan) -> Message:
    if _meets_re_enter(policy, plan.facts):
        return say("nurture.rule-keeps-although", rule=rule)
    asks = policy.re_enter is not None
    return say("nurture.rule-keeps-and", rule=rule) if asks else say("nurture.rule-keeps", rule=rule)


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
