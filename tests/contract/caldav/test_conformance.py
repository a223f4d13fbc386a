"""The CalDAV connector passes the conformance kit against two real servers."""

import pytest

from pointsman_caldav import CaldavConfig, connector
from pointsman_sdk.testing import ConnectorSuite
from support.programs.calendar_servers import PASSWORD, USER, RealServer
from support.programs.radicale_vendor import RadicaleVendor
from support.programs.xandikos_vendor import XandikosVendor


class TestCaldavOnRadicale(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, caldav_server: RealServer) -> RadicaleVendor:
        return RadicaleVendor(caldav_server)

    @pytest.fixture
    def config(self, caldav_server: RealServer) -> CaldavConfig:
        return CaldavConfig.model_validate({"base_url": caldav_server.url, "username": USER, "password": PASSWORD})


class TestCaldavOnXandikos(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, second_server: RealServer) -> XandikosVendor:
        return XandikosVendor(second_server)

    @pytest.fixture
    def config(self, second_server: RealServer) -> CaldavConfig:
        # It asks for no login, and so does not mind one.
        return CaldavConfig.model_validate({**second_server.config, "username": USER, "password": PASSWORD})
