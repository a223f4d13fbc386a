"""What the check of a policy finds is said in the language of the terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pointsman.cli.commands import app
from support.programs.command_line import pointsman

POLICY = """
pools: {sdr: {work: qualification, members: [lena]}}
rules: [{name: all, work: qualification, pool: sdrs}]
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "es gibt keinen Pool „sdrs“; meinten Sie „sdr“? (unknown-pool)"),
        ("en", "there is no pool 'sdrs'; did you mean 'sdr'? (unknown-pool)"),
    ],
)
def test_a_finding_is_said_in_the_language_of_the_terminal(tmp_path: Path, language: str, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    env = {"POINTSMAN_LANGUAGE": language}
    done = CliRunner().invoke(app, ["policy", "check", "--offline", str(file)], env=env)
    assert done.exit_code == 1
    assert f"rules[0].pool: {said}" in " ".join(done.stdout.split())


@pytest.mark.parametrize("command", ["check", "read"])
def test_a_key_of_two_lines_makes_no_line_that_looks_like_a_finding(tmp_path: Path, command: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + '"x\\nerror rules: forged": 1\n')
    done = CliRunner().invoke(app, ["policy", command, *(["--offline"] if command == "check" else []), str(file)])
    assert done.exit_code != 0
    assert "forged" in done.output
    assert not any(line.startswith("error rules: forged") for line in done.output.splitlines())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            "rules: [{name: a, work: nurture, wen: {}}]",
            "rules[0].wen: „wen“ ist hier nicht bekannt; meinten Sie „when“?",
        ),
        ("rules: [{work: nurture}]", "rules[0].name: „name“ fehlt: Bitte ergänzen Sie es"),
        ("rules: [{name: a, work: closings}]", "„closings“ ist nicht bekannt; meinten Sie „closing“?"),
        ("rules: 7", "rules: 7 ist keine Liste"),
        ("rules: [{name: a, work: closing}]", "rules[0]: die Arbeit „closing“ braucht einen Pool"),
        ("nurture: {cool_off: 30 days}", "nurture.cool_off: „30 days“ ist keine Dauer: Schreiben Sie eine ganze Zahl"),
        ("pools: {a: {work: closing, members: [x], time_zone: Berlin}}", "„Berlin“ ist keine IANA-Zeitzone"),
        ("roles: []\nreps: [{key: lena}]", "diese Datei ist ein Team: „pointsman roster put“ sendet es"),
    ],
)
def test_a_fault_of_form_is_said_in_german(tmp_path: Path, document: str, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(document)
    for words in (["policy", "check", "--offline"], ["policy", "read"]):
        env = {"POINTSMAN_LANGUAGE": "de", "POINTSMAN_DATABASE_URL": ""}
        done = CliRunner().invoke(app, [*words, str(file)], env=env)
        assert done.exit_code == 1
        assert said in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("reps: [{name: Lena}]", "reps[0].key: „key“ fehlt: Bitte ergänzen Sie es"),
        ("reps: [{key: 7}]", "reps[0].key: das ist kein Text"),
        ("rep: []", "rep: „rep“ ist hier nicht bekannt"),
        ("reps: [{key: lena, time_zone: Mars}]", "reps[0].time_zone: „Mars“ ist keine IANA-Zeitzone: Schreiben Sie"),
        ("reps: [{key: Lena}]", "reps[0].key: „Lena“ ist kein Schlüssel: schreiben Sie Kleinbuchstaben"),
        ("reps: [", "body: das ist kein YAML; auf Englisch: did not find expected node content"),
        ("reps: []\nreps: []", "body: der Schlüssel „reps“ kommt zweimal vor (Zeile 2)"),
    ],
)
def test_a_fault_of_a_roster_file_is_said_in_german(tmp_path: Path, document: str, said: str) -> None:
    file = tmp_path / "roster.yaml"
    file.write_text(document)
    done = CliRunner().invoke(app, ["roster", "put", str(file)], env={"POINTSMAN_LANGUAGE": "de"})
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


@pytest.mark.parametrize("words", [["policy", "check"], ["roster", "put"]])
def test_why_a_file_cannot_be_read_is_said_in_german(tmp_path: Path, words: list[str]) -> None:
    for file, said in ((tmp_path / "none.yaml", "Datei oder Ordner gibt es nicht"), (tmp_path, "das ist ein Ordner")):
        done = CliRunner().invoke(app, [*words, str(file)], env={"POINTSMAN_LANGUAGE": "de"})
        assert (done.exit_code, f"• {said}" in done.output) == (2, True)


def test_an_unknown_field_is_told_of_with_the_faults_of_form(tmp_path: Path) -> None:
    """Not once those are mended: who mends a file wants to see all of it."""
    file = tmp_path / "policy.yaml"
    file.write_text("""
nurture: {cool_off: 30 days}
rules: [{name: a, work: nurtur, when: {all: [{field: lead.sorce, equals: ad}, {field: score.fit, present: true}]}}]
scores: {score.fit: {points: []}}
""")
    done = CliRunner().invoke(app, ["policy", "check", "--offline", str(file)], env={"POINTSMAN_LANGUAGE": "en"})
    told = " ".join(done.output.split())
    assert "'30 days' is not a duration" in told
    assert "'nurtur' is not known; did you mean 'nurture'?" in told
    assert "rules[0].when.all[0].field: " in told
    assert told.count("(unknown-field)") == 1


def test_what_cannot_be_published_is_told_finding_by_finding_in_german(
    tmp_path: Path, shared_database_url: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    done = pointsman("policy", "publish", str(file), "-m", "x", url=shared_database_url, POINTSMAN_LANGUAGE="de")
    assert done.returncode == 1
    assert "es gibt keinen Pool „sdrs“; meinten Sie „sdr“? (unknown-pool)" in done.stdout
    assert "Fehler: Es wurde nichts veröffentlicht: Version" in done.stderr
    assert "Abgelehnt" not in done.stderr


def test_a_folder_that_cannot_hold_the_state_is_told_in_german(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"POINTSMAN_LANGUAGE": "de", "POINTSMAN_DATABASE_URL": ""}
    done = pointsman("run", "--state", str(tmp_path / "file"), url="", **env)
    assert done.returncode == 1
    assert f"Abgelehnt: In {tmp_path / 'file'} lässt sich der Zustand nicht ablegen:" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POINTSMAN_PORT", "eighty", "• POINTSMAN_PORT: das ist keine ganze Zahl."),
        ("POINTSMAN_POOL_SIZE", "900", "• POINTSMAN_POOL_SIZE: schreiben Sie 200 oder weniger."),
        ("POINTSMAN_SECRET_KEYS", "", "• POINTSMAN_SECRET_KEYS fehlt: Setzen Sie sie auf einen Schlüssel"),
        (
            "POINTSMAN_DATABASE_URL",
            "mysql://x",
            "POINTSMAN_DATABASE_URL: Die Prüfung meldet auf Englisch: it must begin",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_german(name: str, value: str, said: str) -> None:
    env = {"POINTSMAN_LANGUAGE": "de", "POINTSMAN_DATABASE_URL": "postgresql://x@127.0.0.1/x", name: value}
    done = CliRunner().invoke(app, ["keys", "list"], env=env)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
