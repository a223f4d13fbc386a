"""The CalDAV connector passes the conformance kit against DAViCal."""

import pytest

from davical.vendor import DavicalVendor
from pointsman_caldav import CaldavConfig, connector
from pointsman_sdk.testing import ConnectorSuite
from support.programs.calendar_servers import RealServer


class TestCaldavOnDavical(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, caldav_vendor: DavicalVendor) -> DavicalVendor:
        return caldav_vendor

    @pytest.fixture
    def config(self, caldav_server: RealServer) -> CaldavConfig:
        return CaldavConfig.model_validate(caldav_server.config)
