"""Deliberately broken connectors, one per check of the kit. `test_kit_bites.py` runs each against its check.

Each is the reference connector with one plausible mistake, the kind an author makes on a busy day.
"""

import pytest
from pydantic import BaseModel

from contract import mutants_calendar, mutants_house, mutants_records  # noqa: F401  # they register themselves
from contract.memory_vendor import CONFIG, BenchVendor
from contract.mutant_base import MUTANTS
from pointsman_memory import MemoryConnector
from pointsman_sdk.testing import ConnectorSuite


class _Bench(ConnectorSuite):
    __test__ = False

    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> BaseModel:
        return type(self).factory.manifest.config.model_validate(dict(CONFIG))


def suite_name(check: str) -> str:
    """The class that runs this check against its mutant."""
    return "Mutant" + "".join(word.capitalize() for word in check.removeprefix("test_").split("_"))


for _check, _mutant in MUTANTS.items():
    globals()[suite_name(_check)] = type(
        suite_name(_check), (_Bench,), {"factory": _mutant, "__test__": True, "__module__": __name__}
    )


class MutantNoCheckIsWeakened(_Bench):
    __test__ = True
    factory = MemoryConnector

    def test_booking_round_trips(self) -> None:
        """Passes, because it asks nothing."""
