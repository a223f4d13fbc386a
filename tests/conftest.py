"""What every test may ask for. Databases and floors come from `support/`."""

import gc
from collections.abc import AsyncIterator

import pytest

from support.hypothesis_profiles import register_profiles
from support.kept_engines import engines_kept

pytest_plugins = ["support.database", "support.floors"]

register_profiles()  # before any test module is read: its decorators ask for their number of examples


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first: what is left at the end is short, so that every process is busy until then."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it after every few tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests (`pytestmark = pytest.mark.anyio`) run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def one_loop(anyio_backend: str) -> AsyncIterator[None]:  # it makes the fixture run on that backend
    """All coroutine tests of a process run on one event loop, so that connections can outlive a test."""
    async with engines_kept():
        yield
