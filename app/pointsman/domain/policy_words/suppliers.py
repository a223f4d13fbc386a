"""Suppliers, read out: how much a partner can take, and which companies it must not touch."""

from pointsman.domain.messages.message import Message, say, supplier_name
from pointsman.domain.policy.document import CapacityStep, SupplierRules
from pointsman.domain.policy_words.sections import PolicySection, Statements
from pointsman.domain.policy_words.terms import tell_description
from pointsman.domain.policy_words.values import text_message


def read_supplier(key: str, rules: SupplierRules) -> PolicySection:
    """One section."""
    told = Statements(f"suppliers.{key}")
    told.tell("time_zone", say("readout.time-zone", zone=rules.time_zone))
    for i, step in enumerate(rules.capacity):
        told.tell(f"capacity[{i}]", _capacity(step))
    if rules.barred_domains:
        domains = tuple(text_message(domain) for domain in rules.barred_domains)
        told.tell("barred_domains", say("readout.barred", domains=domains))
    tell_description(told, rules.description)
    return told.section(say("readout.supplier", supplier=supplier_name(key)))


def _capacity(step: CapacityStep) -> Message:
    limits = []
    if step.per_day is not None:
        limits.append(say("readout.limit-per-day", count=step.per_day))
    if step.per_week is not None:
        limits.append(say("readout.limit-per-week", count=step.per_week))
    if step.open_load is not None:
        limits.append(say("readout.limit-open", count=step.open_load))
    if not limits:
        return say("readout.no-limit", day=step.from_)
    return say("readout.limits", day=step.from_, limits=tuple(limits))
