"""What a policy would have done with the leads of a past period. Nothing is written; the routing runs in a thread."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid, NotFound, Unavailable
from pointsman.domain.gate.evaluation import facts_with_evidence
from pointsman.domain.leads.facts import NOW_FIELD, QUALIFICATION, Facts
from pointsman.domain.messages.message import Message, message_from_json, say
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.replay.simulation import PastDecision, Simulation, SimulationReport
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import canonical_json
from pointsman.domain.routing.manual_assignment import MANUAL_KEY
from pointsman.services.leads.facts import stored_facts
from pointsman.services.policies.cache import compile_document, load_compiled_policy, load_roster
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.history import PastDecisionRow
from pointsman.services.routing.loads import period_starts

MAX_DECISIONS = 10_000
#: How long one simulation may take before it tells what it has.
MAX_RUNTIME = timedelta(seconds=25)
_BATCH = 100
#: What follows from other facts and from the clock, and so is never missing.
_DERIVED = (NOW_FIELD, "score.")


@dataclass(slots=True)
class _Running:
    """Whether a simulation runs in this process: it takes a whole core."""

    is_busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPeriod:
    """Which decisions are taken again: the first `limit` of `since` <= at < `until`; by default up to now."""

    since: datetime
    until: datetime | None = None
    limit: int = 1_000
    ledgers_from_zero: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult:
    """What came of it, under what assumptions; `complete` False: the period held more than was simulated."""

    report: SimulationReport
    roster_version: int
    facts_as_stored: int
    facts_filled_in: int  # with what is known of the lead now
    complete: bool
    assumptions: tuple[Message, ...]


async def simulate(
    env: Env, period: SimulationPeriod, *, version: int | None = None, document: object | None = None
) -> SimulationResult:
    """Route a past period by a stored version or a document. NotFound, PolicyInvalid, Invalid; Unavailable while another runs."""
    until = period.until or env.clock()
    if period.since >= until:
        message = "The period ends before it begins: give `until` after `since`."
        fault = Fault(path="body.until", code="empty-period", message=message)
        raise Invalid(message, code="empty-period", faults=[fault], told=say("refusal.empty-period"))
    running = env.cache.of(_Running)
    if running.is_busy:
        raise Unavailable(
            "Another simulation is running here. Try again when it is done.",
            code="simulation-running",
            told=say("refusal.simulation-running"),
        )
    running.is_busy = True
    try:
        return await _Run(env, period, until).run(version, document)
    finally:
        running.is_busy = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _AskedAnew:
    """Fields that the kept facts of a decision cannot answer."""

    lacking: frozenset[str] = frozenset()  # not kept
    judged: frozenset[str] = frozenset()  # `qualification.*`, kept as other rules judged the evidence

    @property
    def fields(self) -> frozenset[str]:
        return self.lacking | self.judged


def _evidence_judgement(compiled: CompiledPolicy) -> tuple[object, ...]:
    """What of a policy decides which evidence becomes a fact: see `facts_with_evidence`."""
    rules = compiled.policy.evidence
    kinds = {name: defined.kind for name, defined in rules.names.items()}
    return kinds, frozenset(rules.empty_words), compiled.policy.evidence_lifetime


class _Run:
    """One simulation: fetches a batch, has it routed, fetches the next."""

    def __init__(self, env: Env, period: SimulationPeriod, until: datetime) -> None:
        self._env, self._period, self._until = env, period, until
        self._asked: dict[int, _AskedAnew] = {}  # by policy version
        self._as_stored = self._filled_in = self._judged_anew = 0

    async def run(self, version: int | None, document: object | None) -> SimulationResult:
        env, period = self._env, self._period
        async with env.uow() as tx:
            versions = await tx.policies.live_versions()
            if versions.roster is None:
                raise NotFound(
                    "The roster is empty: put reps on it first.", code="no-roster", told=say("refusal.no-roster")
                )
            roster = await load_roster(env, tx, versions.roster)
            policy = await load_compiled_policy(env, tx, version) if version is not None else None
        if policy is None:
            policy = await compile_document(document)
        simulation = await to_thread(
            Simulation, policy, roster, period_starts, ledgers_from_zero=period.ledgers_from_zero
        )
        deadline, taken, complete = env.clock() + MAX_RUNTIME, 0, True
        after: tuple[datetime, UUID] | None = None
        while True:
            limit = min(_BATCH, period.limit - taken)
            async with env.uow() as tx:
                rows = await tx.history.decisions(since=period.since, until=self._until, after=after, limit=limit + 1)
                following = len(rows) > limit
                batch = await self._read(tx, rows[:limit], policy)
            await to_thread(simulation.add_decisions, batch)
            taken += len(batch)
            if not following:
                break
            after = (rows[limit - 1].at, rows[limit - 1].id)
            if taken >= period.limit or env.clock() >= deadline:
                complete = False
                break
        report = await to_thread(simulation.report)
        return SimulationResult(
            report=report,
            roster_version=roster.version,
            facts_as_stored=self._as_stored,
            facts_filled_in=self._filled_in,
            complete=complete,
            assumptions=self._assumptions(roster),
        )

    async def _read(self, tx: Tx, rows: Sequence[PastDecisionRow], policy: CompiledPolicy) -> list[PastDecision]:
        asked = {row.id: await self._asked_anew(tx, row, policy) for row in rows if MANUAL_KEY not in row.inputs}
        wanted = {row.lead_id for row in rows if row.id in asked and asked[row.id].fields}
        leads = await tx.leads.get_many(sorted(wanted)) if wanted else {}
        asks_evidence = any(field.startswith(QUALIFICATION) for anew in asked.values() for field in anew.fields)
        evidence = await tx.history.evidence(sorted(wanted)) if asks_evidence else {}
        lifetime = policy.policy.evidence_lifetime
        batch = []
        for row in rows:
            anew, lead = asked.get(row.id, _AskedAnew()), leads.get(row.lead_id)
            more: Facts | None = None
            if anew.fields and lead is not None:
                then = [item for recorded, item in evidence.get(row.lead_id, ()) if recorded <= row.at]
                present = facts_with_evidence(stored_facts(lead), then, row.at, lifetime, policy.policy.evidence)
                more = {name: value for name, value in present.items() if name in anew.fields}
            batch.append(self._past(row, anew, more))
        return batch

    async def _asked_anew(self, tx: Tx, row: PastDecisionRow, policy: CompiledPolicy) -> _AskedAnew:
        """What `policy` may read and a decision of that version did not keep, or kept as other evidence rules judged it."""
        if row.policy_version not in self._asked:
            then = await load_compiled_policy(self._env, tx, row.policy_version)
            lacking = {field for field in policy.lead_fields - then.lead_fields if not field.startswith(_DERIVED)}
            judged: set[str] = set()
            if _evidence_judgement(then) != _evidence_judgement(policy):
                judged = {field for field in policy.lead_fields & then.lead_fields if field.startswith(QUALIFICATION)}
            self._asked[row.policy_version] = _AskedAnew(lacking=frozenset(lacking), judged=frozenset(judged))
        return self._asked[row.policy_version]

    def _past(self, row: PastDecisionRow, anew: _AskedAnew, more: Facts | None) -> PastDecision:
        """`more`: the values of what is asked anew; None where nothing is, or where the lead is no more."""
        inputs, left_out = None, "manual"
        if MANUAL_KEY not in row.inputs:
            try:
                inputs = RecordedInputs.from_json(
                    canonical_json(row.inputs), Roster(version=row.roster_version, reps={})
                )
            except (LookupError, TypeError, ValueError, AttributeError):
                left_out = "unreadable"
        if inputs is not None:
            self._filled_in += bool(anew.lacking)
            self._judged_anew += bool(anew.judged) and more is not None
            self._as_stored += not anew.lacking
        facts: Facts = inputs.facts if inputs else {}
        if more is not None and inputs is not None:
            facts = {**more, **{name: value for name, value in facts.items() if name not in anew.fields}}
        return PastDecision(
            decision_id=row.id,
            lead_id=row.lead_id,
            at=row.at,
            outcome=row.outcome,
            work=row.work,
            rule=row.rule,
            pool=row.pool,
            rep=row.rep,
            hold_reason=row.hold_reason,
            summary=message_from_json(row.summary),
            category=row.category,
            inputs=inputs,
            facts=facts,
            left_out=None if inputs else left_out,
        )

    def _assumptions(self, roster: Roster) -> tuple[Message, ...]:
        filled = [say("simulation.filled-in", count=self._filled_in)] if self._filled_in else []
        judged = [say("simulation.judged-anew", count=self._judged_anew)] if self._judged_anew else []
        return (
            say("simulation.roster", version=roster.version),
            say("simulation.facts", count=self._as_stored),
            *filled,
            *judged,
            say("simulation.from-zero" if self._period.ledgers_from_zero else "simulation.from-history"),
            say("simulation.loads"),
            say("simulation.calendars"),
            say("simulation.gates"),
            say("simulation.by-hand"),
        )
