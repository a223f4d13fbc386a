"""Checking a policy before it is live: every fault with its path, a stable code and a sentence that says what to do."""

from collections.abc import Iterator

from pointsman.domain.check_conditions import check_condition, fields_of_policy
from pointsman.domain.check_pools import check_pools
from pointsman.domain.definitions import Definitions
from pointsman.domain.findings import Finding, Severity, error, warning
from pointsman.domain.policy_conditions import conditions_of
from pointsman.domain.policy_document import Policy, Rule
from pointsman.domain.reps import Roster
from pointsman.domain.roles import GATED_WORKS, Work
from pointsman.domain.suggestions import did_you_mean

MAX_FINDINGS = 200


def check(policy: Policy, roster: Roster | None) -> tuple[Finding, ...]:
    """All findings, errors first, at most MAX_FINDINGS; without a roster, what depends on people is left out."""
    found: list[Finding] = []
    for finding in _findings(policy, roster):
        found.append(finding)
        if len(found) >= MAX_FINDINGS:
            break
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def publishable(findings: tuple[Finding, ...]) -> bool:
    """Whether a policy with these findings may go live."""
    return all(finding.severity is not Severity.ERROR for finding in findings)


def _findings(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    yield from _conditions(policy)
    yield from _gates(policy)
    yield from _rules(policy)
    yield from _reachability(policy.rules)
    yield from check_pools(policy, roster)


def _conditions(policy: Policy) -> Iterator[Finding]:
    definitions = Definitions.of(policy)
    fields = fields_of_policy(policy)
    for path, condition in conditions_of(policy):
        yield from check_condition(path, condition, fields, definitions)
    for name, pool in policy.pools.items():
        for i, match in enumerate(pool.match):
            if match.lead not in fields:
                hint = did_you_mean(match.lead, fields)
                message = f"there is no field '{match.lead}'; {hint}"
                yield error(f"pools.{name}.match[{i}].lead", "unknown-field", message)


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
            message = "this gate asks for nothing, and so lets nobody through: add 'require' or 'when'"
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
        if rule.else_ == "nurture" and rule.work is Work.NURTURE:
            yield warning(f"{path}.else", "else-without-effect", "nurture takes every lead: remove 'else'")


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


def _reachability(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Rules that no lead can reach: behind one that always matches and ends, or with an earlier twin that ends.

    An ungated rule does not hide a gated one, since gated rules are asked on their own at hand-over.
    """
    catch_all: dict[bool, int] = {}
    twins: dict[tuple[bool, str], int] = {}
    for i, rule in enumerate(rules):
        gated = rule.work in GATED_WORKS
        asked = rule.when.model_dump_json(by_alias=True, exclude_none=True) if rule.when else ""
        shadow = catch_all.get(gated, catch_all.get(True))
        twin = twins.get((gated, asked), twins.get((True, asked)))
        if shadow is not None:
            message = f"no lead gets here, since rule '{rules[shadow].name}' takes every lead: move this rule before it"
            yield error(f"rules[{i}]", "unreachable", message)
        elif twin is not None:
            message = f"no lead gets here, since rule '{rules[twin].name}' asks the same: merge the two"
            yield error(f"rules[{i}]", "unreachable", message)
        elif gated and rule.else_ == "hold" and any(later.work not in GATED_WORKS for later in rules[i + 1 :]):
            message = (
                "a new lead that matches waits here, as its gate is shut: write 'else: next', or move the rule down"
            )
            yield warning(f"rules[{i}].else", "gate-holds", message)
        if rule.else_ != "next" or rule.work is Work.NURTURE:
            twins.setdefault((gated, asked), i)
            if rule.when is None:
                catch_all.setdefault(gated, i)
