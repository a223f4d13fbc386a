"""Links to the booking page: who gets one, and what becomes of every other string."""

import asyncio
import base64
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import NotFound
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slot_holds import hold_slot
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.booking_links.buyer_view import (
    book_for_buyer,
    cancel_for_buyer,
    load_buyer_view,
    reschedule_for_buyer,
    slots_for_buyer,
)
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.operations.api_keys import create_key
from pointsman.services.signed_links.tokens import SEAL_CONTEXT, SignedLink, read_link, sign_link
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN
from support.http.booking_links import Page
from support.http.keys import SECRET
from support.http.service import caller_of

pytestmark = pytest.mark.anyio

BEHIND = (".", ",", ")", ">", "%20", "%0D%0A", "/", "%E2%80%9C.")


@pytest.fixture
async def caller(page: Page, buyer: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    made = await create_key(page.floor.env, name="t", scopes=["booking"], actor=ADMIN)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(page.app),
        base_url="http://pointsman.test",
        headers={"Authorization": f"Bearer {made.token}"},
    ) as client:
        yield client


async def test_a_link_is_made_for_who_may_be_booked_and_leads_to_their_page(
    page: Page, buyer: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    now = page.floor.world.clock.freeze()
    made = await caller.post(
        f"/v1/leads/{lead_id}/booking-links", json={"expires_in": "2h", "language": "de", "zone": "Asia/Tokyo"}
    )
    assert made.status_code == 201, made.text
    body = made.json()
    left = datetime.fromisoformat(body["expires_at"]) - now
    assert timedelta(hours=2) - timedelta(seconds=1) < left <= timedelta(hours=2)  # the link says whole seconds
    shown = await buyer.get(body["url"])
    assert shown.status_code == 200
    assert "Alle Uhrzeiten gelten für <bdi>Tokio</bdi>, dort ist es jetzt" in shown.text
    page.floor.world.clock.advance(timedelta(hours=2))
    assert (await buyer.get(body["url"])).status_code == 410


async def test_no_time_is_kept_and_no_link_made_for_a_lead_without_an_address(
    page: Page, caller: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    await lose_address(page, lead_id)
    made = await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})
    assert (made.status_code, made.json()["code"]) == (409, "no-email")
    slots = (await caller.get(f"/v1/leads/{lead_id}/slots")).json()
    assert slots["needs_email"] is True
    kept = await caller.post("/v1/slot-holds", json={"lead_id": str(lead_id), "start": slots["slots"][0]["start"]})
    assert (kept.status_code, kept.json()["code"]) == (409, "no-email")


async def test_the_page_offers_no_time_to_a_buyer_who_has_lost_their_address(
    page: Page, buyer: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    path = page.path(lead_id)
    start = re.findall(r'name="start" value="([^"]+)"', (await buyer.get(path)).text)[0]
    assert (await buyer.post(path, data={"start": start})).status_code == 303
    await lose_address(page, lead_id)
    for answer in (
        await buyer.get(path),
        await buyer.get(f"{path}/confirm", params={"start": start}),
        await buyer.post(path, data={"start": ""}),
        await buyer.post(path, data={"start": start[:-3] + "01Z"}),
        await buyer.post(f"{path}/confirm", data={"start": start}),
    ):
        assert "No time can be booked at the moment" in answer.text
        assert "no email" not in answer.text


async def test_a_buyer_without_an_address_still_sees_and_moves_the_appointment_that_stands(
    page: Page, buyer: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    slot = (await slots_for_lead(page.floor.env, lead_id)).slots[0]
    await book(page.floor.env, lead_id, slot.start, actor=ADMIN)
    await lose_address(page, lead_id)
    made = await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})
    assert made.status_code == 201
    assert (await buyer.get(made.json()["url"])).status_code == 200
    assert 'name="start"' in (await buyer.get(f"{made.json()['url']}/reschedule")).text


async def lose_address(page: Page, lead_id: UUID) -> None:
    await page.floor.world.rows("update leads set email = null, email_key = null where id = :id", id=lead_id)


async def test_nobody_gets_a_link_for_a_lead_that_may_not_be_booked(page: Page, caller: httpx.AsyncClient) -> None:
    unrouted = await page.floor.lead()
    refused = await caller.post(f"/v1/leads/{unrouted}/booking-links", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "no-closer")
    assert (await caller.post(f"/v1/leads/{uuid4()}/booking-links", json={})).status_code == 404
    ready = await page.lead()
    for wrong in (
        {"expires_in": "1m"},
        {"expires_in": "0d"},
        {"expires_in": "0m"},
        {"expires_in": "-1d"},
        {"expires_in": "99999w"},
        {"expires_in": 0},
        {"expires_in": "181d"},
        {"language": "fr"},
        {"zone": "Mars"},
        {"zone": "EST"},
        {"zone": "Etc/GMT+5"},
        {"x": 1},
    ):
        assert (await caller.post(f"/v1/leads/{ready}/booking-links", json=wrong)).status_code == 422, wrong


async def test_a_partner_gets_links_for_its_own_leads_alone(page: Page, caller: httpx.AsyncClient) -> None:
    made = await create_key(
        page.floor.env,
        name="p",
        scopes=["booking"],
        supplier="callwerk",
        actor=ADMIN,
    )
    answer = await caller.post(
        f"/v1/leads/{await page.lead()}/booking-links", json={}, headers={"Authorization": f"Bearer {made.token}"}
    )
    assert answer.status_code == 404


async def test_a_link_to_a_merged_lead_leads_to_the_lead_that_it_is_now_and_can_be_revoked_there(
    page: Page, buyer: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    lead_id, now_it = await page.floor.lead(), await page.lead(company__name="Now GmbH")
    path = page.path(lead_id)
    await merge_leads(page.floor.env, lead_id, into=now_it, reason="the same person", actor=ADMIN)
    assert (await buyer.get(path)).status_code == 200
    listed = (await caller.get(f"/v1/leads/{now_it}/booking-links")).json()["items"]
    assert len(listed) == 1
    assert (await caller.delete(f"/v1/booking-links/{listed[0]['id']}")).status_code == 204
    assert (await buyer.get(path)).status_code == 410


async def test_a_revoked_link_answers_as_an_expired_one_and_leaves_an_audit_line(
    page: Page, buyer: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    made = [(await caller.post(f"/v1/leads/{lead_id}/booking-links", json={"language": "de"})).json() for _ in range(3)]
    expired = await buyer.get(page.path(lead_id, life=timedelta(0), language="de"))
    for _ in range(2):  # again is harmless
        assert (await caller.delete(f"/v1/booking-links/{made[0]['id']}")).status_code == 204
    gone = await buyer.get(made[0]["url"])
    assert (gone.status_code, gone.text) == (410, expired.text.replace(str(expired.url.path), str(gone.url.path)))
    assert (await buyer.post(made[0]["url"], data={"start": "x"})).status_code == 410
    assert (await buyer.get(made[1]["url"])).status_code == 200
    items = (await caller.get(f"/v1/leads/{lead_id}/booking-links?limit=3")).json()
    assert [one["id"] for one in items["items"]][1:] == [made[2]["id"], made[1]["id"]], "after the one that is over"
    assert made[0]["url"].rpartition("/")[2] not in str(items)
    assert (await caller.delete(f"/v1/leads/{lead_id}/booking-links")).json() == {"revoked": 2}
    assert (await buyer.get(made[2]["url"])).status_code == 410
    lines = await page.floor.world.rows(
        "select action, after from audit where action like 'booking-link.%' and subject = :lead order by at, id",
        lead=f"lead:{lead_id}",
    )
    assert [line[0] for line in lines] == ["booking-link.made"] * 3 + ["booking-link.revoked"] * 2
    assert lines[3][1] == {"links": [made[0]["id"]]}
    assert set(lines[4][1]["links"]) == {made[1]["id"], made[2]["id"]}


async def test_what_a_buyer_has_begun_when_the_link_is_revoked_is_not_done(
    page: Page, caller: httpx.AsyncClient
) -> None:
    """A page may read calendars for seconds between looking at the link and acting."""
    env = page.floor.env
    lead_id = await page.lead()
    made = (await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})).json()
    link = read_link(env.secrets, made["url"].rpartition("/")[2], now=env.clock())
    opened = await load_buyer_view(env, link)
    first, second = [slot.start for slot in (await slots_for_buyer(env, opened)).slots[-2:]]
    row = await book_for_buyer(env, opened, first)
    with_appointment = await load_buyer_view(env, link)
    assert (await caller.delete(f"/v1/booking-links/{made['id']}")).status_code == 204
    acts = {
        "move": lambda: reschedule(env, row.id, second, reason="x", actor=with_appointment.actor),
        "cancel": lambda: cancel_for_buyer(env, with_appointment, row.id, "x"),
        "book": lambda: book(env, lead_id, second, actor=opened.actor),
        "hold": lambda: hold_slot(env, lead_id, second, actor=opened.actor),
    }
    for name, act in acts.items():
        if name == "book":
            await cancel(env, row.id, reason="x", actor=SETTER)
        with pytest.raises(NotFound) as refused:
            await act()
        assert refused.value.code == "link-expired", name
    assert await page.floor.world.value("select count(*) from appointment_events where actor = 'booking-page'") == 1
    assert await page.floor.world.value("select count(*) from slot_holds") == 0


async def test_a_link_is_revoked_once_what_its_buyer_does_now_is_done(page: Page, caller: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    made = (await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})).json()
    async with page.floor.env.uow() as tx:
        await tx.leads.get(lead_id, lock=True)  # as an act does
        revoking = asyncio.create_task(caller.delete(f"/v1/booking-links/{made['id']}"))
        done, _ = await asyncio.wait({revoking}, timeout=0.3)
        assert not done
    assert (await revoking).status_code == 204


async def test_no_link_of_another_partners_lead_is_seen_or_revoked(page: Page, caller: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    link = (await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})).json()
    made = await create_key(page.floor.env, name="p", scopes=["booking"], supplier="callwerk", actor=ADMIN)
    partner = {"Authorization": f"Bearer {made.token}"}
    for method, path in (
        ("GET", f"/v1/leads/{lead_id}/booking-links"),
        ("DELETE", f"/v1/leads/{lead_id}/booking-links"),
        ("DELETE", f"/v1/booking-links/{link['id']}"),
        ("DELETE", f"/v1/booking-links/{uuid4()}"),
    ):
        assert (await caller.request(method, path, headers=partner)).status_code == 404, (method, path)


async def test_a_partner_that_has_a_lead_no_more_handles_the_links_that_its_own_keys_made(
    page: Page, caller: httpx.AsyncClient
) -> None:
    lead_id = await page.lead()
    await page.was_with(lead_id, "mia")
    links = f"/v1/leads/{lead_id}/booking-links"
    houses = (await caller.post(links, json={})).json()["id"]
    async with (
        caller_of(page.app, "booking", supplier="callwerk") as partner,
        caller_of(page.app, "booking", rep="mia") as mia,
        caller_of(page.app, "booking", rep="paul") as paul,
    ):
        ids = {}
        for name, key in (("partner", partner), ("mia", mia)):
            ids[name] = (await key.post(links, json={})).json()["id"]
        heard = {}
        for name, key in (("partner", partner), ("mia", mia)):
            heard[name] = {item["id"] for item in (await key.get(links)).json()["items"]}
            assert (await key.delete(f"/v1/booking-links/{houses}")).status_code == 404
        assert heard == {"partner": {*ids.values()}, "mia": {ids["mia"]}}
        assert (await paul.get(links)).status_code == 404
        assert (await mia.delete(f"/v1/booking-links/{ids['partner']}")).status_code == 404
        assert (await mia.delete(links)).json() == {"revoked": 1}
        assert (await partner.delete(f"/v1/booking-links/{ids['mia']}")).status_code == 204
        assert (await partner.delete(links)).json() == {"revoked": 1}
    (left,) = [item for item in (await caller.get(links)).json()["items"] if item["revoked_at"] is None]
    assert left["id"] == houses


async def test_a_rep_who_has_the_lead_handles_all_of_its_booking_links(page: Page, caller: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    made = (await caller.post(f"/v1/leads/{lead_id}/booking-links", json={})).json()["id"]
    holder = "select r.key from assignments a join reps r on r.id = a.rep_id where lead_id = :lead and ended_at is null"
    async with caller_of(page.app, "booking", rep=await page.floor.world.value(holder, lead=lead_id)) as closer:
        assert len((await closer.get(f"/v1/leads/{lead_id}/booking-links")).json()["items"]) == 1
        assert (await closer.delete(f"/v1/booking-links/{made}")).status_code == 204


@pytest.mark.parametrize(
    ("language", "words"), [("de", "an den Absender dieses Links"), ("en", "the sender of this link")]
)
async def test_the_buyers_of_a_lead_act_ten_times_a_day_through_all_links_together(
    page: Page, buyer: httpx.AsyncClient, language: str, words: str
) -> None:
    lead_id = await page.lead()
    paths = [page.path(lead_id, language=language) for _ in range(2)]
    start = re.findall(r'name="start" value="([^"]+)"', (await buyer.get(paths[0])).text)[-1]
    done = 0
    for turn in range(12):
        path = paths[turn % 2]
        if turn % 2 == 0:
            answer = await buyer.post(f"{path}/confirm", data={"start": start})
        else:
            asked = re.findall(r'name="appointment" value="([^"]+)"', (await buyer.get(f"{path}/cancel")).text)
            answer = await buyer.post(f"{path}/cancel", data={"appointment": asked[0]})
        if answer.status_code == 429:
            break
        assert answer.status_code == 303, answer.text
        done += 1
    assert (done, answer.status_code) == (10, 429)
    assert words in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert (await buyer.post(paths[1], data={"start": start})).status_code == 429  # no time is kept for them, either
    audited = "select count(*) from audit where actor = 'booking-page' and action ~ '^appointment.(booked|cancelled)$'"
    assert await page.floor.world.value(audited) == 10
    page.floor.world.clock.advance(timedelta(days=1))
    start = re.findall(r'name="start" value="([^"]+)"', (await buyer.get(paths[0])).text)[-1]
    assert (await buyer.post(f"{paths[0]}/confirm", data={"start": start})).status_code == 303


async def test_the_cap_holds_for_acts_at_the_same_moment(page: Page) -> None:
    page.floor.env = replace(page.floor.env, buyer_acts_per_day=1)
    lead_id = await page.lead()
    link = read_link(page.floor.env.secrets, page.path(lead_id).removeprefix("/book/"), now=page.floor.env.clock())
    buyer = await load_buyer_view(page.floor.env, link)
    start = (await slots_for_buyer(page.floor.env, buyer)).slots[-1].start
    row = await book_for_buyer(page.floor.env, buyer, start)
    other = replace(page.floor.env, buyer_acts_per_day=2)  # a cancellation is left, and two ask for it and for a move
    buyer = await load_buyer_view(other, link)
    times = [slot.start for slot in (await slots_for_buyer(other, buyer)).slots if slot.start != start][-2:]
    answers = await asyncio.gather(
        *(reschedule_for_buyer(other, buyer, row.id, at) for at in times), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["AppointmentRow", "TooManyRequests"]


async def test_an_older_key_still_opens_its_links_and_a_strange_one_does_not(page: Page) -> None:
    now = page.floor.env.clock()
    link = SignedLink(id=uuid4(), expires_at=now.replace(microsecond=0) + timedelta(days=1), time_zone="UTC")
    token = sign_link(page.floor.env.secrets, link)
    assert read_link(Vault([new_key(), SECRET]), token, now=now) == link
    with pytest.raises(NotFound):
        read_link(Vault([new_key()]), token, now=now)


async def test_what_a_sentence_puts_behind_a_link_is_not_a_part_of_it(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead(), language="en")
    for behind in BEHIND:
        shown = await buyer.get(path + behind)
        assert (shown.status_code, f'action="{path}"' in shown.text) == (200, True), behind
        assert (await buyer.get(f"{path}{behind}/x")).status_code == 404


async def test_no_other_string_is_a_link_and_none_is_a_fault_of_ours(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id = await page.lead()
    token = page.path(lead_id).removeprefix("/book/")
    secrets = page.floor.env.secrets
    foreign = secrets.seal(b"\x01" + lead_id.bytes + b"\x00" * 8, context="connection:cal")
    empty, longer = secrets.seal(b"", context=SEAL_CONTEXT), secrets.seal(b"\x02" + b"\xff" * 40, context=SEAL_CONTEXT)
    far = secrets.seal(b"\x01" + lead_id.bytes + b"\xff" * 8, context=SEAL_CONTEXT)
    sealed = [base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (foreign, empty, longer, far)]
    corpus = [
        *sealed,
        token[:-1], token[1:], token[: len(token) // 2], token + "A", token + "=", token * 2, token.swapcase(),
        "x", "..", "%2e%2e", "%00", "%ff%fe", "%F0%9F%92%A5", "a" * 3_000, str(lead_id), "null", "-", "_", "=",
        "..%2f..%2fetc%2fpasswd", "<script>alert(1)</script>", "'%20or%201=1", "{{7*7}}", "%0d%0aSet-Cookie:x=1",
        *(base64.urlsafe_b64encode(os.urandom(n)).decode() for n in (1, 57, 200)),
    ]  # fmt: skip
    for one in corpus:
        for below in ("", "/confirm", "/cancel", "/reschedule", "/invitation.ics"):
            answer = await buyer.get(f"/book/{one}{below}")
            assert answer.status_code in {400, 404}, (one, below, answer.status_code)
            assert "alert(1)" not in answer.text
        assert (await buyer.post(f"/book/{one}", data={"start": "x"})).status_code in {400, 404, 405, 415}, one
