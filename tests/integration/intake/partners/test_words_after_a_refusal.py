"""A person who is known, and one whose lead went elsewhere, are told alike: in the first answer and in each one after it."""

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import POLICY, SENDER, World
from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

KEYS: Mapping[str, dict[str, str]] = {
    "partner": {"supplier": "callwerk"},
    "rep of the partner": {"rep": "mia"},
    "rep of the house": {"rep": "lena"},
}
Word = dict[str, Any]


def stories() -> Iterator[list[Word]]:
    """Up to four words: the first of a lead that goes elsewhere or is the sender's own, others by its id, number or address."""
    yield [{"email": "asked", "id": "E", "first_name": "Zed"}, {"id": "E"}]
    yield [{"email": "asked", "phone": 1, "first_name": "Zed"}, {"phone": 1}]
    yield [{"email": "asked", "id": "E"}, {"id": "F", "email": "asked"}, {"id": "F"}]
    yield [{"email": "asked", "id": "E"}, {"id": "E", "email": "more"}, {"email": "more"}]
    yield [{"email": "asked", "id": "E", "phone": 1}, {"id": "F", "phone": 1}, {"phone": 1, "first_name": "Zed"}]
    yield [{"phone": 1, "own": True}, {"phone": 1, "email": "asked"}, {"email": "asked"}, {"phone": 1}]
    yield [
        {"phone": 1, "own": True, "first_name": "Zed"},
        {"phone": 1, "email": "asked"},
        {"id": "E", "email": "asked"},
    ]
    chance = random.Random(12)
    for _ in range(15):
        story = [{"email": "asked", "id": "E"} | ({"phone": 1} if chance.random() < 0.5 else {})]
        for _ in range(chance.randint(1, 3)):
            kinds = chance.sample(("id", "phone", "email"), chance.randint(1, 2))
            known = {"id": chance.choice("EF"), "phone": 1, "email": chance.choice(("asked", "more"))}
            story.append({kind: known[kind] for kind in kinds})
        yield story


async def heard(
    client: httpx.AsyncClient, headers: dict[str, str], story: list[Word], tag: str, phone: str
) -> list[str]:
    ids: dict[str, str] = {}
    told = []
    for number, word in enumerate(story):
        said: Word = {"fields": {"lead.source": "cold_list" if number or "own" in word else "away"}}
        if "id" in word:
            said |= {"external_id": f"{word['id']}-{tag}", "source_system": "crm"}
        if "email" in word:
            said["email"] = f"{word['email']}-{tag}@mine.example"
        if "phone" in word:
            said["phone"] = phone
        if "first_name" in word:
            said["first_name"] = word["first_name"]
        answer = await client.post("/v1/leads", json=said, headers=headers)
        text = re.sub(tag, "TAG", f"{answer.status_code} {answer.text}").replace(phone, "PHONE")
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME", text)
        told.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda one: ids.setdefault(one[0], f"id{len(ids)}"), text))
    return told


@pytest.mark.parametrize("key", KEYS)
async def test_each_word_about_a_known_person_is_answered_as_one_about_a_lead_that_went_elsewhere(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey, key: str
) -> None:
    own = {"work": "prospecting", "members": [KEYS[key].get("rep", "mia")]}
    away = {"work": "qualification", "members": ["jonas"]}
    rules = [
        {"name": "own", "when": {"field": "lead.source", "equals": "cold_list"}, "work": "prospecting", "pool": "own"},
        {"name": "rest", "work": "qualification", "pool": "away"},
    ]
    pools = {**POLICY["pools"], "own": own, "away": away}
    await world.publish({**POLICY, "rules": rules, "pools": pools, "ownership": {"order": []}})
    headers = await sign_in("intake", "read", **KEYS[key])
    differ = []
    for number, story in enumerate(stories()):
        told = []
        for known in (False, True):
            tag, phone = f"tag{number}{'k' if known else 'f'}", f"+4917123{int(known)}{number:02}00"
            if known:
                await submit_lead(world.env, LeadInput(email=f"asked-{tag}@mine.example"), actor=SENDER)
            told.append(await heard(client, headers, story, tag, phone))
        if told[0] != told[1]:
            differ.append((story, *next(pair for pair in zip(*told, strict=True) if pair[0] != pair[1])))
    assert not differ, f"{len(differ)}, first: {differ[0]}"


async def test_what_was_refused_to_a_rep_is_no_hindrance_to_the_house(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    await submit_lead(
        world.env, LeadInput(email="known@house.example", facts={"lead.source": "cold_list"}), actor=SENDER
    )
    rep, house = await sign_in("intake", rep="lena"), await sign_in("intake", "admin")
    said = {"email": "known@house.example", "external_id": "E", "source_system": "crm", "phone": "+49 171 2300100"}
    await client.post("/v1/leads", json=said, headers=rep)
    for more in ({"external_id": "E", "source_system": "crm"}, {"phone": "+49 171 2300100"}):
        answer = await client.post("/v1/leads", json={**more, "fields": {"lead.source": "x"}}, headers=house)
        assert (answer.status_code, answer.json()["created"]) == (201, True)
