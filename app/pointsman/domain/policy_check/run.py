"""Checking a policy before it is live: every fault with its path, a stable code and a sentence that says what to do."""

from collections.abc import Collection, Iterator, Mapping

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.leads.values.iso_codes import NO_NAMES, CodeNames
from pointsman.domain.policy.document import Policy, Rule
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.bookings import check_bookings
from pointsman.domain.policy_check.conditions import check_condition, fields_of_policy
from pointsman.domain.policy_check.distribution import check_distribution
from pointsman.domain.policy_check.evidence import check_evidence
from pointsman.domain.policy_check.findings import Finding, Severity, error, warning
from pointsman.domain.policy_check.logic import check_logic
from pointsman.domain.policy_check.operands import DomainOf, Spellings, as_written
from pointsman.domain.policy_check.pools import check_pools
from pointsman.domain.policy_check.role_separation import check_role_separation
from pointsman.domain.policy_check.suppliers import check_suppliers
from pointsman.domain.policy_check.unused_names import check_unused_names
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.text.suggestions import did_you_mean

MAX_FINDINGS = 200


def check_policy(
    policy: Policy,
    roster: Roster | None,
    intakes: Mapping[str, Collection[str]] | None = None,
    *,
    names: CodeNames = NO_NAMES,
    domain_of: DomainOf = as_written,
) -> tuple[Finding, ...]:
    """All findings, errors first, at most MAX_FINDINGS.

    Without a roster, what depends on people is left out; without the evidence that each
    intake maps, by its key, what depends on those. By `names` a country or language in words is told its code,
    by `domain_of` a host which domain leads have of it.
    """
    errors: list[Finding] = []
    warnings: list[Finding] = []
    with gc_paused():
        for finding in _findings(policy, roster, intakes, Spellings(names, domain_of)):
            if finding.severity is Severity.ERROR:
                errors.append(finding)
                if len(errors) == MAX_FINDINGS:
                    break
            elif len(warnings) < MAX_FINDINGS:  # more of them keep no error from being found
                warnings.append(finding)
    return tuple((errors + warnings)[:MAX_FINDINGS])


def is_publishable(findings: tuple[Finding, ...]) -> bool:
    """Whether a policy with these findings may go live."""
    return all(finding.severity is not Severity.ERROR for finding in findings)


def _findings(
    policy: Policy, roster: Roster | None, intakes: Mapping[str, Collection[str]] | None, spellings: Spellings
) -> Iterator[Finding]:
    definitions, fields = Definitions.of(policy), fields_of_policy(policy)
    for path, condition in conditions_of(policy):
        yield from check_condition(path, condition, fields, definitions, spellings)
    yield from _gates(policy)
    yield from _rules(policy)
    yield from check_logic(policy, definitions)
    yield from check_distribution(policy, roster, fields, spellings)
    yield from check_bookings(policy)
    yield from check_pools(policy, roster)
    yield from check_suppliers(policy, roster)
    yield from check_evidence(policy, roster, intakes)
    yield from check_unused_names(policy, roster)
    if roster is not None:
        yield from check_role_separation(policy, roster)


def _gates(policy: Policy) -> Iterator[Finding]:
    for work, gate in policy.gates.items():
        if work is Work.NURTURE:
            yield error("gates.nurture", "gate-of-nurture", "nurture needs no gate, since no rep does it: remove it")
        elif work not in GATED_WORKS:
            message = (
                f"a hand-over opens the gate for closing alone, so this one would hold every lead for {work}: remove"
            )
            yield error(f"gates.{work}", "gate-never-opens", f"{message} it, or put its condition into the rules")
        elif not gate.require and gate.when is None:
            message = "this gate asks for nothing, and so lets no lead through: add 'require' or 'when'"
            yield error(f"gates.{work}", "gate-asks-nothing", message)


def _rules(policy: Policy) -> Iterator[Finding]:
    first_with: dict[str, int] = {}
    if not policy.rules:
        yield warning("rules", "no-rules", "without rules every lead is held: add one")
    for i, rule in enumerate(policy.rules):
        path = f"rules[{i}]"
        if rule.name in first_with:
            other = first_with[rule.name]
            yield error(f"{path}.name", "duplicate-rule", f"rules[{other}] has the same name: rename one")
        first_with.setdefault(rule.name, i)
        yield from _pools_of(policy, rule, path)
        if rule.work is Work.NURTURE:
            yield from _without_effect(rule, path)


def _without_effect(rule: Rule, path: str) -> Iterator[Finding]:
    if rule.else_ != "hold":
        yield warning(f"{path}.else", "else-without-effect", "nurture takes every lead: remove 'else'")
    if rule.category is not None:
        message = "categories count what reps get, and no rep gets a nurtured lead: remove it"
        yield warning(f"{path}.category", "category-without-effect", message)
    if rule.alert_after is not None:
        yield warning(f"{path}.alert_after", "alert-without-effect", "a nurtured lead is never held: remove it")


def _pools_of(policy: Policy, rule: Rule, path: str) -> Iterator[Finding]:
    if rule.pool is not None:
        pool = policy.pools.get(rule.pool)
        if pool is None:
            yield _unknown_pool(f"{path}.pool", rule.pool, policy)
        elif pool.work is not rule.work:
            message = f"pool {rule.pool} is for {pool.work}, not for {rule.work}: choose another pool or work"
            yield error(f"{path}.pool", "work-mismatch", message)
        elif pool.work in GATED_WORKS and pool.work not in policy.gates:
            message = f"no gate stands before {pool.work}, so this rule could only break role protection"
            yield error(f"{path}.work", "gate-missing", f"{message}: add gates.{pool.work}")
    fallback = rule.fallback_pool
    if fallback is None:
        return
    pool = policy.pools.get(fallback)
    if pool is None:
        yield _unknown_pool(f"{path}.else", fallback, policy)
    elif fallback == rule.pool:
        message = f"the rule falls back to its own pool {fallback}: choose another, or write hold"
        yield error(f"{path}.else", "fallback-cycle", message)
    elif pool.work is not rule.work and pool.work in GATED_WORKS | frozenset(policy.gates):
        message = f"pool {fallback} is for {pool.work}, which lies behind a gate; a fallback may not lead there"
        yield error(f"{path}.else", "fallback-gated", f"{message}: add a rule of its own for {pool.work}")
    elif pool.work is not rule.work:
        message = f"pool {fallback} is for {pool.work}: a lead that falls back becomes {pool.work}, not {rule.work}"
        yield warning(f"{path}.else", "fallback-other-work", message)


def _unknown_pool(path: str, name: str, policy: Policy) -> Finding:
    hint = did_you_mean(name, policy.pools) or "add it under pools"
    return error(path, "unknown-pool", f"there is no pool '{name}'; {hint}")
