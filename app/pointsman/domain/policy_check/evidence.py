"""Evidence: do its sources exist, can each gate still be opened, and do intakes map what the policy declares?"""

from collections.abc import Collection, Iterator, Mapping

from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.messages.message import intake_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.evidence_sources import EvidenceRules, EvidenceSource
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Roster


def check_evidence(
    policy: Policy, roster: Roster | None, intakes: Mapping[str, Collection[str]] | None
) -> Iterator[Finding]:
    """Intakes and partners that do not exist, requirements that no source may meet, evidence of intakes that is not declared."""
    rules = policy.evidence
    suppliers = {rep.supplier for rep in roster.reps.values()} if roster is not None else None
    there = []  # those that may have an effect
    for i, source in enumerate(policy.evidence.sources):
        word, _, name = source.from_.partition(":")
        path = f"evidence.sources[{i}].from"
        if word == "intake" and intakes is not None and name not in intakes:
            hint = suggestion(name, intakes) or say("finding.make-intake")
            yield warning(path, "unknown-intake", say("finding.unknown-intake", name=name, hint=hint))
        elif word == "partner" and suppliers is not None and name not in suppliers:
            hint = suggestion(name, suppliers) or say("finding.set-supplier")
            yield warning(path, "unknown-supplier", say("finding.supplier-without-effect", name=name, hint=hint))
        else:
            there.append(source)
    yield from _yes_among_empty_words(rules)
    for work, gate in policy.gates.items():
        for i, requirement in enumerate(gate.require):
            if not any(_may_meet(source, requirement, rules) for source in policy.evidence.sources):
                message = say("finding.requirement-without-source", requirement=requirement)
                yield error(f"gates.{work}.require[{i}]", "requirement-without-source", message)
            elif not any(_may_meet(source, requirement, rules) for source in there):
                message = say("finding.requirement-without-source-yet", requirement=requirement)
                yield warning(f"gates.{work}.require[{i}]", "requirement-without-source", message)
    for key, mapped in (intakes or {}).items():
        for name in mapped:
            if rules.kind_of(name) is None:
                hint = suggestion(name, rules.names) or say("finding.declare-evidence")
                message = say("finding.intake-evidence", intake=intake_name(key), name=name, hint=hint)
                yield warning("evidence.names", "intake-evidence", message)


def _yes_among_empty_words(rules: EvidenceRules) -> Iterator[Finding]:
    for i, word in enumerate(rules.empty_words):
        if known_answer(word) is True:
            yield warning(
                f"evidence.empty_words[{i}]", "empty-word-is-a-yes", say("finding.empty-word-is-a-yes", word=word)
            )


def _may_meet(source: EvidenceSource, requirement: str, rules: EvidenceRules) -> bool:
    kind, _, name = requirement.partition(".")
    if not source.names and not source.kinds:
        return True
    asked = {name} if name else set(rules.names_of(kind))
    return kind in source.kinds or not asked.isdisjoint(source.names)
