"""Why the chosen rep, and why not each other one who was eligible: told from what the method compared."""

from datetime import datetime
from fractions import Fraction
from functools import cached_property

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.distribution.candidate import Candidate
from pointsman.domain.distribution.ledger import entitled_balances
from pointsman.domain.distribution.methods import Choice, Selection
from pointsman.domain.leads.facts import NEVER_QUOTED
from pointsman.domain.messages.message import Arg, Message, first_of, rep_name, say
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.routing.decision import StepResult, TraceStep

_WAITED, _DRAWN = "longest-waiting", "seeded-hash"
_TIE_BREAKS = {_WAITED: say("routing.tie-waited"), _DRAWN: say("routing.tie-drawn")}
_NAMED = 3
_TURN_DUE = say("routing.tie-due")


class ChoiceReasons:
    """What is told of one pick; balances are shown as they stand with this turn's entitlement."""

    def __init__(self, selection: Selection, chosen: Choice) -> None:
        self._selection, self._choice = selection, chosen
        self._raised = entitled_balances(selection.pool_state.ledger, selection.eligible)
        self._unit = selection.pool_state.ledger.denominator * sum(selection.eligible.values())
        self._rep = rep_name(chosen.rep)
        self._due: dict[int, Message] = {}  # by balance
        self._weighs = len(set(selection.eligible.values())) > 1
        ranks = selection.pool.method is DistributionMethod.RANKED and not selection.is_balanced
        self._unranked = self._why_unranked() if ranks else None
        self._method = DistributionMethod.FAIR if self._unranked is not None else selection.pool.method
        self._level = frozenset(chosen.tied)

    @cached_property
    def why(self) -> Message:
        """Why the chosen one, as the end of the summary."""
        selection, chosen = self._selection, self._choice
        if chosen.owner is not None:
            return chosen.owner.told
        if len(selection.eligible) == 1:
            if self._method is DistributionMethod.SOONEST:
                return say("routing.only-one-with-slot", rep=self._rep, at=self._slot(chosen.rep))
            return say("routing.only-one", rep=self._rep)
        asked = [say("routing.turn-skipped", rep=rep_name(rep)) for rep in chosen.skipped]
        return _all_of([*asked, *self._compared()])

    def trace_steps(self, rule: str) -> list[TraceStep]:
        """What the trace says of an owner, of skips, and of those too far ahead."""
        selection, chosen = self._selection, self._choice
        found = [(StepResult.OWNER, self.why)] if chosen.owner else []
        found += [(StepResult.SKIPPED, say("routing.next-but-skipped", rep=rep_name(rep))) for rep in chosen.skipped]
        if chosen.keeps_skip:
            found.append((StepResult.SKIP_KEPT, self._skip_stays()))
        for rep in chosen.passed_over:
            ahead = say(
                "routing.no-lower-but-ahead",
                rep=rep_name(rep),
                points=self._points(rep),
                balance=selection.pool_state.ledger.balance(rep),
                limit=selection.pool.ranking.max_turns_ahead,
            )
            found.append((StepResult.TOO_FAR_AHEAD, ahead))
        if self._is_owed() and chosen.owner is None and len(selection.eligible) > 1:
            found.append((StepResult.TOO_FAR_BEHIND, self._behind()))
        return [TraceStep(rule=rule, result=result, sentence=sentence) for result, sentence in found]

    def eligible_candidate(self, rep: str, *, by_override: bool) -> Candidate:
        """An eligible rep as a candidate, with the reason where another one was chosen."""
        why = None if rep == self._choice.rep else self._why_not(rep)
        return Candidate(rep=rep, pool=self._selection.name, eligible=True, code=None, why=why, by_override=by_override)

    def _compared(self) -> list[Message]:
        selection, rep = self._selection, self._choice.rep
        others = [r for r in selection.eligible if r != rep and r not in self._choice.skipped]
        if selection.is_balanced:
            level = any(self._per_weight(r) == self._per_weight(rep) for r in others)
            fewest = say("routing.fewest-appointments", rep=self._rep, held=self._meetings(rep))
            return [self._settled(fewest, level=level)]
        match self._method:  # without `case _`: the type checker names a method that is not told
            case DistributionMethod.LEAST_LOADED:
                fewest = say("routing.fewest-leads", rep=self._rep, held=selection.open_leads(rep))
                return [self._settled(fewest, level=False)]
            case DistributionMethod.SOONEST:
                level = any(selection.earliest_start(r) == selection.earliest_start(rep) for r in others)
                earliest = say("routing.earliest-slot", rep=self._rep, at=self._slot(rep))
                return [self._settled(earliest, level=level)]
            case DistributionMethod.RANKED:
                level = any(selection.rank(r) == selection.rank(rep) and not selection.is_far_ahead(r) for r in others)
                highest = say("routing.ranks-highest", rep=self._rep, points=self._chosen_points)
                return [self._settled(highest, level=level), *self._ahead_of_it()]
            case DistributionMethod.FAIR | DistributionMethod.OWNER:
                return [*([self._unranked] if self._unranked else ()), self._by_balance(others)]

    def _settled(self, reason: Message, *, level: bool) -> Message:
        """The reason with what settled a tie; `level`: where neither time nor chance did, others are level all the same."""
        tie = _TIE_BREAKS.get(self._choice.tie_break or "") or (_TURN_DUE if level else None)
        return reason if tie is None else say("routing.with-tie", reason=reason, tie=tie)

    def _by_balance(self, others: list[str]) -> Message:
        rep, raised = self._choice.rep, self._raised
        told: dict[str, Arg] = {"rep": self._rep, "balance": self._balance(rep)}
        if all(raised[rep] == raised[r] for r in others) and self._choice.tie_break in _TIE_BREAKS:
            waited = self._choice.tie_break == _WAITED
            return say("routing.all-level-waited", **told) if waited else say("routing.all-level-drawn", **told)
        if all(raised[rep] >= raised[r] for r in others):
            return self._settled(say("routing.balance-highest", **told), level=False)
        return self._settled(say("routing.turn-due", **told), level=False)

    def _ahead_of_it(self) -> list[Message]:
        """Those who rank no lower, but do not get the lead since they are too far ahead."""
        ahead = [rep_name(rep) for rep in self._choice.passed_over]
        return [say("routing.others-too-far-ahead", reps=first_of(ahead, _NAMED), count=len(ahead))] if ahead else []

    def _why_unranked(self) -> Message | None:
        """Why a ranked pool took the ledger's next; None where it took the highest rank."""
        selection, rep = self._selection, self._choice.rep
        if self._is_owed():
            return self._behind()
        if selection.is_far_ahead(rep):
            return say("routing.all-too-far-ahead")
        if selection.points(rep):
            return None
        if self._choice.passed_over:
            return say("routing.preferred-too-far-ahead")
        if any(selection.points(skipped) for skipped in self._choice.skipped):
            return say("routing.no-other-preferred")
        return say("routing.none-preferred")

    def _is_owed(self) -> bool:
        """Whether a ranked pool gave the lead to the chosen one for having had too few turns."""
        selection = self._selection
        ranks = selection.pool.method is DistributionMethod.RANKED and not selection.is_balanced
        return ranks and selection.is_far_behind(self._choice.rep)

    def _why_not(self, rep: str) -> Message:
        if self._choice.owner is not None:
            return self._choice.owner.told
        if rep in self._choice.skipped:
            return say("routing.keeps-place")
        return self._level_with_chosen if rep in self._level else self._compared_with(rep)

    @cached_property
    def _level_with_chosen(self) -> Message:
        waited = self._choice.tie_break == _WAITED
        return say("routing.level-waited", rep=self._rep) if waited else say("routing.level-drawn", rep=self._rep)

    def _compared_with(self, rep: str) -> Message:
        """What set the chosen one apart from `rep`: what the method compares, or else the ledger."""
        told = self._apart_by_ranking(rep) or self._apart_by_method(rep)
        return self._due_before(rep) if told is None else told

    def _due_before(self, rep: str) -> Message:
        """Of all with one balance the same is told."""
        raised = self._raised[rep]
        if raised not in self._due:
            chosen, other = self._balance(self._choice.rep), self._balance(rep)
            self._due[raised] = say("routing.due-before", rep=self._rep, balance=chosen, other=other)
        return self._due[raised]

    def _apart_by_method(self, rep: str) -> Message | None:
        selection, chosen = self._selection, self._choice.rep
        if selection.is_balanced:
            if self._per_weight(rep) == self._per_weight(chosen):
                return None
            held, other = self._meetings(chosen), self._meetings(rep)
            return say("routing.fewer-appointments", rep=self._rep, held=held, other=other)
        told = None
        match self._method:
            case DistributionMethod.LEAST_LOADED:
                told = say("routing.fewer-leads", rep=self._rep, held=self._loads(chosen), other=self._loads(rep))
            case DistributionMethod.SOONEST if selection.earliest_start(rep) != selection.earliest_start(chosen):
                told = say("routing.earlier-slot", rep=self._rep, at=self._slot(chosen), other=self._slot(rep))
            case DistributionMethod.RANKED if selection.is_far_ahead(rep):
                told = self._far(rep)
            case DistributionMethod.RANKED if selection.rank(rep) != selection.rank(chosen):
                points, other = self._chosen_points, self._points(rep)
                told = say("routing.ranks-higher", rep=self._rep, points=points, other=other)
            case _:
                pass
        return told

    def _apart_by_ranking(self, rep: str) -> Message | None:
        """Why a rep who is preferred for the lead was not even ranked."""
        selection, chosen = self._selection, self._choice.rep
        if self._unranked is None or not selection.points(rep):
            return None
        if self._is_owed() and not selection.is_far_behind(rep):
            return self._behind()
        return self._far(rep) if selection.is_far_ahead(rep) and not selection.is_far_ahead(chosen) else None

    def _skip_stays(self) -> Message:
        if self._choice.owner is not None:
            return say("routing.skip-stays-with-owner", rep=self._rep)
        if len(self._selection.eligible) == 1:
            return say("routing.skip-stays-alone", rep=self._rep)
        reps = tuple(rep_name(rep) for rep in self._selection.eligible)
        return say("routing.skip-stays-with-all", rep=self._rep, reps=reps)

    def _far(self, rep: str) -> Message:
        balance = self._selection.pool_state.ledger.balance(rep)
        return say("routing.far-ahead", balance=balance, limit=self._selection.pool.ranking.max_turns_ahead)

    def _behind(self) -> Message:
        balance = self._selection.pool_state.ledger.balance(self._choice.rep)
        limit = self._selection.pool.ranking.max_turns_behind
        return say("routing.far-behind", rep=self._rep, balance=balance, limit=limit)

    @cached_property
    def _chosen_points(self) -> Message:
        return self._points(self._choice.rep)

    def _points(self, rep: str) -> Message:
        """What the rank is made of: "3 points for languages de, tier 2"."""
        selection = self._selection
        found: list[Arg] = [
            say("routing.skill-alone", skill=prefer.rep)
            if prefer.lead in NEVER_QUOTED
            else say("routing.skill", skill=prefer.rep, values=tuple(sorted(shared)[:_NAMED]))
            for prefer, shared in selection.preferences(rep)
        ]
        if not found:
            return say("routing.no-points")
        points, tier = selection.points(rep), selection.rep(rep).tier
        return say("routing.points", count=points, preferred=first_of(found, _NAMED), tier=tier)

    def _balance(self, rep: str) -> Fraction:
        return Fraction(self._raised[rep], self._unit)

    def _loads(self, rep: str) -> Arg:
        return self._by_weight(rep, self._selection.open_leads(rep))

    def _meetings(self, rep: str) -> Arg:
        return self._by_weight(rep, self._selection.appointments(rep))

    def _by_weight(self, rep: str, held: int) -> Arg:
        return say("routing.by-weight", held=held, weight=self._selection.eligible[rep]) if self._weighs else held

    def _per_weight(self, rep: str) -> Fraction:
        return Fraction(self._selection.appointments(rep), self._selection.eligible[rep])

    def _slot(self, rep: str) -> datetime:
        return to_local_time(self._selection.earliest_start(rep), self._selection.pool.time_zone)


def _all_of(reasons: list[Message]) -> Message:
    return reasons[0] if len(reasons) == 1 else say("routing.reasons", reasons=tuple(reasons))
