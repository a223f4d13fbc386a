"""The sources of evidence: do they exist, and can each gate still be opened?"""

from collections.abc import Collection, Iterator

from pointsman.domain.leads.evidence import EVIDENCE_NAMES
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.evidence_sources import EvidenceSource
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Roster
from pointsman.domain.text.suggestions import did_you_mean


def check_evidence(policy: Policy, roster: Roster | None, intakes: Collection[str] | None) -> Iterator[Finding]:
    """Intakes and partners that do not exist, and requirements that no source may meet."""
    suppliers = {rep.supplier for rep in roster.reps.values()} if roster is not None else None
    there = []  # those that may have an effect
    for i, source in enumerate(policy.evidence.sources):
        word, _, name = source.from_.partition(":")
        path = f"evidence.sources[{i}].from"
        if word == "intake" and intakes is not None and name not in intakes:
            hint = did_you_mean(name, intakes) or "make the intake, or remove this"
            yield warning(path, "unknown-intake", f"there is no intake '{name}', so this has no effect; {hint}")
        elif word == "partner" and suppliers is not None and name not in suppliers:
            hint = did_you_mean(name, suppliers) or "set the supplier of its reps"
            yield warning(path, "unknown-supplier", f"no rep works for '{name}', so this has no effect; {hint}")
        else:
            there.append(source)
    for work, gate in policy.gates.items():
        for i, requirement in enumerate(gate.require):
            if not any(_may_meet(source, requirement) for source in policy.evidence.sources):
                message = f"no entry of evidence.sources may supply {requirement}, so the gate never opens: add one"
                yield error(f"gates.{work}.require[{i}]", "requirement-without-source", message)
            elif not any(_may_meet(source, requirement) for source in there):
                message = (
                    f"what evidence.sources names for {requirement} does not exist yet: until then the gate stays shut"
                )
                yield warning(f"gates.{work}.require[{i}]", "requirement-without-source", message)


def _may_meet(source: EvidenceSource, requirement: str) -> bool:
    kind, _, name = requirement.partition(".")
    if not source.names and not source.kinds:
        return True
    asked = {name} if name else {one for one, owner in EVIDENCE_NAMES.items() if owner == kind}
    return kind in source.kinds or not asked.isdisjoint(source.names)
