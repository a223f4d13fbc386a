"""What every page carries, whatever strangers wrote into the names on it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import httpx
import pytest

from integration.booking_page.test_words import OURS, words_of
from pointsman.api.booking_page.rendering import PageRenderer
from pointsman.api.booking_page.words import words_in
from support.hostile.texts import HOSTILE, Seen
from support.http.booking_links import Page

pytestmark = pytest.mark.anyio

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "nav", "ul", "li", "main", "h1", "dl", "div",
    "dt", "dd", "strong", "details", "summary", "span", "form", "input", "label", "select", "option", "optgroup",
    "button", "fieldset", "legend", "textarea", "footer", "bdi", "br",
}  # fmt: skip


async def every_answer(page: Page, buyer: httpx.AsyncClient, company: str) -> AsyncIterator[tuple[str, httpx.Response]]:
    lead_id = await page.lead(company__name=company)
    path = page.path(lead_id)
    offered = await buyer.get(path)
    yield "times", offered
    start = re.findall(r'name="start" value="([^"]+)"', offered.text)[0]
    yield "nothing chosen", await buyer.post(path, data={"start": company})
    kept = await buyer.post(path, data={"start": start, "zone": company, "lang": company, "from": company})
    yield "kept", kept
    yield "confirm", await buyer.get(kept.headers["location"])
    yield "booked", await buyer.post(f"{path}/confirm", data={"start": start})
    yield "appointment", await buyer.get(path, params={"done": company, "lang": company, "zone": company})
    yield "file", await buyer.get(f"{path}/invitation.ics")
    yield "move", await buyer.get(f"{path}/reschedule", params={"from": company})
    asked = await buyer.get(f"{path}/cancel")
    yield "cancel", asked
    form = {"appointment": re.findall(r'name="appointment" value="([^"]+)"', asked.text)[0]}
    yield "cancelled", await buyer.post(f"{path}/cancel", data=form | {"reason": company, "text": company})
    yield "released", await buyer.post(f"{path}/release")
    yield "expired", await buyer.get(page.path(lead_id, life=timedelta(0)))
    yield "unknown", await buyer.get("/book/nothing")
    yield "below", await buyer.get(f"{path}/nothing/at/all")


@pytest.mark.parametrize("evil", HOSTILE)
async def test_no_name_becomes_markup(page: Page, buyer: httpx.AsyncClient, evil: str) -> None:
    await page.name_everybody(evil)
    shown = 0
    async for where, answer in every_answer(page, buyer, evil):
        assert answer.status_code < 500, where
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        seen = Seen(answer.text)
        assert seen.tags <= ALLOWED, (where, seen.tags - ALLOWED)
        assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}, where
        assert all(link.startswith(("/book/", "#content")) for link in seen.links), (where, seen.links)
        shown += unescape(answer.text).count(evil)
    assert shown >= 4  # it was there, as text


async def test_every_answer_keeps_to_itself(page: Page, buyer: httpx.AsyncClient) -> None:
    async for where, answer in every_answer(page, buyer, "Muster AG"):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-"), where
        assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy, where
        assert "unsafe" not in policy, where
        for name, value in {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-robots-tag": "noindex, nofollow",
            "x-frame-options": "DENY",
        }.items():
            assert answer.headers.get_list(name) == [value], (where, name)
        assert "set-cookie" not in answer.headers
        said = "".join(re.findall(r"(?:SUMMARY|DESCRIPTION):.*", answer.text)) if where == "file" else answer.text
        assert OURS.findall(words_of(said)) == [], where


async def test_pages_that_may_be_embedded_say_by_whom() -> None:
    headers = PageRenderer(embedded_in=("https://www.example.com",)).headers
    assert headers["Content-Security-Policy"].endswith("frame-ancestors https://www.example.com")
    assert "X-Frame-Options" not in headers


async def test_forms_of_any_shape_are_answered(page: Page, buyer: httpx.AsyncClient) -> None:
    path = page.path(await page.lead())
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (
        b"",
        b"\xff\xfe",
        b"=&=&=",
        b"start",
        b"start=%ZZ%00",
        b"&" * 500,
        b"a=1&" * 100,
        b"start=" + b"x" * 50_000,
    ):
        for below in ("", "/confirm", "/release", "/reschedule", "/cancel"):
            answer = await buyer.post(path + below, content=body, headers=form)
            assert answer.status_code in {303, 404, 413, 422}, (body[:20], below, answer.status_code)
    many = {"content-type": "multipart/form-data; boundary=x"}
    assert (await buyer.post(path, content=b"--x--", headers=many)).status_code == 415


async def test_the_page_is_none_of_the_consoles_business(buyer: httpx.AsyncClient) -> None:
    described = (await buyer.get("/openapi.json")).json()["paths"]
    assert [path for path in described if path.startswith("/book")] == []
    assert "/v1/leads/{lead_id}/booking-links" in described


@pytest.mark.parametrize("language", ["de", "en"])
async def test_what_reaches_no_route_is_answered_with_a_page_too(
    page: Page, buyer: httpx.AsyncClient, language: str
) -> None:
    path = page.path(await page.lead())
    accept = {"Accept-Language": language}
    answers = [
        (405, await buyer.put(path, headers=accept)),
        (400, await buyer.get(f"{path}?from=%00", headers=accept)),
        (415, await buyer.post(path, content=b"{}", headers={**accept, "Content-Type": "text/plain"})),
        (413, await buyer.post(path, content=b"x" * 1_100_000, headers=accept)),
        (404, await buyer.get(f"{path}%00", headers=accept)),
        (404, await buyer.post(f"{path}/nothing/here", headers=accept)),
    ]
    for status, answer in answers:
        assert answer.status_code in {status, 400, 405}, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["content-language"] == language
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors" in answer.headers["content-security-policy"]
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert words_in(language)["unreadable_title"] in answer.text or status == 404
