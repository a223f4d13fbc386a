"""The start page: for browsers alone."""

import re
from pathlib import Path

import httpx
import pytest

from pointsman.api.lead_pages.rendering import LeadPageRenderer
from pointsman.api.lead_pages.start_page import asks_for_html
from support.http.booking_links import Page

pytestmark = pytest.mark.anyio

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(("language", "says"), [("en-US,en", "Where to go next"), ("de-AT", "Wie es weitergeht")])
async def test_a_browser_reads_what_this_is_and_where_to_go(
    browser: httpx.AsyncClient, language: str, says: str
) -> None:
    shown = await browser.get("/", headers={"Accept": BROWSER, "Accept-Language": language})
    assert shown.status_code == 200
    assert says in shown.text
    assert shown.headers["vary"] == "Accept, Accept-Language"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    for path in ("/docs", "/openapi.json", "/health/ready", "/health/live"):
        assert f'href="{path}"' in shown.text
    chosen = await browser.get("/?lang=de", headers={"Accept": BROWSER})
    assert "Wie es weitergeht" in chosen.text


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/html;q=0", "text/html;q=0.0, */*", "x" * 5_000]
)
async def test_a_client_of_the_api_finds_nothing_there_as_before(browser: httpx.AsyncClient, accept: str) -> None:
    answer = await browser.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-path")


async def test_a_service_without_a_console_names_none(page: Page, browser: httpx.AsyncClient) -> None:
    page.app.state.lead_pages = LeadPageRenderer(shows_console=False)
    shown = await browser.get("/", headers={"Accept": BROWSER})
    assert "/docs" not in shown.text
    assert 'href="/health/ready"' in shown.text


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("lead http://x/lead/a\nbooking https://x/book/b\n", {"http://x/lead/a", "https://x/book/b"}),
        ("lead javascript:alert(1)\nbooking\nother http://x", set()),
        ("\0 \n \n", set()),
        ("x" * 20_000, set()),
        (None, set()),
    ],
)
async def test_the_demos_start_page_leads_to_a_lead_and_to_the_booking_page(
    page: Page, browser: httpx.AsyncClient, tmp_path: Path, content: str | None, shown: set[str]
) -> None:
    file = tmp_path / "links"
    if content is not None:
        file.write_text(content)
    page.app.state.lead_pages = LeadPageRenderer(start_links=file)
    answer = await browser.get("/", headers={"Accept": BROWSER})
    assert answer.status_code == 200
    assert set(re.findall(r'href="(https?://[^"]+)"', answer.text)) == shown
    assert "javascript" not in answer.text


def test_quality_is_read_as_browsers_write_it() -> None:
    assert asks_for_html("application/json, text/html; q=0.05")
    assert asks_for_html("TEXT/HTML;q=1.0")
    assert not asks_for_html("text/htmlx")
