"""The gate: is this lead qualified, motivated and educated enough for the work behind it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pointsman.domain.conditions.definitions import NO_DEFINITIONS, Definitions
from pointsman.domain.conditions.evaluator import (
    ConditionCompiler,
    LeafResult,
    TruthValue,
    compile_condition,
    explain_condition,
)
from pointsman.domain.conditions.scores import compile_scores, reachable_fields, with_scores
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import NOW_FIELD, QUALIFICATION, Facts, FactValue
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.evidence_names import source_name
from pointsman.domain.policy.document import Gate
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.policy_words.terms import origin_message
from pointsman.domain.roster.roles import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """Whether a lead may get a gated work right now, and until when."""

    is_open: bool
    reason: Message
    expires_at: datetime | None = None

    def is_open_at(self, now: datetime) -> bool:
        return self.is_open and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetRequirement:
    """One thing that keeps the gate shut: what it is, why it does not count, how to mend it."""

    what: str
    why: Message
    how: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidEvidence:
    """One piece of evidence as the closer reads it before the call; `labels` are what the policy calls it, by language."""

    kind: str
    name: str
    labels: Mapping[str, str]
    value: str
    source: str
    observed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The gate's answer; `send_to` says where a lead goes that did not pass."""

    passed: bool
    missing: tuple[UnmetRequirement, ...]
    refused: tuple[UnmetRequirement, ...]
    failed_conditions: tuple[LeafResult, ...]
    expires_at: datetime | None
    snapshot: tuple[ValidEvidence, ...]
    send_to: Work | None
    summary: Message

    @property
    def unmet(self) -> frozenset[tuple[str, str]]:
        """All that keeps the gate shut, each under how it does: what is missing, what is refused, which tests are not true."""
        found = {("missing", item.what) for item in self.missing} | {("refused", item.what) for item in self.refused}
        return frozenset(found | {(f"when:{leaf.outcome}", leaf.path) for leaf in self.failed_conditions})

    def state(self) -> GateState:
        return GateState(is_open=self.passed, reason=self.summary, expires_at=self.expires_at)


#: Without this, a policy that forgets its gate would open it for every lead.
_ASKS_NOTHING = UnmetRequirement(
    what="gate",
    why=say("readiness.asks-nothing"),
    how=say("readiness.ask-something"),
)


def facts_with_evidence(
    facts: Facts, evidence: Sequence[Evidence], now: datetime, default_expiry: timedelta, rules: EvidenceRules
) -> Facts:
    """`facts` with `qualification.*` taken from affirmed, unexpired evidence that says something, and from nowhere else."""
    known: dict[str, FactValue] = {name: value for name, value in facts.items() if not name.startswith(QUALIFICATION)}
    for finding in _valid_evidence([item for item in evidence if rules.is_known(item)], now, default_expiry, rules):
        known[QUALIFICATION + finding.name] = finding.value
    return known


def evaluate_gate(
    gate: Gate,
    evidence: Sequence[Evidence],
    facts: Facts,
    now: datetime,
    *,
    sources: EvidenceRules,
    definitions: Definitions = NO_DEFINITIONS,
) -> GateResult:
    """Does this evidence pass this gate now?

    A kind is met by one affirmed, unexpired item of that kind, `kind.name` by that very item. A "no" outweighs
    every earlier "yes" of the same name, even once the "no" itself has expired. A pass expires with the first of
    the evidence that it rests on, and after the gate's own span at the latest; where several items meet a requirement,
    also two of one name, it rests on the one that lasts longest. A gate that asks for nothing lets no lead through.
    What `sources` does not let its sender supply counts neither way, nor does a name that it does not declare, or a "yes"
    whose value says nothing; `missing` names it.
    """
    given, evidence = evidence, [item for item in evidence if sources.counts(item)]
    lasting = _as_valid(_counting(evidence, now, gate.expires_after), now, gate.expires_after, sources)
    valid = _valid_evidence(evidence, now, gate.expires_after, sources)
    known = _known(gate, facts_with_evidence(facts, evidence, now, gate.expires_after, sources), now, definitions)
    missing: list[UnmetRequirement] = [] if gate.require or gate.when else [_ASKS_NOTHING]
    refused: list[UnmetRequirement] = []
    used: list[ValidEvidence] = []
    for requirement in gate.require:
        found = [f for f in lasting if requirement in (f.kind, f"{f.kind}.{f.name}")]
        if found:
            used.append(max(found, key=lambda f: f.expires_at))
        elif refusal := _refusal(requirement, evidence, now, gate.expires_after):
            refused.append(refusal)
        else:
            missing.append(_missing(requirement, evidence, given, now, gate.expires_after, sources))
    outcome: TruthValue = True
    failed: tuple[LeafResult, ...] = ()
    if gate.when is not None:
        outcome = compile_condition(gate.when, definitions)(known)
        explained = explain_condition(gate.when, known, definitions)
        failed = tuple(leaf for leaf in explained if leaf.outcome is not True) if outcome is not True else ()
        asked = {leaf.field.removeprefix(QUALIFICATION) for leaf in explained}
        used += [f for f in valid if f.name in asked]
    passed = not missing and not refused and outcome is True
    send_to = None
    if not passed:
        send_to = gate.on_fail.refused if refused or outcome is False else gate.on_fail.missing
    return GateResult(
        passed=passed,
        missing=tuple(missing),
        refused=tuple(refused),
        failed_conditions=failed,
        expires_at=min((now + gate.expires_after, *(f.expires_at for f in used))) if passed else None,
        snapshot=tuple(valid),
        send_to=send_to,
        summary=_summary(missing, refused, failed) if not passed else say("readiness.passed"),
    )


def _expiry(item: Evidence, now: datetime, default: timedelta) -> datetime:
    # A source whose clock runs ahead must not stretch the life of its evidence.
    return item.expires_at or min(item.observed_at, now) + default


def _latest_refusals(evidence: Sequence[Evidence], now: datetime) -> dict[str, Evidence]:
    latest: dict[str, Evidence] = {}
    for item in evidence:
        if not item.affirmed:
            other = latest.get(item.name)
            if other is None or min(item.observed_at, now) >= min(other.observed_at, now):
                latest[item.name] = item
    return latest


def _counting(evidence: Sequence[Evidence], now: datetime, default: timedelta) -> list[Evidence]:
    """The affirmed, unexpired and not refused items, in the order in which they were observed."""
    refusals = _latest_refusals(evidence, now)

    def counts(item: Evidence) -> bool:
        refusal = refusals.get(item.name)
        overruled = refusal is not None and min(refusal.observed_at, now) >= min(item.observed_at, now)
        return item.affirmed and not overruled and _expiry(item, now, default) > now

    return sorted(filter(counts, evidence), key=lambda item: min(item.observed_at, now))


def _valid_evidence(
    evidence: Sequence[Evidence], now: datetime, default: timedelta, rules: EvidenceRules
) -> list[ValidEvidence]:
    """The latest of each name among those that count, in the policy's order of the names."""
    latest = {item.name: item for item in _counting(evidence, now, default)}
    return _as_valid([latest[name] for name in rules.names if name in latest], now, default, rules)


def _as_valid(
    items: Sequence[Evidence], now: datetime, default: timedelta, rules: EvidenceRules
) -> list[ValidEvidence]:
    return [
        ValidEvidence(
            kind=item.kind.value,
            name=item.name,
            labels=rules.labels(item.name),
            value=item.value,
            source=item.source,
            observed_at=item.observed_at,
            expires_at=_expiry(item, now, default),
        )
        for item in items
    ]


def _concerns(requirement: str, item: Evidence) -> bool:
    return requirement in (item.kind.value, f"{item.kind.value}.{item.name}")


def _refusal(
    requirement: str, evidence: Sequence[Evidence], now: datetime, default: timedelta
) -> UnmetRequirement | None:
    """The unexpired "no" that speaks against `requirement`, where no later "yes" of that name stands against it."""
    refusals = _latest_refusals(evidence, now)
    for item in refusals.values():
        later_yes = any(
            e.affirmed and e.name == item.name and min(e.observed_at, now) > min(item.observed_at, now)
            for e in evidence
        )
        if _concerns(requirement, item) and not later_yes and _expiry(item, now, default) > now:
            return UnmetRequirement(
                what=requirement,
                why=say("readiness.denied", evidence=item.name, source=source_name(item.source), at=item.observed_at),
                how=say("readiness.send-new", evidence=item.name),
            )
    return None


def _missing(
    requirement: str,
    evidence: Sequence[Evidence],
    given: Sequence[Evidence],
    now: datetime,
    default: timedelta,
    rules: EvidenceRules,
) -> UnmetRequirement:
    """`evidence` is what counts of what was `given`."""
    kind, _, name = requirement.partition(".")
    names = [name] if name else rules.names_of(kind)
    how = say("readiness.send", kind=kind, names=tuple(names))
    past = [e for e in evidence if e.affirmed and _concerns(requirement, e)]
    if past:
        last = max(past, key=lambda e: _expiry(e, now, default))
        when = _expiry(last, now, default)
        why = say("readiness.withdrawn", evidence=last.name)
        if when <= now:
            why = say("readiness.expired", evidence=last.name, at=when)
        return UnmetRequirement(what=requirement, why=why, how=how)
    other = [e for e in given if e.affirmed and _concerns(requirement, e)]
    said = [e for e in other if rules.is_known(e)]
    if said:
        last = max(said, key=lambda e: e.observed_at)
        why = say("readiness.not-theirs", evidence=last.name, source=source_name(last.source))
        how = say("readiness.send-through", how=how, origins=_origins(last))
        return UnmetRequirement(what=requirement, why=why, how=how)
    if other:
        last = max(other, key=lambda e: e.observed_at)
        why = say("readiness.says-nothing", evidence=last.name, source=source_name(last.source))
        if rules.kind_of(last.name) is not last.kind:
            why = say("readiness.not-declared", evidence=last.name, kind=kind)
        return UnmetRequirement(what=requirement, why=why, how=how)
    return UnmetRequirement(what=requirement, why=say("readiness.not-recorded", names=tuple(names)), how=how)


def _origins(item: Evidence) -> Message:
    """The words that would have to be there: one of them is enough."""
    return (
        say("readiness.origins", names=tuple(map(origin_message, item.origin)))
        if item.origin
        else say("readiness.origin-unknown")
    )


def _summary(
    missing: Sequence[UnmetRequirement], refused: Sequence[UnmetRequirement], failed: Sequence[LeafResult]
) -> Message:
    parts = [say("readiness.refused", what=m.what, why=m.why) for m in refused]
    parts += [say("readiness.missing", what=m.what, why=m.why) for m in missing]
    parts += [leaf.words for leaf in failed]
    return say("readiness.not-passed", parts=tuple(parts))


def _known(gate: Gate, facts: Facts, now: datetime, definitions: Definitions) -> Facts:
    """`facts` with what the gate's own condition asks beside them: the moment, and scores."""
    if gate.when is None:
        return facts
    scores = compile_scores(reachable_fields(gate.when, definitions), definitions, ConditionCompiler(definitions))
    return with_scores({**facts, NOW_FIELD: now}, scores)
