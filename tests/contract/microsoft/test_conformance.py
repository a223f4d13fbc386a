"""The Microsoft connector passes the conformance kit: signed in by a person, as an app, and by schedules alone."""

from typing import Any

import pytest

from contract.microsoft.bench_vendor import APPLICATION, DELEGATED, BenchVendor, writes
from pointsman_microsoft import MicrosoftConfig, MicrosoftConnector, connector
from pointsman_sdk import Context
from pointsman_sdk.testing import ConnectorSuite, FaultyTransport
from pointsman_sdk.testing.lent import BenchTokens


class MicrosoftSuite(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def wire(self, vendor: Any) -> FaultyTransport:
        return FaultyTransport(vendor.transport, is_write=writes)


class TestMicrosoftDelegated(MicrosoftSuite):
    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> MicrosoftConfig:
        return DELEGATED


class TestMicrosoftApplication(MicrosoftSuite):
    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor(app=True)

    @pytest.fixture
    def config(self) -> MicrosoftConfig:
        return APPLICATION

    @pytest.fixture
    def tokens(self, vendor: BenchVendor) -> BenchTokens:
        """With a token of the app's, as a person's sign-in leaves one, so that each check sees no more than its own calls."""
        tokens = BenchTokens(vendor)
        tokens.lend(vendor.app_token())
        return tokens


class BySchedules(MicrosoftConnector):
    """Reads a calendar that is asked for alone as those that are asked for together."""

    def __init__(self, config: MicrosoftConfig, context: Context) -> None:
        super().__init__(config, context)
        self.busy.alone_by_events = False


class TestMicrosoftBySchedules(TestMicrosoftApplication):
    factory = BySchedules
