"""The reference connector passes the conformance kit."""

import pytest

from contract.memory_vendor import CONFIG, BenchVendor
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
