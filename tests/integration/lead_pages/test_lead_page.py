"""The page of a lead: what each reader sees on it, whatever strangers wrote into what is shown."""

from html import unescape

import httpx
import pytest

from integration.lead_pages.test_lead_links import appointment_on, booked_lead, link_to
from support.floors.use_case_env import ADMIN
from support.hostile.texts import HOSTILE, Seen
from support.http.booking_links import Page
from support.http.service import caller_of

pytestmark = pytest.mark.anyio

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "nav", "ul", "li", "main", "h1", "h2", "dl", "div",
    "dt", "dd", "strong", "details", "summary", "span", "form", "input", "label", "button", "fieldset", "legend", "textarea",
    "footer", "bdi", "br", "small", "section", "ol", "time",
}  # fmt: skip


@pytest.mark.parametrize("evil", HOSTILE)
async def test_nothing_that_somebody_wrote_becomes_markup(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient, evil: str
) -> None:
    await page.name_everybody(evil)
    await page.name_all_rules(evil)
    person = {"email": "evil@corp.example", "first_name": evil, "last_name": evil, "phone": evil}
    fields = {"lead.country": "DE", "company.name": evil, "company.employees": 120}
    sent = await admin.post("/v1/leads", json=person | {"fields": fields})
    lead_id = sent.json()["lead"]["id"]
    evidence = [{"name": name, "value": f"They replace {evil} this year"} for name in ("need", "intent", "offer_known")]
    handed = await admin.post(
        f"/v1/leads/{lead_id}/handovers", json={"evidence": evidence, "setter": "lena", "auto_book": True}
    )
    assert handed.json().get("appointment"), handed.text
    for given in ({"reader": "holder"}, {"reader": "key"}, {"reader": "holder", "language": "de"}):
        path = await link_to(admin, lead_id, **given)
        shown = await browser.get(path, params={"done": evil, "lang": evil})
        assert shown.status_code == 200, shown.text[:200]
        seen = Seen(shown.text)
        assert seen.tags <= ALLOWED, seen.tags - ALLOWED
        assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
        assert all(link.startswith(("/lead/", "#content")) for link in seen.links), seen.links
        assert unescape(shown.text).count(evil) >= 6  # it was there, as text
        wrong = {"appointment": evil, "code": evil, "reason": evil, "lang": evil}
        for act in ("accept", "reject"):
            assert (await browser.post(f"{path}/{act}", data=wrong)).status_code in (303, 422)


async def test_every_answer_keeps_to_itself(page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
    lead_id, _ = await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder")
    shown = await browser.get(path)
    form = {"appointment": appointment_on(shown.text)}
    kept = [
        shown,
        await browser.get("/lead/nothing"),
        await browser.get(f"{path}/x/y"),
        await browser.put(path),
        await browser.post(f"{path}/accept", content=b"{}", headers={"content-type": "text/plain"}),
        await browser.post(f"{path}/reject", data=form),
        await browser.post(f"{path}/accept", data=form),
        await browser.post(f"{path}/reject", data=form | {"code": "duplicate", "reason": "x"}),
    ]
    assert [answer.status_code for answer in kept] == [200, 404, 404, 405, 415, 422, 303, 303]
    for answer in kept:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        for name, value in {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, nofollow",
            "x-frame-options": "DENY",
        }.items():
            assert answer.headers.get_list(name) == [value], (answer.url, name)
        assert "set-cookie" not in answer.headers
        assert answer.status_code == 303 or answer.headers["content-type"].startswith("text/html")


async def test_forms_of_any_shape_are_answered(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    path = await link_to(admin, await page.lead(), reader="holder")
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (
        b"",
        b"\xff\xfe",
        b"=&=&=",
        b"appointment=%ZZ%00",
        b"&" * 500,
        b"a=1&" * 100,
        b"reason=" + b"x" * 50_000,
    ):
        for act in ("accept", "reject"):
            answer = await browser.post(f"{path}/{act}", content=body, headers=form)
            assert answer.status_code in {303, 404, 413, 422}, (body[:20], act, answer.status_code)


async def test_a_lead_that_lacks_evidence_says_what_is_missing_for_the_gate(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id = await page.floor.lead()
    await page.floor.hand_over(lead_id, evidence=page.floor.evidence("need"))
    shown = unescape((await browser.get(await link_to(admin, lead_id))).text)
    assert "<strong>that the lead is motivated, that the lead is educated</strong>" in shown
    assert "<bdi>Need</bdi> (qualified)" in shown
    assert "yes: need" in shown
    german = unescape((await browser.get(await link_to(admin, lead_id, language="de"))).text)
    assert "<strong>die Motivation, das Vorwissen</strong>" in german
    assert "<bdi>Bedarf</bdi> (qualifiziert)" in german


async def test_a_lead_that_passed_the_gate_lacks_nothing(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    shown = await browser.get(await link_to(admin, await page.lead()))
    assert 'class="missing"' not in shown.text


async def test_a_partners_rep_sees_on_the_page_what_the_partner_may_know(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    given = {"lead.country": "FR", "lead.source": "cold_list", "company.employees": 20}
    lead_id = (await admin.post("/v1/leads", json={"email": "a@cold.example", "fields": given})).json()["lead"]["id"]
    evidence = [{"name": "need", "value": "secret finding"}]
    await admin.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": evidence, "setter": "lena"})
    path = await link_to(admin, lead_id, reader="holder")
    shown = unescape((await browser.get(path)).text)
    assert "a@cold.example" in shown
    assert "secret finding" not in shown
    assert "Lena" not in shown
    assert "Cold lists to the partner" not in shown
    whole = unescape((await browser.get(await link_to(admin, lead_id))).text)
    assert "secret finding" in whole


async def test_a_link_of_a_partners_key_shows_what_the_key_reads(page: Page, browser: httpx.AsyncClient) -> None:
    given = {"email": "a@cold.example", "fields": {"lead.country": "FR", "lead.source": "cold_list"}}
    async with caller_of(page.app, "intake", "read", supplier="callwerk") as partner:
        lead_id = (await partner.post("/v1/leads", json=given)).json()["lead"]["id"]
        shown = await browser.get(await link_to(partner, lead_id))
    assert shown.status_code == 200
    assert "Cold lists to the partner" not in unescape(shown.text)
    assert ADMIN.name not in shown.text


async def test_times_are_on_the_clock_of_the_key_as_in_the_journey_also_where_no_rep_has_the_lead(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    booked, _ = await booked_lead(page)
    left = await page.lead()
    await page.floor.world.rows(
        "update assignments set ended_at = assigned_at, end_reason = 'x' where lead_id = :id", id=left
    )
    for lead_id in (booked, left):
        shown = unescape((await browser.get(await link_to(admin, lead_id))).text)
        assert "(UTC)" not in shown
        assert "(CET)" in shown or "(CEST)" in shown


async def test_the_page_says_where_the_appointment_takes_place_and_that_the_lead_is_not_to_be_contacted(
    page: Page, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    lead_id, _ = await booked_lead(page)
    path = await link_to(admin, lead_id, reader="holder")
    assert "Do not contact" not in (await browser.get(path)).text
    await admin.put(f"/v1/leads/{lead_id}/do-not-contact", json={"reason": "asked on the phone"})
    await page.floor.world.rows("update appointments set join_url = 'https://meet.example/room'")
    shown = (await browser.get(path)).text
    assert ("Do not contact" in shown, 'href="https://meet.example/room"' in shown) == (True, True)
    assert "lead is not to be contacted" in shown
