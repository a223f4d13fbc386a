"""What every test may ask for. Databases and floors come from `support/`."""

import gc
from importlib.util import find_spec

import pytest
from hypothesis import settings

from support.hypothesis_profiles import register_profiles

pytest_plugins = ["support.databases.fixtures", "support.floors.fixtures", "support.programs.open_folders"]

gc.disable()  # until all tests are collected: hardly anything of it is garbage
register_profiles()  # before any test module is read: its decorators ask for their number of examples


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow ones first: what is left at the end is short, so that every process is busy until then."""
    if settings.get_current_profile_name() != "deep":
        deep = [item for item in items if item.get_closest_marker("deep")]
        items[:] = [item for item in items if not item.get_closest_marker("deep")]
        config.hook.pytest_deselected(items=deep)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it after every few tests."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Coroutine tests (`pytestmark = pytest.mark.anyio`) run on asyncio, on the loop that `serve` takes on this machine."""
    return "asyncio", {"use_uvloop": find_spec("uvloop") is not None}
