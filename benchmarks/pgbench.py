"""PostgreSQL's own load generator doing one insert and its commit: what the database alone could do."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pointsman.local.os_account import OsAccount
from pointsman.local.postgres_binaries import find_postgres

SCRIPT = """\
insert into bare_pgbench (id, intake_id, dedupe_key, body, status, attempts, received_at)
values (gen_random_uuid(), '00000000-0000-7000-8000-000000000000', gen_random_uuid()::text,
        convert_to(repeat('x', 1500), 'UTF8'), 'received', 0, now());
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What pgbench reports."""

    per_second: float
    latency_ms: float


def program(directory: Path) -> str:
    """The pgbench beside the embedded server's programs, or else the system's."""
    beside = Path(find_postgres(OsAccount.current(), copies=directory / "programs").folder) / "pgbench"
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    if found is None:
        raise SystemExit("pgbench is neither beside the embedded PostgreSQL nor on the PATH")
    return found


def run(libpq_url: str, directory: Path, *, clients: int, seconds: int) -> Pace:
    """Insert for so many seconds into the table `bare_pgbench`, which has the inbox's columns and indexes."""
    script = directory / "insert.sql"
    script.write_text(SCRIPT)
    jobs = min(clients, 2)
    options = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(jobs), "-T", str(seconds), "-f", str(script)]
    result = subprocess.run([program(directory), *options, libpq_url], capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([\d.]+)", result.stdout)
    latency = re.search(r"latency average = ([\d.]+)", result.stdout)
    if result.returncode != 0 or rate is None or latency is None:
        raise SystemExit(f"pgbench failed: {result.stderr.strip() or result.stdout.strip()}")
    return Pace(per_second=float(rate[1]), latency_ms=float(latency[1]))
