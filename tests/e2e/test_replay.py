"""The replay itself is tested on a small made-up funnel: real processes, one SIGKILL, and checks that can fail."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import psycopg
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


#: A lead with a closer who is no closer, by no gate: what the database refuses to any program that may not switch it off.
BROKEN = """
set session_replication_role = replica;
insert into roles (id, name) values (gen_random_uuid(), 'SDR');
insert into role_works select id, 'qualification' from roles;
insert into reps (id, key, name, email, role_id, role_since, tier, weight, time_zone, working_hours, skills, caps,
                  supplier, active, created_at)
  select gen_random_uuid(), 'lena', 'Lena', 'lena@seller.example', id, now(), 1, 1, 'UTC', '[]', '{}', '{}', 'in-house',
         true, now() from roles;
insert into leads (id, facts, known_at, stage, match, version, created_at, updated_at)
  values (gen_random_uuid(), '{}', '{}', 'closing', '{}', 1, now(), now());
insert into assignments (id, lead_id, rep_id, work, pool, lead_created_at, decision_id, assigned_at)
  select gen_random_uuid(), l.id, r.id, 'closing', 'closers', now(), gen_random_uuid(), now() from leads l, reps r;
insert into pool_ledgers (pool, seq, ledger, waiting_since)
  values ('closers', 0, '{"denominator": "2", "balances": {"lena": "1"}}', '{}');
"""


def test_the_checks_find_what_the_service_must_never_do(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import replay_checks

    url = owner_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BROKEN)
    records = replay_checks.Records(url)

    failed = {check.promise for check in replay_checks.absolute(records) if check.found}
    lost = replay_checks.nothing_lost(records, ["mql_1"])
    ledgers = replay_checks.ledgers_balance(records)
    calendars = replay_checks.calendars_agree(records, {"/lena/work/": [("x@pointsman", "2026-12-01T10:00:00+00:00")]})
    records.close()

    assert failed == {
        "no rep has work outside their role",
        "no closing, and no appointment, without a passed gate",
        "every lead is with one rep, held, or in nurture, and with a decision that says why",
        "a pool's turns are as many as its assignments",
    }
    assert lost.found == ("mql_1 is not in the inbox",)
    assert ledgers.found == ("closers sums to 1",)
    assert calendars.found == ("/lena/work/ x@pointsman 2026-12-01T10:00:00+00:00 is one too many",)
