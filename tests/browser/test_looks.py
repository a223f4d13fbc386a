"""Every page in both languages, light and dark: pictures of it as artefacts, and nothing for axe-core to complain of."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Page as Tab

from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.booking.slot_holds import release_slot_hold
from pointsman.services.ports import Actor, VendorRetryableError
from support.http.booking_links import Page
from support.programs.browser_windows import SIZES, Axe, Scheme, Window, picture

pytestmark = pytest.mark.anyio


async def every_page(page: Page, tab: Tab, language: str) -> AsyncIterator[str]:
    """Walks through all of it, and says at each page what it is."""
    lead_id = await page.lead(company__name="Müller & Söhne GmbH")
    path = page.path(lead_id, language=language)
    await tab.goto(page.path(await page.lead(lead__country=None), language=language))
    yield "times-zone-unknown"
    await tab.goto(path)
    yield "times"
    await tab.locator(".zone summary").click()
    await tab.locator("details.day summary").nth(1).click()
    await tab.locator("input[type=radio]").nth(4).check()
    yield "times-opened"
    await tab.locator(".choose button").click()
    yield "confirm"
    kept = await page.floor.world.value("select id from slot_holds where released_at is null")
    await release_slot_hold(page.floor.env, kept, actor=Actor(name="test", kind=CallerKind.ADMIN))
    await tab.reload()
    yield "confirm-not-kept"
    await tab.locator("form[method=post][action$='/confirm'] button").click()
    yield "booked"
    await tab.emulate_media(media="print")
    yield "booked-on-paper"
    await tab.emulate_media(media="screen")
    await page.floor.world.rows("update appointments set status = 'requested', confirm_by = starts_at")
    await tab.goto(path)
    yield "requested"
    await page.floor.world.rows("update appointments set status = 'confirmed', confirm_by = null, sequence = 1")
    await tab.goto(f"{path}/reschedule")
    yield "move"
    await tab.goto(f"{path}?done=moved")
    yield "moved"
    await tab.goto(f"{path}/cancel")
    yield "cancel"
    await tab.locator("main button").click()
    yield "cancelled"
    page.floor.vendor.faults = {f"{rep}-cal": VendorRetryableError("503") for rep in ("anna", "ben", "clara")}
    await page.floor.world.rows("delete from calendar_reads")
    await tab.goto(path)
    yield "none"
    page.floor.vendor.faults = {}
    await page.floor.world.rows("delete from calendar_reads")
    await page.floor.world.rows("update gate_checks set revoked_at = now()")
    await tab.goto(path)
    yield "closed"
    await tab.goto(page.path(lead_id, language=language, life=timedelta(0)))
    yield "expired"
    await tab.goto(f"/book/nothing?lang={language}")
    yield "unknown"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", list(SIZES))
async def test_every_page_looks_and_reads_well(
    page: Page, window: Window, axe: Axe, size: str, language: str, scheme: Scheme
) -> None:
    seen, faults = [], []
    locale = "de-DE" if language == "de" else "en-GB"
    async with window.open("/book/x", size=size, scheme=scheme, scripts=True, locale=locale) as tab:
        async for name in every_page(page, tab, language):
            await tab.wait_for_load_state()  # a click returns once the next page begins
            await picture(tab, f"{name}-{language}-{size}-{scheme}")
            seen.append(await tab.title())
            faults += [f"{name}: {fault}" for fault in await axe.faults(tab)]
    assert faults == []
    assert len(set(seen)) == 11, seen
