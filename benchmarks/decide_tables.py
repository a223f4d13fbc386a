"""The same 100-row table for Pointsman and for zen-engine, larger policies, and leads for all of them."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import product
from typing import Any
from uuid import UUID, uuid5

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.roster.reps import Rep, Roster, WeeklyBlock
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import PoolState, RoutingInputs

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SPACE = UUID("00000000-0000-4000-8000-000000000000")
COUNTRIES = [f"{a}{b}" for a, b in product("ABCDEFGHIJ", "VWXYZ")]
SOURCES = [f"source-{number}" for number in range(20)]
SEGMENTS = [f"segment-{number}" for number in range(10)]
SHARED = 100  # rules that every larger policy has, spread evenly over it
FIELDS = {
    "country": "lead.country",
    "source": "lead.source",
    "segment": "lead.segment",
    "score": "lead.score",
    "employees": "company.employees",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table; None or nothing listed is a cell that takes everything."""

    countries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    segment: str | None = None
    score: int | None = None  # at least
    employees: tuple[int, int] | None = None  # both ends included

    def rule(self, name: str) -> dict[str, Any]:
        parts: list[dict[str, Any]] = []
        if self.countries:
            parts.append({"field": "lead.country", "in": list(self.countries)})
        if self.sources:
            parts.append({"field": "lead.source", "in": list(self.sources)})
        if self.segment:
            parts.append({"field": "lead.segment", "equals": self.segment})
        if self.score is not None:
            parts.append({"field": "lead.score", "gte": self.score})
        if self.employees:
            parts.append({"field": "company.employees", "between": list(self.employees)})
        return {"name": name, "when": {"all": parts}, "work": "nurture"}

    def cells(self) -> dict[str, str]:
        return {
            "country": ", ".join(f"'{country}'" for country in self.countries),
            "source": ", ".join(f"'{source}'" for source in self.sources),
            "segment": f"'{self.segment}'" if self.segment else "",
            "score": f">= {self.score}" if self.score is not None else "",
            "employees": f"[{self.employees[0]}..{self.employees[1]}]" if self.employees else "",
        }


def table(chance: random.Random, rows: int = 100) -> list[Row]:
    """Rows as people write them: a few countries and sources, now and then a segment, a score, a range."""
    made = []
    for _ in range(rows):
        low = chance.choice([1, 10, 50, 200, 1_000])
        made.append(
            Row(
                countries=tuple(chance.sample(COUNTRIES, chance.randint(1, 5))),
                sources=tuple(chance.sample(SOURCES, chance.randint(1, 3))) if chance.random() < 0.7 else (),
                segment=chance.choice(SEGMENTS) if chance.random() < 0.5 else None,
                score=chance.choice([10, 40, 70]) if chance.random() < 0.5 else None,
                employees=(low, low * 20) if chance.random() < 0.5 else None,
            )
        )
    return made


def policy_of_table(rows: list[Row]) -> CompiledPolicy:
    rules = [row.rule(f"row {number}") for number, row in enumerate(rows)]
    return CompiledPolicy(parse_policy({"rules": rules}), version=1)


def zen_of_table(rows: list[Row]) -> str:
    """The table as a decision of zen-engine: first row that hits, whose number is the answer."""
    place = {"x": 0, "y": 0}
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in FIELDS],
        "outputs": [{"id": "row", "name": "row", "field": "row"}],
        "rules": [{"_id": f"r{n}", "row": str(n), **row.cells()} for n, row in enumerate(rows)],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": place},
        {"id": "table", "type": "decisionTableNode", "name": "table", "position": place, "content": content},
        {"id": "out", "type": "outputNode", "name": "out", "position": place},
    ]
    edges = [
        {"id": f"{start}-{end}", "sourceId": start, "targetId": end, "type": "edge"}
        for start, end in (("in", "table"), ("table", "out"))
    ]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})


def lead(chance: random.Random) -> dict[str, Any]:
    """A random lead under the table's short names; now and then something is not known."""
    values: dict[str, Any] = {
        "country": chance.choice(COUNTRIES),
        "source": chance.choice(SOURCES),
        "segment": chance.choice(SEGMENTS),
        "score": chance.randint(0, 100),
        "employees": chance.choice([0, 5, 30, 120, 700, 3_000, 25_000]),
    }
    return {name: value for name, value in values.items() if chance.random() < 0.95}


def facts_of(values: Mapping[str, Any]) -> Facts:
    return {FIELDS[name]: value for name, value in values.items()}


def large_document(chance: random.Random, rules: int) -> dict[str, Any]:
    """`rules` that select by country, source and a named segment (a range of employees); SHARED of them in every size."""
    bands = [(2**n, 2 ** (n + 1) - 1) for n in range(10)]
    segments = {
        f"band-{n}": {"owner": "Board", "when": {"field": "company.employees", "between": list(band)}}
        for n, band in enumerate(bands)
    }
    shared = [_selecting(random.Random(number)) for number in range(SHARED)]  # data, not secrets
    step = rules // SHARED
    made = [shared[n // step] if n % step == 0 else _selecting(chance) for n in range(rules)]
    written = [{"name": f"rule {n}", "when": when, "work": "nurture"} for n, when in enumerate(made)]
    return {"segments": segments, "rules": written}


def leads_of_large(chance: random.Random, count: int) -> list[Facts]:
    """Four in five fit one of the shared rules; the others are random."""
    leads: list[Facts] = []
    for _ in range(count):
        facts = {
            "lead.country": chance.choice(COUNTRIES),
            "lead.source": chance.choice(SOURCES),
            "company.employees": 2 ** chance.randint(0, 9),
            "lead.score": chance.randint(0, 100),
            "lead.language": "de",
        }
        if chance.random() < 0.8:
            country, source, segment = _selecting(random.Random(chance.randrange(SHARED)))["all"]  # data
            facts["lead.country"] = country["in"][0]
            facts["lead.source"] = source["equals"]
            facts["company.employees"] = 2 ** int(segment["segment"].removeprefix("band-"))
        leads.append(facts)
    return leads


def _selecting(chance: random.Random) -> dict[str, Any]:
    return {
        "all": [
            {"field": "lead.country", "in": chance.sample(COUNTRIES, chance.randint(1, 3))},
            {"field": "lead.source", "equals": chance.choice(SOURCES)},
            {"segment": f"band-{chance.randrange(10)}"},
        ]
    }


def floor(rows: list[Row], reps: int = 50) -> tuple[CompiledPolicy, RoutingInputs]:
    """The table as rules that give work to a pool of `reps`, and a world in which all of them may take it."""
    pool = {"work": "qualification", "members": [f"rep{n}" for n in range(reps)], "immediate": True}
    rules = [{**row.rule(f"row {n}"), "work": "qualification", "pool": "sdr"} for n, row in enumerate(rows)]
    rules.append({"name": "everybody else", "work": "qualification", "pool": "sdr"})
    policy = CompiledPolicy(parse_policy({"rules": rules, "pools": {"sdr": pool}}), version=1)
    role = Role(name="SDR", works=frozenset({Work.QUALIFICATION}))
    hours = tuple(WeeklyBlock(weekday=day, start=time(8), end=time(18)) for day in range(5))
    people = {
        key: Rep(
            id=uuid5(SPACE, key), key=key, name=key, email=f"{key}@example.com", role=role, role_id=SPACE,
            time_zone="Europe/Berlin", working_hours=hours,
        )
        for key in (f"rep{n}" for n in range(reps))
    }  # fmt: skip
    world = RoutingInputs(
        roster=Roster(version=1, reps=people),
        now=NOW,
        seed="seed",
        pools={"sdr": PoolState(ledger=Ledger())},
        loads=dict.fromkeys(people, RepLoad()),
    )
    return policy, world
