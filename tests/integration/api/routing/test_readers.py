"""Answers are read in the reader's language and zone, with the names that the reader may know."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.roster.change_roster import RosterInput, put_roster
from support.floors.use_case_env import ADMIN, POLICY, World, rep_given
from support.http.service import caller_of, serve_floor

GERMAN = {"Accept-Language": "de-AT, en;q=0.5"}
NAMES = {"r-1": "Lena Vogt", "r-2": "Jonas Peters", "r-3": "Sofia Marques"}
TOLD = {"sentence", "summary", "story", "why", "what_happens", "hold_sentence"}


@pytest.fixture
async def app(world: World) -> AsyncIterator[FastAPI]:
    """A floor on which no rep's key is like a name."""
    reps = (*(rep_given(key, name=name) for key, name in NAMES.items()), rep_given("far", time_zone="Asia/Kolkata"))
    await put_roster(world.env, RosterInput(reps=reps), actor=ADMIN)
    pools = {**POLICY["pools"], "sdr-dach": {"work": "qualification", "members": [*NAMES]}}
    await world.publish({**POLICY, "pools": pools})
    with serve_floor(world.env) as app:
        yield app


async def sent(client: httpx.AsyncClient, email: str, **fields: Any) -> httpx.Response:
    body = {"email": email, "fields": {"lead.country": "DE", **fields}}
    answer = await client.post("/v1/leads", json=body, headers=GERMAN)
    assert answer.status_code in {201, 202}, answer.text
    return answer


def texts(data: Any, name: str = "") -> list[str]:
    """Every sentence of an answer."""
    match data:
        case dict():
            return [found for key, value in data.items() for found in texts(value, key)]
        case list():
            return [found for item in data for found in texts(item, name)]
        case str() if name in TOLD:
            return [data]
        case _:
            return []


async def test_one_decision_is_read_in_german_and_in_english_and_never_by_a_key(app: FastAPI) -> None:
    async with caller_of(app, "admin") as client:
        first = await sent(client, "mara@nordlicht.example")
        assert (first.headers["content-language"], first.headers["vary"]) == ("de", "Accept-Language")
        decision = first.json()["decision"]
        path = f"/v1/decisions/{decision['id']}"
        for address in (path, f"{path}/explanation", "/v1/decisions", "/v1/holds"):
            german = await client.get(address, headers=GERMAN)
            english = await client.get(address, headers={"Accept-Language": "fr"})
            assert (german.headers["content-language"], english.headers["content-language"]) == ("de", "en")
            both = texts([german.json(), english.json()])
            assert [text for text in both for key in NAMES if key in text] == []
            if address != "/v1/holds":
                assert any("„DACH inbound“" in text for text in texts(german.json()))
                assert any("rule 'DACH inbound'" in text for text in texts(english.json()))


async def test_a_language_is_found_in_any_line_of_the_header(app: FastAPI) -> None:
    async with caller_of(app, "admin") as client:
        lines = [("Accept-Language", "fr"), ("Accept-Language", "de;q=0.8")]
        assert (await client.get("/v1/holds", headers=lines)).headers["content-language"] == "de"


async def test_a_partner_reads_of_its_own_reps_by_name_and_of_no_other_rep(app: FastAPI) -> None:
    async with caller_of(app, "intake", "read", supplier="callwerk") as client:
        answer = (await sent(client, "cold@acme.example", **{"lead.source": "cold_list"})).json()
        assert answer["decision"]["summary"] in {
            "Mia hat diesen Lead für die Kaltakquise.",
            "Paul hat diesen Lead für die Kaltakquise.",
        }
        assert answer["note"].startswith("Empfangen.")


async def test_a_renamed_rep_is_read_by_today_s_name_in_a_decision_of_before(app: FastAPI, world: World) -> None:
    async with caller_of(app, "admin") as client:
        decision = (await sent(client, "mara@nordlicht.example")).json()["decision"]
        renamed = rep_given(decision["rep"], name="Zoe Umbenannt")
        await put_roster(world.env, RosterInput(reps=(renamed,)), actor=ADMIN)
        told = (await client.get(f"/v1/decisions/{decision['id']}")).json()
        assert told["summary"].startswith("Zoe Umbenannt gets this lead")
        replayed = (await client.post(f"/v1/decisions/{decision['id']}/replay")).json()
        assert replayed["same"] is True


async def test_times_are_read_each_in_its_own_zone_where_the_key_has_no_rep(app: FastAPI) -> None:
    async with caller_of(app, "admin") as admin:
        for rep in NAMES:
            away = {"start": "2020-06-01T00:00:00Z", "end": "2036-06-01T00:00:00Z"}
            answer = await admin.post(f"/v1/reps/{rep}/time-off", json=away)
            assert answer.status_code == 201, answer.text
        assert (await sent(admin, "late@nordlicht.example")).json()["decision"]["outcome"] == "held"
        told = (await admin.get("/v1/holds")).json()["items"][0]
        german = (await admin.get("/v1/holds", headers=GERMAN)).json()["items"][0]
        assert (told["age"], german["age"]) == ("less than a minute", "weniger als eine Minute")
        assert "Lena Vogt is away until Sun 1 Jun 2036, 02:00 (CEST)" in told["sentence"]
        assert "Lena Vogt is back on Sun 1 Jun 2036, 02:00 (CEST)" in [one["sentence"] for one in told["releases"]]
