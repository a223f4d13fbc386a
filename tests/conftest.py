"""What every test may ask for. Databases come from `database.py`, values from `factories.py`."""

import pytest

pytest_plugins = ["database"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests (`pytestmark = pytest.mark.anyio`) run on asyncio, as the service does."""
    return "asyncio"
