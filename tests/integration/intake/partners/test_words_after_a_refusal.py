"""A person who is known, and one whose lead went elsewhere, are told alike: in the first answer and in each one after it."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping

import httpx
import pytest

from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import SENDER, World
from support.http.keys import MakeKey
from support.two_worlds import TwoWorlds, Word, random_story

pytestmark = pytest.mark.anyio

KEYS: Mapping[str, dict[str, str]] = {
    "partner": {"supplier": "callwerk"},
    "rep of the partner": {"rep": "mia"},
    "rep of the house": {"rep": "lena"},
}
LETTERS = "abcdefghij"

#: The first of a lead that goes elsewhere or is the sender's own, others by its id, number or address.
STORIES: Mapping[str, list[Word]] = {
    "the id": [{"email": "asked", "id": "E", "first_name": "Zed"}, {"id": "E"}],
    "the number": [{"email": "asked", "phone": 1, "first_name": "Zed"}, {"phone": 1}],
    "another id": [{"email": "asked", "id": "E"}, {"id": "F", "email": "asked"}, {"id": "F"}],
    "the id with another email": [{"email": "asked", "id": "E"}, {"id": "E", "email": "more"}, {"email": "more"}],
    "the id with an own email": [{"email": "own"}, {"email": "asked", "id": "E"}, {"id": "E", "email": "own"}],
    "another id with the number": [
        {"email": "asked", "id": "E", "phone": 1},
        {"id": "F", "phone": 1},
        {"phone": 1, "first_name": "Zed"},
    ],
    "the number of an own lead": [{"phone": 1}, {"phone": 1, "email": "asked"}, {"email": "asked"}, {"phone": 1}],
    "an own lead that shows the email": [
        {"phone": 1, "first_name": "Zed"},
        {"phone": 1, "email": "asked"},
        {"id": "E", "email": "asked"},
    ],
    "a number of two": [
        {"email": "asked", "phone": 1, "first_name": "Zed"},
        {"email": "asked2", "phone": 1, "first_name": "Amy"},
        {"phone": 1, "first_name": "Zed"},
    ],
    "a number of two who are one by now": [
        {"email": "asked", "phone": 1},
        {"email": "asked2", "phone": 1},
        {"act": "merge"},
        {"phone": 1},
        {"email": "asked", "id": "E"},
        {"id": "E"},
    ],
    "a number of one who has another's id by now": [
        {"email": "asked", "id": "F", "first_name": "Amy"},
        {"email": "asked2", "phone": 1, "last_name": "Zimmer"},
        {"act": "merge"},
        {"phone": 1, "id": "E"},
        {"phone": 1, "first_name": "Zed"},
        {"phone": 1, "first_name": "Amy"},
    ],
    "an email that was refused with another id and number": [
        {"email": "asked", "id": "E"},
        {"email": "asked", "id": "F", "phone": 1},
        {"phone": 1},
        {"id": "F"},
        {"id": "E"},
    ],
    "the email of one that was merged into a lead of the house": [
        {"email": "asked", "away": True},
        {"act": "merge into the house's"},
        {"email": "asked", "id": "F"},
        {"id": "F"},
    ],
    "a colon in the source": [
        {"email": "asked", "system": "a", "id": "b:c"},
        {"system": "a:b", "id": "c"},
    ],
    "given to the caller": [
        {"email": "asked", "id": "E", "phone": 1, "last_name": "Zimmer"},
        {"act": "assign"},
        {"id": "E"},
        {"phone": 1, "last_name": "Zimmer"},
        {"phone": 1},
        {"phone": 1, "last_name": "Adler"},
    ],
    "given to the caller, who says another name": [
        {"email": "asked", "id": "E", "phone": 1, "first_name": "Zed"},
        {"act": "assign"},
        {"id": "E", "first_name": "Amy"},
        {"phone": 1, "first_name": "Amy"},
    ],
    "given to the caller, who says the number first": [
        {"email": "asked", "id": "E", "phone": 1, "last_name": "Zimmer"},
        {"act": "assign"},
        {"phone": 1, "id": "F", "last_name": "Zimmer"},
        {"id": "E", "phone": 1, "last_name": "Zimmer"},
    ],
    "applied, and then given to the caller": [
        {"email": "asked", "id": "E", "phone": 1, "last_name": "Zimmer"},
        {"act": "apply"},
        {"id": "E"},
        {"phone": 1},
        {"act": "assign"},
        {"phone": 1},
        {"id": "E", "phone": 1, "last_name": "Zimmer"},
    ],
    "merged into an own lead": [
        {"email": "own", "phone": 2},
        {"email": "asked", "id": "E", "phone": 1},
        {"act": "take in"},
        {"id": "E"},
        {"phone": 1},
    ],
}
#: More than any bound on what is read of one number.
MANY_WITH_ONE_NUMBER: list[Word] = [
    {"email": "more", "away": True},
    {"email": "asked", "id": "E", "phone": 1, "first_name": "Zed"},
    *(
        {"email": "more", "phone": 1, "first_name": f"X{one}{other}", "unread": True}
        for one in LETTERS[:6]
        for other in LETTERS[:9]
    ),
    {"phone": 1, "first_name": "Zed"},
    {"id": "E", "phone": 1, "first_name": "Zed"},
]


async def worlds_of(key: str, client: httpx.AsyncClient, world: World, sign_in: MakeKey) -> TwoWorlds:
    partner, admin = await sign_in("intake", "read", **KEYS[key]), await sign_in("admin")
    worlds = TwoWorlds(client, world, partner, admin, KEYS[key].get("rep", "mia"))
    await worlds.prepare()
    return worlds


@pytest.mark.parametrize("key", KEYS)
async def test_each_word_about_a_known_person_is_answered_as_one_about_a_lead_that_went_elsewhere(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey, key: str
) -> None:
    worlds = await worlds_of(key, client, world, sign_in)
    differ = []
    for name, story in STORIES.items():
        free, known = await worlds.tell(story)
        if free != known:
            differ.append((name, next(pair for pair in zip(free, known, strict=True) if pair[0] != pair[1])))
    assert not differ, f"{[name for name, _ in differ]}, first: {differ[0]}"


async def test_many_words_with_a_number_do_not_hide_the_one_that_was_refused(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    free, known = await (await worlds_of("partner", client, world, sign_in)).tell(MANY_WITH_ONE_NUMBER)
    assert free == known


@pytest.mark.parametrize("stories", [10, pytest.param(500, marks=pytest.mark.deep)])
@pytest.mark.parametrize("key", KEYS)
async def test_no_random_story_tells_whether_a_person_is_known(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey, key: str, stories: int
) -> None:
    worlds = await worlds_of(key, client, world, sign_in)
    chance = random.Random(f"{key}, 15")
    differ = []
    for _ in range(stories):
        story = random_story(chance)
        free, known = await worlds.tell(story)
        if free != known:
            differ.append((story, next(pair for pair in zip(free, known, strict=True) if pair[0] != pair[1])))
    assert not differ, f"{len(differ)}, shortest: {min(differ, key=lambda one: len(one[0]))}"


async def test_of_two_words_at_once_the_later_hears_of_the_refusal(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    worlds = await worlds_of("partner", client, world, sign_in)

    async def has_lead(said: Word) -> bool:
        answer = await client.post("/v1/leads", json=said, headers=dict(worlds.partner))
        assert answer.status_code == 202, answer.text
        return answer.json()["lead"] is not None

    heard: Counter[tuple[bool, bool]] = Counter()
    for number in range(20):
        email, own = f"known{number}@house.example", {"fields": {"lead.source": "cold_list"}}
        await submit_lead(world.env, LeadInput(email=email, facts={"lead.source": "away"}), actor=SENDER)
        names: Word = {"external_id": f"E{number}", "source_system": "crm"}
        if number % 2:
            names = {"phone": f"+491712301{number:03}"}
        whole, bare = {"email": email, **names, "fields": {"lead.source": "away"}}, {**names, **own}
        one, other = await asyncio.gather(has_lead(whole), has_lead(bare))
        heard[one, other] += 1
    assert not heard[False, True], f"a lead without the address: {heard}"


async def test_an_id_that_was_refused_is_that_of_the_lead_once_it_is_theirs(
    client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    worlds = await worlds_of("partner", client, world, sign_in)
    kept = await submit_lead(
        world.env, LeadInput(email="known@house.example", facts={"lead.source": "away"}), actor=SENDER
    )
    names: Word = {"external_id": "E", "source_system": "crm", "phone": "+49 171 2300100"}
    await client.post("/v1/leads", json={"email": "known@house.example", **names}, headers=dict(worlds.partner))
    wish = {"rep": "mia", "work": "prospecting", "reason": "hers"}
    await client.post(f"/v1/leads/{kept.lead.id}/assign", json=wish, headers=dict(worlds.admin))
    news = {**names, "first_name": "Zed"}
    for said in ({"phone": names["phone"]}, news, {"external_id": "E", "source_system": "crm"}):
        answer = await client.post("/v1/leads", json=said, headers=dict(worlds.partner))
        assert answer.json()["lead"]["id"] == str(kept.lead.id)
    read = (await client.get("/v1/leads/crm:E", headers=dict(worlds.partner))).json()
    assert (read["first_name"], [one["external_id"] for one in read["external_ids"]]) == ("Zed", ["E"])


@pytest.mark.parametrize("key", ["partner", "rep of the partner"])
async def test_an_id_that_was_refused_finds_no_lead_that_they_had_once(
    key: str, client: httpx.AsyncClient, world: World, sign_in: MakeKey
) -> None:
    """It would tell by which other addresses the house knows the person."""
    worlds = await worlds_of(key, client, world, sign_in)
    leads = [
        (await submit_lead(world.env, LeadInput(email=email, facts={"lead.source": "away"}), actor=SENDER)).lead.id
        for email in ("theirs@house.example", "known@house.example")
    ]
    for rep, work in ((worlds.rep, "prospecting"), ("jonas", "qualification")):
        wish = {"rep": rep, "work": work, "reason": "so"}
        await client.post(f"/v1/leads/{leads[0]}/assign", json=wish, headers=dict(worlds.admin))
    merge = {"into": str(leads[0]), "reason": "one person"}
    assert (await client.post(f"/v1/leads/{leads[1]}/merge", json=merge, headers=dict(worlds.admin))).is_success
    said = {"email": "known@house.example", "external_id": "E", "source_system": "crm"}
    assert (await client.post("/v1/leads", json=said, headers=dict(worlds.partner))).json()["lead"] is None
    for path in ("/v1/leads/crm:E", "/v1/leads/crm:E/journey"):
        assert (await client.get(path, headers=dict(worlds.partner))).status_code == 404
    assert (await client.get("/v1/leads/theirs@house.example", headers=dict(worlds.partner))).status_code == 200


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
