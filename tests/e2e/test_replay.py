"""The replay itself is tested on a small made-up funnel: real processes, one SIGKILL, and checks that can fail."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

LEADS = ("mql_id", "first_contact_date", "landing_page_id", "origin")
DEALS = (
    "mql_id", "seller_id", "sdr_id", "sr_id", "won_date", "business_segment", "lead_type", "lead_behaviour_profile",
    "business_type",
)  # fmt: skip
ORIGINS = ("organic search", "paid search", "social", "unknown")


def made_up_funnel(folder: Path, *, leads: int, deals: int) -> None:
    """A funnel in the form of the real one: every fourth origin unknown, every third hand-off without its profile."""
    chance = Random(3)
    ids = [f"{chance.getrandbits(128):032x}" for _ in range(leads)]
    with (folder / "olist_marketing_qualified_leads_dataset.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(LEADS)
        for number, mql_id in enumerate(ids):
            rows.writerow([mql_id, f"2018-01-{1 + number % 28:02}", "landing", ORIGINS[number % 4]])
    with (folder / "olist_closed_deals_dataset.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(DEALS)
        for number, mql_id in enumerate(ids[:deals]):
            who = [f"{number % 3}" * 32, f"{number % 2 + 5}" * 32]
            found = ["toys", "online big", "" if number % 3 == 0 else "cat", "reseller"]
            rows.writerow([mql_id, "seller", *who, f"2018-02-{1 + number % 28:02} 10:00:00", *found])


def replay(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / "replay_funnel.py"), "--data", str(folder), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.mark.slow
def test_a_funnel_comes_through_a_kill_with_every_lead_once_and_every_hand_off_answered(tmp_path: Path) -> None:
    made_up_funnel(tmp_path, leads=60, deals=12)
    written = tmp_path / "counts.json"

    done = replay(tmp_path, "--kills", "1", "--write-counts", str(written))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    counts = json.loads(written.read_text())
    assert counts["leads"] == 60
    assert counts["hand-offs"] == {"booked": 8, "refused": 4}
    assert counts["hand-offs refused for want of"] == {"intent": 4}
    assert counts["appointments"] == 8
    assert counts["held by role and work"]["Closer: closing"] == 8
