"""A published policy made ready: conditions as closures, rules behind an index."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import ConditionCompiler, Predicate, TruthValue, fields_read
from pointsman.domain.conditions.scores import compile_scores, reachable_fields, with_score_fields, with_scores
from pointsman.domain.leads.facts import NOW_FIELD, Facts
from pointsman.domain.policy.crm.actions import CrmActions
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.roster.rep_facts import REP_PREFIX
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.rule_index import RuleIndex, evaluate_remaining
from pointsman.domain.routing.rule_requirements import ConditionSplitter

#: Facts that decisions read whatever the conditions say.
_ALWAYS_READ = frozenset({"company.domain", "account.owner"})


class CompiledPolicy:
    """One published version of a policy, immutable and shared between threads."""

    def __init__(self, policy: Policy, *, version: int) -> None:
        self.version = version
        self.policy = policy
        self.definitions = Definitions.of(policy)
        compiler = ConditionCompiler(self.definitions)
        self.tests: tuple[Predicate, ...] = tuple(
            compiler.compile(rule.when) if rule.when else _always for rule in policy.rules
        )
        splitter = ConditionSplitter(self.definitions)
        self._index = RuleIndex([splitter.split(rule.when) for rule in policy.rules], compiler)
        self._named = {key: compiler.compile_named(key) for key in self.definitions.conditions}
        works = [rule.work for rule in policy.rules]
        self._rule_masks: dict[Work | None, tuple[int, int]] = {None: (0, (1 << len(works)) - 1)}
        for number, work in enumerate(Work, 1):
            self._rule_masks[work] = number, sum(1 << i for i, of_rule in enumerate(works) if of_rule is work)
        self.re_enter: Predicate | None = compiler.compile(policy.nurture.re_enter) if policy.nurture.re_enter else None
        #: By pool: what must be true of the lead and the rep together, asked of `{**facts, **rep_facts(rep)}`.
        self.requires: Mapping[str, Predicate] = {
            name: compiler.compile(pool.requires) for name, pool in policy.pools.items() if pool.requires
        }
        every_score = compile_scores(self.definitions.scores, self.definitions, compiler)
        self._scores = tuple(score for score in every_score if score.field in self._reachable)
        self.gated_works = GATED_WORKS | frozenset(policy.gates)

    @cached_property
    def lead_fields(self) -> frozenset[str]:
        """Every field that this policy may read of a lead: what a decision's inputs have to keep. Never a rep's."""
        asked = {field for _, condition in conditions_of(self.policy) for field in fields_read(condition)}
        return _ALWAYS_READ | {field for field in asked | self._pools_ask if not field.startswith(REP_PREFIX)}

    @cached_property
    def _pools_ask(self) -> frozenset[str]:
        pools = self.policy.pools.values()
        matched = frozenset(match.lead for pool in pools for match in pool.match)
        return matched | {preference.lead for pool in pools for preference in pool.ranking.prefer}

    @cached_property
    def eligibility_fields(self) -> Mapping[str, frozenset[str]]:
        """By pool: the fields of a lead that decide which members may take it; barred domains apart."""
        return {
            name: frozenset(match.lead for match in pool.match)
            | frozenset(
                field
                for field in (reachable_fields(pool.requires, self.definitions) if pool.requires else ())
                if not field.startswith(REP_PREFIX)
            )
            for name, pool in self.policy.pools.items()
        }

    @cached_property
    def _sent_fields(self) -> frozenset[str]:
        """The fields that a lead brings along, unlike those that a decision works out."""
        return frozenset(
            field for field in self.lead_fields if field != NOW_FIELD and field not in self.definitions.scores
        )

    @cached_property
    def _reachable(self) -> frozenset[str]:
        """The fields that something asks for beside scores that nothing asks for."""
        asked = self._pools_ask
        for path, condition in conditions_of(self.policy):
            if not path.startswith("scores."):
                asked |= reachable_fields(condition, self.definitions)
        return with_score_fields(asked, self.definitions)

    def enrich(self, facts: Facts, now: datetime) -> Facts:
        """What this policy may read of `facts`, with the moment of decision and the scores that it asks for.

        Doing it again changes nothing, so a stored decision's facts give the same answer when it is replayed.
        """
        given = self._sent_fields
        known = {name: value for name, value in facts.items() if name in given}
        if NOW_FIELD in self.lead_fields:
            known[NOW_FIELD] = now
        return with_scores(known, self._scores) if self._scores else known

    @cached_property
    def shared_members(self) -> frozenset[str]:
        """The reps who are in more than one pool: two pools may give them work at the same moment."""
        counts = Counter(member.rep for pool in self.policy.pools.values() for member in pool.members)
        return frozenset(rep for rep, pools in counts.items() if pools > 1)

    @cached_property
    def crm_actions(self) -> Mapping[str, CrmActions]:
        """By the name of the rule: what is done at the CRM for each lead that a rep gets by it."""
        return {rule.name: rule.crm for rule in self.policy.rules if rule.crm is not None}

    def candidates(self, facts: Facts, work: Work | None = None) -> tuple[int, ...]:
        """The rules (by position, in order) that the index cannot rule out; only those for `work`, if given."""
        return tuple(candidate[0] for candidate in self._index.remaining(facts, self._rule_masks[work]).candidates)

    def scan_rules(self, facts: Facts, work: Work | None = None) -> Iterator[tuple[int, TruthValue]]:
        """Rules that may be true with what their conditions say, in order; the first true one is the match."""
        return evaluate_remaining(self._index.remaining(facts, self._rule_masks[work]), facts, self._named)

    def clear_cache(self) -> None:
        """Forget what was worked out for earlier leads: for measuring what the first of its kind costs."""
        self._index.clear_cache()


def _always(_facts: Facts) -> TruthValue:
    return True
