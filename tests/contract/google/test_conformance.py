"""The Google connector passes the conformance kit, signed in by a user and by a service account."""

from collections.abc import Iterator

import pytest

from contract.google.bench_vendor import CONFIG, BenchVendor, DelegatingVendor, delegated
from pointsman_google import GoogleConfig, connector
from pointsman_sdk.testing import ConnectorSuite
from pointsman_sdk.testing.lent import BenchTokens


class TestGoogle(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self) -> Iterator[BenchVendor]:
        made = BenchVendor()
        yield made
        assert made.inner.faults == [], "a request that Google's description does not know"

    @pytest.fixture
    def config(self) -> GoogleConfig:
        return CONFIG


class TestGoogleDelegated(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self) -> Iterator[DelegatingVendor]:
        made = DelegatingVendor()
        yield made
        assert made.inner.faults == [], "a request that Google's description does not know"

    @pytest.fixture
    def config(self, vendor: DelegatingVendor) -> GoogleConfig:
        return delegated(vendor.inner)

    @pytest.fixture
    def tokens(self, vendor: DelegatingVendor) -> BenchTokens:
        """One is there: what a check counts and breaks are the calls about calendars."""
        tokens = BenchTokens(vendor)
        tokens.lend(vendor.issue())
        return tokens
