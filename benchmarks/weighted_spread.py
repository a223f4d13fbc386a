"""1,000 leads at the same moment over a pool weighted 3:2:1:1, through four API processes: is every prefix fair?

    python benchmarks/weighted_spread.py [--leads 1000] [--weights 3:2:1:1] [--api 4]

Turns are read from the ledger's history in the order in which they were booked, and compared with the ideal in exact
fractions: after n turns a rep of weight w has had n x w / (sum of weights). No prefix may be a whole turn off for anybody.
"""

import argparse
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import floors
import psycopg
import uvloop
from http_load import percentile
from rich.console import Console
from seeding import seed
from service import Service
from spread import rush

HISTORY = "select seq, entry ->> 'rep', entry -> 'weights' from ledger_entries where pool = 'sdrs' order by seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Furthest:
    """The prefix that was furthest from its ideal."""

    off: Fraction
    rep: str
    turns: int

    def __str__(self) -> str:
        return f"{self.off} of a turn ({self.rep}, after {self.turns} turns)"


def furthest(turns: Sequence[str], weights: Mapping[str, int]) -> Furthest:
    """How far any prefix of `turns` is from what the weights say, at most."""
    total, had = sum(weights.values()), dict.fromkeys(weights, 0)
    worst = Furthest(off=Fraction(0), rep="nobody", turns=0)
    for number, rep in enumerate(turns, start=1):
        had[rep] += 1
        for key, weight in weights.items():
            off = abs(had[key] - Fraction(number * weight, total))
            if off > worst.off:
                worst = Furthest(off=off, rep=key, turns=number)
    return worst


def measure(service: Service, *, leads: int, weights: Sequence[int], console: Console) -> bool:
    """Print what happened; whether it was fair."""
    floor = floors.of_sdrs(len(weights), weights=weights)
    seed(service, floor)
    chance = random.Random(29)
    requests = [floors.lead_request(service.key, f"{chance.getrandbits(60):015x}") for _ in range(leads)]
    start = time.perf_counter()
    statuses, seconds = uvloop.run(rush(service.ports, requests))
    elapsed = time.perf_counter() - start
    with psycopg.connect(service.libpq_url) as connection:
        history = connection.execute(HISTORY).fetchall()
    turns = [rep for _, rep, _ in history]
    eligible = {f"sdr-{number}": weight for number, weight in enumerate(weights, start=1)}
    console.print(
        f"{leads} leads at once, {len(service.ports)} API processes: {elapsed:.1f} s, {leads / elapsed:.0f}/s, "
        f"p50 {percentile(seconds, 0.5):.2f} s, slowest {seconds[-1]:.2f} s; answers {dict(sorted(statuses.items()))}"
    )
    console.print(
        "turns: " + ", ".join(f"{rep} (weight {weight}) {turns.count(rep)}" for rep, weight in eligible.items())
    )
    worst = furthest(turns, eligible)
    checks = {
        f"all {leads} turns are booked, one after another": [seq for seq, _, _ in history] == [*range(1, leads + 1)],
        "everybody was eligible for every turn": all(_in_proportion(found, eligible) for _, _, found in history),
        f"every prefix is within 1 of ideal: the furthest by {worst}": worst.off < 1,
    }
    for said, good in checks.items():
        console.print(f"{'ok  ' if good else 'FAIL'} {said}")
    return all(checks.values())


def _in_proportion(found: Mapping[str, int], eligible: Mapping[str, int]) -> bool:
    total, given = sum(found.values()), sum(eligible.values())
    return found.keys() == eligible.keys() and all(found[rep] * given == eligible[rep] * total for rep in eligible)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--weights", default="3:2:1:1", help="one for each rep")
    parser.add_argument("--api", type=int, default=4, help="API processes")
    given = parser.parse_args()
    weights = [int(weight) for weight in given.weights.split(":")]
    with Service(apis=given.api, workers=0) as service:
        return 0 if measure(service, leads=given.leads, weights=weights, console=Console(soft_wrap=True)) else 1


if __name__ == "__main__":
    sys.exit(main())
