"""People who are known by their telephone number: taken, found again with care, and never by a partner who does not have them."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.process_item import process_item
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.facts import stored_facts
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import ADMIN, SENDER, World, make_env
from support.http.signing import sign_hmac
from support.wording import english_of

pytestmark = pytest.mark.anyio

DACH = {"lead.country": "DE"}
MOBILE, KEY = "0171 / 123 45 67", "+491711234567"


async def submit(world: World, **given: Any) -> SubmitResult:
    return await submit_lead(world.env, LeadInput(**{"facts": DACH} | given), actor=SENDER)


async def test_a_lead_known_by_its_number_alone_gives_its_email_later(world: World) -> None:
    first = await submit(world, phone=MOBILE, first_name="Mara")
    again = await submit(world, phone="+49 (0)171 1234567", email="mara@nordlicht.example", facts={})
    by_email = await submit(world, email="mara@nordlicht.example", facts={})
    assert (first.created, again.created, by_email.created) == (True, False, False)
    assert {first.lead.id} == {again.lead.id, by_email.lead.id}
    assert (again.lead.email_key, again.lead.match["person"]) == ("mara@nordlicht.example", "phone")
    assert (again.lead.phone, again.lead.phone_key) == ("+49 (0)171 1234567", KEY)
    assert stored_facts(again.lead)["lead.phone"] == KEY


async def test_what_the_sender_wrote_is_kept_and_read_once_a_country_is_known(world: World) -> None:
    first = (await submit(world, phone=MOBILE, email="m@nord.example", facts={})).lead
    assert (first.phone, first.phone_key, stored_facts(first)["lead.phone"]) == (MOBILE, None, MOBILE)
    later = (await submit(world, email="m@nord.example", facts={"company.country": "DE"})).lead
    assert (later.phone, later.phone_key) == (MOBILE, KEY)
    moved = (await submit(world, email="m@nord.example", facts={"lead.country": "AT"})).lead
    assert moved.phone_key == KEY, "a number stays what it was read as"
    other = (await submit(world, email="m@nord.example", phone="0171 7654321", facts={"company.country": "DE"})).lead
    assert other.phone_key == "+491717654321", "it is read as its own event says"
    await submit(world, email="m@nord.example", phone=MOBILE, facts={"lead.country": "DE"})
    junk = (await submit(world, email="m@nord.example", phone="n/a")).lead
    assert (junk.phone, junk.phone_key) == (MOBILE, KEY)


async def test_fifty_arrivals_of_one_new_number_make_one_lead(world: World, database_url: str) -> None:
    other, engine = make_env(database_url, pool_size=10)
    await submit(world, email="warm@up.example")
    given = LeadInput(phone=MOBILE, facts=DACH)
    try:
        done = await asyncio.gather(
            *(submit_lead((world.env, other)[i % 2], given, actor=SENDER) for i in range(50)),
            *(submit(world, phone=MOBILE, email="mara@nordlicht.example") for _ in range(5)),
        )
    finally:
        await engine.dispose()
    assert len({one.lead.id for one in done}) == 1
    assert await world.value("select count(*) from leads where phone_key = :key", key=KEY) == 1


async def test_a_number_that_several_people_gave_finds_none_of_them(world: World) -> None:
    people = [await submit(world, phone=MOBILE, email=f"p{i}@nordlicht.example") for i in range(7)]
    assert len({one.lead.id for one in people}) == 7
    bare = await submit(world, phone=MOBILE)
    again = [await submit(world, phone="+49 171 1234567", facts=facts) for facts in ({}, DACH)]
    assert (bare.created, {one.lead.id for one in again}) == (True, {bare.lead.id}), "said again, it makes no new lead"
    assert (await submit(world, phone=MOBILE, email="p3@nordlicht.example")).lead.id == people[3].lead.id


async def test_a_landline_with_half_a_name_makes_one_lead_when_it_is_said_again(world: World) -> None:
    done = [
        await submit(world, phone="030 / 123 45 67", last_name=name) for name in ("M\u00fcller", "mueller", "Vogel")
    ]
    assert [one.created for one in done] == [True, False, True]
    assert done[0].lead.id == done[1].lead.id


async def test_an_id_of_the_same_system_says_who_it_is_before_a_number_does(world: World) -> None:
    crm = {"phone": MOBILE, "source_system": "crm"}
    first = await submit(world, external_id="7", **crm)
    assert (await submit(world, external_id="8", **crm)).created
    assert (await submit(world, external_id="7", **crm)).lead.id == first.lead.id


async def test_an_email_and_a_number_of_two_leads_are_a_conflict_that_a_human_sees(world: World) -> None:
    by_phone = await submit(world, phone=MOBILE)
    by_email = await submit(world, email="mara@nordlicht.example")
    events = [await submit(world, phone=MOBILE, email="mara@nordlicht.example") for _ in range(2)]
    assert {one.lead.id for one in events} == {by_email.lead.id}
    assert events[0].lead.match["conflict"] == str(by_phone.lead.id)
    assert (events[0].lead.email, events[0].lead.phone_key) == ("mara@nordlicht.example", KEY)
    (alert,) = await world.rows("select code, subject, message from alerts")
    assert (alert.code, alert.subject) == ("identity-conflict", f"lead:{by_email.lead.id}")
    assert ("by its phone" in english_of(alert.message), KEY[-7:] in str(alert.message)) == (True, False)
    lines = await world.rows("select after from audit where action = 'lead.identity-conflict'")
    assert [line.after for line in lines] == [{"phone_names": str(by_phone.lead.id)}]


async def test_the_numbers_of_a_merged_lead_lead_to_the_survivor(world: World) -> None:
    old = await submit(world, phone=MOBILE, last_name="Vogel")
    new = await submit(world, email="mara@nordlicht.example", phone="keine")
    merged = await merge_leads(world.env, old.lead.id, into=new.lead.id, reason="one person", actor=ADMIN)
    assert (merged.survivor.phone, merged.survivor.phone_key) == (MOBILE, KEY)
    again = await submit(world, phone=MOBILE)
    assert (again.lead.id, again.lead.match["person"]) == (new.lead.id, "phone")


async def test_the_api_takes_a_lead_by_its_number_and_warns_of_one_that_cannot_be_read(
    client: httpx.AsyncClient, sign_in: Any
) -> None:
    headers = await sign_in("intake", "read")
    told = (await client.post("/v1/leads", json={"phone": MOBILE, "fields": DACH}, headers=headers)).json()
    assert (told["created"], told["lead"]["phone"], told["lead"]["phone_as_written"]) == (True, KEY, MOBILE)
    read = (await client.get(f"/v1/leads/{told['lead']['id']}", headers=headers)).json()
    assert (read["phone"], read["phone_as_written"], read["external_ids"]) == (KEY, MOBILE, [])
    unread = {"phone": MOBILE, "email": "m@nord.example"}
    kept = (await client.post("/v1/leads", json=unread, headers=headers)).json()
    assert [(w["path"], w["code"]) for w in kept["warnings"]] == [("body.phone", "phone-unread")]
    assert (kept["lead"]["phone"], kept["lead"]["phone_as_written"]) == (MOBILE, MOBILE)
    for body, codes in ({"phone": "123456"}, ["no-identity", "phone-unread"]), ({"first_name": "M"}, ["no-identity"]):
        refused = await client.post("/v1/leads", json=body, headers=headers)
        assert (refused.status_code, [one["code"] for one in refused.json()["faults"]]) == (422, codes)
        assert "a phone number" in refused.text


async def test_a_webhook_brings_a_lead_by_its_number_and_its_item_says_which_was_not_read(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    fields = {"lead.phone": "tel", "lead.email": "email", "lead.country": "country"}
    await make_intake("form", mapping={"fields": fields}, sample={"tel": "+49 171 1234567"})
    events = [
        {"tel": 491711234567, "country": "DE"},
        {"tel": "tel:+49-171-1234567"},
        {"tel": "123", "email": "m@nord.example"},
        {"tel": "123"},
    ]
    for event in events:
        raw = json.dumps(event).encode()
        taken = await client.post("/v1/hooks/form", content=raw, headers=sign_hmac(raw))
        assert taken.status_code == 202, taken.text
    items = await world.rows("select id from inbox order by received_at, id")
    for row in items:
        await process_item(world.env, row.id)
    rows = await world.rows("select status, error_code, result, lead_id from inbox order by received_at, id")
    assert [row.status for row in rows] == ["done", "done", "done", "dead"]
    assert rows[0].lead_id == rows[1].lead_id
    assert [(w["path"], w["code"]) for w in rows[2].result["warnings"]] == [('fields["lead.phone"]', "phone-unread")]
    assert rows[3].error_code == "no-identity"


@pytest.mark.parametrize("address", ["noemail@noemail.com", "keine@keine.de"])
async def test_two_who_make_up_one_address_are_two_people_and_a_known_one_keeps_the_right_one(
    client: httpx.AsyncClient, world: World, sign_in: Any, address: str
) -> None:
    headers = await sign_in("intake", "read")
    told = []
    for phone, name in ("+49 171 1234567", "Anna"), ("+49 172 7654321", "Ben"):
        body = {"email": address, "phone": phone, "first_name": name}
        told.append((await client.post("/v1/leads", json=body, headers=headers)).json())
    assert [one["created"] for one in told] == [True, True]
    assert [one["lead"]["email"] for one in told] == [None, None]
    assert [(w["path"], w["code"]) for w in told[0]["warnings"]] == [("body.email", "names-no-person")]
    alone = await client.post("/v1/leads", json={"email": address}, headers=headers)
    assert (alone.status_code, [f["code"] for f in alone.json()["faults"]]) == (422, ["no-identity", "names-no-person"])
    mara = await submit(world, email="mara@nordlicht.example", external_id="M1")
    again = await submit(world, email=address, external_id="M1")
    assert (again.lead.id, again.lead.email) == (mara.lead.id, "mara@nordlicht.example")


async def test_an_event_with_a_made_up_address_is_known_by_its_number_or_dead(
    client: httpx.AsyncClient, world: World, make_intake: Any
) -> None:
    fields = {"lead.phone": "tel", "lead.email": "email"}
    await make_intake("form", mapping={"fields": fields}, sample={"email": "test@test.com"})
    for event in {"tel": "+49 171 1234567"}, {"tel": "+49 172 7654321"}, {}:
        raw = json.dumps({"email": "no-email@noemail.com", **event}).encode()
        assert (await client.post("/v1/hooks/form", content=raw, headers=sign_hmac(raw))).status_code == 202
    for row in await world.rows("select id from inbox"):
        await process_item(world.env, row.id)
    rows = await world.rows("select status, lead_id, result, error_code from inbox order by received_at, id")
    assert [row.status for row in rows] == ["done", "done", "dead"]
    assert rows[0].lead_id != rows[1].lead_id
    assert [(w["path"], w["code"]) for w in rows[0].result["warnings"]] == [('fields["lead.email"]', "names-no-person")]
    assert rows[2].error_code == "no-identity"


async def test_a_partner_finds_nobody_of_the_house_by_a_number(
    client: httpx.AsyncClient, world: World, sign_in: Any
) -> None:
    partner = await sign_in("intake", "read", supplier="callwerk")
    house = (await submit(world, phone=MOBILE, first_name="Mara")).lead
    before = await world.rows("select * from leads where id = :id", id=house.id)
    answers = []
    for phone in (MOBILE, "0171 7654321"):
        for _ in range(2):
            body = {"phone": phone, "fields": DACH | {"lead.source": "cold_list"}}
            answers.append((await client.post("/v1/leads", json=body, headers=partner)).json())
    known, again, unknown, again_unknown = answers
    assert known["lead"]["id"] == again["lead"]["id"] != str(house.id)
    assert unknown["lead"]["id"] == again_unknown["lead"]["id"]
    for one, other in ((known, unknown), (again, again_unknown)):
        assert (one["note"], one["warnings"], sorted(one["lead"])) == (
            other["note"],
            other["warnings"],
            sorted(other["lead"]),
        )
        assert one["lead"]["stage"] == other["lead"]["stage"]
    assert await world.rows("select * from leads where id = :id", id=house.id) == before
    assert await world.value("select count(*) from inbox") == 0


async def test_a_partners_word_on_a_lead_that_it_brought_and_the_house_has_waits_for_an_admin(
    client: httpx.AsyncClient, world: World, sign_in: Any
) -> None:
    partner = await sign_in("intake", supplier="callwerk")
    rep = await sign_in("intake", rep="lena")
    house = (await submit(world, phone="0171 7654321")).lead
    before = await world.rows("select * from leads where id = :id", id=house.id)
    bodies = [{"phone": phone, "fields": DACH} for phone in (MOBILE, MOBILE, "0171 7654321", "0171 7654321")]
    answers = [await client.post("/v1/leads", json=body, headers=partner) for body in bodies]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert answers[0].json()["lead"] is None
    assert await world.value("select count(*) from inbox where error_code = 'known-elsewhere'") == 2
    assert (await client.post("/v1/leads", json=bodies[0], headers=rep)).status_code == 202
    assert await world.value("select count(*) from leads") == 4
    assert await world.rows("select * from leads where id = :id", id=house.id) == before


NO_LAST_NAMES = [{"last_name": name} for name in ("-", ".", "Dr.", "Herr", "\u200b")]


@pytest.mark.parametrize("names", [{}, {"first_name": "Mara"}, *NO_LAST_NAMES])
async def test_a_number_without_a_last_name_gives_no_lasting_id_to_a_person_who_is_known(
    world: World, names: dict[str, str]
) -> None:
    mara = await submit(world, phone=MOBILE, email="mara@nord.example", first_name="Mara", last_name="Weber")
    said = {"external_id": "E1", "source_system": "shop"}
    told = (await submit(world, phone=MOBILE, **said, **names)).lead
    assert (told.id, told.last_name) == (mara.lead.id, "Weber")
    eve = await submit(world, email="eve@evil.example", first_name="Eve", **said)
    assert (eve.created, eve.lead.id != mara.lead.id) == (True, True)
    named = await submit(world, phone=MOBILE, last_name="Weber", external_id="E2", source_system="shop")
    assert (await submit(world, external_id="E2", source_system="shop")).lead.id == named.lead.id == mara.lead.id


async def test_a_number_that_a_person_no_longer_has_is_another_callers(world: World) -> None:
    first = await submit(world, phone=MOBILE)
    mara = await submit(world, phone=MOBILE, email="mara@nord.example", first_name="Mara", last_name="Weber")
    await submit(world, phone="0172 7654321", email="mara@nord.example")
    caller = await submit(world, phone=MOBILE)
    again = await submit(world, phone=MOBILE)
    assert first.lead.id == mara.lead.id != caller.lead.id == again.lead.id
    assert await world.value("select count(*) from leads where phone_key = '+491727654321'") == 1


async def test_a_switchboards_next_caller_is_not_the_person_that_an_earlier_one_was_merged_into(world: World) -> None:
    caller = await submit(world, phone="030 1234567")
    mara = await submit(world, email="mara@nord.example", first_name="Mara", last_name="Weber")
    await merge_leads(world.env, caller.lead.id, into=mara.lead.id, reason="same", actor=ADMIN)
    others = [await submit(world, phone="030 1234567", **more) for more in (*NO_LAST_NAMES, {}, {})]
    assert [one.created for one in others] == [True, *[False] * (1 + len(NO_LAST_NAMES))]
    assert mara.lead.id not in {one.lead.id for one in others}
    assert await world.value("select last_name from leads where email_key = 'mara@nord.example'") == "Weber"


async def test_a_merge_lists_no_number_among_the_ids(world: World) -> None:
    caller = await submit(world, phone=MOBILE, first_name="Mara")
    mara = await submit(world, email="mara@nord.example", external_id="7", source_system="crm")
    other = await submit(world, email="m@nord.example")
    for merged, into in ((caller, mara), (mara, other)):
        await merge_leads(world.env, merged.lead.id, into=into.lead.id, reason="same", actor=ADMIN)
    lines = await world.rows("select after from audit where action like 'lead.merged%'")
    assert [line.after["external_ids"] for line in lines].count([]) == 2
    assert not any("telephone" in json.dumps(line.after) for line in lines)
    assert (await submit(world, phone=MOBILE, first_name="Mara")).lead.id == other.lead.id


async def test_callers_of_a_number_that_is_free_again_make_one_lead(world: World) -> None:
    await submit(world, phone=MOBILE)
    await submit(world, phone=MOBILE, email="mara@nord.example", last_name="Weber")
    await submit(world, phone="0172 7654321", email="mara@nord.example")
    done = await asyncio.gather(*(submit(world, phone=MOBILE) for _ in range(6)))
    assert len({one.lead.id for one in done}) == 1
