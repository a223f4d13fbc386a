"""Two who set up one empty service at the same moment: one floor is live, and the other left nothing."""

import asyncio

import pytest

from pointsman.cli.init.answers import Answers, RepAnswer
from pointsman.cli.init.files import parse_texts, policy_text, roster_text
from pointsman.cli.init.steps import SetUp, SetUpRefused, set_up
from pointsman.services.policies.lifecycle import policy_page
from pointsman.services.ports import Env
from pointsman.services.roster.change_roster import get_roster
from support.floors.use_case_env import make_env

pytestmark = pytest.mark.anyio

HOURS = ("09:00", "17:00")


async def one(env: Env, name: str, written: list[str]) -> SetUp:
    rep = RepAnswer(key=name.lower(), name=name, email=f"{name}@x.example", role="Founder", hours=HOURS)
    answers = Answers(organisation="X", zone="Europe/Berlin", language="en", reps=(rep,))
    roster, policy = parse_texts(roster_text(answers), policy_text(answers))
    return await set_up(
        env,
        roster,
        policy,
        None,
        note="first",
        language="en",
        prepare_files=lambda: written.append(name),
        keep_files=lambda: None,
    )


@pytest.mark.parametrize("names", [("ben", "zoe"), ("ben", "ben"), ("ben", "Ben")])  # the last: one policy
async def test_of_two_at_once_one_sets_up_and_the_other_leaves_nothing(
    database_url: str, names: tuple[str, str]
) -> None:
    env, engine = make_env(database_url, pool_size=10)
    written: list[str] = []
    try:
        done = await asyncio.gather(*(one(env, name, written) for name in names), return_exceptions=True)
        refused = [outcome for outcome in done if not isinstance(outcome, SetUp)]
        assert [type(outcome) for outcome in refused] == ([SetUpRefused] if names[0] != names[1] else [])
        assert [rep.name for rep in (await get_roster(env)).reps] == sorted(set(written))
        assert len(set(written)) == 1
        assert [row.version for row in await policy_page(env, before=None, limit=10)] == [1]
    finally:
        await engine.dispose()


async def test_a_disk_that_refuses_the_files_leaves_the_database_as_it_was(database_url: str) -> None:
    env, engine = make_env(database_url)

    class FullDisk(list[str]):
        def append(self, _name: str) -> None:
            raise OSError("full")

    try:
        with pytest.raises(OSError, match="full"):
            await one(env, "ben", FullDisk())
        assert (await get_roster(env)).reps == []
        assert list(await policy_page(env, before=None, limit=10)) == []
    finally:
        await engine.dispose()
