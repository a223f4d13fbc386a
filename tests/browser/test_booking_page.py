"""The buyer's page as a buyer meets it: in a browser, scripts off, by mouse and by keyboard alone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from pointsman.api.booking_page.rendering import PageRenderer
from support.http.booking_links import Page
from support.programs.browser_windows import Window, press_until

pytestmark = pytest.mark.anyio

HEADINGS = {
    "de": [
        "Wählen Sie einen Termin",
        "Bitte prüfen Sie Ihren Termin",
        "Ihr Termin ist gebucht",
        "Ihr Termin ist abgesagt",
    ],
    "en": [
        "Choose a time",
        "Please check your appointment",
        "Your appointment is booked",
        "Your appointment is cancelled",
    ],
}
BUTTONS = {"de": ("Weiter", "Termin buchen"), "en": ("Continue", "Book this appointment")}


async def on(tab: Tab, heading: str) -> None:
    """Wait until that page is there as a whole: a browser shows the head of a page before its end has arrived."""
    await expect(tab.get_by_role("heading", level=1)).to_have_text(heading)
    await tab.wait_for_load_state()


async def choose(tab: Tab, number: int = 0) -> str:
    """Choose one of the times of the first day; which it was."""
    radio = tab.get_by_role("radio").nth(number)
    await radio.check()
    return str(await radio.get_attribute("value"))


async def booked(tab: Tab, language: str = "en") -> str:
    start = await choose(tab)
    for name in BUTTONS[language]:
        await tab.get_by_role("button", name=name).click()
    await on(tab, HEADINGS[language][2])
    return start


async def starts(page: Page) -> list[str]:
    rows = await page.floor.world.rows(
        "select starts_at from appointments where status = 'confirmed' order by starts_at"
    )
    return [f"{row.starts_at:%Y-%m-%dT%H:%M:%SZ}" for row in rows]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_book_move_and_cancel_with_scripts_off(page: Page, window: Window, language: str, size: str) -> None:
    path = page.path(await page.lead(company__name="Muster AG"), language=language)
    async with window.open(path, size=size) as tab:
        await on(tab, HEADINGS[language][0])
        first = await booked(tab, language)
        assert await starts(page) == [first]
        await tab.get_by_role("link", name="Verschieben" if language == "de" else "Move").click()
        second = await choose(tab, 6)
        await tab.get_by_role("button", name="Termin verschieben" if language == "de" else "Move the app").click()
        await expect(tab.get_by_role("status")).to_be_visible()
        assert await starts(page) == [second] != [first]
        await tab.get_by_role("link", name="Absagen" if language == "de" else "Cancel").click()
        await tab.get_by_role("radio").first.check()
        await tab.get_by_role("textbox").fill("Danke & <b>bis bald</b>")
        await tab.get_by_role("button", name="Termin absagen" if language == "de" else "Cancel the app").click()
        await on(tab, HEADINGS[language][3])
        assert await starts(page) == []


async def test_booking_by_keyboard_alone(page: Page, window: Window) -> None:
    async with window.open(page.path(await page.lead(), language="en")) as tab:
        await press_until(tab, "input[type=radio]")
        await tab.keyboard.press("Space")
        await tab.keyboard.press("ArrowDown")  # within a group of radio buttons, arrows choose
        chosen = await tab.locator("input[type=radio]:checked").get_attribute("value")
        await press_until(tab, ".choose button")
        await tab.keyboard.press("Enter")
        await on(tab, "Please check your appointment")
        await press_until(tab, "form[method=post][action$='/confirm'] button")
        await tab.keyboard.press("Enter")
        await on(tab, "Your appointment is booked")
        assert await starts(page) == [chosen]
        await press_until(tab, "a[href*='/cancel']")
        await tab.keyboard.press("Enter")
        await on(tab, "Cancel the appointment?")


async def test_whatever_has_the_focus_shows_it_and_is_not_covered(page: Page, window: Window) -> None:
    async with window.open(page.path(await page.lead(), language="en"), size="phone", scripts=True) as tab:
        seen = 0
        for _ in range(60):
            await tab.keyboard.press("Tab")
            state = await tab.evaluate(_FOCUS)
            if state is None:
                break
            assert state["outlined"], state
            assert state["visible"], state
            seen += 1
            if state["radio"]:
                await tab.keyboard.press("Space")
        assert seen > 5


_FOCUS = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const shown = it.closest('label') || it;
  const box = shown.getBoundingClientRect();
  const outlined = [it, shown].some(e => getComputedStyle(e).outlineStyle !== 'none');
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {what: it.outerHTML.slice(0, 120), outlined, radio: it.type === 'radio',
          visible: Boolean(over) && (shown.contains(over) || over.contains(it))};
}"""


async def test_a_changed_zone_shows_each_time_on_its_own_clock_over_a_clock_change(page: Page, window: Window) -> None:
    """A horizon over the next change: before and after it, the same instant has another offset."""
    zone = ZoneInfo("America/New_York")
    now = page.floor.world.clock()
    change = next(
        at
        for hour in range(24 * 366)
        if (at := now + timedelta(hours=hour)).astimezone(zone).utcoffset()
        != (at + timedelta(hours=1)).astimezone(zone).utcoffset()
    )
    page.floor.world.clock.advance(change - now - timedelta(days=3))
    lead_id = await page.lead()
    async with window.open(page.path(lead_id, language="en")) as tab:
        await tab.locator(".zone summary").click()
        await tab.get_by_label("A city in your time zone").select_option("America/New_York")
        await tab.get_by_role("button", name="Use this time zone").click()
        await expect(tab.locator(".zone summary")).to_contain_text("New York")
        await tab.wait_for_load_state()  # the times stand below it
        offsets = set()
        for label in await tab.locator(".times label").all():
            value = str(await label.locator("input").get_attribute("value"))
            local = datetime.fromisoformat(value).astimezone(zone)
            words = re.sub(r"\s", " ", str(await label.text_content())).strip()
            assert words in {f"{local:%H:%M}", f"{local:%H:%M} ({local:%Z})"}
            offsets.add(local.utcoffset())
        assert len(offsets) == 2
        await tab.locator("input[type=radio]").first.check(force=True)
        await tab.get_by_role("button", name="Continue").click()
        await expect(tab.locator(".when")).to_contain_text(re.compile(r"\((EDT|EST)\)"))  # the zone is carried on


@pytest.mark.parametrize(
    ("language", "expired", "unknown"),
    [
        ("de", "Dieser Link ist abgelaufen", "Dieser Link funktioniert nicht"),
        ("en", "This link has expired", "This link does not work"),
    ],
)
async def test_expired_and_tampered_links_say_what_to_do(
    page: Page, window: Window, language: str, expired: str, unknown: str
) -> None:
    lead_id = await page.lead()
    async with window.open(page.path(lead_id, life=timedelta(0), language=language), locale=language) as tab:
        await on(tab, expired)
        await tab.goto(page.path(lead_id)[:-9])
        await on(tab, unknown)
        await expect(tab.get_by_role("main")).to_be_visible()


async def test_a_time_that_somebody_else_takes_meanwhile(page: Page, window: Window) -> None:
    lead_id = await page.lead()
    async with window.open(page.path(lead_id, language="en")) as tab:
        value = await choose(tab)
        await page.somebody_takes(lead_id, value)
        await tab.get_by_role("button", name="Continue").click()
        await expect(tab.get_by_role("alert")).to_have_text(
            "This time is no longer available. Please choose another one."
        )
        await tab.wait_for_load_state()  # the times stand below it
        assert await tab.locator(f"input[value='{value}']").count() == 0
        await booked(tab)


@pytest.mark.parametrize("width", [320, 640])
async def test_nothing_is_cut_off_on_a_narrow_screen_or_twice_as_large(page: Page, window: Window, width: int) -> None:
    """320 px is what WCAG asks for; 640 px at twice the size is the same again for larger letters."""
    page.app.state.booking_pages = PageRenderer(organisation="Rindfleischetikettierungsüberwachung" * 3)
    given = {
        "company__name": "Donaudampfschifffahrtsgesellschaft" * 3,
        "lead__country": None,
    }  # the choice of zones is open
    path = page.path(await page.lead(**given), language="de")
    async with window.open(path, scripts=True, viewport={"width": width, "height": 700}) as tab:
        if width == 640:
            await tab.add_style_tag(content="html { font-size: 200% !important }")
        for _ in range(3):
            await tab.wait_for_load_state()
            wide = await tab.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            small = await tab.evaluate(_SMALL)
            assert small == []
            if await tab.locator("input[type=radio]").count():
                await choose(tab)
            await (
                tab.locator("main form[method=post] button:not(.quiet)")
                .last.or_(tab.locator("main a.button").first)
                .first.click()
            )


_SMALL = """() => [...document.querySelectorAll('a, button, select, summary, .times label, .reasons label')]
  .filter(e => e.checkVisibility() && !e.classList.contains('skip'))
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([_, box]) => box.height < 44).map(([html]) => html)"""


async def test_the_browser_itself_runs_no_script_and_loads_nothing_from_elsewhere(page: Page, window: Window) -> None:
    """With scripts on and the policy in force: one document, and nothing that the policy had to refuse."""
    context = await window.browser.new_context()
    tab = await context.new_page()
    asked: list[str] = []
    refused: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: refused.append(message.text))
    url = f"{window.base}{page.path(await page.lead())}"
    await tab.goto(url)
    ink = await tab.evaluate("getComputedStyle(document.querySelector('main')).borderRadius")
    await context.close()
    assert [one for one in asked if not one.endswith("/favicon.ico")] == [url]
    assert refused == []
    assert ink == "16px"  # the style sheet is the one that the policy names
