"""What a partner is told of another rep is "another rep": no answer has the key or the name, and none its findings."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from support.http.booking_links import Page
from support.http.service import caller_of

pytestmark = pytest.mark.anyio

OTHERS = re.compile(r"\b(lena|jonas|sofia|paul|anna|ben|clara|eva)\b", re.IGNORECASE)
SCOPES = ("intake", "read", "handover", "booking")


@pytest.fixture(params=[{"supplier": "callwerk"}, {"rep": "mia"}], ids=["partner", "rep of the partner"])
async def partner(request: pytest.FixtureRequest, page: Page) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(page.app, *SCOPES, **request.param) as opened:
        yield opened


async def theirs_before(page: Page, *, booked: bool) -> UUID:
    """A lead that mia brought up to a hand-over, and that lena handed to a closer."""
    lead_id = await page.lead() if not booked else await page.floor.lead()
    if booked:
        await page.floor.hand_over(lead_id, at_earliest=True)
    await page.was_with(lead_id, "mia")
    return lead_id


async def test_no_answer_about_a_lead_that_moved_on_has_another_rep_in_it(
    page: Page, partner: httpx.AsyncClient
) -> None:
    heard = dict[str, httpx.Response]()
    for booked in (True, False):
        lead = await theirs_before(page, booked=booked)
        for path in ("", "/journey", "/decisions", "/slots", "/links", "/booking-links"):
            heard[f"{path} {booked}"] = await partner.get(f"/v1/leads/{lead}{path}")
        for listing in ("leads", "decisions", "holds", "appointments"):
            heard[f"{listing} {booked}"] = await partner.get(f"/v1/{listing}")
        for one in heard[f"decisions {booked}"].json()["items"]:
            heard[f"decision {one['id']}"] = await partner.get(f"/v1/decisions/{one['id']}")
        given = {"evidence": [{"name": "need", "value": "x"}], "dry_run": True}
        heard[f"hand-over {booked}"] = await partner.post(f"/v1/leads/{lead}/handovers", json=given)
        made = (await partner.post(f"/v1/leads/{lead}/links", json={"reader": "key"})).json()["url"]
        heard[f"page {booked}"] = await partner.get(httpx.URL(made).path)
    slot = heard["/slots False"].json()["slots"][0]
    assert (slot["rep"], heard["/slots False"].json()["rep_name"]) == (None, None)
    heard["slot hold"] = await partner.post("/v1/slot-holds", json={"lead_id": str(lead), "start": slot["start"]})
    (meeting,) = heard["appointments True"].json()["items"]
    heard["appointment"] = await partner.get(f"/v1/appointments/{meeting['id']}")
    heard["invitation"] = await partner.get(f"/v1/appointments/{meeting['id']}/invitation.ics")
    assert heard.pop("invitation").status_code == 404
    assert (meeting["rep"], meeting["setter"], meeting["gate"]["setter"]) == (None, None, None)
    assert meeting["gate"]["evidence"] == []
    told = {what: OTHERS.findall(re.sub(r'"made_by":"[^"]*"', "", answer.text)) for what, answer in heard.items()}
    assert {what: found for what, found in told.items() if found} == {}
    wrong = {what: answer.text for what, answer in heard.items() if answer.status_code not in {200, 201}}
    assert [what for what in wrong if what != "/slots True" and not what.startswith("hand-over")] == []


@pytest.mark.parametrize("path", ["leads?rep={}", "decisions?rep={}", "appointments?rep={}", "appointments?setter={}"])
async def test_a_list_asked_about_another_rep_is_as_one_asked_about_nobody(page: Page, path: str) -> None:
    await theirs_before(page, booked=True)
    holder = "select r.key from assignments a join reps r on r.id = a.rep_id where a.ended_at is null"
    async with caller_of(page.app, *SCOPES, supplier="callwerk") as partner, caller_of(page.app, "admin") as admin:
        there: list[Any] = []
        for rep in ("lena", await page.floor.world.value(holder)):
            asked = await partner.get(f"/v1/{path.format(rep)}")
            none = await partner.get(f"/v1/{path.format('no-such-rep')}")
            assert (asked.status_code, asked.text.replace(rep, "no-such-rep")) == (none.status_code, none.text)
            there += (await admin.get(f"/v1/{path.format(rep)}")).json()["items"]
        assert there


async def test_a_rep_of_the_house_reads_its_colleagues_by_key_and_by_name(page: Page) -> None:
    lead = await theirs_before(page, booked=True)
    await page.was_with(lead, "jonas")
    async with caller_of(page.app, "read", rep="jonas") as colleague:
        (meeting,) = (await colleague.get("/v1/appointments")).json()["items"]
        (decision, *_) = (await colleague.get("/v1/decisions")).json()["items"]
        assert (meeting["setter"], decision["rep"]) == ("lena", meeting["rep"])
        assert meeting["rep"].capitalize() in decision["summary"]


async def test_no_refusal_names_another_rep(page: Page, partner: httpx.AsyncClient) -> None:
    booked, free = await theirs_before(page, booked=True), await theirs_before(page, booked=False)
    at = (await page.floor.world.rows("select starts_at from appointments"))[0][0].isoformat()
    heard = [
        await partner.post("/v1/appointments", json={"lead_id": str(booked), "start": at}),
        await partner.post("/v1/slot-holds", json={"lead_id": str(booked), "start": at}),
        await partner.post(f"/v1/leads/{booked}/booking-links", json={"expires_in": "5000d"}),
        await partner.post("/v1/appointments", json={"lead_id": str(free), "start": "2020-01-06T10:00:00Z"}),
    ]
    await page.somebody_takes(free, at)
    heard.append(await partner.post("/v1/appointments", json={"lead_id": str(free), "start": at}))
    assert {answer.status_code for answer in heard} <= {403, 409, 422}
    assert [answer.text for answer in heard if OTHERS.search(answer.text)] == []
