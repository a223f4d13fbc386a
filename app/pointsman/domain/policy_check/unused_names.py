"""Names that nothing uses, categories and skill lists that no rep has, and domains in lists that cross each other."""

from collections.abc import Iterator, Mapping

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.leads.free_mail import is_mail_for_all
from pointsman.domain.messages.message import first_of, rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.conditions_model import Condition, Leaf, Operator, leaves
from pointsman.domain.policy.document import Matching, Policy
from pointsman.domain.policy.operands import word_list_name
from pointsman.domain.policy.references import names_in
from pointsman.domain.policy.walk import conditions_of
from pointsman.domain.policy_check.findings import Finding, warning
from pointsman.domain.roster.rep_facts import REP_FIELDS, REP_PREFIX
from pointsman.domain.roster.reps import Roster
from pointsman.domain.text.hosts import is_under_domain

_NAMED = ("segments.", "icps.", "personas.", "scores.")


def check_unused_names(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    """ "unused-definition", "unknown-category", "unknown-skill", "domain-in-two-lists", "company-of-many"."""
    yield from _unused(policy)
    yield from _domains(policy.matching)
    if roster is not None:
        yield from _categories(policy, roster)
        yield from _skills(policy, roster)


def _domains(matching: Matching) -> Iterator[Finding]:
    companies = frozenset(matching.company_domains)
    for name in ("free_mail_domains_extra", "shared_hosts_extra"):
        for i, domain in enumerate(getattr(matching, name)):
            if is_under_domain(domain, companies):
                message = say("finding.domain-in-two-lists", domain=domain)
                yield warning(f"matching.{name}[{i}]", "domain-in-two-lists", message)
    for i, domain in enumerate(matching.company_domains):
        if is_mail_for_all(domain):
            message = say("finding.company-of-many", domain=domain)
            yield warning(f"matching.company_domains[{i}]", "company-of-many", message)


def _unused(policy: Policy) -> Iterator[Finding]:
    defined: Mapping[str, Mapping[str, str]] = {
        "segments": {name: f"segment:{name}" for name in policy.segments},
        "icps": {name: f"icp:{name}" for name in policy.icps},
        "personas": {name: f"persona:{name}" for name in policy.personas},
        "scores": {name: name for name in policy.scores},
        "country_groups": {name: f"group:{name}" for name in policy.country_groups},
        "word_lists": {name: f"list:{name}" for name in policy.word_lists},
    }
    if not any(defined.values()):
        return
    definitions = Definitions.of(policy)
    parts: dict[str, list[Condition]] = {key: [condition] for key, condition in definitions.conditions.items()}
    parts |= {name: [points.when for points in score.points] for name, score in definitions.scores.items()}
    todo = [condition for path, condition in conditions_of(policy) if not path.startswith(_NAMED)]
    used: set[str] = set()
    while todo:
        condition = todo.pop()
        for name in {*names_in(condition), *_lists_in(condition)} - used:
            used.add(name)
            todo += parts.get(name, ())
    for kind, names in defined.items():
        for name, key in names.items():
            if key not in used:
                yield warning(f"{kind}.{name}", "unused-definition", say("finding.unused-definition"))


def _lists_in(condition: Condition) -> Iterator[str]:
    for _, test in leaves(condition):
        if isinstance(test, Leaf) and isinstance(test.operand, tuple):
            if test.operator is Operator.MENTIONS:
                yield from (item for item in test.operand if word_list_name(item) is not None)
            elif test.operator is Operator.IN_GROUP:
                yield from (f"group:{name}" for name in test.operand)


def _categories(policy: Policy, roster: Roster) -> Iterator[Finding]:
    given = {rule.category for rule in policy.rules if rule.category is not None}
    capped: dict[str, list[str]] = {}
    for rep in roster.reps.values():
        for category in rep.caps.categories:
            if category not in given:
                capped.setdefault(category, []).append(rep.key)
    for category, keys in capped.items():
        hint = suggestion(category, given) or say("finding.write-category", category=category)
        reps = first_of([rep_name(key) for key in keys], 3)
        message = say("finding.unknown-category", reps=reps, category=category, count=len(keys), hint=hint)
        yield warning("rules", "unknown-category", message)


def _skills(policy: Policy, roster: Roster) -> Iterator[Finding]:
    known = {skill for rep in roster.reps.values() for skill in rep.skills}
    for name, pool in policy.pools.items():
        asked = set(names_in(pool.requires)) if pool.requires is not None else set()
        for field in sorted(asked):
            skill = field.removeprefix(REP_PREFIX)
            if field.startswith(REP_PREFIX) and field not in REP_FIELDS and skill not in known:
                hint = suggestion(skill, known) or say("finding.add-to-reps")
                message = say("finding.unknown-skill", name=skill, hint=hint)
                yield warning(f"pools.{name}.requires", "unknown-skill", message)
