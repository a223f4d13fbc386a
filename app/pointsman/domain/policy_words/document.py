"""A whole policy read out in sentences: the words in which an admin and a sales manager agree on it."""

from collections.abc import Iterator, Mapping

from pointsman.domain.messages.message import say
from pointsman.domain.policy.document import HoldRules, Matching, Nurture, OwnerChanges, Ownership, Policy
from pointsman.domain.policy_words.definitions import read_definitions, read_evidence
from pointsman.domain.policy_words.pools import read_pool
from pointsman.domain.policy_words.rules import read_gates, read_rules
from pointsman.domain.policy_words.sections import PolicySection, Statements
from pointsman.domain.policy_words.suppliers import read_supplier
from pointsman.domain.policy_words.terms import OWNER_CHANGES, OWNERS, TIES, asked, tell_description
from pointsman.domain.policy_words.values import length_message, text_message

_MATCHING: Mapping[str, str] = {
    "free_mail_domains_extra": "readout.free-mail",
    "shared_hosts_extra": "readout.shared-hosts",
    "company_domains": "readout.company-domains",
    "placeholder_names_extra": "readout.placeholder-names",
}


def read_policy(policy: Policy) -> tuple[PolicySection, ...]:
    """All that it says. Two policies that say otherwise never read the same; `condition_message` tells what is one thing."""
    return tuple(_sections(policy))


def _sections(policy: Policy) -> Iterator[PolicySection]:
    if policy.description is not None:
        told = Statements("")
        tell_description(told, policy.description)
        yield told.section(say("readout.policy"))
    yield from read_rules(policy)
    for name, pool in policy.pools.items():
        yield read_pool(name, pool)
    for key, supplier in policy.suppliers.items():
        yield read_supplier(key, supplier)
    yield _ownership(policy.ownership, policy.owner_changes)
    yield _waiting(policy.holds, policy.nurture)
    yield from read_gates(policy)
    yield read_evidence(policy.evidence)
    yield from read_definitions(policy)
    matching = _matching(policy.matching)
    if matching.statements:
        yield matching


def _ownership(ownership: Ownership, changes: OwnerChanges) -> PolicySection:
    told = Statements("")
    if ownership.order:
        told.tell("ownership.order", say("readout.owners", owners=tuple(OWNERS[kind] for kind in ownership.order)))
    else:
        told.tell("ownership.order", say("readout.no-owners"))
    told.tell("ownership.tie", say("readout.tie", tie=TIES[ownership.tie]))
    told.tell("owner_changes", OWNER_CHANGES[changes])
    return told.section(say("readout.ownership"))


def _waiting(holds: HoldRules, nurture: Nurture) -> PolicySection:
    told = Statements("")
    told.tell("holds.alert_after", say("readout.alert-after", span=length_message(holds.alert_after)))
    told.tell("nurture.cool_off", say("readout.cool-off", span=length_message(nurture.cool_off)))
    if nurture.re_enter is None:
        told.tell("nurture.re_enter", say("readout.no-re-entry"))
    else:
        told.tell("nurture.re_enter", say("readout.re-enter", condition=asked(nurture.re_enter)))
    return told.section(say("readout.waiting"))


def _matching(matching: Matching) -> PolicySection:
    told = Statements("matching")
    for field, key in _MATCHING.items():
        if texts := getattr(matching, field):
            told.tell(field, say(key, texts=tuple(text_message(text) for text in texts)))
    if matching.names is not None:
        told.tell("names.link_at", say("readout.link-at", confidence=matching.names.link_at))
        told.tell("names.suggest_at", say("readout.suggest-at", confidence=matching.names.suggest_at))
    return told.section(say("readout.matching"))
