"""Stored text reaches the terminal as text, in every command that prints some."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from pointsman.domain.text.lines import ACTING
from support.databases.roles import as_owner, for_libpq
from support.floors.use_case_env import open_world
from support.programs.command_line import Done, pointsman

ESCAPES = "R\x1b]0;pwned\x07\x1b[2J\u202eevil\x9b1m"
ADDRESS = "ines@hartl.example"
COMMANDS = [
    ("policy", "history"),
    ("policy", "read"),
    ("policy", "explain", ADDRESS),
    ("decisions", "explain", ADDRESS),
    ("keys", "list"),
    ("reps", "reassign", "lena", "--reason", "ill", "--dry-run"),
    ("reps", "time-off", "lena", "2099-12-24"),
    ("ledger", "verify", ESCAPES),
    ("policy", "read", ESCAPES),
    ("keys", ESCAPES),
    ("keys", "list", ESCAPES),
]


@pytest.mark.own_database
def test_nothing_that_is_stored_or_typed_acts_on_the_terminal(database_url: str, tmp_path: Path) -> None:
    asyncio.run(_floor(database_url))
    file = tmp_path / "policy.yaml"
    pointsman("policy", "export", "-o", str(file), url=database_url)
    assert "is live" in pointsman("policy", "publish", str(file), "-m", ESCAPES, url=database_url).stdout
    with psycopg.connect(for_libpq(as_owner(database_url)), autocommit=True) as connection:
        connection.execute("update reps set name = %s", (ESCAPES,))
        connection.execute("update leads set last_name = %s", (ESCAPES,))
    shown = 0
    for words in COMMANDS:
        done: Done = pointsman(*words, url=database_url)
        said = done.stdout + done.stderr
        assert (ACTING.search(said), "Traceback" in said) == (None, False), words
        shown += "\\x1b]0;pwned" in said
    assert shown >= 8  # the live policy and the list of keys name nobody


async def _floor(url: str) -> None:
    async with open_world(url) as world:
        await world.route(await world.lead(lead__country="DE", lead__email=ADDRESS))
