"""A browser runs nothing of what strangers wrote into what the pages show, even where their policy did not forbid it."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page as Tab

from integration.lead_pages.test_lead_links import link_to
from pointsman.api.booking_page.rendering import PageRenderer
from pointsman.api.lead_pages.rendering import LeadPageRenderer
from support.hostile.texts import HOSTILE, HOSTILE_TO_BROWSERS
from support.http.booking_links import Page
from support.http.service import caller_of
from support.programs.browser_windows import SIZES, Axe, Window, picture

pytestmark = pytest.mark.anyio

#: Whatever would be run calls `alert`; each element hears what a hand could do to it.
_HOOK = (
    "window.ran = []; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name);"
)
_TOUCH = """() => {
  for (const one of document.querySelectorAll('*'))
    for (const name of ['mouseover', 'focus', 'toggle', 'load', 'error', 'begin'])
      one.dispatchEvent(new Event(name));
  const foreign = 'script, img, svg, math, iframe, object, embed, base, [srcdoc], [href^="javascript" i], [src]';
  const listening = [...document.querySelectorAll('*')].filter(
    one => [...one.attributes].some(attribute => attribute.name.startsWith('on')));
  return [...window.ran, ...[...document.querySelectorAll(foreign), ...listening].map(one => one.outerHTML)];
}"""


async def hostile_pages(page: Page, evil: str, language: str) -> AsyncIterator[tuple[str, str]]:
    """Each page with `evil` in all that it shows: which page, and its path."""
    await page.name_everybody(evil)
    await page.name_all_rules(evil)
    page.app.state.booking_pages = PageRenderer(organisation=evil)
    page.app.state.lead_pages = LeadPageRenderer(organisation=evil)
    yield "start", "/"
    async with caller_of(page.app, "admin") as admin:
        person = {"email": "buyer@corp.example", "first_name": evil, "last_name": evil, "phone": evil}
        fields = {"lead.country": "DE", "lead.message": evil, "company.name": evil, "company.employees": 120}
        lead_id = (await admin.post("/v1/leads", json={**person, "fields": fields})).json()["lead"]["id"]
        said = [{"name": name, "value": f"They say {evil}"} for name in ("need", "intent", "offer_known")]
        handed = await admin.post(f"/v1/leads/{lead_id}/handovers", json={"evidence": said, "setter": "lena"})
        closer = handed.json()["closer"]
        yield "booking", page.path(lead_id, language=language)
        slots = (await admin.get(f"/v1/leads/{lead_id}/slots")).json()["slots"]
        booked = await admin.post("/v1/appointments", json={"lead_id": lead_id, "start": slots[0]["start"]})
        yield "appointment", page.path(lead_id, language=language)
        yield "cancel", f"{page.path(lead_id, language=language)}/cancel"
        yield "lead-for-holder", await link_to(admin, lead_id, reader="holder", language=language)
        yield "lead-for-admin", await link_to(admin, lead_id, reader="key", language=language)
        async with caller_of(page.app, "booking", "read", rep=closer) as rep:
            yield "lead-for-rep", await link_to(rep, lead_id, reader="key", language=language)
        rejected = {"code": "wrong_buyer", "reason": evil}
        answer = await admin.post(f"/v1/appointments/{booked.json()['id']}/reject", json=rejected)
        assert answer.status_code == 200, answer.text
        yield "lead-rejected", await link_to(admin, lead_id, reader="key", language=language)


async def assert_nothing_runs(tab: Tab, path: str) -> None:
    shown = await tab.goto(path)
    assert shown
    assert shown.status == 200
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert await tab.evaluate(_TOUCH) == []


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("evil", [*HOSTILE, *HOSTILE_TO_BROWSERS])
async def test_a_browser_runs_nothing_that_somebody_wrote(page: Page, window: Window, evil: str, language: str) -> None:
    locale = "de-DE" if language == "de" else "en-GB"
    asked: set[str] = set()
    async with window.open("/", size="desktop", scripts=True, locale=locale) as tab:
        await tab.add_init_script(_HOOK)
        tab.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        async for _, path in hostile_pages(page, evil, language):
            await assert_nothing_runs(tab, path)
    assert asked == {urlsplit(window.base).netloc}


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_pages_with_hostile_words_stay_whole(
    page: Page, window: Window, axe: Axe, size: str, language: str
) -> None:
    locale = "de-DE" if language == "de" else "en-GB"
    faults: list[str] = []
    async with window.open("/", size=size, scripts=True, locale=locale) as tab:
        await tab.add_init_script(_HOOK)
        async for name, path in hostile_pages(page, '"><img src=x onerror=alert(1)>', language):
            await assert_nothing_runs(tab, path)
            await picture(tab, f"hostile-{name}-{language}-{size}")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], name
            faults += [f"{name}: {fault}" for fault in await axe.faults(tab)]
    assert faults == []
