"""The demo and a database that is not its own: it changes nothing there, whatever the reps and connections are called."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from anyio import to_thread

from pointsman.demo.own_floor import DEMO_KEY_NAME, is_floor_of_others
from pointsman.domain.roster.roles import Work
from pointsman.services.operations.api_keys import create_key
from pointsman.services.roster.change_roster import RoleInput, RosterInput, put_roster
from support.floors.use_case_env import ADMIN, floor_given, make_env
from support.programs.command_line import pointsman

#: Names as the demo has them, too: `init` and the first hour use them.
FLOOR = ("--rep", "Lena Vogt, lena@nordwerk.example, SDR", "--rep", "Ben Roth, ben@nordwerk.example, Closer")
LEFT = "nothing was changed"
ONE_THING = {
    "policies": "(version, state, document, note, created_by, created_at) values (1, 'draft', '{}', 'mine', 'cli', now())",
    "connections": "(id, key, connector, config, sealed, active, created_at) "
    "values (gen_random_uuid(), 'team-calendars', 'caldav', '{}', '', true, now())",
}


def demo(folder: Path, url: str, language: str = "en") -> str:
    """What the demo says where it refuses; it writes nothing into its state but what every start does."""
    done = pointsman("demo", "--state", str(folder / "state"), url=url, POINTSMAN_LANGUAGE=language)
    assert done.returncode == 1, done.stdout
    assert not (folder / "state" / "demo.json").exists()
    assert not (folder / "state" / "calendars").exists()
    return done.stderr


@pytest.mark.own_database
def test_a_floor_that_init_made_is_left_as_it_stands(tmp_path: Path, database_url: str) -> None:
    # The demo was ended once, after it had made its key.
    assert pointsman("keys", "create", "demo admin", "--scope", "admin", url=database_url).returncode == 0
    made = pointsman(
        "init", str(tmp_path), "--yes", "--state", str(tmp_path / "state"), "-o", "Nordwerk", *FLOOR, url=database_url
    )
    assert made.returncode == 0, made.stderr
    before = rows(database_url)
    said = demo(tmp_path, database_url)
    assert LEFT in said
    assert "POINTSMAN_DATABASE_URL" in said
    assert "--state" in said
    assert "es wurde nichts geändert" in demo(tmp_path, database_url, "de")
    assert rows(database_url) == before


@pytest.mark.own_database
@pytest.mark.parametrize(("table", "row"), ONE_THING.items())
def test_one_thing_alone_is_enough(tmp_path: Path, database_url: str, table: str, row: str) -> None:
    with psycopg.connect(database_url.replace("postgresql+psycopg", "postgresql")) as admin:
        admin.execute(f"insert into {table} {row}")
    before = rows(database_url)
    assert LEFT in demo(tmp_path, database_url)
    assert rows(database_url) == before


@pytest.mark.anyio
async def test_the_roster_that_a_key_of_the_demo_made_first_is_the_demos(database_url: str, tmp_path: Path) -> None:
    env, engine = make_env(database_url)
    made = await create_key(env, name=DEMO_KEY_NAME, scopes=["admin"], actor=ADMIN)
    assert not await is_floor_of_others(env, connection="team-calendars")
    by_demo = replace(ADMIN, name=f"key:{made.row.id}")
    boss = RoleInput(name="Boss", works=frozenset(Work))
    await put_roster(env, RosterInput(roles=(boss,)), actor=by_demo)
    await put_roster(env, floor_given(), actor=ADMIN)
    assert not await is_floor_of_others(env, connection="team-calendars")
    await engine.dispose()
    words = ("init", str(tmp_path), "--yes", "--state", str(tmp_path / "state"), "-o", "Nordwerk", "-l", "en", *FLOOR)
    done = await to_thread.run_sync(lambda: pointsman(*words, url=database_url))
    assert (done.returncode, "make clean" in done.stderr) == (1, True), done.stderr


def rows(url: str) -> Mapping[str, str]:
    """A digest of each table."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as reading:
        tables = [name for (name,) in reading.execute("select tablename from pg_tables where schemaname = 'public'")]
        found = {}
        for name in tables:
            listed = reading.execute(f"select t::text from {name} t order by 1").fetchall()
            found[name] = hashlib.sha256(repr(listed).encode()).hexdigest()
    return found
