"""A small sales floor for the domain's tests: reps, rosters, policies with a few words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID, uuid5

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.gate.evaluation import GateState
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.domain.messages.message import say
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Rep, Roster, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import PoolState, RoutingInputs

SPACE = UUID("00000000-0000-4000-8000-000000000000")
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
SDR = Role(name="SDR", works=frozenset({Work.PROSPECTING, Work.QUALIFICATION}))
CLOSER = Role(name="Closer", works=frozenset({Work.CLOSING}))
FOUNDER = Role(name="Founder", works=frozenset(Work))
WEEKDAYS = tuple(WeeklyBlock(weekday=day, start=time(9), end=time(17)) for day in range(5))
OPEN = {Work.CLOSING: GateState(is_open=True, reason=say("readiness.passed"))}


def rep(key: str, role: Role = SDR, **over: Any) -> Rep:
    given: dict[str, Any] = {
        "id": uuid5(SPACE, key),
        "key": key,
        "name": key.capitalize(),
        "email": f"{key}@example.com",
        "role": role,
        "role_id": uuid5(SPACE, role.name),
        "working_hours": WEEKDAYS,
    }
    return Rep(**{**given, **over})


def roster(*reps: Rep, version: int = 1) -> Roster:
    return Roster(version=version, reps={r.key: r for r in reps})


def compiled(
    rules: Sequence[Mapping[str, Any]], pools: Mapping[str, Any], *, version: int = 1, **parts: Any
) -> CompiledPolicy:
    parts.setdefault("gates", {"closing": {"require": ["qualified"]}})
    return CompiledPolicy(parse_policy({"rules": list(rules), "pools": dict(pools), **parts}), version=version)


def world(reps: Roster, **over: Any) -> RoutingInputs:
    given: dict[str, Any] = {
        "roster": reps,
        "now": NOW,
        "seed": "seed",
        "calendars": {key: CalendarState(readable=True) for key in reps.reps},
    }
    return RoutingInputs(**{**given, **over})


def pool_state(**balances: int) -> PoolState:
    return PoolState(ledger=Ledger(denominator=1, balances=balances))


def evidence(name: str, *, affirmed: bool = True, at: datetime = NOW, **over: Any) -> Evidence:
    given: dict[str, Any] = {
        "kind": EVIDENCE_NAMES[name],
        "name": name,
        "value": "yes" if affirmed else "no",
        "affirmed": affirmed,
        "source": "sdr:lena",
        "observed_at": at,
        "origin": ("reps",),
    }
    return Evidence(**{**given, **over})
