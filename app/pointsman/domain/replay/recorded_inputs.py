"""A decision's inputs, kept so that it can be taken again: the same inputs give the same bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.errors import StaleVersion
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.facts import Facts, FactValue
from pointsman.domain.messages.message import Message, message_from_json
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import Owner, PoolState, RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, canonical_json, shallow_asdict
from pointsman.domain.routing.plan import RoutingPlan, plan_routes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedInputs:
    """What a decision was taken from, beside the policy and the roster of the named versions.

    Only the facts that the policy may read are kept, and only the pools and reps that could be reached.
    """

    policy_version: int
    facts: Facts
    purpose: Work | None
    gates: Mapping[Work, GateState]
    overridden_works: frozenset[Work]
    planned_at: datetime
    routing_inputs: RoutingInputs

    @staticmethod
    def of(plan: RoutingPlan, inputs: RoutingInputs) -> "RecordedInputs":
        """The inputs of `decide(plan, inputs)`."""
        return RecordedInputs(
            policy_version=plan.compiled.version,
            facts=plan.facts,
            purpose=plan.purpose,
            gates=plan.gates,
            overridden_works=plan.overridden,
            planned_at=plan.now,
            routing_inputs=_reachable(plan, inputs),
        )

    def plan(self, policy: CompiledPolicy) -> RoutingPlan:
        """Where `policy` may send the lead, with everything else as it was then."""
        return plan_routes(
            policy,
            self.facts,
            purpose=self.purpose,
            gates=self.gates,
            now=self.planned_at,
            overridden=self.overridden_works,
        )

    def to_json(self) -> str:
        inputs = self.routing_inputs
        data = {
            "policy_version": self.policy_version,
            "roster_version": inputs.roster.version,
            "facts": {name: _fact_as_json(value) for name, value in self.facts.items()},
            "purpose": self.purpose,
            "gates": {work: _gate_as_json(state) for work, state in self.gates.items()},
            "overridden": sorted(self.overridden_works),
            "planned_at": self.planned_at.isoformat(),
            "now": inputs.now.isoformat(),
            "seed": inputs.seed,
            "pools": {name: _pool_as_json(state) for name, state in inputs.pools.items()},
            "loads": {rep: shallow_asdict(load) for rep, load in inputs.loads.items()},
            "calendars": {rep: _calendar_as_json(state) for rep, state in inputs.calendars.items()},
            "past_holders": sorted(inputs.past_holders),
            "overrides": sorted([rep, work.value] for rep, work in inputs.overrides),
            "owners": [_owner_as_json(owner) for owner in inputs.owners],
            "category_loads": {
                category: {rep: shallow_asdict(load) for rep, load in loads.items()}
                for category, loads in inputs.category_loads.items()
            },
            "supplier_loads": {supplier: shallow_asdict(load) for supplier, load in inputs.supplier_loads.items()},
            "earliest": {
                pool: {rep: at.isoformat() for rep, at in earliest.items()}
                for pool, earliest in inputs.earliest_starts.items()
            },
        }
        if (
            inputs.requested_time is not None
        ):  # as decisions were kept before there was such a thing, they read the same
            data["asked"] = _asked_as_json(inputs.requested_time)
        return canonical_json(data)

    @staticmethod
    def from_json(text: str, roster: Roster) -> "RecordedInputs":
        """The inputs that `to_json` wrote; StaleVersion when `roster` is not the version they name."""
        data: dict[str, Any] = json.loads(text)
        if data["roster_version"] != roster.version:
            raise StaleVersion(f"this decision was taken with roster version {data['roster_version']}")
        inputs = RoutingInputs(
            roster=roster,
            now=datetime.fromisoformat(data["now"]),
            seed=data["seed"],
            pools={name: _pool(state) for name, state in data["pools"].items()},
            loads={rep: RepLoad(**load) for rep, load in data["loads"].items()},
            calendars={rep: _calendar(state) for rep, state in data["calendars"].items()},
            past_holders=frozenset(data["past_holders"]),
            overrides=frozenset((rep, Work(work)) for rep, work in data["overrides"]),
            owners=tuple(_owner(owner) for owner in data["owners"]),
            category_loads={
                category: {rep: RepLoad(**load) for rep, load in loads.items()}
                for category, loads in data["category_loads"].items()
            },
            supplier_loads={supplier: RepLoad(**load) for supplier, load in data["supplier_loads"].items()},
            earliest_starts={
                pool: {rep: datetime.fromisoformat(at) for rep, at in earliest.items()}
                for pool, earliest in data["earliest"].items()
            },
            requested_time=_asked(data["asked"]) if "asked" in data else None,
        )
        return RecordedInputs(
            policy_version=data["policy_version"],
            facts={name: _fact(value) for name, value in data["facts"].items()},
            purpose=Work(data["purpose"]) if data["purpose"] else None,
            gates={Work(work): _gate(state) for work, state in data["gates"].items()},
            overridden_works=frozenset(Work(work) for work in data["overridden"]),
            planned_at=datetime.fromisoformat(data["planned_at"]),
            routing_inputs=inputs,
        )


def replay(inputs: str, compiled: CompiledPolicy, roster: Roster) -> Decision:
    """The decision taken again from `RecordedInputs.to_json()`; StaleVersion when policy or roster is another version."""
    read = RecordedInputs.from_json(inputs, roster)
    if read.policy_version != compiled.version:
        raise StaleVersion(f"this decision was taken with policy version {read.policy_version}")
    plan = read.plan(compiled)
    return decide(plan, read.routing_inputs)


def _reachable(plan: RoutingPlan, inputs: RoutingInputs) -> RoutingInputs:
    reps = plan.reps
    return RoutingInputs(
        roster=inputs.roster,
        now=inputs.now,
        seed=inputs.seed,
        pools={name: inputs.pools[name] for name in plan.pools if name in inputs.pools},
        loads={rep: load for rep, load in inputs.loads.items() if rep in reps},
        calendars={rep: state for rep, state in inputs.calendars.items() if rep in reps},
        past_holders=inputs.past_holders & reps,
        overrides=frozenset(pair for pair in inputs.overrides if pair[0] in reps),
        owners=inputs.owners,
        category_loads={
            category: {rep: load for rep, load in loads.items() if rep in reps}
            for category, loads in inputs.category_loads.items()
        },
        supplier_loads=inputs.supplier_loads,
        earliest_starts={name: inputs.earliest_starts[name] for name in plan.pools if name in inputs.earliest_starts},
        requested_time=_asked_of(reps, inputs.requested_time) if inputs.requested_time else None,
    )


def _asked_of(reps: frozenset[str], asked: RequestedTime) -> RequestedTime:
    return replace(
        asked,
        obstacles={rep: why for rep, why in asked.obstacles.items() if rep in reps},
        appointments={rep: count for rep, count in asked.appointments.items() if rep in reps},
    )


def _fact_as_json(value: FactValue) -> object:
    match value:
        case datetime():
            return {"instant": value.isoformat()}
        case tuple():
            return list(value)
        case _:
            return value


def _fact(value: Any) -> FactValue:
    match value:
        case {"instant": str(moment)}:
            return datetime.fromisoformat(moment)
        case list():
            return tuple(str(item) for item in value)
        case bool() | int() | float():
            return value
        case _:
            return str(value)


def _gate_as_json(state: GateState) -> dict[str, object]:
    expires_at = state.expires_at.isoformat() if state.expires_at else None
    return {"open": state.is_open, "reason": state.reason.as_json(), "expires_at": expires_at}


def _gate(data: Mapping[str, Any]) -> GateState:
    expires_at = datetime.fromisoformat(data["expires_at"]) if data["expires_at"] else None
    return GateState(is_open=data["open"], reason=message_from_json(data["reason"]), expires_at=expires_at)


def _calendar_as_json(state: CalendarState) -> dict[str, object]:
    return {"readable": state.readable, "reason": state.reason.as_json() if state.reason else None}


def _calendar(data: Mapping[str, Any]) -> CalendarState:
    return CalendarState(readable=data["readable"], reason=_message(data["reason"]))


def _owner_as_json(owner: Owner) -> dict[str, object]:
    return {"rep": owner.rep, "by": owner.by, "reason": owner.reason.as_json() if owner.reason else None}


def _owner(data: Mapping[str, Any]) -> Owner:
    return Owner(rep=data["rep"], by=data["by"], reason=_message(data["reason"]))


def _message(data: Mapping[str, Any] | None) -> Message | None:
    return message_from_json(data) if data else None


def _pool_as_json(state: PoolState) -> dict[str, object]:
    waiting = {rep: since.isoformat() if since else None for rep, since in state.waiting_since.items()}
    return {"ledger": state.ledger.as_json(), "waiting_since": waiting, "skips": sorted(state.pending_skips)}


def _asked_as_json(asked: RequestedTime) -> dict[str, object]:
    span = {"start": asked.start.isoformat(), "end": asked.end.isoformat()}
    obstacles = {rep: why.as_json() for rep, why in asked.obstacles.items()}
    return {**span, "obstacles": obstacles, "appointments": dict(asked.appointments)}


def _asked(data: Mapping[str, Any]) -> RequestedTime:
    return RequestedTime(
        start=datetime.fromisoformat(data["start"]),
        end=datetime.fromisoformat(data["end"]),
        obstacles={rep: message_from_json(why) for rep, why in data["obstacles"].items()},
        appointments=data["appointments"],
    )


def _pool(data: Mapping[str, Any]) -> PoolState:
    waiting = {rep: datetime.fromisoformat(s) if s else None for rep, s in data["waiting_since"].items()}
    return PoolState(
        ledger=Ledger.from_json(data["ledger"]), waiting_since=waiting, pending_skips=frozenset(data["skips"])
    )
