"""`pointsman policy …`, as a person types it."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pointsman.cli.commands import app
from support.databases.roles import as_owner, for_libpq
from support.http.keys import SECRET

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "examples" / "demo" / "policy.yaml"
OURS = b"""# \xef\xbb\xbf kept as it is\r
rules:\r
  - {work: nurture, name: "NO", when: {field: lead.country, in: ["NO", DE]}}   # the rest
"""
CHANGED = OURS.replace(b'["NO", DE]', b'["NO", DE, AT]')


def environment(url: str | None) -> dict[str, str | None]:
    return {"POINTSMAN_DATABASE_URL": url, "POINTSMAN_SECRET_KEYS": SECRET} if url else {}


def policy(*words: str | Path, url: str | None = None) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, words)], env=environment(url))


def said(done: Result, code: int = 0) -> str:
    """What was printed, in one line; an exception that got out would be no SystemExit."""
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return " ".join((done.stdout if code == 0 else done.output).split())


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


# ── without a database ──────────────────────────────────────────────────────────────────────────


def test_a_file_is_checked_without_a_database_and_says_what_was_left_out() -> None:
    text = said(policy("check", DEMO))
    assert "no error in itself" in text
    assert "without a roster" in text


def test_offline_asks_no_database_even_where_one_is_configured() -> None:
    assert "without a roster" in said(policy("check", "--offline", DEMO, url="postgresql://nobody@127.0.0.1:1/nothing"))


def test_a_fault_is_found_offline_with_its_path(tmp_path: Path) -> None:
    file = written(tmp_path, "p.yaml", b"rules: [{name: x, work: closing, pool: nowhere}]\n")
    assert "rules[0].pool" in said(policy("check", file), 1)
    file.write_bytes(b"rules: 7\n")
    assert "rules:" in said(policy("check", file), 1)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.yaml", b"a: [", "is not YAML"),
        ("p.yaml", b"a: 1\na: 2\n", "occurs twice"),
        ("p.yaml", b"\xff\xfe", "not UTF-8"),
        ("p.json", b"{", "is not JSON"),
        ("p.json", b'{"rules": [], "rules": []}', "occurs twice"),
    ],
)
def test_what_cannot_be_read_ends_the_command_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    assert words in said(policy("check", written(tmp_path, name, content)), 2)


def test_two_files_are_compared_without_a_database(tmp_path: Path) -> None:
    old, new = written(tmp_path, "old.yaml", OURS), written(tmp_path, "new.yaml", CHANGED)
    assert "rule 1 'NO' now also takes AT as the lead's country" in said(policy("diff", old, new))
    assert said(policy("diff", old, old)) == "Both say the same."
    german = said(policy("diff", old, new, "-l", "de"))
    assert german.startswith("Regeln")
    assert "Regel 1 „NO“: jetzt auch AT (Land des Leads)" in german
    (change,) = json.loads(said(policy("diff", "--json", old, new)))
    assert change["sentence"] == "rule 1 'NO' now also takes AT as the lead's country"
    assert (change["path"], change["before"], change["after"]) == (
        "rules[0].when.in", ["NO", "DE"], ["NO", "DE", "AT"],
    )  # fmt: skip
    assert "neither a version" in said(policy("diff", old, "nothing.yaml"), 2)


def test_a_file_is_read_out_in_english_and_german_without_a_database() -> None:
    assert "If no rep of the pool can take the lead, it waits until one can." in said(policy("read", DEMO, "-l", "en"))
    assert "Mitglieder sind lena, jonas und sofia." in said(policy("read", DEMO, "-l", "de"))
    assert "write en or de" in said(policy("read", DEMO, "-l", "fr"), 2)


def test_the_schema_is_written_for_an_editor_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    said(policy("schema", "--out", file))
    assert json.loads(file.read_text(encoding="utf-8"))["$id"] == "urn:pointsman:policy-schema"
    assert json.loads(said(policy("schema"))) == json.loads(file.read_text(encoding="utf-8"))


# ── on a database ───────────────────────────────────────────────────────────────────────────────


def test_a_policy_is_published_exported_compared_and_rolled_back_as_its_author_wrote_it(
    database_url: str, tmp_path: Path
) -> None:
    def on(*words: str | Path) -> Result:
        return policy(*words, url=database_url)

    one, two = written(tmp_path, "one.yaml", OURS), written(tmp_path, "two.yaml", CHANGED)
    assert "Version 1 is live" in said(on("publish", one, "--note", "first"))
    assert on("export").stdout_bytes == OURS
    assert "now also takes AT" in said(on("diff", "live", two))
    assert "marketing keeps the lead" in said(on("read", "-l", "en"))
    said(on("publish", two, "-m", "AT too"))
    assert "no longer takes AT" in said(on("diff", "2", "1"))
    exported = tmp_path / "exported.yaml"
    said(on("export", "1", "--out", exported))
    assert exported.read_bytes() == OURS
    said(on("publish", exported, "-m", "again"))
    assert on("export", "3").stdout_bytes == OURS
    assert "Version 2 is live again" in said(on("rollback", "--note", "no"))
    lines = said(on("history"))
    assert [word in lines for word in ("rolled back", "AT too", "again", "cli")] == [True] * 4
    as_json = tmp_path / "p.json"
    said(on("export", "1", "--out", as_json))
    said(on("publish", as_json, "-m", "json"))
    assert "NO" in said(on("export"))
    assert said(on("diff", "1", "live")) == "Both say the same."
    assert "no policy version 99" in said(on("export", "99"), 1)


def test_a_publication_that_expects_another_live_version_is_refused(database_url: str, tmp_path: Path) -> None:
    one, two = written(tmp_path, "one.yaml", OURS), written(tmp_path, "two.yaml", CHANGED)
    for file in (one, two):
        said(policy("publish", file, "-m", "first", url=database_url))
    stale = said(policy("publish", one, "-m", "late", "--expect", "1", url=database_url), 1)
    assert "version 2 is live, not 1" in " ".join(stale.split())
    stale = said(policy("rollback", "-m", "late", "--expect", "1", url=database_url), 1)
    assert "version 2 is live, not 1" in " ".join(stale.split())
    assert "Version 1 is live again" in said(policy("rollback", "-m", "now", "--expect", "2", url=database_url))


def test_the_history_fits_80_columns_with_keys_by_name(database_url: str, tmp_path: Path) -> None:
    made = said(
        CliRunner().invoke(app, ["keys", "create", "Rev Ops", "--scope", "admin"], env=environment(database_url))
    )
    published = written(tmp_path, "policy.yaml", OURS)
    said(policy("publish", published, "-m", "the first " + "and longest note " * 6, url=database_url))
    with psycopg.connect(for_libpq(as_owner(database_url)), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("update policy_publications set actor = %s", [f"key:{made.split('_')[1]}"])
    first, note = policy("history", url=database_url).stdout.splitlines()
    assert first.endswith("published by Rev Ops")
    assert len(first) <= 80
    assert note.strip() == ("the first " + "and longest note " * 6).strip()


def test_the_very_text_that_is_live_makes_no_version(database_url: str, tmp_path: Path) -> None:
    file = written(tmp_path, "p.yaml", OURS)
    assert "Version 1 is live." in said(policy("publish", file, "-m", "first", url=database_url))
    assert "Unchanged: version 1" in said(policy("publish", file, "-m", "again", url=database_url))
    history = said(policy("history", url=database_url))
    assert ("first" in history, "again" in history) == (True, False)
    comment = written(tmp_path, "q.yaml", OURS + b"# why\r\n")
    assert "Version 2 is live." in said(policy("publish", comment, "-m", "why", url=database_url))


def test_a_text_to_buyers_is_read_offline_too_and_its_fault_has_a_line(tmp_path: Path) -> None:
    texts = b"{by: mail, connection: post, texts: {change: {en: {body: 'Hello\n\n{{ nmae }}'}}}}"
    pools = b"pools: {closers: {work: closing, members: [anna], invitations: " + texts + b"}}\n"
    text = said(policy("check", "--offline", written(tmp_path, "p.yaml", pools)), 1)
    assert (
        "pools.closers.invitations.texts.change.en.body: line 2: there is no name 'nmae'; did you mean 'name'?" in text
    )
