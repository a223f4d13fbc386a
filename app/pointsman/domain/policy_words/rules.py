"""Rules and gates, read out."""

from collections.abc import Iterator, Mapping

from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.document import Gate, Policy, Rule
from pointsman.domain.policy_words.crm_actions import tell_crm_actions
from pointsman.domain.policy_words.sections import PolicySection, Statements
from pointsman.domain.policy_words.terms import KINDS, asked, tell_description
from pointsman.domain.policy_words.values import length_message
from pointsman.domain.roster.roles import Work, work_name

_ELSE: Mapping[str, Message] = {
    "hold": say("readout.else-hold"),
    "next": say("readout.else-next"),
    "nurture": say("readout.else-nurture"),
}


def read_rules(policy: Policy) -> Iterator[PolicySection]:
    """How rules are read, and one section for each."""
    told = Statements("rules")
    told.tell("", say("readout.rules-in-order" if policy.rules else "readout.no-rule"))
    yield told.section(say("readout.rules"))
    for i, rule in enumerate(policy.rules):
        yield _rule(i, rule)


def read_gates(policy: Policy) -> Iterator[PolicySection]:
    """One section for each gate."""
    for work, gate in policy.gates.items():
        yield _gate(work, gate)


def _rule(i: int, rule: Rule) -> PolicySection:
    told = Statements(f"rules[{i}]")
    told.tell("when" if rule.when is not None else "", _taken(rule))
    if rule.fallback_pool is not None:
        told.tell("else", say("readout.else-pool", pool=rule.fallback_pool))
    elif rule.pool is not None or rule.else_ != "hold":  # nurture needs no rep
        told.tell("else", _ELSE[rule.else_])
    if rule.category is not None:
        told.tell("category", say("readout.category", category=rule.category))
    if rule.alert_after is not None:
        told.tell("alert_after", say("readout.rule-alert", span=length_message(rule.alert_after)))
    tell_crm_actions(told, rule.crm)
    tell_description(told, rule.description)
    return told.section(say("readout.rule", number=i + 1, name=rule.name))


def _taken(rule: Rule) -> Message:
    if rule.pool is None:
        if rule.when is None:
            return say("readout.all-to-nurture")
        return say("readout.to-nurture", condition=asked(rule.when))
    if rule.when is None:
        return say("readout.all-to-pool", pool=rule.pool, work=work_name(rule.work))
    return say("readout.to-pool", condition=asked(rule.when), pool=rule.pool, work=work_name(rule.work))


def _gate(work: Work, gate: Gate) -> PolicySection:
    told = Statements(f"gates.{work}")
    for i, requirement in enumerate(gate.require):
        kind, _, name = requirement.partition(".")
        shown = KINDS[EvidenceKind(kind)]
        text = say("readout.requires-name", name=name, kind=shown) if name else say("readout.requires", kind=shown)
        told.tell(f"require[{i}]", text)
    if not gate.require:
        told.tell("require", say("readout.requires-nothing"))
    if gate.when is not None:
        told.tell("when", say("readout.gate-when", condition=asked(gate.when)))
    told.tell("expires_after", say("readout.expires", span=length_message(gate.expires_after)))
    told.tell("on_fail.missing", say("readout.gate-missing", work=work_name(gate.on_fail.missing)))
    told.tell("on_fail.refused", say("readout.gate-refused", work=work_name(gate.on_fail.refused)))
    return told.section(say("readout.gate", work=work_name(work)))
