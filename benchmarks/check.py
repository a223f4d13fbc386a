"""How long do reading and checking take, of large policies that are meant, and of documents that are meant ill?

    python benchmarks/check.py [--only WORDS]

Processor time of one core, the best of three; each line says whether the document was refused, or what the check says.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.run import check_policy

RULES = 10_000
TARGET = 1.0  # seconds, for reading and checking together
Document = dict[str, Any]


def rules(*conditions: Any, **parts: Any) -> Document:
    pools = {"sdr": {"work": "qualification", "members": ["lena"]}}
    listed = [
        {"name": f"rule {i}", "when": when, "work": "qualification", "pool": "sdr"} for i, when in enumerate(conditions)
    ]
    return {"rules": listed, "pools": pools, **parts}


def is_(field: str, value: object) -> Document:
    return {"field": field, "equals": value}


def says(field: str, text: str) -> Document:
    return {"field": field, "contains": text}


def table() -> Document:
    """As a decision table: country, source and segment of each rule are another combination."""
    return rules(
        *(
            {
                "all": [
                    is_("lead.country", f"C{i % 50}"),
                    is_("lead.source", f"s{i // 50 % 10}"),
                    is_("lead.segment", f"g{i // 500}"),
                ]
            }
            for i in range(RULES)
        )
    )


def lists(universe: int) -> Document:
    chance = random.Random(7)
    names = [f"v{i}" for i in range(universe)]
    return rules(*({"field": "lead.source", "in": chance.sample(names, 40)} for _ in range(RULES)))


def pairs_of_any() -> Document:
    chance = random.Random(7)
    fields = {f"custom.{side}{i}": "number" for i in range(3) for side in "ab"}
    return rules(
        *(
            {
                "all": [
                    {"any": [is_(f"custom.a{i}", chance.randrange(50)), is_(f"custom.b{i}", chance.randrange(50))]}
                    for i in range(2)
                ]
            }
            for _ in range(RULES)
        ),
        fields=fields,
    )


def exploding_product() -> Document:
    parts = [{"any": [says("lead.message", f"a{i}"), says("lead.source", f"b{i}")]} for i in range(18)]
    return rules(*[{"all": parts}] * 500)


def wide() -> Document:
    inner = [
        {"any": [{"all": [says("lead.message", f"{i}-{j}"), says("lead.source", f"{j}")]} for i in range(1_000)]}
        for j in range(5)
    ]
    return rules({"any": inner})


def exploding_segments() -> Document:
    doubling = {f"s{i}": {"owner": "Board", "when": {"all": [{"segment": f"s{i + 1}"}] * 2}} for i in range(40)}
    bottom = {"s40": {"owner": "Board", "when": is_("lead.source", "x")}}
    return rules({"segment": "s0"}, segments={**doubling, **bottom})


def deep() -> Document:
    when: Document = is_("lead.source", "x")
    for _ in range(10_000):
        when = {"not": when}
    return rules(when)


def strangers() -> Document:
    """Names that nobody knows, beside many that they may have meant."""
    chance = random.Random(7)
    names = ["a" + "".join(chance.choices("abcdefgh", k=90)) for _ in range(800)]
    segments = {name: {"owner": "Board", "when": is_("lead.source", "x")} for name in names[:500]}
    return rules(*({"segment": name} for name in names[500:]), segments=segments)


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "10,000 rules by country, source and segment": table,
    "10,000 rules of 40 values out of 20,000": lambda: lists(20_000),
    "10,000 rules of 40 values out of 100": lambda: lists(100),
    "10,000 rules with a range each": lambda: rules(
        *({"field": "lead.score", "between": [i * 10, i * 10 + 9]} for i in range(RULES))
    ),
    "10,000 rules with a word each": lambda: rules(*(says("lead.message", f"w{i}") for i in range(RULES))),
    "10,000 rules that ask the same": lambda: rules(*[says("lead.message", "w")] * RULES),
    "10,000 rules of two alternatives twice": pairs_of_any,
    "500 rules of 2^18 combinations": exploding_product,
    "5,000 branches in nested any": wide,
    "90 lists of 5,000 values": lambda: rules(
        *({"field": "lead.source", "in": [f"{i}-{j}" for j in range(5_000)]} for i in range(90))
    ),
    "300 unknown names beside 500 long ones": strangers,
    "10,000 unknown fields": lambda: rules(*(is_(f"lead.contry{i}", "x") for i in range(RULES))),
    "10,000 rules with three faults each": lambda: {"rules": [{"name": 1, "x": 2, "when": {"field": "bad"}}] * RULES},
    "10,000 different patterns": lambda: rules(
        *({"field": "lead.message", "matches": f"a{i}|b*c{{100}}"} for i in range(RULES))
    ),
    "10,000 pattern bombs": lambda: rules(*[{"field": "lead.message", "matches": "(((a{30}){30}){30}){30}"}] * RULES),
    "segments that explode": exploding_segments,
    "10,000 levels": deep,
    "10,000 rules of ten alternatives": lambda: rules(
        *({"any": [says("lead.message", f"{i}-{j}") for j in range(10)]} for i in range(RULES))
    ),
    "100,000 rules": lambda: rules(*[is_("lead.source", "x")] * 100_000),
}


def measure(document: Document) -> tuple[float, float, str]:
    """Seconds for reading, seconds for checking, and what came of it."""
    start = time.process_time()
    try:
        policy = parse_policy(document)
    except PolicyInvalid as refused:
        return time.process_time() - start, 0.0, f"refused: {refused.faults[0].code}"
    read = time.process_time()
    found = Counter(finding.code for finding in check_policy(policy, None))
    said = ", ".join(f"{count} {code}" for code, count in found.items()) or "no findings"
    return read - start, time.process_time() - read, said


def main() -> int:
    """Prints the figures; 1 when a document took longer than the target."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="documents whose name contains this")
    only = arguments.parse_args().only
    shown = Table("document", "read s", "check s", "outcome", title="Reading and checking a policy")
    slow = False
    for name, make in DOCUMENTS.items():
        if only in name:
            document = make()
            read, checked, said = min((measure(document) for _ in range(3)), key=lambda run: run[0] + run[1])
            slow |= read + checked > TARGET
            shown.add_row(name, f"{read:.2f}", f"{checked:.2f}", said)
    Console().print(shown)
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
