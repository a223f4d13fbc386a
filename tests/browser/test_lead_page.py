"""The page of a lead and the start page in a browser: pictures of them as artefacts, and nothing for axe-core to complain of."""

import pytest
from playwright.async_api import expect

from pointsman.services.lead_pages.lead_links import make_lead_link
from pointsman.services.signed_links.lead_page import LinkReader
from support.floors.use_case_env import ADMIN
from support.http.booking_links import Page
from support.programs.browser_windows import SIZES, Axe, Scheme, Window, picture

pytestmark = pytest.mark.anyio

ACTS = {"de": ("Termin annehmen", "Termin ablehnen"), "en": ("Accept the appointment", "Reject the appointment")}


async def holders_link(page: Page, language: str) -> str:
    """The path of a link for the closer of a lead with an appointment and a long name."""
    lead_id = await page.lead(company__name="Donaudampfschifffahrtsgesellschaft Müller & Söhne")
    await page.floor.hand_over(lead_id, at_earliest=True)
    await page.floor.world.rows(
        "update leads set first_name = 'Mara', last_name = 'Vogel-Österreicher' where id = :id", id=lead_id
    )
    url, _ = await make_lead_link(
        page.floor.env, lead_id, reader=LinkReader.HOLDER, language=language, key_id=None, actor=ADMIN
    )
    return url.removeprefix(page.floor.env.public_url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_the_page_of_a_lead_and_the_start_page_look_and_read_well(
    page: Page, window: Window, axe: Axe, size: str, language: str, scheme: Scheme
) -> None:
    faults: list[str] = []
    path = await holders_link(page, language)
    locale = "de-DE" if language == "de" else "en-GB"
    async with window.open("/", size=size, scheme=scheme, scripts=True, locale=locale) as tab:
        for name, address in (("start", "/"), ("lead", path), ("lead-accepted", None), ("lead-over", None)):
            if address is not None:
                await tab.goto(address)
            elif name == "lead-accepted":
                await tab.get_by_role("button", name=ACTS[language][0]).click()
                await expect(tab.get_by_role("status")).to_be_visible()
            else:
                await page.floor.world.rows("update lead_links set revoked_at = now()")
                await tab.reload()
            await tab.wait_for_load_state()
            await picture(tab, f"{name}-{language}-{size}-{scheme}")
            wide = await tab.evaluate("document.documentElement.scrollWidth")
            assert wide <= SIZES[size]["width"], name
            faults += [f"{name}: {fault}" for fault in await axe.faults(tab)]
            if name == "lead":
                await tab.emulate_media(media="print")
                await picture(tab, f"lead-on-paper-{language}-{size}-{scheme}")
                await tab.emulate_media(media="screen")
    assert faults == []


@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_closer_rejects_with_scripts_off(page: Page, window: Window, language: str) -> None:
    async with window.open(await holders_link(page, language), size="phone") as tab:
        await tab.locator("details.reject summary").click()
        await tab.get_by_role("radio").nth(3).check()
        await tab.get_by_role("textbox").fill("Kein Budget & <b>keine Zeit</b>")
        await tab.get_by_role("button", name=ACTS[language][1]).click()
        await expect(tab.get_by_role("heading", level=1)).to_contain_text(
            "abgelehnt" if language == "de" else "rejected"
        )
    status = await page.floor.world.value("select status from appointments")
    assert status == "rejected"
