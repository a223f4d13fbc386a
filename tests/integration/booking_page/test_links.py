"""Links to the booking page: who gets one, and what becomes of every other string."""

import base64
import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import NotFound
from pointsman.services.booking_links.tokens import SEAL_CONTEXT, BookingLink, read_link, sign_link
from pointsman.services.operations.api_keys import create_key
from support.floors.use_case_env import ADMIN
from support.http.booking_links import Page
from support.http.keys import SECRET

pytestmark = pytest.mark.anyio


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
    assert "Die Zeiten gelten für Tokyo." in shown.text
    page.floor.world.clock.advance(timedelta(hours=2))
    assert (await buyer.get(body["url"])).status_code == 410


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


async def test_a_link_to_a_merged_lead_leads_to_the_lead_that_it_is_now(page: Page, buyer: httpx.AsyncClient) -> None:
    lead_id, now_it = await page.floor.lead(), await page.lead(company__name="Now GmbH")
    await page.floor.world.rows("update leads set merged_into = :to, merged_at = now(), stage = 'closed', email = null,"
                                " email_key = null where id = :id", to=now_it, id=lead_id)  # fmt: skip
    assert (await buyer.get(page.path(lead_id))).status_code == 200


async def test_an_older_key_still_opens_its_links_and_a_strange_one_does_not(page: Page) -> None:
    now = page.floor.env.clock()
    link = BookingLink(lead_id=uuid4(), expires_at=now.replace(microsecond=0) + timedelta(days=1), time_zone="UTC")
    token = sign_link(page.floor.env.secrets, link)
    assert read_link(Vault([new_key(), SECRET]), token, now=now) == link
    with pytest.raises(NotFound):
        read_link(Vault([new_key()]), token, now=now)


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
        token[:-1], token[1:], token[: len(token) // 2], token + "A", token + "=", token + "/", token * 2, token.swapcase(),
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


async def test_no_change_of_one_sign_leaves_a_link(page: Page) -> None:
    now, lead_id = page.floor.env.clock(), uuid4()
    token = page.path(lead_id).removeprefix("/book/")
    for at in range(len(token)):
        for sign_there in ("A", "_", "x"):
            changed = token[:at] + sign_there + token[at + 1 :]
            if changed != token:
                with pytest.raises(NotFound):
                    read_link(page.floor.env.secrets, changed, now=now)
