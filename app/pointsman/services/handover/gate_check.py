"""One try of the gate: what is on record, what is new, who hands over, and what the gate says to it all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.gate.evaluation import GateResult, UnmetRequirement, evaluate_gate, facts_with_evidence
from pointsman.domain.leads.evidence import Evidence, EvidenceEnd, with_ends
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import Gate
from pointsman.domain.policy.pools import OfferMode, Pool
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.roster.roles import SETTING_WORKS, Work
from pointsman.domain.routing.plan import plan_routes
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import visible_lead
from pointsman.services.calendars.readings import RepCalendarReading, read_calendars
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.codes.registered_domains import MatchingLists
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.leads.evidence_intake import taken_in, uncounted_warnings
from pointsman.services.leads.facts import HOUSE_FIELDS, own_facts, stored_facts
from pointsman.services.leads.fields import known_fields
from pointsman.services.policies.cache import RoutingConfig, load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.gates import CurrentAssignment, GateCheckRow

#: Evidence that says the same again within this time is the same evidence.
REPEAT_WITHIN = timedelta(hours=1)

#: A rep who hands over to closing must have a role that includes one of these.

_NO_GATE = Gate()
#: In place of what a text field has: present, and of no kind that any test fits.
_UNTOLD = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAttempt:
    """One hand-over inside its transaction."""

    lead: LeadRow
    config: RoutingConfig
    assignment: CurrentAssignment | None
    evidence: Sequence[Evidence]  # everything on record, the new items included
    new_evidence: Sequence[Evidence]
    gate: GateResult
    setter: Rep | None
    now: datetime
    actor: Actor
    warnings: Sequence[Fault]  # about what was given and does not count


async def attempt_gate(
    env: Env, tx: Tx, lead_id: UUID, given: Sequence[Evidence], setter: str | None, actor: Actor, *, lock: bool
) -> GateAttempt:
    now = env.clock()
    known = await load_routing_config(env, tx)
    lead = await visible_lead(tx, lead_id, actor, lock=lock)
    current = await tx.gates.current_assignment(lead_id, at=now)
    ends = await tx.gates.evidence_ends(lead_id)
    on_record = await tx.gates.evidence(lead_id)
    taken = taken_in(env, given, actor)
    new = [item for item in taken if not _repeated(item, on_record, ends)]
    everything = [with_ends(item, ends) for item in (*on_record, *new)]
    gate = gate_seen_by(actor, known, everything, lead, (await known_fields(env, tx)).lists, now)
    return GateAttempt(
        lead=lead,
        config=known,
        assignment=current,
        evidence=everything,
        new_evidence=new,
        gate=gate,
        setter=_setter(known, setter, current, actor),
        now=now,
        actor=actor,
        warnings=uncounted_warnings(taken, known.policy.policy.evidence),
    )


def gate_seen_by(
    actor: Actor, known: RoutingConfig, evidence: Sequence[Evidence], lead: LeadRow, lists: MatchingLists, now: datetime
) -> GateResult:
    """What the gate says to this caller: to one who does not see all leads, by the lead's own sayings (decision 15).

    A partner passes only where it does not matter what the account is to the house: whether it passes would tell.
    """

    def judged(facts: Facts) -> GateResult:
        rules, definitions = known.policy.policy.evidence, known.policy.definitions
        return evaluate_gate(closing_gate(known), evidence, facts, now, sources=rules, definitions=definitions)

    if not actor.sees.is_limited:
        return judged(stored_facts(lead))
    facts = own_facts(lead, lists, with_account=actor.supplier is None)
    gate = judged(facts)
    if gate.passed and actor.supplier is not None:
        return judged({**facts, **dict.fromkeys(HOUSE_FIELDS, _UNTOLD)})
    return gate


def closing_gate(known: RoutingConfig) -> Gate:
    return known.policy.policy.gates.get(Work.CLOSING, _NO_GATE)


def _repeated(item: Evidence, on_record: Sequence[Evidence], ends: Sequence[EvidenceEnd]) -> bool:
    return any(
        (item.name, item.value, item.affirmed, item.source, item.origin)
        == (old.name, old.value, old.affirmed, old.source, old.origin)
        and abs(item.observed_at - old.observed_at) < REPEAT_WITHIN
        and not _contradicted(old, item, on_record)
        and not any(end.ends(old) and not end.ends(item) for end in ends)
        for old in on_record
    )


def _contradicted(old: Evidence, item: Evidence, on_record: Sequence[Evidence]) -> bool:
    """Whether the buyer said the opposite between `old` and `item`: then `item` is news, also with the same words."""
    return any(
        other.name == item.name
        and other.affirmed is not item.affirmed
        and old.observed_at <= other.observed_at <= item.observed_at
        for other in on_record
    )


def _setter(known: RoutingConfig, key: str | None, current: CurrentAssignment | None, actor: Actor) -> Rep | None:
    """The setter who hands over: the rep whose key it is, else the one who is named, else the lead's holder.

    Raises Invalid for another rep than the key's, a rep whose role does not set appointments, or one of another supplier.
    """
    if actor.rep is not None:
        if key not in (None, actor.rep):
            raise _not_a_setter(f"This key hands over in the name of '{actor.rep}' alone.")
        key = actor.rep
    if key is None:
        holds = current is not None and Work(current.work) in SETTING_WORKS
        return known.roster.reps.get(current.rep_key) if current and holds else None
    rep = known.roster.reps.get(key)
    if rep is None or (actor.supplier is not None and rep.supplier != actor.supplier):
        raise _not_a_setter(f"There is no rep '{key:.60}' of yours.")
    if not (rep.role.works & SETTING_WORKS):
        raise _not_a_setter(f"The role {rep.role.name} of this rep includes neither prospecting nor qualification.")
    return rep


def _not_a_setter(message: str) -> Invalid:
    advice = "Name the rep who qualified the lead, or leave the setter out."
    return Invalid(message, faults=[Fault(path="body.setter", code="not-a-setter", message=advice)])


async def read_possible_calendars(env: Env, case: GateAttempt, max_age: timedelta) -> Mapping[str, RepCalendarReading]:
    """Read the calendars of every rep that a passed gate could bring this lead to."""
    plan = plan_routes(
        case.config.policy,
        facts_with_evidence(
            stored_facts(case.lead),
            case.evidence,
            case.now,
            closing_gate(case.config).expires_after,
            case.config.policy.policy.evidence,
        ),
        purpose=Work.CLOSING,
        gates={Work.CLOSING: case.gate.state()},
        now=case.now,
    )
    reps = {rep for rep in plan.reps if (known := case.config.roster.reps.get(rep)) and known.active}
    pools = case.config.policy.policy.pools
    reached = {*plan.pools}
    if case.assignment is not None and case.assignment.work == Work.CLOSING:
        reps.add(case.assignment.rep_key)
        if case.assignment.pool in pools:
            reached.add(case.assignment.pool)
    reps |= _possible_participants(pools, reached, case.config.roster)
    horizon = max((pools[pool].booking.horizon for pool in reached), default=timedelta(days=14))
    return await read_calendars(env, reps, case.now, case.now + horizon, max_age=max_age, deadline=READ_DEADLINE)


def _possible_participants(pools: Mapping[str, Pool], reached: Collection[str], roster: Roster) -> set[str]:
    """The reps who may be booked beside the closer, or in the closer's place, once one of these pools has the lead."""
    asked = {other for name in reached for other in pools[name].booking.companion_pools if other in pools}
    asked |= {name for name in reached if pools[name].booking.offer is not OfferMode.STRICT}
    members = {member.rep for name in asked for member in pools[name].members}
    return {rep for rep in members if (known := roster.reps.get(rep)) and known.active}


async def record_gate_check(env: Env, tx: Tx, case: GateAttempt) -> UUID:
    """The try of the gate, on record with who handed over, and its audit line."""
    check = GateCheckRow(
        id=env.new_id(),
        lead_id=case.lead.id,
        work=Work.CLOSING.value,
        passed=case.gate.passed,
        policy_version=case.config.policy.version,
        setter_rep_id=case.setter.id if case.setter else None,
        result=gate_result_as_json(case.gate),
        checked_at=case.now,
        expires_at=case.gate.expires_at,
    )
    await tx.gates.add_check(check)
    await owe_lead_record(env, tx, case.lead.id)
    await audit(
        env,
        tx,
        case.actor,
        "gate.passed" if check.passed else "gate.failed",
        f"lead:{case.lead.id}",
        after={"gate_check": str(check.id), "setter": case.setter.key if case.setter else None},
    )
    return check.id


def gate_result_as_json(gate: GateResult) -> dict[str, Any]:
    """What a gate check keeps: the evidence it rests on, or what is in the way."""
    return {
        "summary": gate.summary.as_json(),
        "send_to": gate.send_to.value if gate.send_to else None,
        "missing": [_unmet_as_json(item) for item in gate.missing],
        "refused": [_unmet_as_json(item) for item in gate.refused],
        "failed": [{"field": leaf.field, "words": leaf.words.as_json()} for leaf in gate.failed_conditions],
        "evidence": [
            {
                "kind": finding.kind,
                "name": finding.name,
                "labels": dict(finding.labels),
                "value": finding.value,
                "source": finding.source,
                "observed_at": finding.observed_at.isoformat(),
                "expires_at": finding.expires_at.isoformat(),
            }
            for finding in gate.snapshot
        ],
    }


def _unmet_as_json(item: UnmetRequirement) -> dict[str, Any]:
    return {"what": item.what, "why": item.why.as_json(), "how": item.how.as_json()}
