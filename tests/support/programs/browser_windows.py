"""How the tests look at pages: as a phone or a desktop, light or dark, with scripts off as the page is meant."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page
from tenacity import retry, retry_if_exception_message, stop_after_attempt, wait_fixed

PICTURES = Path(__file__).parents[3] / "build" / "browser"
SIZES: dict[str, Any] = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
Scheme = Literal["light", "dark"]


@dataclass(slots=True, kw_only=True)
class Window:
    """Opens pages of the service."""

    browser: Browser
    base: str

    @asynccontextmanager
    async def open(
        self, path: str, *, size: str = "desktop", scheme: Scheme = "light", scripts: bool = False, **over: Any
    ) -> AsyncIterator[Page]:
        """A page in a profile of its own. With `scripts`, and only then, the page's own policy is set aside."""
        given: dict[str, Any] = {"viewport": SIZES.get(size), "color_scheme": scheme, "locale": "en-GB"} | over
        context = await self.browser.new_context(
            java_script_enabled=scripts, bypass_csp=scripts, base_url=self.base, reduced_motion="reduce", **given
        )
        context.set_default_timeout(10_000)
        try:
            tab = await context.new_page()
            await tab.goto(path)
            yield tab
        finally:
            await context.close()


@dataclass(slots=True, kw_only=True)
class Axe:
    """The accessibility checker."""

    script: str

    async def faults(self, tab: Page) -> list[str]:
        """One line for each violation on the page as it stands."""
        await tab.evaluate(self.script)
        result = await tab.evaluate("async () => await axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{found['id']}: {found['help']}: {node['html'][:160]}"
            for found in result["violations"]
            for node in found["nodes"]
        ]


async def picture(tab: Page, name: str) -> None:
    """Keep what the page looks like, whole."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    size = tab.viewport_size
    assert size
    whole = await tab.evaluate("document.documentElement.scrollHeight")
    # What sticks to the lower edge of the screen would lie in the midst of a picture that is longer than the screen.
    await tab.set_viewport_size({"width": size["width"], "height": max(size["height"], whole)})
    await _take_picture(tab, PICTURES / f"{name}.png")
    await tab.set_viewport_size(size)


# A busy Chromium now and then refuses one picture, and takes the same one a moment later.
@retry(
    retry=retry_if_exception_message(match=".*Unable to capture screenshot"),
    stop=stop_after_attempt(5),
    wait=wait_fixed(0.2),
    reraise=True,
)
async def _take_picture(tab: Page, file: Path) -> None:
    await tab.screenshot(path=os.fspath(file), animations="disabled")


async def press_until(tab: Page, selector: str, *, key: str = "Tab", most: int = 80) -> None:
    """Press a key until something that fits `selector` has the focus."""
    for _ in range(most):
        if await tab.locator(f":focus:is({selector})").count():
            return
        await tab.keyboard.press(key)
    raise AssertionError(f"the keyboard does not get to {selector}")
