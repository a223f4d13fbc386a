"""Why the chosen rep, and why not each other one who was eligible: in words, from what the method compared."""

from fractions import Fraction
from functools import cached_property

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.distribution.candidate import Candidate
from pointsman.domain.distribution.ledger import entitled_balances
from pointsman.domain.distribution.methods import Choice, Selection
from pointsman.domain.leads.facts import NEVER_QUOTED
from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.routing.decision import StepResult, TraceStep
from pointsman.domain.text.formatting import format_signed, join_with_and

_TIE_BREAKS = {"longest-waiting": ", and has waited longest of those level", "seeded-hash": ", drawn among those level"}
_NAMED = 3
_TURN_DUE = ", and the turn falls due first of those level"


class ChoiceReasons:
    """Sentences about one pick; balances are shown as they stand with this turn's entitlement."""

    def __init__(self, selection: Selection, chosen: Choice) -> None:
        self._selection, self._choice = selection, chosen
        self._raised = entitled_balances(selection.pool_state.ledger, selection.eligible)
        self._unit = selection.pool_state.ledger.denominator * sum(selection.eligible.values())
        self._name = selection.rep(chosen.rep).name
        ranks = selection.pool.method is DistributionMethod.RANKED and not selection.is_balanced
        self._unranked = self._why_unranked() if ranks else None
        self._method = DistributionMethod.FAIR if self._unranked is not None else selection.pool.method
        self._level = frozenset(chosen.tied)

    def why(self) -> str:
        """Why the chosen one, as the end of the summary."""
        selection, chosen = self._selection, self._choice
        if chosen.owner is not None:
            return f"{self._name} {chosen.owner.reason}"
        if len(selection.eligible) == 1:
            slot = f", with a slot at {self._slot(chosen.rep)}" if self._method is DistributionMethod.SOONEST else ""
            return f"{self._name} is the only one{slot}"
        asked = [f"{selection.rep(rep).name}'s turn is skipped as asked" for rep in chosen.skipped]
        return "; ".join([*asked, self._compared()])

    def trace_steps(self, rule: str) -> list[TraceStep]:
        """What the trace says of an owner, of skips, and of those too far ahead."""
        selection, chosen = self._selection, self._choice
        found = [(StepResult.OWNER, self.why())] if chosen.owner else []
        for rep in chosen.skipped:
            name = selection.rep(rep).name
            found.append((StepResult.SKIPPED, f"{name} comes next, but the turn is skipped as asked, this once"))
        if chosen.keeps_skip:
            found.append((StepResult.SKIP_KEPT, self._skip_stays()))
        for rep in chosen.passed_over:
            sentence = f"{selection.rep(rep).name} ranks no lower ({self._points(rep)}), but {self._far(rep)}"
            found.append((StepResult.TOO_FAR_AHEAD, sentence))
        if self._is_owed() and chosen.owner is None and len(selection.eligible) > 1:
            found.append((StepResult.TOO_FAR_BEHIND, f"{self._name} {self._behind(chosen.rep)}"))
        return [TraceStep(rule=rule, result=result, sentence=sentence) for result, sentence in found]

    def eligible_candidate(self, rep: str, *, by_override: bool) -> Candidate:
        """An eligible rep as a candidate, with the reason where another one was chosen."""
        sentence = f"{self._selection.rep(rep).name} may take it{' by an override' if by_override else ''}"
        if rep != self._choice.rep:
            sentence = f"{sentence}; {self._why_not(rep)}"
        return Candidate(rep=rep, pool=self._selection.name, eligible=True, code=None, sentence=sentence)

    def _compared(self) -> str:
        selection, rep, name = self._selection, self._choice.rep, self._name
        tie = _TIE_BREAKS.get(self._choice.tie_break or "", "")
        others = [r for r in selection.eligible if r != rep and r not in self._choice.skipped]
        if selection.is_balanced:
            level = any(self._per_weight(r) == self._per_weight(rep) for r in others)
            tie = tie or (_TURN_DUE if level else "")
            return f"{name} has the fewest appointments for the weight ({self._meetings(rep)}){tie}"
        match self._method:  # without `case _`: the type checker names a method that is not told
            case DistributionMethod.LEAST_LOADED:
                return f"{name} has the fewest open leads for the weight ({selection.open_leads(rep)}){tie}"
            case DistributionMethod.SOONEST:
                level = any(selection.earliest_start(r) == selection.earliest_start(rep) for r in others)
                return f"{name} has the earliest slot ({self._slot(rep)}){tie or (_TURN_DUE if level else '')}"
            case DistributionMethod.RANKED:
                level = any(selection.rank(r) == selection.rank(rep) and not selection.is_far_ahead(r) for r in others)
                points = self._chosen_points
                return f"{name} ranks highest ({points}){tie or (_TURN_DUE if level else '')}{self._ahead_of_it()}"
            case DistributionMethod.FAIR | DistributionMethod.OWNER:
                return self._by_balance(others) + tie

    def _by_balance(self, others: list[str]) -> str:
        rep, name = self._choice.rep, self._name
        unranked = f"{self._unranked}; " if self._unranked else ""
        if all(self._raised[rep] >= self._raised[r] for r in others):
            return f"{unranked}{name}'s balance was highest ({self._balance(rep)})"
        return f"{unranked}{name}'s turn falls due first (balance {self._balance(rep)})"

    def _ahead_of_it(self) -> str:
        """Those who rank no lower, but do not get the lead since they are too far ahead."""
        names = [self._selection.rep(rep).name for rep in self._choice.passed_over]
        if not names:
            return ""
        shown = [*names[:_NAMED], f"{len(names) - _NAMED} more"] if len(names) > _NAMED else names
        verbs = ("ranks", "is") if len(names) == 1 else ("rank", "are")
        return f"; {join_with_and(shown)} {verbs[0]} no lower, but {verbs[1]} as far ahead as the ranking allows"

    def _why_unranked(self) -> str | None:
        """Why a ranked pool took the ledger's next; None where it took the highest rank."""
        selection, rep = self._selection, self._choice.rep
        if self._is_owed():
            return f"{self._name} {self._behind(rep)}"
        if selection.is_far_ahead(rep):
            return "all are as far ahead as the ranking allows"
        if selection.points(rep):
            return None
        if self._choice.passed_over:
            return "all who are preferred for this lead are as far ahead as the ranking allows"
        other = "other " if any(selection.points(skipped) for skipped in self._choice.skipped) else ""
        return f"no {other}eligible rep is preferred for this lead"

    def _is_owed(self) -> bool:
        """Whether a ranked pool gave the lead to the chosen one for having had too few turns."""
        selection = self._selection
        ranks = selection.pool.method is DistributionMethod.RANKED and not selection.is_balanced
        return ranks and selection.is_far_behind(self._choice.rep)

    def _why_not(self, rep: str) -> str:
        name = self._name
        if self._choice.owner is not None:
            return f"{name} {self._choice.owner.reason}"
        if rep in self._choice.skipped:
            return "the turn is skipped as asked, and the place in the queue stays"
        if rep in self._level:
            how = "has waited longer" if self._choice.tie_break == "longest-waiting" else "was drawn"
            return f"{name}, who is level, {how}"
        return self._compared_with(rep)

    def _compared_with(self, rep: str) -> str:
        """What set the chosen one apart from `rep`: what the method compares, or else the ledger."""
        selection, chosen, name = self._selection, self._choice.rep, self._name
        if selection.is_balanced and self._per_weight(rep) != self._per_weight(chosen):
            shown = f"{self._meetings(chosen)} against {self._meetings(rep)}"
            return f"{name} has fewer appointments for the weight ({shown})"
        said = ""
        match DistributionMethod.FAIR if selection.is_balanced else self._method:
            case DistributionMethod.LEAST_LOADED:
                said = f"{name} has fewer open leads for the weight ({self._loads(chosen)} against {self._loads(rep)})"
            case DistributionMethod.SOONEST:
                if selection.earliest_start(rep) != selection.earliest_start(chosen):
                    said = f"{name} has an earlier slot ({self._slot(chosen)} against {self._slot(rep)})"
            case DistributionMethod.RANKED:
                if selection.is_far_ahead(rep):
                    said = self._far(rep)
                elif selection.rank(rep) != selection.rank(chosen):
                    said = f"{name} ranks higher ({self._chosen_points}, against {self._points(rep)})"
            case DistributionMethod.FAIR | DistributionMethod.OWNER:
                pass
        if self._unranked is not None and selection.points(rep):
            if self._is_owed() and not selection.is_far_behind(rep):
                said = f"{name} {self._behind(chosen)}"
            elif selection.is_far_ahead(rep) and not selection.is_far_ahead(chosen):
                said = self._far(rep)
        return said or f"{name}'s turn falls due first (balance {self._balance(chosen)} against {self._balance(rep)})"

    def _skip_stays(self) -> str:
        if self._choice.owner is not None:
            return f"{self._name}'s next turn is to be skipped, but this lead is {self._name}'s own: the skip stays"
        names = [self._selection.rep(rep).name for rep in self._selection.eligible]
        only = (
            "nobody else is eligible"
            if len(names) == 1
            else f"so are those of all who are eligible ({join_with_and(names)})"
        )
        return f"{self._name}'s next turn is to be skipped, but {only}: no lead waits for a skip, and the skip stays"

    def _far(self, rep: str) -> str:
        balance = format_signed(self._selection.pool_state.ledger.balance(rep))
        limit = self._selection.pool.ranking.max_turns_ahead
        return f"is as far ahead as the ranking allows (balance {balance}, max_turns_ahead {limit})"

    def _behind(self, rep: str) -> str:
        balance = format_signed(self._selection.pool_state.ledger.balance(rep))
        limit = self._selection.pool.ranking.max_turns_behind
        return f"is so far behind that the turn comes before the ranking (balance {balance}, max_turns_behind {limit})"

    @cached_property
    def _chosen_points(self) -> str:
        return self._points(self._choice.rep)

    def _points(self, rep: str) -> str:
        """What the rank is made of: "3 points for languages de, tier 2"."""
        selection = self._selection
        found = [
            prefer.rep if prefer.lead in NEVER_QUOTED else f"{prefer.rep} {join_with_and(sorted(shared)[:_NAMED])}"
            for prefer, shared in selection.preferences(rep)
        ]
        if not found:
            return "no points"
        points, more = selection.points(rep), len(found) - _NAMED
        shown = [*found[:_NAMED], f"{more} more"] if more > 0 else found
        return f"{points} point{'' if points == 1 else 's'} for {join_with_and(shown)}, tier {selection.rep(rep).tier}"

    def _balance(self, rep: str) -> str:
        return format_signed(Fraction(self._raised[rep], self._unit))

    def _loads(self, rep: str) -> str:
        weight = self._selection.eligible[rep]
        return f"{self._selection.open_leads(rep)}" + (
            f" by weight {weight}" if len(set(self._selection.eligible.values())) > 1 else ""
        )

    def _per_weight(self, rep: str) -> Fraction:
        return Fraction(self._selection.appointments(rep), self._selection.eligible[rep])

    def _meetings(self, rep: str) -> str:
        weight = self._selection.eligible[rep]
        return f"{self._selection.appointments(rep)}" + (
            f" by weight {weight}" if len(set(self._selection.eligible.values())) > 1 else ""
        )

    def _slot(self, rep: str) -> str:
        at = self._selection.earliest_start(rep)
        return f"{to_local_time(at, self._selection.pool.time_zone):%a %Y-%m-%d %H:%M %Z}"
