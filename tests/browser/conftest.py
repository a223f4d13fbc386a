"""A served booking page, and Debian's Chromium to look at it. Only `make test-browser` collects this folder."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Error, async_playwright

from support.floors.booking_floor import Floor, open_floor
from support.http.booking_links import Page, open_page, policy_with_purpose
from support.programs.browser_windows import Axe, Window
from support.programs.free_port import free_port

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)  # without them it talks to its maker from the first second on
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=policy_with_purpose()) as floor:
        yield floor


@pytest.fixture
async def page(floor: Floor) -> AsyncIterator[Page]:
    """The service on a socket of its own, as it is when somebody uses it."""
    port = free_port()
    async with open_page(floor, public_url=f"http://127.0.0.1:{port}") as page:
        config = uvicorn.Config(page.app, host="127.0.0.1", port=port, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # they are pytest's own
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # it has no event to wait for
            await asyncio.sleep(0.01)
        yield page
        server.should_exit = True
        await serving


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert path, "there is no Chromium: `make test-browser` says how to get it"
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=flags)
        yield browser
        with contextlib.suppress(Error):
            await browser.close()


@pytest.fixture
async def window(browser: Browser, page: Page) -> Window:
    return Window(browser=browser, base=page.floor.env.public_url)


@pytest.fixture
def axe() -> Axe:
    return Axe(script=AXE.read_text())
