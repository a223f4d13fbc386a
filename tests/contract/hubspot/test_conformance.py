"""The HubSpot connector passes the conformance kit: by token and signed in, by both families of paths, without unique keys."""

from collections.abc import Iterator

import pytest

from contract.hubspot.bench_vendor import BY_TOKEN, LEGACY, SIGNED_IN, BenchVendor, writes
from pointsman_hubspot import HubSpotConfig, connector
from pointsman_sdk.testing import ConnectorSuite, FaultyTransport


class HubSpotSuite(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self) -> Iterator[BenchVendor]:
        made = BenchVendor()
        yield made
        assert made.inner.faults == [], "a request that HubSpot's descriptions do not know"

    @pytest.fixture
    def config(self) -> HubSpotConfig:
        return BY_TOKEN

    @pytest.fixture
    def wire(self, vendor: BenchVendor) -> FaultyTransport:
        return FaultyTransport(vendor.transport, is_write=writes)


class TestHubSpot(HubSpotSuite):
    """With a service key, or the token of a private app."""


class TestHubSpotSignedIn(HubSpotSuite):
    @pytest.fixture
    def config(self) -> HubSpotConfig:
        return SIGNED_IN


class TestHubSpotLegacy(HubSpotSuite):
    """With the paths of version 3, which HubSpot supports until September 2027."""

    @pytest.fixture
    def config(self) -> HubSpotConfig:
        return LEGACY


class TestHubSpotWithoutUniqueKeys(HubSpotSuite):
    """In an account that takes no unique property of meetings and tasks."""

    @pytest.fixture
    def vendor(self) -> Iterator[BenchVendor]:
        made = BenchVendor(plain=True)
        yield made
        assert made.inner.faults == [], "a request that HubSpot's descriptions do not know"
