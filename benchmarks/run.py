"""Everything that `make bench` measures: the contenders side by side, rush, weighted pool, one slot, decision, slots.

    python benchmarks/run.py [--quick]

A missed aim is printed and does not fail the run, since machines differ; a broken promise does.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUICK = {
    "side_by_side": ["--rounds", "1", "--seconds", "2"],
    "spread": ["--leads", "200"],
    "weighted_spread": ["--leads", "200"],
    "one_slot": ["--rounds", "1"],
    "decide": ["--rounds", "3"],
    "slots_union": ["--rounds", "3"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="shorter and rougher")
    given = parser.parse_args()
    worst = 0
    for name, quick in QUICK.items():
        print(f"\n== {name}", flush=True)
        options = quick if given.quick else []
        worst = max(worst, subprocess.run([sys.executable, HERE / f"{name}.py", *options], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
