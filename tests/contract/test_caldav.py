"""The CalDAV connector passes the conformance kit against a real server."""

import pytest

from contract.radicale_server import PASSWORD, USER, RadicaleVendor, Server
from pointsman_caldav import CaldavConfig, connector
from pointsman_sdk.testing import ConnectorSuite


class TestCaldavOnRadicale(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, caldav_server: Server) -> RadicaleVendor:
        return RadicaleVendor(caldav_server)

    @pytest.fixture
    def config(self, caldav_server: Server) -> CaldavConfig:
        return CaldavConfig.model_validate({"base_url": caldav_server.url, "username": USER, "password": PASSWORD})
