"""The reference connector passes the conformance kit, with an API key and signed in."""

import pytest

from contract.memory_vendor import CONFIG, SIGNED_IN, BenchVendor
from pointsman_memory import MemoryConfig, connector
from pointsman_sdk.testing import ConnectorSuite


class TestMemory(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> MemoryConfig:
        return CONFIG


class TestMemorySignedIn(ConnectorSuite):
    """A right connector that renews its token on 401 is gold."""

    factory = connector

    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> MemoryConfig:
        return SIGNED_IN
