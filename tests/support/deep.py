"""Which of many alike cases `make test` tries: every so-manyth; `make test-deep` tries all of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest


def every(number: int, cases: Mapping[str, Any], *, always: Iterable[str] = ()) -> list[Any]:
    """The cases as parameters, by their names; all but each `number`th one, and those that `always` names, are marked deep."""
    kept = {*always} | {name for place, name in enumerate(cases) if place % number == 0}
    return [pytest.param(case, id=name, marks=() if name in kept else pytest.mark.deep) for name, case in cases.items()]
