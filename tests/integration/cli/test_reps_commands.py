"""`pointsman reps`: somebody is ill, and the admin types one line."""

import asyncio

import psycopg

from support.floors.use_case_env import open_world
from support.programs.command_line import pointsman


async def six_leads(url: str) -> None:
    async with open_world(url) as world:
        for _ in range(6):
            await world.route(await world.lead(lead__country="DE"))


def test_one_line_moves_what_somebody_holds_after_a_dry_run_that_moves_nothing(database_url: str) -> None:
    asyncio.run(six_leads(database_url))
    words = ("reps", "reassign", "lena", "--reason", "ill", "--until", "2099-01-01")
    said = pointsman(*words, "--dry-run", url=database_url)
    assert said.returncode == 0, said.stderr
    assert "2 would be moved; Lena holds 2 now" in said.stdout
    done = pointsman(*words, url=database_url)
    assert "2 moved; Lena holds 0 now" in done.stdout
    assert "gets this lead for qualification" in done.stdout
    assert "still gets new leads" not in done.stdout
    again = pointsman(*words, url=database_url)
    assert "0 moved; Lena holds 0 now" in again.stdout
    away = pointsman("reps", "time-off", "jonas", "2099-12-24", "2099-12-26", url=database_url)
    assert "Jonas is away from Thu 24 Dec 2099 to Sat 26 Dec 2099, both included." in away.stdout
    again = pointsman("reps", "time-off", "jonas", "2099-12-24", "2099-12-26", url=database_url)
    assert again.stdout == away.stdout
    with psycopg.connect(database_url.replace("postgresql+psycopg", "postgresql")) as reading:
        assert reading.execute("select count(*) from time_off where starts_at > '2099-12-01'").fetchone() == (1,)
    german = pointsman("reps", "time-off", "jonas", "2099-12-28", url=database_url, POINTSMAN_LANGUAGE="de")
    assert german.stdout.startswith("Jonas ist am ")
    assert "Uhr" not in german.stdout
    meant = pointsman("reps", "time-off", "jonsa", "2099-12-28", url=database_url)
    assert (meant.returncode, "did you mean 'jonas'?" in meant.stderr) == (1, True), meant.stderr


def test_what_cannot_be_done_is_one_sentence(shared_database_url: str) -> None:
    unknown = pointsman("reps", "reassign", "ghost", "--reason", "ill", url=shared_database_url)
    assert (unknown.returncode, "There is no rep 'ghost'" in unknown.stderr) == (1, True)
    when = pointsman("reps", "reassign", "lena", "--reason", "ill", "--until", "tomorrow", url=shared_database_url)
    assert (when.returncode, "tomorrow is not a time" in when.stderr) == (2, True)
    assert "Traceback" not in unknown.stderr + when.stderr


def test_a_turn_is_skipped_and_given_back_by_the_line_that_was_printed(database_url: str) -> None:
    asyncio.run(six_leads(database_url))
    words = ("ledger", "skip", "sdr-dach", "lena", "--reason", "took a walk-in", "--costs-turn")
    said = pointsman(*words, url=database_url)
    assert said.returncode == 0, said.stderr
    assert "Lena's next turn in sdr-dach is skipped" in said.stdout
    twice = pointsman(*words, url=database_url)
    assert (twice.returncode, "skipped already" in twice.stderr) == (1, True)
    back = pointsman("ledger", "unskip", "sdr-dach", said.stdout.split()[-1], "--reason", "no", url=database_url)
    assert "Lena's next turn in sdr-dach is theirs again" in back.stdout
    assert "sdr-dach: agrees (8 entries)" in pointsman("ledger", "verify", "--all", url=database_url).stdout
