"""From the phone to the closer on the demo floor; and the journey of each lead is what the tables hold of it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from support.databases.roles import as_owner, for_libpq
from support.floors.console_floor import served_floor
from support.http.forwarding import forwarding_to
from support.http.keys import SECRET
from support.http.shown_calls import HOST
from support.scenes.lives import live
from support.scenes.stage import Stage

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "from-the-phone-to-the-closer.md"

#: In the order in which entries of one moment are told: of each kind, the rows of one table, and their links.
#: Written apart from the statements of the service.
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "event": (
        "select received_at as at, id, id as this from inbox where lead_id = %(lead)s",
        {"inbox_item": "/v1/inbox/{this}"},
    ),
    "created": ("select at, id from audit where subject = %(subject)s and action = 'lead.created'", {}),
    "news": ("select at, id from audit where subject = %(subject)s and action = 'lead.changed'", {}),
    "merged": (
        (
            "select merged_at as at, id, id as this, merged_into as other from leads "
            "where merged_into is not null and %(lead)s in (id, merged_into)"
        ),
        {"lead": "/v1/leads/{this}", "into": "/v1/leads/{other}"},
    ),
    "evidence": (
        (
            "select created_at as at, min(id::text)::uuid as id from evidence where lead_id = %(lead)s "
            "group by created_at, source, affirmed"
        ),
        {},
    ),
    "gate": ("select checked_at as at, id from gate_checks where lead_id = %(lead)s", {}),
    "override": (
        "select created_at as at, id, id as this from overrides where lead_id = %(lead)s",
        {"override": "/v1/overrides/{this}"},
    ),
    "appointment": (
        (
            "select at, id, appointment_id as this from appointment_events "
            "where appointment_id in (select id from appointments where lead_id = %(lead)s)"
        ),
        {"appointment": "/v1/appointments/{this}"},
    ),
    "nurture": ("select at, id from audit where subject = %(subject)s and action = 'lead.nurture'", {}),
    "won": ("select at, id from audit where subject = %(subject)s and action = 'lead.won'", {}),
    "closed": ("select at, id from audit where subject = %(subject)s and action = 'lead.closed'", {}),
    "decided": (
        "select at, id, id as this from decisions where lead_id = %(lead)s",
        {"decision": "/v1/decisions/{this}", "explanation": "/v1/decisions/{this}/explanation"},
    ),
    "assigned": (
        "select assigned_at as at, id from assignments where lead_id = %(lead)s and decision_id is null",
        {},
    ),
    "held": (
        "select held_at as at, id, decision_id as this from holds where lead_id = %(lead)s",
        {"decision": "/v1/decisions/{this}"},
    ),
    "released": (
        (
            "select released_at as at, id, decision_id as this from holds where lead_id = %(lead)s "
            "and released_at is not null"
        ),
        {"decision": "/v1/decisions/{this}"},
    ),
    "delivery": (
        (
            "select case when done_at is null then created_at else done_at end as at, id, id as this, "
            "appointment_id as other from deliveries "
            "where appointment_id in (select id from appointments where lead_id = %(lead)s)"
        ),
        {"delivery": "/v1/deliveries/{this}", "appointment": "/v1/appointments/{other}"},
    ),
    "booking-link": ("select created_at as at, id from booking_links where lead_id = %(lead)s", {}),
}

#: What is told of an entry: instant, place of its kind, id; then its record, and its links.
Told = tuple[datetime, int, UUID, str, dict[str, str]]


@pytest.fixture(scope="module")
def stage(
    database_server: Any, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stage, str]]:
    folder: Path = tmp_path_factory.mktemp("journeys")
    with database_server.clone(database_template) as url, served_floor(url, folder) as served:
        yield Stage(served=served), as_owner(url)


@pytest.mark.parametrize("draws", [2, pytest.param(5, marks=pytest.mark.deep)])
def test_the_guide_from_the_phone_to_the_closer_runs_as_it_stands_whoever_has_the_lead(
    database_server: Any, database_template: str, tmp_path: Path, draws: int
) -> None:
    commands = "".join(re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL))
    commands = commands.replace(".venv/bin/pointsman", f"{shlex.quote(sys.executable)} -m pointsman.cli")
    holders = set()
    for draw in range(draws):
        folder = tmp_path / str(draw)
        folder.mkdir()
        with database_server.clone(database_template) as url, served_floor(url, folder, draw=draw) as served:
            floor = Stage(served=served)
            holders.add(floor.call("GET", "/v1/leads/m.egger@egger-glas.example")["holder"]["rep"])
            with forwarding_to(served.client, before=partial(begin_what_is_attended, floor)) as service:
                done = pasted(commands.replace(HOST, service.url), folder, url)
            assert done.returncode == 0, done.stdout + done.stderr
            assert {status // 100 for _, _, status in service.calls} == {2}, done.stdout
            assert service.calls[-1][1].endswith("/outcome")
    assert len(holders) > 1


def begin_what_is_attended(floor: Stage, path: str) -> None:
    """Let the appointment begin before its prospect has come."""
    if path.endswith("/attended"):
        floor.wait_until(floor.call("GET", path.removesuffix("/attended"))["start"], minutes=50)


def pasted(commands: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    given = {"POINTSMAN_DATABASE_URL": url, "POINTSMAN_SECRET_KEYS": SECRET, "NO_PROXY": "127.0.0.1"}
    words = ["bash", "-eu", "-o", "pipefail", "-c", commands]
    env = {**os.environ, **given}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("count", [12, pytest.param(200, marks=pytest.mark.deep)])
def test_a_journey_is_all_that_the_tables_hold_of_a_lead_in_order(stage: tuple[Stage, str], count: int) -> None:
    floor, url = stage
    leads = live(floor, count, Random(count))
    assert len(leads) == count
    kinds, paths = set(), set()
    with psycopg.connect(for_libpq(url), row_factory=dict_row) as tables:
        for lead in leads:
            entries = floor.call("GET", f"/v1/leads/{lead}/journey")["entries"]
            assert [told_entry(entry) for entry in entries] == told_by_tables(tables, lead)
            kinds |= {entry["kind"] for entry in entries}
            paths |= {path for entry in entries for path in entry["links"].values()}
    # No act of the API assigns without a decision.
    assert (
        kinds == KINDS.keys() - {"assigned"}
        if count > 100
        else kinds > {"event", "created", "decided", "gate", "appointment"}
    )
    for path in sorted(paths) if count > 100 else Random(count).sample(sorted(paths), 40):
        assert floor.ask("GET", path).status_code == 200, path


def told_entry(entry: dict[str, Any]) -> Told:
    place = list(KINDS).index(entry["kind"])
    at = datetime.fromisoformat(entry["at"])
    return at, place, UUID(entry["id"]), entry["lead_id"], entry["links"]


def told_by_tables(tables: psycopg.Connection[dict[str, Any]], lead: str) -> list[Told]:
    """The same of the lead and of those that were merged into it, by each table alone."""
    merged = tables.execute("select id::text from leads where merged_into = %s", (lead,)).fetchall()
    found: dict[tuple[int, UUID], Told] = {}
    for record in (lead, *(row["id"] for row in merged)):
        for place, (statement, links) in enumerate(KINDS.values()):
            for row in tables.execute(statement, {"lead": record, "subject": f"lead:{record}"}).fetchall():
                whose = str(row["other"]) if list(KINDS)[place] == "merged" else record
                shown = {name: path.format(**row) for name, path in links.items()}
                found[place, row["id"]] = (row["at"], place, row["id"], whose, shown)
    return sorted(found.values(), key=lambda told: told[:3])
