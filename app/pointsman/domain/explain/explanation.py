"""Why this rep, why not each other one, which rules nearly matched, what would change it: one decision, explained whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pointsman.domain.counterfactuals.near_misses import NearMisses, near_misses
from pointsman.domain.counterfactuals.remedies import Remedy, find_remedies
from pointsman.domain.distribution.candidate import Candidate
from pointsman.domain.distribution.inputs import RoutingInputs
from pointsman.domain.explain.narrative import narrate_decision as story_of
from pointsman.domain.explain.narrative import summarise_decision as summary_of
from pointsman.domain.explain.narrative import why_message
from pointsman.domain.explain.turn_forecast import forecast_turns, goes_by_likeness
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.policy_words.crm_actions import crm_messages
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult, TraceStep
from pointsman.domain.routing.plan import RoutingPlan

#: More reps than these are counted, not listed.
MAX_LISTED_REPS = 100

CODE_BY_METHOD = {
    DistributionMethod.FAIR: "turn",
    DistributionMethod.LEAST_LOADED: "least-loaded",
    DistributionMethod.SOONEST: "soonest",
    DistributionMethod.RANKED: "ranked",
    DistributionMethod.OWNER: "owner",
}
#: Every code of a `WhyRep`.
WHY_REP_CODES = ("manual", "only-one", "balanced", *CODE_BY_METHOD.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyRep:
    """Why the chosen rep; `code` is one of `WHY_REP_CODES`."""

    code: str
    sentence: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Another member of a pool that was tried: dropped (`code`), or eligible and not next.

    `turns` is in how many turns theirs comes, while nobody comes or goes; None for the dropped, and past what was looked at.
    """

    rep: str
    pool: str
    eligible: bool
    code: str
    sentence: Message
    balance_before: Fraction | None = None
    entitlement: Fraction | None = None
    turns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision in words and as data; lists are bounded, and what was left out is counted."""

    summary: Message
    story: tuple[Message, ...]
    why_rep: WhyRep | None
    why_not: tuple[WhyNot, ...]
    why_not_more: int
    near_misses: NearMisses
    would_change: tuple[Remedy, ...]
    crm: tuple[Message, ...] = ()  # what it owes the CRM beside the owner, by its rule


def explain_decision(
    plan: RoutingPlan, inputs: RoutingInputs, decision: Decision, gate: GateResult | None = None
) -> Explanation:
    """The whole explanation of `decide(plan, inputs)`; `gate` is what the closing gate says of the lead's evidence."""
    near = near_misses(plan, decision)
    others = list(_why_not(plan, inputs, decision))
    return Explanation(
        summary=summary_of(decision),
        story=story_of(plan, decision, near, {other.rep: other.turns for other in others if other.turns}),
        why_rep=_why(plan, inputs, decision),
        why_not=tuple(others[:MAX_LISTED_REPS]),
        why_not_more=max(len(others) - MAX_LISTED_REPS, 0),
        near_misses=near,
        would_change=find_remedies(plan, inputs, decision, near, gate),
        crm=_owed_to_crm(plan, decision),
    )


def explain_manual_assignment(decision: Decision) -> Explanation:
    """A human's word needs no rule: the decision says it all."""
    return Explanation(
        summary=decision.summary,
        story=(say("explanation.by-hand"), decision.summary, say("explanation.roles-held")),
        why_rep=WhyRep(code="manual", sentence=decision.summary),
        why_not=(),
        why_not_more=0,
        near_misses=NearMisses(nearest=(), more=0),
        would_change=(),
    )


def _owed_to_crm(plan: RoutingPlan, decision: Decision) -> tuple[Message, ...]:
    if decision.outcome is not DecisionOutcome.ASSIGNED:
        return ()
    given = plan.compiled.crm_actions.get(decision.rule or "")
    return tuple(message for _, message in crm_messages(given)) if given else ()


def _why(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision) -> WhyRep | None:
    if decision.outcome is not DecisionOutcome.ASSIGNED or decision.turn is None:
        return None
    return WhyRep(code=_code(plan, inputs, decision, decision.steps), sentence=why_message(decision))


def _code(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision, steps: tuple[TraceStep, ...]) -> str:
    if any(step.result is StepResult.OWNER for step in steps):
        return "owner"
    if decision.turn is not None and len(decision.turn.weights) == 1:
        return "only-one"
    pool = plan.compiled.policy.pools[decision.pool or ""]
    if inputs.requested_time is not None and pool.booking.offer is OfferMode.BALANCED:
        return "balanced"
    return CODE_BY_METHOD[pool.method]


def _why_not(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision) -> Iterator[WhyNot]:
    """Those whose turn comes soonest first, then the other eligible, then the dropped, pool by pool."""
    turns, looked = forecast_turns(plan, inputs, decision)
    rank = {rep: i for i, rep in enumerate(turns)}
    like = goes_by_likeness(plan.compiled.policy.pools.get(decision.pool or ""))
    candidates = [c for c in decision.candidates if not (c.rep == decision.rep and c.pool == decision.pool)]
    for candidate in sorted(candidates, key=lambda c: (not c.eligible, rank.get(c.rep, len(rank)))):
        if not candidate.eligible:
            yield WhyNot(
                rep=candidate.rep,
                pool=candidate.pool,
                eligible=False,
                code=candidate.code or "",
                sentence=candidate.sentence,
            )
        else:
            yield _not_next(candidate, decision, turns.get(candidate.rep), looked, like=like)


def _not_next(candidate: Candidate, decision: Decision, turns: int | None, looked: int, *, like: bool) -> WhyNot:
    before, turn = decision.ledger_before, decision.turn
    return WhyNot(
        rep=candidate.rep,
        pool=candidate.pool,
        eligible=True,
        code="not-next",
        sentence=_with_turn(candidate.sentence, turns, looked, like=like),
        balance_before=before.balance(candidate.rep) if before else None,
        entitlement=turn.entitlement(candidate.rep) if turn else None,
        turns=turns,
    )


def _with_turn(told: Message, turns: int | None, looked: int, *, like: bool) -> Message:
    """What is told of an eligible rep, and when their turn comes."""
    if turns is None:
        if not looked:
            return told
        when = say("explanation.no-turn-like", looked=looked) if like else say("explanation.no-turn", looked=looked)
    elif turns == 1:
        when = say("explanation.next-like") if like else say("explanation.next")
    else:
        when = say("explanation.turn-in-like", turns=turns) if like else say("explanation.turn-in", turns=turns)
    return say("explanation.candidate", told=told, when=when)
