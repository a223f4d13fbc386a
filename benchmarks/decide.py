"""What one decision costs, on one core: beside zen-engine, with more and more rules, and with the whole of it.

    python benchmarks/decide.py [--rounds 7] [--json FILE]

Both engines get the same 100-row table of the same conditions and the same leads; their answers are compared first. They
take turns, round by round, and the median counts. zen-engine runs a decision that was compiled beforehand. What is
measured is processor time, which other work on the machine hardly changes; ratios are what to compare between machines.
"""

import argparse
import gc
import json
import os
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import decide_tables as tables
import zen
from rich.console import Console
from rich.table import Table

from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import decide
from pointsman.domain.routing.plan import plan_routes

COMPARED = 10_000  # leads whose answers must be equal
SIZES = (100, 1_000, 10_000)


@dataclass(slots=True, kw_only=True)
class Contender:
    """One way to decide, and the microseconds that a decision took in each round."""

    name: str
    run: Callable[[], int]  # decides some leads, tells how many
    rounds: list[float] = field(default_factory=list)

    def measure(self) -> None:
        start = time.process_time()
        count = self.run()
        self.rounds.append((time.process_time() - start) / count * 1e6)

    @property
    def us(self) -> float:
        return median(self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a figure should be, and whether it is."""

    words: str
    value: float
    met: bool


def take_turns(contenders: Sequence[Contender], rounds: int) -> None:
    """A round to warm up, then `rounds` that count, every contender in turn."""
    for contender in contenders:
        contender.run()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for contender in contenders:
            contender.measure()


def beside_zen(rounds: int) -> tuple[list[Contender], float]:
    """Both engines on the same table, and the share of leads that a row takes."""
    chance = random.Random(1)
    rows = tables.table(chance)
    values = [tables.lead(chance) for _ in range(COMPARED)]
    facts = [tables.facts_of(one) for one in values]
    ours = tables.policy_of_table(rows)
    engine = zen.ZenEngine()
    theirs = engine.create_decision(zen.ZenDecisionContent(tables.zen_of_table(rows)))
    hits = 0
    for one, known in zip(values, facts, strict=True):
        row = theirs.evaluate(one)["result"].get("row")
        if row != first_match(ours, known):
            raise SystemExit(f"{one}: zen-engine says row {row}, Pointsman row {first_match(ours, known)}")
        hits += row is not None
    evaluate, some = theirs.evaluate, values[:2_000]

    def with_zen() -> int:
        for one in some:
            evaluate(one)
        return len(some)

    def with_ours() -> int:
        for known in facts:
            first_match(ours, known)
        return len(facts)

    def enriched() -> int:
        for known in facts:
            first_match(ours, ours.enrich(known, tables.NOW))
        return len(facts)

    contenders = [
        Contender(name="zen-engine, compiled decision", run=with_zen),
        Contender(name="Pointsman, first matching rule", run=with_ours),
        Contender(name="Pointsman, facts made ready too", run=enriched),
        Contender(name="Pointsman, nothing remembered", run=unremembered(tables.policy_of_table(rows), facts[:2_000])),
    ]
    take_turns(contenders, rounds)
    return contenders, hits / len(values)


def first_match(policy: CompiledPolicy, facts: Facts) -> int | None:
    """The position of the first rule that is true of `facts`, as a decision finds it."""
    for position, outcome in policy.scan_rules(facts):
        if outcome is True:
            return position
    return None


def unremembered(policy: CompiledPolicy, leads: Sequence[Facts]) -> Callable[[], int]:
    """Decides as if every lead were the first of its kind."""

    def run() -> int:
        for known in leads:
            policy.clear_cache()
            first_match(policy, known)
        return len(leads)

    return run


def by_size(rounds: int) -> tuple[list[tuple[Contender, Contender]], list[float]]:
    """For each size of policy: a decision, and the first of its kind; and the shares of leads that match."""
    leads = tables.leads_of_large(random.Random(2), 5_000)
    pairs, shares = [], []
    for size in SIZES:
        policy = CompiledPolicy(parse_policy(tables.large_document(random.Random(3), size)), version=1)

        def match(policy: CompiledPolicy = policy) -> int:
            for known in leads:
                first_match(policy, known)
            return len(leads)

        shares.append(sum(first_match(policy, known) is not None for known in leads) / len(leads))
        first = unremembered(
            CompiledPolicy(parse_policy(tables.large_document(random.Random(3), size)), version=1), leads[:1_000]
        )
        pairs.append((Contender(name=f"{size:,} rules", run=match), Contender(name=f"{size:,} rules", run=first)))
    take_turns([one for pair in pairs for one in pair], rounds)
    return pairs, shares


def whole(rounds: int) -> Contender:
    """Routes and distribution: 100 rules, a pool of 50 reps at work."""
    chance = random.Random(4)
    policy, world = tables.floor(tables.table(chance))
    leads = [tables.facts_of(tables.lead(chance)) for _ in range(200)]

    def run() -> int:
        for known in leads:
            decide(plan_routes(policy, known, purpose=None, gates={}, now=tables.NOW), world)
        return len(leads)

    contender = Contender(name="100 rules, 50 reps", run=run)
    take_turns([contender], rounds)
    return contender


def footprint(rules: int) -> dict[str, float]:
    """What a policy of `rules` weighs and how long it takes to be made; in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--footprint", str(rules)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _footprint(rules: int) -> dict[str, float]:
    document = tables.large_document(random.Random(3), rules)
    CompiledPolicy(parse_policy(tables.large_document(random.Random(3), tables.SHARED)), version=1)  # fills caches
    before = _rss()
    start = time.process_time()
    policy = parse_policy(document)
    parsed = time.process_time()
    kept = CompiledPolicy(policy, version=1)
    made = time.process_time()
    grown = _rss() - before
    tracemalloc.start()
    again = CompiledPolicy(parse_policy(document), version=1)
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0]
    assert len(kept.policy.rules) == len(again.policy.rules)
    return {"parse_s": parsed - start, "compile_s": made - parsed, "traced_mb": traced / 1e6, "rss_mb": grown / 1e6}


def _rss() -> int:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def report(console: Console, given: argparse.Namespace) -> dict[str, Any]:
    engines, share = beside_zen(given.rounds)
    zen_us, ours_us = engines[0].us, engines[1].us
    shown = Table(title=f"100 rows, {share:.0%} of the leads match one; median of {given.rounds} rounds, one core")
    for column in ("", "µs", "per second", "times zen-engine"):
        shown.add_column(column, justify="left" if not column else "right")
    for one in engines:
        shown.add_row(one.name, f"{one.us:.2f}", f"{1e6 / one.us:,.0f}", f"{zen_us / one.us:.1f}")
    console.print(shown)

    pairs, shares = by_size(given.rounds)
    grown = Table(title="Rules by country, source and named segment; the same leads")
    for column in ("", "leads matched", "µs", "of 100 rules", "µs, first of its kind", "of 100 rules"):
        grown.add_column(column, justify="left" if not column else "right")
    (base, first), *_ = pairs
    for (warm, cold), matched in zip(pairs, shares, strict=True):
        figures = (f"{warm.us:.2f}", f"{warm.us / base.us:.2f}", f"{cold.us:.2f}", f"{cold.us / first.us:.2f}")
        grown.add_row(warm.name, f"{matched:.0%}", *figures)
    console.print(grown)

    decision = whole(given.rounds)
    console.print(f"{decision.name}: {decision.us:.0f} µs, {1e6 / decision.us:,.0f} whole decisions per second")
    weight = footprint(10_000)
    console.print(
        f"10,000 rules: {weight['traced_mb']:.0f} MB allocated ({weight['rss_mb']:.0f} MB resident), "
        f"parsed in {weight['parse_s']:.2f} s, compiled in {weight['compile_s']:.2f} s"
    )
    ratio, growth = zen_us / ours_us, pairs[-1][0].us / base.us
    aims = [
        Aim(words="decisions per second, of zen-engine's >= 5", value=ratio, met=ratio >= 5),
        Aim(words="10,000 rules, of 100 rules' cost <= 3", value=growth, met=growth <= 3),
    ]
    for aim in aims:
        console.print(f"{'met   ' if aim.met else 'MISSED'} {aim.words}: {aim.value:.2f}")
    return {
        "zen_engine": version("zen-engine"),
        "engines_us": {one.name: one.us for one in engines},
        "share_matched": share,
        "by_size": {
            warm.name: {"us": warm.us, "first_us": cold.us, "share_matched": matched}
            for (warm, cold), matched in zip(pairs, shares, strict=True)
        },
        "whole_us": decision.us,
        "footprint": weight,
        "aims": [asdict(aim) for aim in aims],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--footprint", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.footprint:
        print(json.dumps(_footprint(given.footprint)))
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = report(Console(), given)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
