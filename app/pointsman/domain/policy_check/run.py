"""Checking a policy before it is live: every fault with its path, a stable code and a sentence that says what to do."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.leads.values.iso_codes import NO_NAMES, CodeNames
from pointsman.domain.messages.message import say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import Policy, Rule
from pointsman.domain.policy.invitations import TextCheck, TextFault, TextName
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.bookings import RepCalendar, check_bookings, check_calendars, check_invitations
from pointsman.domain.policy_check.conditions import check_condition, fields_of_policy
from pointsman.domain.policy_check.crm.actions import CrmConnection, check_crm_actions
from pointsman.domain.policy_check.distribution import check_distribution
from pointsman.domain.policy_check.evidence import check_evidence
from pointsman.domain.policy_check.findings import Finding, Severity, error, warning
from pointsman.domain.policy_check.logic import check_logic
from pointsman.domain.policy_check.operands import DomainOf, Spellings, as_written
from pointsman.domain.policy_check.pools import check_pools
from pointsman.domain.policy_check.role_separation import check_role_separation
from pointsman.domain.policy_check.suppliers import check_suppliers
from pointsman.domain.policy_check.unused_names import check_unused_names
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import GATED_WORKS, Work

MAX_FINDINGS = 200


def no_text_faults(_source: str, _names: Collection[TextName]) -> Sequence[TextFault]:
    """Takes every text: for who has no reader of templates at hand."""
    return ()


def any_address(_text: str) -> bool:
    """Takes what has the form of one: for who has no reader of hosts at hand."""
    return True


def check_policy(
    policy: Policy,
    roster: Roster | None,
    intakes: Mapping[str, Collection[str]] | None = None,
    *,
    names: CodeNames = NO_NAMES,
    domain_of: DomainOf = as_written,
    texts: TextCheck = no_text_faults,
    is_address: Callable[[str], bool] = any_address,
    sends_mail: Mapping[str, bool] | None = None,
    calendars: Mapping[str, RepCalendar] | None = None,
    connections: Sequence[CrmConnection] | None = None,
) -> tuple[Finding, ...]:
    """All findings, errors first, at most MAX_FINDINGS.

    Without a roster, what depends on people is left out; without the evidence that each
    intake maps, by its key, what depends on those. By `names` a country or language in words is told its code,
    by `domain_of` a host which domain leads have of it. `texts` finds the faults of a text that is sent, `is_address`
    knows the addresses to which mail goes, and `sends_mail` tells of each connection by its key; without it, connections
    are not looked at. `calendars` tells what those of the reps can do that are written to, and `connections` what each
    can do as a CRM, the first that was connected in front.
    """
    errors: list[Finding] = []
    warnings: list[Finding] = []
    with gc_paused():
        found = chain(
            _findings(policy, roster, intakes, Spellings(names, domain_of)),
            check_invitations(policy, texts, is_address, sends_mail),
            check_calendars(policy, roster, calendars),
            check_crm_actions(policy, connections),
        )
        for finding in found:
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
            yield error("gates.nurture", "gate-of-nurture", say("finding.gate-of-nurture"))
        elif work not in GATED_WORKS:
            yield error(f"gates.{work}", "gate-never-opens", say("finding.gate-never-opens", work=WORKS[work]))
        elif not gate.require and gate.when is None:
            yield error(f"gates.{work}", "gate-asks-nothing", say("finding.gate-asks-nothing"))


def _rules(policy: Policy) -> Iterator[Finding]:
    first_with: dict[str, int] = {}
    if not policy.rules:
        yield warning("rules", "no-rules", say("finding.no-rules"))
    for i, rule in enumerate(policy.rules):
        path = f"rules[{i}]"
        if rule.name in first_with:
            other = first_with[rule.name]
            yield error(f"{path}.name", "duplicate-rule", say("finding.duplicate-rule", other=f"rules[{other}]"))
        first_with.setdefault(rule.name, i)
        yield from _pools_of(policy, rule, path)
        if rule.work is Work.NURTURE:
            yield from _without_effect(rule, path)


def _without_effect(rule: Rule, path: str) -> Iterator[Finding]:
    if rule.else_ != "hold":
        yield warning(f"{path}.else", "else-without-effect", say("finding.else-without-effect"))
    if rule.category is not None:
        yield warning(f"{path}.category", "category-without-effect", say("finding.category-without-effect"))
    if rule.alert_after is not None:
        yield warning(f"{path}.alert_after", "alert-without-effect", say("finding.alert-without-effect"))


def _pools_of(policy: Policy, rule: Rule, path: str) -> Iterator[Finding]:
    if rule.pool is not None:
        pool = policy.pools.get(rule.pool)
        if pool is None:
            yield _unknown_pool(f"{path}.pool", rule.pool, policy)
        elif pool.work is not rule.work:
            message = say("finding.work-mismatch", pool=rule.pool, its=WORKS[pool.work], work=WORKS[rule.work])
            yield error(f"{path}.pool", "work-mismatch", message)
        elif pool.work in GATED_WORKS and pool.work not in policy.gates:
            message = say("finding.gate-missing", work=WORKS[pool.work], gate=f"gates.{pool.work}")
            yield error(f"{path}.work", "gate-missing", message)
    fallback = rule.fallback_pool
    if fallback is None:
        return
    pool = policy.pools.get(fallback)
    if pool is None:
        yield _unknown_pool(f"{path}.else", fallback, policy)
    elif fallback == rule.pool:
        yield error(f"{path}.else", "fallback-cycle", say("finding.fallback-cycle", pool=fallback))
    elif pool.work is not rule.work and pool.work in GATED_WORKS | frozenset(policy.gates):
        message = say("finding.fallback-gated", pool=fallback, work=WORKS[pool.work])
        yield error(f"{path}.else", "fallback-gated", message)
    elif pool.work is not rule.work:
        message = say("finding.fallback-other-work", pool=fallback, its=WORKS[pool.work], work=WORKS[rule.work])
        yield warning(f"{path}.else", "fallback-other-work", message)


def _unknown_pool(path: str, name: str, policy: Policy) -> Finding:
    hint = suggestion(name, policy.pools) or say("finding.add-under", section="pools")
    return error(path, "unknown-pool", say("finding.unknown-pool", name=name, hint=hint))
