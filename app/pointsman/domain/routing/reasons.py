"""Why the chosen rep, and why not each other one who was eligible: in words, from what the method compared."""

from fractions import Fraction

from pointsman.domain.dates.local_time import on_wall
from pointsman.domain.distribution.eligibility import Candidate
from pointsman.domain.distribution.ledger import entitled
from pointsman.domain.distribution.methods import Contest, Pick
from pointsman.domain.policy.document import Method
from pointsman.domain.routing.decision import Step, StepResult
from pointsman.domain.text.wording import listing, signed

_SETTLED = {"longest-waiting": ", and has waited longest of those level", "seeded-hash": ", drawn among those level"}
_DUE = ", and the turn falls due first of those level"


class Reasons:
    """Sentences about one pick; balances are shown as they stand with this turn's entitlement."""

    def __init__(self, contest: Contest, chosen: Pick) -> None:
        self._contest, self._pick = contest, chosen
        self._raised = entitled(contest.state.ledger, contest.eligible)
        self._unit = contest.state.ledger.denominator * sum(contest.eligible.values())
        self._name = contest.rep(chosen.rep).name
        all_ahead = not contest.balanced and contest.pool.method is Method.RANKED and contest.far_ahead(chosen.rep)
        self._method = Method.FAIR if all_ahead else contest.pool.method
        self._all_ahead = all_ahead
        self._level = frozenset(chosen.level)

    def why(self) -> str:
        """Why the chosen one, as the end of the summary."""
        contest, chosen = self._contest, self._pick
        if chosen.owner is not None:
            return f"{self._name} {chosen.owner.reason}"
        if len(contest.eligible) == 1:
            slot = f", with a slot at {self._slot(chosen.rep)}" if self._method is Method.SOONEST else ""
            return f"{self._name} is the only one{slot}"
        asked = [f"{contest.rep(rep).name}'s turn is skipped as asked" for rep in chosen.skipped]
        return "; ".join([*asked, self._compared()])

    def steps(self, rule: str) -> list[Step]:
        """What the trace says of an owner, of skips, and of those too far ahead."""
        contest, chosen = self._contest, self._pick
        found = [(StepResult.OWNER, self.why())] if chosen.owner else []
        for rep in chosen.skipped:
            name = contest.rep(rep).name
            found.append((StepResult.SKIPPED, f"{name} comes next, but the turn is skipped as asked, this once"))
        if chosen.skip_stays:
            found.append((StepResult.SKIP_KEPT, self._skip_stays()))
        for rep in chosen.ahead:
            sentence = f"{contest.rep(rep).name} ranks no lower ({contest.rank(rep)}), but {self._far(rep)}"
            found.append((StepResult.TOO_FAR_AHEAD, sentence))
        return [Step(rule=rule, result=result, sentence=sentence) for result, sentence in found]

    def candidate(self, rep: str, *, by_override: bool) -> Candidate:
        """Somebody eligible as a candidate, with why not this time where not chosen."""
        sentence = f"{self._contest.rep(rep).name} may take it{' by an override' if by_override else ''}"
        if rep != self._pick.rep:
            sentence = f"{sentence}; {self._why_not(rep)}"
        return Candidate(rep=rep, pool=self._contest.name, eligible=True, code=None, sentence=sentence)

    def _compared(self) -> str:
        contest, rep, name = self._contest, self._pick.rep, self._name
        tie = _SETTLED.get(self._pick.tie_break or "", "")
        others = [r for r in contest.eligible if r != rep and r not in self._pick.skipped]
        if contest.balanced:
            level = any(self._per_weight(r) == self._per_weight(rep) for r in others)
            return f"{name} has the fewest appointments for the weight ({self._meetings(rep)}){tie or (_DUE if level else '')}"
        match self._method:
            case Method.LEAST_LOADED:
                return f"{name} has the fewest open leads for the weight ({contest.load(rep)}){tie}"
            case Method.SOONEST:
                level = any(contest.slot(r) == contest.slot(rep) for r in others)
                return f"{name} has the earliest slot ({self._slot(rep)}){tie or (_DUE if level else '')}"
            case Method.RANKED:
                level = any(contest.rank(r) == contest.rank(rep) and not contest.far_ahead(r) for r in others)
                return f"{name} ranks highest ({contest.rank(rep)}){tie or (_DUE if level else '')}"
            case _:
                return self._by_balance(others) + tie

    def _by_balance(self, others: list[str]) -> str:
        rep, name = self._pick.rep, self._name
        far = "all are as far ahead as the ranking allows; " if self._all_ahead else ""
        if all(self._raised[rep] >= self._raised[r] for r in others):
            return f"{far}{name}'s balance was highest ({self._balance(rep)})"
        return f"{far}{name}'s turn falls due first (balance {self._balance(rep)})"

    def _why_not(self, rep: str) -> str:
        name = self._name
        if self._pick.owner is not None:
            return f"{name} {self._pick.owner.reason}"
        if rep in self._pick.skipped:
            return "the turn is skipped as asked, and the place in the queue stays"
        if rep in self._level:
            how = "has waited longer" if self._pick.tie_break == "longest-waiting" else "was drawn"
            return f"{name}, who is level, {how}"
        return self._compared_with(rep)

    def _compared_with(self, rep: str) -> str:
        contest, chosen, name = self._contest, self._pick.rep, self._name
        if contest.balanced and self._per_weight(rep) != self._per_weight(chosen):
            shown = f"{self._meetings(chosen)} against {self._meetings(rep)}"
            return f"{name} has fewer appointments for the weight ({shown})"
        match Method.FAIR if contest.balanced else self._method:
            case Method.LEAST_LOADED:
                return f"{name} has fewer open leads for the weight ({self._loads(chosen)} against {self._loads(rep)})"
            case Method.SOONEST if contest.slot(rep) != contest.slot(chosen):
                return f"{name} has an earlier slot ({self._slot(chosen)} against {self._slot(rep)})"
            case Method.RANKED if contest.far_ahead(rep):
                return self._far(rep)
            case Method.RANKED if contest.rank(rep) != contest.rank(chosen):
                return f"{name} ranks higher ({contest.rank(chosen)} against {contest.rank(rep)})"
            case _:
                shown = f"{self._balance(chosen)} against {self._balance(rep)}"
                return f"{name}'s turn falls due first (balance {shown})"

    def _skip_stays(self) -> str:
        if self._pick.owner is not None:
            return f"{self._name}'s next turn is to be skipped, but this lead is {self._name}'s own: the skip stays"
        names = [self._contest.rep(rep).name for rep in self._contest.eligible]
        only = (
            "nobody else is eligible" if len(names) == 1 else f"so are those of all who are eligible ({listing(names)})"
        )
        return f"{self._name}'s next turn is to be skipped, but {only}: no lead waits for a skip, and the skip stays"

    def _far(self, rep: str) -> str:
        balance = signed(self._contest.state.ledger.balance(rep))
        return (
            f"is as far ahead as the ranking allows (balance {balance}, lead_by {self._contest.pool.ranking.lead_by})"
        )

    def _balance(self, rep: str) -> str:
        return signed(Fraction(self._raised[rep], self._unit))

    def _loads(self, rep: str) -> str:
        weight = self._contest.eligible[rep]
        return f"{self._contest.load(rep)}" + (
            f" by weight {weight}" if len(set(self._contest.eligible.values())) > 1 else ""
        )

    def _per_weight(self, rep: str) -> Fraction:
        return Fraction(self._contest.appointments(rep), self._contest.eligible[rep])

    def _meetings(self, rep: str) -> str:
        weight = self._contest.eligible[rep]
        return f"{self._contest.appointments(rep)}" + (
            f" by weight {weight}" if len(set(self._contest.eligible.values())) > 1 else ""
        )

    def _slot(self, rep: str) -> str:
        at = self._contest.slot(rep)
        return f"{on_wall(at, self._contest.pool.time_zone):%a %Y-%m-%d %H:%M %Z}"
