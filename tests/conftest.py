"""What every test may ask for. Databases and floors come from `support/`."""

import pytest

pytest_plugins = ["support.database", "support.floors"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests (`pytestmark = pytest.mark.anyio`) run on asyncio, as the service does."""
    return "asyncio"
