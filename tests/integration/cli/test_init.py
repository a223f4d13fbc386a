"""`pointsman init`: from an empty folder and database to the first routed lead; again, it harms nothing."""

import re
from pathlib import Path

import psycopg
import pytest

from support.databases.roles import for_libpq
from support.programs.command_line import Done, pointsman

FLOOR = ("--rep", "Lena Vogt, lena@nordwerk.example, SDR", "--rep", "Ben Roth, ben@nordwerk.example, Closer")
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def init(folder: Path, url: str, *words: str, **environment: str) -> Done:
    return pointsman("init", str(folder), "--yes", "--state", str(folder / "state"), *words, url=url, **environment)


def test_an_empty_service_is_set_up_and_a_second_time_changes_nothing(tmp_path: Path, database_url: str) -> None:
    done = init(tmp_path, database_url, "-o", "Nordwerk", "-z", "Europe/Berlin", "-l", "de", *FLOOR)
    assert done.returncode == 0, done.stderr
    assert "das Regelwerk als Version 1" in done.stdout
    assert "Erika Beispiel" in done.stdout
    assert "Lena Vogt" in done.stdout.partition("Ihr Weg")[2]
    assert "Es ist kein Kalender verbunden: Was SDRs übergeben, wartet" in done.stdout
    assert "`pointsman connections add` verbindet einen" in done.stdout
    files = {path.name: path.read_text() for path in tmp_path.glob("*.yaml")}
    assert set(files) == {"roster.yaml", "policy.yaml"}
    again = init(tmp_path, database_url, "-l", "en")
    assert again.returncode == 0, again.stderr
    assert "live already, as version 1" in again.stdout
    assert "The first lead is there already" in again.stdout
    assert "0 fields changed" not in again.stdout
    assert {path.name: path.read_text() for path in tmp_path.glob("*.yaml")} == files
    put = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert "Nothing was different" in put.stdout
    (tmp_path / "roster.yaml").write_text(files["roster.yaml"].replace("SDR\n", "Boss\n"))
    wrong = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert (wrong.returncode, "body.reps[0].role" in wrong.stderr) == (1, True)
    (tmp_path / "roster.yaml").write_text(files["roster.yaml"].replace("email:", "emial:"))
    misspelt = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert (misspelt.returncode, "reps[0].emial" in misspelt.stderr) == (2, True)
    assert "did you mean 'email'?" in misspelt.stderr
    assert re.search(r"weekday: \d", files["roster.yaml"]), files["roster.yaml"]
    wrongs = re.sub(r"weekday: \d", "weekday: 7", files["roster.yaml"]).replace('"09:00"', '"9"')
    (tmp_path / "roster.yaml").write_text(wrongs)
    wrong = pointsman("roster", "put", str(tmp_path / "roster.yaml"), url=database_url)
    assert "7 is not a weekday: Monday is 0" in wrong.stderr
    assert "'9' is not a time of day" in wrong.stderr
    policy = pointsman("roster", "put", str(tmp_path / "policy.yaml"), url=database_url)
    assert (policy.returncode, "`pointsman policy publish` sends it" in policy.stderr) == (2, True), policy.stderr


def test_where_another_floor_is_live_nothing_is_written_on_disk_or_in_the_database(
    tmp_path: Path, database_url: str
) -> None:
    assert init(tmp_path, database_url, "-o", "Nordwerk", *FLOOR).returncode == 0
    (tmp_path / "policy.yaml").write_text(mine := "# an edit of mine\n")
    before = snapshot(tmp_path, database_url)
    zoe = ("--rep", "Zoe Zahn, zoe@x.example, Founder", "-o", "Zahn")
    lena = ("--rep", "Lena Vogel, lena@other.example, Closer, 06:00-07:00", "--rep", "Mia Au, mia@x.example, SDR")
    for words in (zoe, lena, (*FLOOR, "--rep", "Mia Au, mia@x.example, SDR")):
        for folder in (tmp_path, tmp_path / "other"):
            done = init(folder, database_url, "--force", "--state", str(tmp_path / "state"), "-l", "en", *words)
            assert (done.returncode, "holds 2 reps or roles already (ben and lena)" in done.stderr) == (1, True), (
                done.stderr
            )
    zone = init(tmp_path, database_url, "--force", "-l", "en", "-z", "Asia/Tokyo", *FLOOR)
    assert (zone.returncode, "roles already" in zone.stderr) == (1, True), zone.stderr
    german = init(tmp_path / "other", database_url, "-l", "de", *zoe)
    assert (german.returncode, "nichts wurde geschrieben" in german.stderr) == (1, True), german.stderr
    assert snapshot(tmp_path, database_url) == before
    assert (tmp_path / "policy.yaml").read_text() == mine


def test_another_policy_that_is_live_keeps_file_and_organisation(tmp_path: Path, database_url: str) -> None:
    assert init(tmp_path, database_url, "-o", "Nordwerk", *FLOOR).returncode == 0
    changed = (tmp_path / "policy.yaml").read_text().replace("hold", "next", 1)
    (tmp_path / "policy.yaml").write_text(changed)
    before = snapshot(tmp_path, database_url)
    done = init(tmp_path, database_url, "-l", "en")
    assert (done.returncode, "Another policy is live already (version 1)" in done.stderr) == (1, True), done.stderr
    assert snapshot(tmp_path, database_url) == before


def test_a_roster_without_a_policy_is_not_overwritten_either(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "live.yaml").write_text(
        "roles: [{name: Boss, works: [closing]}]\n"
        "reps: [{key: lena, name: L, email: l@x.example, role: Boss, time_zone: Asia/Tokyo, working_hours: []}]\n"
    )
    assert pointsman("roster", "put", str(tmp_path / "live.yaml"), url=database_url).returncode == 0
    before = snapshot(tmp_path, database_url)
    done = init(tmp_path, database_url, "-l", "en", *FLOOR)
    assert (done.returncode, "already (lena)" in done.stderr) == (1, True), done.stderr
    assert snapshot(tmp_path, database_url) == before


def snapshot(folder: Path, url: str) -> tuple[object, ...]:
    """All that init could write: the files, and who and what is live, drafted and audited."""
    files = {str(path): path.read_text() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    stored = [
        rows(url, f"select {table}::text from {table} order by 1") for table in ("reps", "policies", "roles", "leads")
    ]
    return files, stored, rows(url, "select count(*) from audit")


def rows(url: str, statement: str) -> list[object]:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        return [row[0] for row in connection.execute(statement)]


def test_flags_that_change_nothing_are_named(tmp_path: Path, database_url: str) -> None:
    assert init(tmp_path, database_url, *FLOOR).returncode == 0
    again = init(tmp_path, database_url, "-l", "en", "-o", "Other", "--rep", "Mia Au, mia@x.example, SDR")
    assert (again.returncode, "--organisation and --rep change nothing" in again.stderr) == (0, True), again.stderr


def test_files_that_are_kept_take_no_calendar_of_nobody(tmp_path: Path) -> None:
    (tmp_path / "roster.yaml").write_text("roles: []\nreps: []\n")
    (tmp_path / "policy.yaml").write_text("{}\n")
    words = ("--calendar", "https://cal.example", "--calendar-user", "x", "--calendar-of", "bem=/bem/work/")
    done = init(tmp_path, NOWHERE, "-l", "en", *words, CALDAV_PASSWORD="x")
    assert (done.returncode, "there is no rep 'bem'" in done.stderr.lower()) == (2, True), done.stderr


@pytest.mark.parametrize(
    "words", [("init", "--yes", "-l", "en", *FLOOR), ("run",), ("demo",)], ids=lambda words: words[0]
)
def test_a_state_folder_behind_a_link_is_refused_before_anything_starts(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Its key would seal the passwords, and its folder hold the data, of whoever starts the service here."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "theirs")
    done = pointsman(*words, *((str(tmp_path),) if words[0] == "init" else ()), "--state", str(tmp_path / "state"))
    assert (done.returncode, "belongs to another account" in done.stderr) == (2, True), done.stderr
    assert not any((tmp_path / "theirs").iterdir())


@pytest.mark.parametrize("name", ["roster.yaml", "policy.yaml"])
def test_a_link_that_leads_nowhere_is_a_file_that_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    done = init(tmp_path, NOWHERE, "-l", "en", *FLOOR)
    assert (done.returncode, f"{name} is there" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_force_writes_in_the_place_of_a_link_and_not_through_it(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "roster.yaml").symlink_to(tmp_path / "elsewhere")
    assert init(tmp_path, database_url, "--force", *FLOOR).returncode == 0
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "roster.yaml").is_symlink()


def test_a_folder_that_cannot_be_written_leaves_the_database_empty(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "file").write_text("")
    done = init(tmp_path / "file" / "below", database_url, "-l", "en", "--state", str(tmp_path / "state"), *FLOOR)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True), done.stderr
    assert rows(database_url, "select count(*) from reps") == [0]


@pytest.mark.own_database
def test_a_commit_that_fails_leaves_the_files_as_they_were(tmp_path: Path, database_url: str, owner_url: str) -> None:
    mine = {name: f"# my {name}\n" for name in ("roster.yaml", "policy.yaml")}
    for name, text in mine.items():
        (tmp_path / name).write_text(text)
    with psycopg.connect(for_libpq(owner_url), autocommit=True) as connection:
        connection.execute(
            "create function refused() returns trigger language plpgsql as $$ begin raise disk_full; end $$;"
            " create constraint trigger refused after insert on policies deferrable initially deferred"
            " for each row execute function refused()"
        )
    assert init(tmp_path, database_url, "--force", *FLOOR).returncode != 0
    assert {path.name: path.is_file() and path.read_text() for path in tmp_path.iterdir()} == mine
    assert rows(database_url, "select count(*) from reps") == [0]


def test_a_folder_in_a_file_s_place_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").mkdir()
    for words in (("--force",), ()):
        done = init(tmp_path, NOWHERE, "-l", "en", *words, *FLOOR)
        assert (done.returncode, "policy.yaml is a folder" in done.stderr) == (2, True), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nobody would take a lead"),
        (("--rep", "Ben Roth, ben@x.example, Closer"), "one rep has to be an SDR or a Founder"),
        (("--rep", "Ben Roth"), "'Ben Roth' is no rep: write"),
        ((*FLOOR, "--rep", "Max Au, BEN@nordwerk.example, SDR"), "ben roth has the address"),
        ((*FLOOR, "-z", "Mars"), "'Mars' is no time zone"),
        ((*FLOOR, "-l", "fr"), "write de or en"),
        ((*FLOOR, "--calendar", "https://cal.example"), "--calendar-user"),
        ((*FLOOR, "--calendar-user", "x"), "--calendar https://"),
        (
            (*FLOOR, "--calendar", "https://cal.example", "--calendar-user", "x", "--calendar-of", "ben=/b/"),
            "set CALDAV_PASSWORD",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_written(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = init(tmp_path, NOWHERE, "-l", "en", *words)
    assert (done.returncode, said.lower() in done.stderr.lower()) == (2, True), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"POINTSMAN_LANGUAGE": "de", "LC_ALL": "en_US.UTF-8"}, "niemand nähme"),
        ({"POINTSMAN_LANGUAGE": "en", "LC_ALL": "de_DE.UTF-8"}, "nobody would take"),
        ({"POINTSMAN_LANGUAGE": "", "LC_ALL": "de_DE.UTF-8"}, "niemand nähme"),
    ],
)
def test_init_speaks_the_language_that_all_commands_speak(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    done = init(tmp_path, NOWHERE, **environment)
    assert (done.returncode, said in done.stderr.lower()) == (2, True), done.stderr


def test_the_machine_s_zone_is_the_default_however_it_is_written(tmp_path: Path, database_url: str) -> None:
    assert init(tmp_path, database_url, *FLOOR, TZ=":Europe/Berlin").returncode == 0
    assert '"Europe/Berlin"' in (tmp_path / "roster.yaml").read_text()


def test_half_of_the_files_is_not_completed_by_guess(tmp_path: Path) -> None:
    (tmp_path / "roster.yaml").write_text("reps: []\n")
    done = init(tmp_path, NOWHERE, *FLOOR)
    assert (done.returncode, "--force" in done.stderr) == (2, True)
    assert (tmp_path / "roster.yaml").read_text() == "reps: []\n"
