"""`pointsman decisions …`, `policy explain` and `policy simulate`, as a person types them."""

import asyncio
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from pointsman.cli.commands import app
from support.databases.roles import as_owner, for_libpq
from support.floors.use_case_env import POLICY, open_world
from support.http.keys import SECRET


class Floor:
    """A database with a few decisions, and the command line on it."""

    def __init__(self, url: str, leads: list[UUID], decisions: list[UUID]) -> None:
        self.url, self.leads, self.decisions = url, leads, decisions

    def run(self, *words: object) -> Result:
        ours = {"POINTSMAN_DATABASE_URL": self.url, "POINTSMAN_SECRET_KEYS": SECRET, "COLUMNS": "200"}
        return CliRunner().invoke(app, [*map(str, words)], env=ours)

    def said(self, *words: object, code: int = 0) -> str:
        done = self.run(*words)
        assert done.exit_code == code, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return " ".join(done.output.split())


@pytest.fixture
def floor(database_url: str) -> Floor:
    async def filled() -> tuple[list[UUID], list[UUID]]:
        async with open_world(database_url) as world:
            leads = [await world.lead(lead__country=country) for country in ("DE", "FR", "AT")]
            return leads, [(await world.route(lead)).decision_id for lead in leads]

    return Floor(database_url, *asyncio.run(filled()))


def test_a_lead_is_explained_as_to_a_colleague(floor: Floor) -> None:
    text = floor.said("policy", "explain", floor.leads[1])
    assert text.startswith("This lead waits: no rule matches this lead")
    assert "Rule 'DACH inbound' would match if the lead's country were one of DE, AT, CH." in text
    assert "Policy 1, roster 1." in text


def test_a_stored_decision_is_explained_with_whose_turn_is_next(floor: Floor) -> None:
    text = floor.said("decisions", "explain", floor.decisions[0])
    assert "gets this lead for qualification, since it matches the rule 'DACH inbound'" in text
    assert "is next after this lead" in text
    assert "What would change it: " in text


def test_an_explanation_is_german_where_the_terminal_is(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_LANGUAGE", "de")
    text = floor.said("decisions", "explain", floor.decisions[0])
    assert "Was es ändern würde: " in text
    assert "Name wählbar an der Reihe in warum nicht" in text
    assert text.endswith("Regelwerk 1, Teamliste 1.")


def test_a_lead_is_meant_by_its_address_and_a_decision_by_its_lead(floor: Floor) -> None:
    with psycopg.connect(for_libpq(floor.url), autocommit=True) as connection:
        connection.execute(
            "update leads set email = 'kim@example.com', email_key = 'kim@example.com' where id = %s", [floor.leads[0]]
        )
    by_id = floor.said("policy", "explain", floor.leads[0])
    assert floor.said("policy", "explain", "Kim@Example.com") == by_id
    stored = floor.said("decisions", "explain", floor.decisions[0])
    assert floor.said("decisions", "explain", floor.leads[0]) == stored
    assert floor.said("decisions", "explain", "kim@example.com") == stored
    assert "1 of 1" in floor.said("decisions", "replay", "kim@example.com")


@pytest.mark.parametrize("words", [("policy", "explain"), ("decisions", "explain"), ("decisions", "replay")])
def test_a_lead_that_is_not_there_is_said_so(words: tuple[str, str], floor: Floor) -> None:
    assert "There is no lead with this id, address or external id." in floor.said(*words, "no@example.com", code=1)
    assert "no lead can be meant" in floor.said(*words, "no-lead", code=1).lower()
    floor.said(*words, UUID(int=7), code=1)


def test_decisions_that_come_out_the_same_end_well(floor: Floor) -> None:
    assert "3 of 3 decisions come out the same." in floor.said("decisions", "replay")
    assert "3 of 3" in floor.said("decisions", "replay", "--all")
    assert "2 of 2" in floor.said("decisions", "replay", "--last", "2")
    assert "3 of 3" in floor.said("decisions", "replay", "--since", "1d")
    assert "1 of 1" in floor.said("decisions", "replay", floor.decisions[0])


def test_one_tampered_decision_ends_with_1_and_is_pointed_to(floor: Floor) -> None:
    with psycopg.connect(for_libpq(as_owner(floor.url)), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "update decisions set record = jsonb_set(record, '{rep}', '\"mallory\"') where id = %s",
            [floor.decisions[2]],
        )
    text = floor.said("decisions", "replay", "--all", code=1)
    assert "2 of 3 decisions come out the same." in text
    assert f"{floor.decisions[2]} differs" in text
    assert 'rep: "mallory" became' in text
    floor.said("decisions", "replay", floor.decisions[2], code=1)


def test_a_stored_policy_and_a_file_are_simulated(floor: Floor, tmp_path: Path) -> None:
    assert "3 decisions simulated: 3 the same, 0 go elsewhere, 0 to another rep." in floor.said("policy", "simulate", 1)
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({**POLICY, "rules": [{"name": "All", "work": "qualification", "pool": "sdr-dach"}]}))
    text = floor.said("policy", "simulate", file, "--since", "4h")
    assert "1 go elsewhere" in text
    assert "Ledgers start as they stood" in text


def test_a_simulation_shows_what_each_tier_of_a_ranked_pool_gets_beside_fair(floor: Floor, tmp_path: Path) -> None:
    ranking = {"prefer": [{"lead": "lead.language", "rep": "languages"}]}
    pools = {**POLICY["pools"], "sdr-dach": {**POLICY["pools"]["sdr-dach"], "method": "ranked", "ranking": ranking}}
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({**POLICY, "pools": pools}))
    text = floor.said("policy", "simulate", file, "--since", "4h")
    assert "ranked pool leads number tier 1 (fair) missed" in text
    assert "sdr-dach others 2 100 % (100 %)" in text


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("policy", "simulate", "99"), 1),
        (("policy", "simulate", "nowhere.yaml"), 2),
        (("policy", "simulate", "1", "--since", "soon"), 2),
        (("decisions", "replay", "--since", "soon"), 2),
        (("decisions", "replay", "01999999-0000-7000-8000-000000000000"), 1),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence(floor: Floor, words: tuple[str, ...], code: int) -> None:
    assert floor.said(*words, code=code)
