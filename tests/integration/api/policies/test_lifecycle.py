"""A policy's life over HTTP: kept as written, compared in words, published once, looked back at, rolled back."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from pointsman.services.policies.history import MAX_VERSIONS_COMPARED
from pointsman.services.roster.change_roster import put_roster
from support.databases.fixtures import make_floor
from support.floors.use_case_env import ADMIN, POLICY, floor_given
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

YAML = {"Content-Type": "application/yaml"}
OURS = """# Ours: the order and the words are kept.
rules:
  - work: nurture      # marketing's
    name: "Everybody \u00e4"
    when: {field: lead.country, in: [DE, "NO"]}
pools: {}
description: >
  folded
"""


class Desk:
    """An admin at work on policies."""

    def __init__(self, client: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        self.client = client
        self.headers = dict(headers)

    async def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers={**self.headers, **headers})
        assert answer.status_code == status, answer.text
        return answer

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = await self.client.post(path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def draft(self, document: Any) -> int:
        return int((await self.post("/v1/policies", document, 201))["version"])

    async def draft_yaml(self, text: str) -> int:
        answer = await self.client.post("/v1/policies", content=text.encode(), headers={**self.headers, **YAML})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["version"])

    async def publish(self, document: Any, note: str = "go") -> int:
        version = await self.draft(document)
        live = await self.client.get("/v1/policies/current", headers=self.headers)
        expected = live.json()["version"] if live.status_code == 200 else None
        await self.post(f"/v1/policies/{version}/publish", {"note": note, "expected_current": expected})
        return version

    async def rolled_back(self, **body: Any) -> int:
        return int((await self.post("/v1/policies/rollback", {"note": "back", **body}))["version"])


@pytest.fixture
async def desk(client: httpx.AsyncClient, app: FastAPI, own_database: str, sign_in: MakeKey) -> Desk:
    await make_floor(own_database, "roster alone", partial(put_roster, app.state.env, floor_given(), actor=ADMIN))
    return Desk(client, await sign_in("admin", "read"))


def noted(**over: Any) -> dict[str, Any]:
    return {**POLICY, **over}


# ── as written ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("asked", [{"Accept": "application/yaml"}, {"Accept": "text/yaml"}, {}])
async def test_yaml_comes_back_byte_for_byte_with_its_comments(desk: Desk, asked: dict[str, str]) -> None:
    version = await desk.draft_yaml(OURS)
    answer = await desk.get(f"/v1/policies/{version}" + ("" if asked else "?format=yaml"), **asked)
    assert answer.headers["content-type"].startswith("application/yaml")
    assert answer.content == OURS.encode()


async def test_the_document_is_what_the_kept_text_says_in_its_order(desk: Desk) -> None:
    whole = (await desk.get(f"/v1/policies/{await desk.draft_yaml(OURS)}")).json()
    assert whole["written_in"] == "yaml"
    assert json.dumps(whole["document"]) == json.dumps(yaml.safe_load(OURS))


async def test_json_keeps_the_order_of_its_keys_and_reads_as_yaml(desk: Desk) -> None:
    document = {
        "rules": [{"work": "nurture", "when": {"in": ["NO"], "field": "lead.country"}, "name": "r"}],
        "pools": {},
    }
    version = await desk.draft(document)
    whole = (await desk.get(f"/v1/policies/{version}", Accept="application/json")).json()
    assert (whole["written_in"], json.dumps(whole["document"])) == ("json", json.dumps(document))
    written = (await desk.get(f"/v1/policies/{version}?format=yaml")).text
    assert json.dumps(yaml.safe_load(written)) == json.dumps(document)
    assert "'NO'" in written
    again = await desk.draft_yaml(written)
    assert (await desk.get(f"/v1/policies/{again}?format=yaml")).text == written


async def test_the_live_policy_is_read_as_yaml_too(desk: Desk) -> None:
    await desk.publish(POLICY)
    answer = await desk.get("/v1/policies/current", Accept="application/yaml")
    assert yaml.safe_load(answer.text) == POLICY


async def test_an_unknown_format_is_refused(desk: Desk) -> None:
    problem = (await desk.get("/v1/policies/1?format=xml", 422)).json()
    assert problem["faults"][0]["path"] == "query.format"


# ── in words ────────────────────────────────────────────────────────────────────────────────────


async def test_a_difference_is_told_in_words_and_as_data_part_by_part(desk: Desk) -> None:
    one = await desk.draft(POLICY)
    rules = [dict(rule) for rule in POLICY["rules"]]
    rules[4] = {**rules[4], "when": {"field": "lead.country", "in": ["DE", "AT", "CH", "LI"]}}
    other = await desk.draft({**POLICY, "rules": rules, "nurture": {"cool_off": "60d"}})
    found = (await desk.get(f"/v1/policies/{one}/diff/{other}")).json()
    assert (found["version"], found["other"], found["left_out"]) == (one, other, 0)
    assert [part["part"] for part in found["parts"]] == ["rules", "nurture"]
    assert found["parts"][0]["changes"] == [
        {
            "kind": "changed",
            "path": "rules[4].when.in",
            "before": ["DE", "AT", "CH"],
            "after": ["DE", "AT", "CH", "LI"],
            "sentence": "rule 5 'DACH inbound' now also takes LI as the lead's country",
        }
    ]
    german = (await desk.get(f"/v1/policies/{one}/diff/{other}", **{"Accept-Language": "de"})).json()
    assert german["parts"][0]["changes"][0]["sentence"] == "Regel 5 „DACH inbound“: jetzt auch LI (Land des Leads)"
    assert german["parts"][1]["changes"][0]["sentence"] == "Nurturing: die Ruhezeit ist jetzt 60 Tage, bisher 30 Tage"
    assert (await desk.get(f"/v1/policies/{one}/diff/{one}")).json()["parts"] == []
    assert (await desk.get(f"/v1/policies/{one}/diff/99", 404)).json()["code"] == "not-found"


async def test_a_policy_is_read_in_sentences_of_the_readers_language(desk: Desk) -> None:
    document = {"rules": [{"name": "All", "work": "nurture"}]}
    version = await desk.draft(document)
    stored = (await desk.get(f"/v1/policies/{version}/words")).json()
    assert (stored["version"], stored["language"]) == (version, "en")
    assert stored["sections"][1] == {
        "heading": "Rule 1: All",
        "sentences": [
            {
                "path": "rules[0]",
                "sentence": "Marketing keeps every lead that comes this far in nurture, and no rep gets it.",
            }
        ],
    }
    german = await desk.get(f"/v1/policies/{version}/words", **{"Accept-Language": "de-AT"})
    assert german.headers["content-language"] == "de"
    headers = desk.headers | {"Accept-Language": "de"}
    trial = await desk.client.post("/v1/policies/words", json=document, headers=headers)
    assert trial.json() == {**german.json(), "version": None}
    assert trial.json()["sections"][1]["heading"] == "Regel 1: All"
    broken = await desk.client.post("/v1/policies/words", json={"rules": 7}, headers=headers)
    assert (broken.status_code, broken.json()["faults"][0]["path"]) == (422, "rules")
    assert (await desk.get("/v1/policies/99/words", 404)).json()["code"] == "not-found"


# ── one wins ────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_admins_who_publish_at_once_exactly_one_wins(desk: Desk) -> None:
    live = await desk.publish(POLICY)
    drafts = [await desk.draft(noted(description=str(i))) for i in range(4)]
    body = {"note": "mine", "expected_current": live}
    answers = await asyncio.gather(
        *(desk.client.post(f"/v1/policies/{draft}/publish", json=body, headers=desk.headers) for draft in drafts)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    winner = next(answer.json()["version"] for answer in answers if answer.status_code == 200)
    losers = [answer.json() for answer in answers if answer.status_code == 409]
    assert [(loser["code"], loser["current"]) for loser in losers] == [("stale-version", winner)] * 3
    assert (await desk.get("/v1/policies/current")).json()["version"] == winner
    assert len((await desk.get("/v1/policies/history")).json()["items"]) == 2


async def test_a_rollback_that_names_what_was_live_is_refused_when_it_no_longer_is(desk: Desk) -> None:
    first, second = await desk.publish(POLICY), await desk.publish(noted(description="2"))
    problem = await desk.post("/v1/policies/rollback", {"note": "x", "expected_current": first}, 409)
    assert (problem["code"], problem["current"]) == ("stale-version", second)
    assert await desk.rolled_back(expected_current=second) == first


# ── looked back at ──────────────────────────────────────────────────────────────────────────────


async def test_history_says_what_was_live_when_who_published_it_and_why(desk: Desk) -> None:
    first, second = await desk.publish(POLICY, "first"), await desk.publish(noted(description="2"), "softer")
    await desk.rolled_back(note="too soft")
    page = (await desk.get("/v1/policies/history")).json()
    lines = [(row["version"], row["kind"], row["note"], row["replaced"], row["rollback_to"]) for row in page["items"]]
    assert lines == [
        (first, "rolled-back", "too soft", second, None),
        (second, "published", "softer", first, first),
        (first, "published", "first", None, None),
    ]
    assert all(row["actor"].startswith("key:") and row["at"] for row in page["items"])
    audit = (await desk.get(f"/v1/audit?subject=policy:{first}")).json()["items"]
    assert [line["action"] for line in audit] == ["policy.rolled-back", "policy.published", "policy.drafted"]
    heads = {row["version"]: row["note"] for row in (await desk.get("/v1/policies")).json()["items"]}
    assert heads == {second: "softer", first: "too soft"}


async def test_the_very_text_that_is_live_makes_no_version(desk: Desk) -> None:
    live = await desk.publish(noted(description="first"))
    again = await desk.post("/v1/policies?note=again", noted(description="first"), 200)
    assert (again["version"], again["state"], again["note"]) == (live, "published", "go")
    assert [row["version"] for row in (await desk.get("/v1/policies")).json()["items"]] == [live]
    assert await desk.draft(noted(description="second")) != live


async def test_history_comes_in_pages(desk: Desk) -> None:
    for i in range(3):
        await desk.publish(noted(description=str(i)))
    first = (await desk.get("/v1/policies/history?limit=2")).json()
    rest = (await desk.get(f"/v1/policies/history?limit=2&cursor={first['next']}")).json()
    assert [row["version"] for row in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next"] is None


async def test_rolling_back_again_goes_one_further_back_and_stops_at_the_first(desk: Desk) -> None:
    for i in range(3):
        await desk.publish(noted(description=str(i)))
    assert [await desk.rolled_back(), await desk.rolled_back()] == [2, 1]
    problem = await desk.post("/v1/policies/rollback", {"note": "x"}, 409)
    assert problem["code"] == "nothing-to-roll-back-to"


async def test_after_a_rollback_a_new_version_goes_back_to_what_it_took_over_from(desk: Desk) -> None:
    for i in range(3):
        await desk.publish(noted(description=str(i)))
    await desk.rolled_back()
    await desk.publish(noted(description="four"))
    assert [await desk.rolled_back(), await desk.rolled_back()] == [2, 1]


async def test_what_was_rolled_back_is_live_again_only_when_it_is_named(desk: Desk) -> None:
    for i in range(2):
        await desk.publish(noted(description=str(i)))
    await desk.rolled_back()
    assert await desk.rolled_back(version=2) == 2
    assert await desk.rolled_back() == 1


# ── definitions ─────────────────────────────────────────────────────────────────────────────────


def segments(**countries: list[str]) -> dict[str, Any]:
    return {
        name: {"owner": "Board", "when": {"field": "lead.country", "in": given}} for name, given in countries.items()
    }


async def since(desk: Desk, version: int) -> dict[str, tuple[int, bool]]:
    answer = (await desk.get(f"/v1/policies/{version}/definitions")).json()
    assert answer["version"] == version
    return {row["name"]: (row["since_version"], row["published_by"] is not None) for row in answer["definitions"]}


async def test_each_definition_says_since_which_version_it_reads_as_it_does(desk: Desk) -> None:
    await desk.publish(noted(segments=segments(dach=["DE"], eu=["FR"])))
    await desk.publish(noted(segments=segments(dach=["DE", "AT"], eu=["FR"])))
    await desk.draft(noted(segments=segments(dach=["IT"])))  # never live
    last = await desk.publish(noted(segments=segments(dach=["DE", "AT"], eu=["FR"], new=["IT"]), description="x"))
    draft = await desk.draft(noted(segments=segments(dach=["CH"], eu=["FR"])))
    assert await since(desk, last) == {"dach": (2, True), "eu": (1, True), "new": (last, True)}
    assert await since(desk, draft) == {"dach": (draft, False), "eu": (1, True)}
    assert await since(desk, 1) == {"dach": (1, True), "eu": (1, True)}
    assert (await desk.get("/v1/policies/99/definitions", 404)).json()["code"] == "not-found"


async def test_a_definition_that_came_back_is_as_old_as_its_last_change(desk: Desk) -> None:
    for countries in (["DE"], ["AT"], ["DE"]):
        await desk.publish(noted(segments=segments(dach=countries)))
    assert await since(desk, 3) == {"dach": (3, True)}


async def test_all_kinds_of_definitions_are_told(desk: Desk) -> None:
    asked = {"owner": "Board", "when": {"field": "lead.country", "present": True}}
    named = {
        "segments": {"s": asked},
        "icps": {"i": asked},
        "personas": {"p": {**asked, "description": "Who signs"}},
        "scores": {"score.fit": {"owner": "Ops", "points": [{"when": asked["when"], "points": 5}]}},
        "country_groups": {"eu": ["DE"]},
        "word_lists": {"rude": ["damn"]},
    }
    version = await desk.draft(noted(**named))
    rows = (await desk.get(f"/v1/policies/{version}/definitions")).json()["definitions"]
    assert [(row["kind"], row["name"], row["owner"]) for row in rows] == [
        ("segment", "s", "Board"), ("icp", "i", "Board"), ("persona", "p", "Board"), ("score", "score.fit", "Ops"),
        ("country_group", "eu", None), ("word_list", "rude", None),
    ]  # fmt: skip
    assert rows[2]["description"] == "Who signs"


@pytest.mark.slow
async def test_no_more_versions_are_looked_at_than_allowed(desk: Desk, app: FastAPI) -> None:
    await desk.publish(noted(segments=segments(dach=["DE"])))
    async with app.state.env.uow() as tx:
        for _ in range(MAX_VERSIONS_COMPARED + 5):
            row = await tx.policies.add(
                noted(segments=segments(dach=["DE"])), source=None, note="", by="test", at=app.state.env.clock()
            )
            await tx.policies.publish(row.version, kind="published", note="", by="test", at=app.state.env.clock())
    (found,) = (await desk.get(f"/v1/policies/{MAX_VERSIONS_COMPARED + 6}/definitions")).json()["definitions"]
    assert (found["since_version"], found["or_earlier"]) == (7, True)


# ── the check, as read ──────────────────────────────────────────────────────────────────────────


async def test_what_the_check_finds_and_the_hints_are_read_in_german_with_people_by_name(desk: Desk) -> None:
    """Also of a rep whom the same request names anew."""
    pools = {**POLICY["pools"], "closers": {"work": "closing", "members": ["lena"]}}
    german = {**desk.headers, "Accept-Language": "de"}
    answer = await desk.client.post("/v1/policies/check", json=noted(pools=pools), headers=german)
    assert answer.headers["Content-Language"] == "de"
    (told,) = [one["message"] for one in answer.json()["findings"] if one["code"] == "role-forbids"]
    assert told == "die Rolle SDR von Lena umfasst Abschluss nicht: Nehmen Sie Lena aus diesem Pool"
    draft = await desk.client.post("/v1/policies", json=noted(pools=pools), headers=german)
    assert told in [one["message"] for one in draft.json()["findings"]]
    await desk.publish(POLICY)
    lena = (await desk.get("/v1/reps/lena")).json()
    changed = await desk.client.patch("/v1/reps/lena", json={"name": "Lena Vogt", "tier": 3}, headers=german)
    assert lena["name"] != "Lena Vogt"
    assert [hint["message"] for hint in changed.json()["hints"]] == [
        "Stufen zählen in Pools mit Rangfolge und einem Vorzug, und Lena Vogt ist in keinem solchen („sdr-dach“)"
    ]
