"""`pointsman init`: from an empty folder and database to the first routed lead; again, it harms nothing."""

from pathlib import Path

import pytest

from support.programs.command_line import Done, pointsman

FLOOR = ("--rep", "Lena Vogt, lena@nordwerk.example, SDR", "--rep", "Ben Roth, ben@nordwerk.example, Closer")


def init(folder: Path, url: str, *words: str) -> Done:
    return pointsman("init", str(folder), "--yes", "--state", str(folder / "state"), *words, url=url)


def test_an_empty_service_is_set_up_and_a_second_time_changes_nothing(tmp_path: Path, database_url: str) -> None:
    done = init(tmp_path, database_url, "-o", "Nordwerk", "-z", "Europe/Berlin", "-l", "de", *FLOOR)
    assert done.returncode == 0, done.stderr
    assert "die Regeln als Version 1" in done.stdout
    assert "Erika Beispiel" in done.stdout
    assert "Lena Vogt" in done.stdout.partition("Ihr Weg")[2]
    files = {path.name: path.read_text() for path in tmp_path.glob("*.yaml")}
    assert set(files) == {"roster.yaml", "policy.yaml"}
    again = init(tmp_path, database_url, "-l", "en")
    assert again.returncode == 0, again.stderr
    assert "live already, as version 1" in again.stdout
    assert {path.name: path.read_text() for path in tmp_path.glob("*.yaml")} == files
    put = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert "Nothing was different" in put.stdout
    (tmp_path / "roster.yaml").write_text(files["roster.yaml"].replace("SDR\n", "Boss\n"))
    wrong = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert (wrong.returncode, "body.reps[0].role" in wrong.stderr) == (1, True)
    (tmp_path / "roster.yaml").write_text(files["roster.yaml"].replace("email:", "emial:"))
    misspelt = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert (misspelt.returncode, "reps[0].emial" in misspelt.stderr) == (2, True)
    other = init(tmp_path / "other", database_url, "--rep", "Zoe Zahn, zoe@x.example, Founder")
    assert (other.returncode, "holds others already (ben, lena)" in other.stderr) == (1, True)
    changed = init(tmp_path, database_url, "--force", *FLOOR, "--rep", "Mia Au, mia@x.example, SDR")
    assert (changed.returncode, "Another policy is live already (version 1)" in changed.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nobody would take a lead"),
        (("--rep", "Ben Roth, ben@x.example, Closer"), "one rep has to be an SDR or a Founder"),
        (("--rep", "Ben Roth"), "write --rep"),
        ((*FLOOR, "-z", "Mars"), "'Mars' is no time zone"),
        ((*FLOOR, "-l", "fr"), "write de or en"),
        ((*FLOOR, "--calendar", "https://cal.example"), "--calendar-user"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_written(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = init(tmp_path, "postgresql://nobody@127.0.0.1:1/none", "-l", "en", *words)
    assert (done.returncode, said.lower() in done.stderr.lower()) == (2, True), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_half_of_the_files_is_not_completed_by_guess(tmp_path: Path) -> None:
    (tmp_path / "roster.yaml").write_text("reps: []\n")
    done = init(tmp_path, "postgresql://nobody@127.0.0.1:1/none", *FLOOR)
    assert (done.returncode, "--force" in done.stderr) == (2, True)
    assert (tmp_path / "roster.yaml").read_text() == "reps: []\n"
