"""The rules hold for this project, and each of them fires when somebody breaks it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from architecture import rules

ROOT = Path(__file__).parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text()

# rule -> (files, text) that break it. A file's place in the tree is part of the violation.
PLANTED = [
    (rules.most_modules_are_shorter, "app/pointsman/long.py", "x = 1\n" * 101),
    (rules.modules_are_short, "app/pointsman/api/long.py", "x = 1\n" * 401),
    (rules.folders_are_small, " ".join(f"app/pointsman/api/a{number}.py" for number in range(16)), ""),
    (rules.folders_are_small, " ".join(f"tests/support/a{number}.py" for number in range(16)), ""),
    (rules.names_say_what_is_inside, "app/pointsman/api/utils.py", ""),
    (rules.names_say_what_is_inside, "app/pointsman/common/lead.py", ""),
    (rules.shelves_hold_packages_alone, "integrations/loose.py", ""),
    (rules.domain_values_are_frozen, "app/pointsman/domain/a.py", "@dataclass\nclass A: ...\n"),
    (
        rules.domain_values_are_frozen,
        "app/pointsman/domain/a.py",
        "@dataclasses.dataclass(frozen=True)\nclass A: ...\n",
    ),
    (rules.domain_never_awaits, "app/pointsman/domain/a.py", "async def decide(): ...\n"),
    (rules.core_is_handed_time_ids_and_chance, "app/pointsman/domain/a.py", "now = lambda: datetime.now(UTC)\n"),
    (
        rules.core_is_handed_time_ids_and_chance,
        "app/pointsman/services/a.py",
        "def f(): return datetime.datetime.now()\n",
    ),
    (rules.core_is_handed_time_ids_and_chance, "app/pointsman/services/a.py", "def f(): return uuid4()\n"),
    (rules.core_is_handed_time_ids_and_chance, "app/pointsman/domain/a.py", "def f(): return random.choice([1])\n"),
    (rules.commits_happen_in_one_place, "app/pointsman/api/a.py", "async def f(s): await s.commit()\n"),
    (rules.domain_and_services_import_inwards, "app/pointsman/domain/a.py", "import sqlalchemy\n"),
    (rules.domain_and_services_import_inwards, "app/pointsman/services/a.py", "def f():\n    import httpx\n"),
    (rules.domain_and_services_import_inwards, "app/pointsman/services/a.py", "from pointsman.db import tables\n"),
    (rules.domain_and_services_import_inwards, "integrations/pointsman_sdk/a.py", "import pytest\n"),
    (
        rules.what_becomes_of_a_lead_is_owed_to_crms,
        "app/pointsman/services/a.py",
        "async def f(tx): await tx.decisions.end_assignment(1)\n",
    ),
    (
        rules.what_becomes_of_a_lead_is_owed_to_crms,
        "app/pointsman/services/a.py",
        "async def f(self): await self._tx.leads.set_stage(1, 'won')\n",
    ),
    (rules.patterns_have_one_engine, "app/pointsman/domain/a.py", "import re2\n"),
    (rules.patterns_have_one_engine, "app/pointsman/services/a.py", "def f():\n    from re2 import compile\n"),
    (rules.outside_text_has_readers, "app/pointsman/api/a.py", "def f(body): return yaml.safe_load(body)\n"),
    (rules.outside_text_has_readers, "app/pointsman/api/a.py", "def f(body): return yaml.load(body, Loader=L)\n"),
    (rules.outside_text_has_readers, "app/pointsman/services/a.py", "def f(e, v): return jmespath.search(e, v)\n"),
    (rules.outside_text_has_readers, "app/pointsman/api/a.py", "def f(text): return made(1).from_string(text)\n"),
    (rules.outside_text_has_readers, "app/pointsman/api/http/a.py", "def f(body): return json.loads(body)\n"),
    (rules.outside_text_has_readers, "integrations/pointsman_caldav/a.py", "from xml.etree import ElementTree\n"),
    (rules.outside_text_has_readers, "integrations/pointsman_caldav/a.py", "def f(t): return ET.fromstring(t)\n"),
    (rules.outside_text_has_readers, "integrations/pointsman_caldav/a.py", "def f(t): return Calendar.from_ical(t)\n"),
    (rules.outside_text_has_readers, "app/pointsman/connectors/a.py", "import pickle\n"),
    (rules.holidays_have_one_book, "app/pointsman/domain/a.py", "def f():\n    import holidays\n"),
    (rules.holidays_have_one_book, "app/pointsman/services/a.py", "from holidays import country_holidays\n"),
    (rules.holidays_have_one_book, rules.HOLIDAYS_IN, "import holidays\n"),  # 300 modules, wanted by few
    (rules.wall_clocks_have_one_master, "app/pointsman/domain/a.py", "from zoneinfo import ZoneInfo\n"),
    (rules.wall_clocks_have_one_master, "app/pointsman/services/a.py", "def f(at, zone): return at.astimezone(zone)\n"),
    (rules.wall_clocks_have_one_master, "app/pointsman/domain/a.py", "def f(at): return at.astimezone()\n"),
    (rules.wall_clocks_have_one_master, "app/pointsman/domain/a.py", "def f(at): return at.replace(fold=1)\n"),
    (rules.wall_clocks_have_one_master, "app/pointsman/domain/a.py", "def f(at): return at.fold\n"),
    (rules.wall_clocks_have_one_master, "app/pointsman/domain/a.py", "def f(at, z): return at.replace(tzinfo=z)\n"),
    (
        rules.wall_clocks_have_one_master,
        "app/pointsman/domain/a.py",
        "def f(d, t, z): return datetime.combine(d, t, z)\n",
    ),
    (
        rules.wall_clocks_have_one_master,
        "app/pointsman/domain/a.py",
        "def f(s, z): return datetime.fromtimestamp(s, tz=z)\n",
    ),
    (
        rules.wall_clocks_have_one_master,
        "app/pointsman/domain/a.py",
        "def f(z): return datetime(2026, 1, 1, tzinfo=z)\n",
    ),
    (rules.unit_tests_touch_no_edge, "tests/unit/test_a.py", "from pointsman.db.tables import leads\n"),
    (
        rules.tests_replace_nothing_of_ours,
        "tests/test_a.py",
        "def f(monkeypatch): monkeypatch.setattr('pointsman.x.y', 1)\n",
    ),
    (
        rules.tests_replace_nothing_of_ours,
        "tests/test_a.py",
        "from pointsman.api import auth\ndef f(monkeypatch): monkeypatch.setattr(auth, 'x', 1)\n",
    ),
    (rules.tests_replace_nothing_of_ours, "tests/test_a.py", "def f(mocker): mocker.patch('time.time')\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "assert time.monotonic() < 5\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "def test_a():\n    began = perf_counter()\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "assert abs(row.due - world.clock()) < MINUTE\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "now = world.clock()\nwaits.append(row.due - now)\n"),
    (
        rules.tests_take_no_time_as_proof,
        "tests/unit/test_a.py",
        "began = datetime.now(UTC)\ntook = datetime.now(UTC) - began\n",
    ),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "time.sleep(1)\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "async def f(): await asyncio.sleep(0.3)\n"),
    (rules.importing_does_nothing, "app/pointsman/a.py", "settings = Settings()\n"),
    (rules.importing_does_nothing, "app/pointsman/a.py", "class A:\n    key = os.environ['KEY']\n"),
    (rules.importing_does_nothing, "integrations/pointsman_x/a.py", "client = httpx.AsyncClient()\n"),
    (
        rules.statements_are_whole_texts,
        "app/pointsman/db/leads/a.py",
        'GET = PreparedStatement(f"select {COLUMNS} from leads")\n',
    ),
    (
        rules.statements_are_whole_texts,
        "app/pointsman/db/leads/a.py",
        'GET = PreparedStatement("select id from leads where " + SEEN)\n',
    ),
    (rules.statements_are_whole_texts, "app/pointsman/db/leads/a.py", "GET = PreparedStatement(SELECT)\n"),
    (
        rules.statements_are_whole_texts,
        "app/pointsman/db/leads/a.py",
        'SEEN = "select id from leads l where {}".format(SEEN)\n',
    ),
    (rules.statements_are_whole_texts, "app/pointsman/db/leads/a.py", "KIND = literal_column(f\"'{kind}'\")\n"),
    (rules.the_database_is_reached_in_two_ways, "app/pointsman/db/leads/a.py", "from sqlalchemy import select, text\n"),
    (rules.the_database_is_reached_in_two_ways, "app/pointsman/db/leads/a.py", "GET = sqlalchemy.text('select 1')\n"),
    (
        rules.the_database_is_reached_in_two_ways,
        "app/pointsman/db/leads/a.py",
        "async def f(c): await c.exec_driver_sql('select 1')\n",
    ),
    (rules.the_database_is_reached_in_two_ways, "app/pointsman/db/leads/a.py", "import psycopg\n"),
    (rules.migrations_stand_alone, "migrations/versions/a.py", "from pointsman.db.tables import metadata\n"),
    (rules.silenced_checks_carry_a_reason, "app/pointsman/a.py", "import os  # noqa: F401\n"),
    (rules.silenced_checks_carry_a_reason, "app/pointsman/a.py", "x: int = ''  # type: ignore[assignment]\n"),
    (rules.every_connector_is_known_to_the_house, "integrations/pointsman_new/__init__.py", ""),
    (rules.nothing_names_a_machine, "docs/a.md", "see /home/" + "anna/pointsman\n"),
    (rules.nothing_names_a_machine, "a.lock", "# https://files.python" + "hosted.org/x.whl\n"),
]
ALLOWED = [
    (
        rules.domain_values_are_frozen,
        "app/pointsman/domain/a.py",
        "@dataclass(frozen=True, slots=True)\nclass A: ...\n",
    ),
    (rules.core_is_handed_time_ids_and_chance, "app/pointsman/services/a.py", "def f(clock): return clock()\n"),
    (
        rules.what_becomes_of_a_lead_is_owed_to_crms,
        "app/pointsman/services/a.py",
        "async def f(env, tx):\n    await tx.gates.add_check(1)\n    await owe_lead_record(env, tx, 1)\n",
    ),
    (rules.patterns_have_one_engine, rules.PATTERNS_IN, "import re2\n"),
    (rules.holidays_have_one_book, rules.HOLIDAYS_IN, "def f():\n    from holidays import country_holidays\n"),
    (
        rules.wall_clocks_have_one_master,
        "app/pointsman/domain/a.py",
        "def f(at): return at.astimezone(UTC).replace(tzinfo=UTC)\n",
    ),
    (rules.wall_clocks_have_one_master, rules.WALL_CLOCKS_IN, "from zoneinfo import ZoneInfo\n"),
    (rules.commits_happen_in_one_place, rules.COMMITS_IN, "async def f(s): await s.commit()\n"),
    (rules.importing_does_nothing, "app/pointsman/a.py", "def f(): return Settings()\n"),
    (
        rules.statements_are_whole_texts,
        "app/pointsman/db/leads/a.py",
        'GET = PreparedStatement("""\n    select id from leads\n    where id = :id\n""")\n',
    ),
    (rules.the_database_is_reached_in_two_ways, rules.STATEMENTS_IN, "from sqlalchemy import text\n"),
    (rules.the_database_is_reached_in_two_ways, "app/pointsman/db/tables/a.py", "from sqlalchemy import text\n"),
    (
        rules.silenced_checks_carry_a_reason,
        "app/pointsman/a.py",
        "import os  # noqa: F401  others import it from here\n",
    ),
    (rules.tests_replace_nothing_of_ours, "tests/test_a.py", "def f(monkeypatch): monkeypatch.setattr('os.sep', 1)\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "async def f(): await asyncio.sleep(PAUSE_S)\n"),
    (rules.tests_take_no_time_as_proof, "tests/unit/test_a.py", "assert book(start).start - start == HOUR\n"),
    (rules.tests_take_no_time_as_proof, "tests/support/waiting.py", "deadline = time.monotonic() + 60\n"),
]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_this_project_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize(("rule", "name", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_violation_is_found(tmp_path: Path, rule: Callable[[Path], list[str]], name: str, text: str) -> None:
    assert plant(tmp_path, rule, name, text) != []


@pytest.mark.parametrize(("rule", "name", "text"), ALLOWED, ids=lambda value: getattr(value, "__name__", None))
def test_what_is_allowed_passes(tmp_path: Path, rule: Callable[[Path], list[str]], name: str, text: str) -> None:
    assert plant(tmp_path, rule, name, text) == []


def plant(root: Path, rule: Callable[[Path], list[str]], name: str, text: str) -> list[str]:
    (root / "pyproject.toml").write_text(PROJECT)
    for one in name.split():
        path = root / one
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return rule(root)


def test_every_rule_has_a_violation_planted_for_it() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(rules.RULES)


def test_every_module_can_be_imported_with_an_empty_environment(tmp_path: Path) -> None:
    names = sorted(
        ".".join(path.relative_to(shelf).with_suffix("").parts).removesuffix(".__init__")
        for shelf in (ROOT / "app", ROOT / "integrations")
        for path in shelf.rglob("*.py")
        if path.name != "__main__.py"
    )
    story = f"import importlib; [importlib.import_module(n) for n in {names!r}]"
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "app", ROOT / "integrations")))}
    result = subprocess.run(
        [sys.executable, "-c", story], env=bare, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []
