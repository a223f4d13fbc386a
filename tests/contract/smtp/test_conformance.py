"""The SMTP connector passes the conformance kit, over connections that are dialled to a mail server, by password and by token."""

from collections.abc import Iterator

import pytest

from contract.smtp.mail_bench import BenchVendor, TokenVendor, bench_server, config_for, token_config_for
from pointsman_sdk.testing import ConnectorSuite
from pointsman_smtp import SmtpConfig, connector
from pointsman_smtp.fake.server import FakeMailServer


@pytest.fixture(scope="module")
def mail_server() -> Iterator[FakeMailServer]:
    with bench_server() as server:
        yield server


class TestSmtp(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, mail_server: FakeMailServer) -> BenchVendor:
        return BenchVendor(mail_server)

    @pytest.fixture
    def config(self, request: pytest.FixtureRequest) -> SmtpConfig:
        return config_for(request.node.name)


@pytest.fixture(scope="module")
def token_server() -> Iterator[FakeMailServer]:
    with bench_server(tokens=True) as server:
        yield server


class TestSmtpByToken(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self, token_server: FakeMailServer) -> TokenVendor:
        return TokenVendor(token_server)

    @pytest.fixture
    def config(self, request: pytest.FixtureRequest) -> SmtpConfig:
        return token_config_for(request.node.name)
