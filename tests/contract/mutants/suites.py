"""One suite for each check and mutant of it; `test_kit_bites.py` runs each check against its own."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from contract.memory_vendor import CONFIG, SIGNED_IN, BenchVendor
from contract.mutants import (  # noqa: F401  # they register themselves
    calendars,
    configuration,
    dialled,
    house,
    keeping,
    outages,
    pushes,
    records,
    series,
    webhooks,
)
from contract.mutants.base import MUTANTS
from contract.smtp.mail_bench import BenchVendor as MailVendor
from contract.smtp.mail_bench import bench_server, config_for
from pointsman_memory import MemoryConnector
from pointsman_sdk.testing import ConnectorSuite
from pointsman_smtp import SmtpConfig, SmtpConnector
from pointsman_smtp.fake.server import FakeMailServer

NEEDS_A_SIGN_IN = {
    "test_refused_token_is_renewed_once",
    "test_expired_token_is_renewed_before_a_call",
    "test_token_refused_for_good_stops_the_connection",
}


class _Bench(ConnectorSuite):
    __test__ = False

    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> BaseModel:
        chosen = SIGNED_IN if type(self).__name__.endswith("SignedIn") else CONFIG
        return type(self).factory.manifest.config.model_validate(dict(chosen))


@pytest.fixture(scope="module")
def mail_server() -> Iterator[FakeMailServer]:
    with bench_server() as server:
        yield server


class _DialledBench(ConnectorSuite):
    __test__ = False

    @pytest.fixture
    def vendor(self, mail_server: FakeMailServer) -> MailVendor:
        return MailVendor(mail_server)

    @pytest.fixture
    def config(self, request: pytest.FixtureRequest) -> SmtpConfig:
        return config_for(request.node.name)


SUITES: dict[str, tuple[str, str]] = {}  # the suite's name: the check, and the mutant
for _check, _mutants in MUTANTS.items():
    for _mutant in _mutants:
        _name = f"Mutant{_mutant.__name__}{'SignedIn' if _check in NEEDS_A_SIGN_IN else ''}"
        known = globals().get(_name)
        assert known is None or known.factory is _mutant, f"two mutants are called {_mutant.__name__}"
        _bench = _DialledBench if issubclass(_mutant, SmtpConnector) else _Bench
        globals()[_name] = type(_name, (_bench,), {"factory": _mutant, "__test__": True, "__module__": __name__})
        SUITES[f"{_name}::{_check}"] = (_check, _mutant.__name__)


class MutantNoCheckIsWeakened(_Bench):
    __test__ = True
    factory = MemoryConnector

    def test_put_again_keeps_one(self) -> None:
        """Passes, because it asks nothing."""


SUITES["MutantNoCheckIsWeakened::test_no_check_is_weakened"] = ("test_no_check_is_weakened", "overrides a check")
