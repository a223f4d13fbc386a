"""The table of lists and filters in docs/api-style.md, read."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "api-style.md"
#: In place of a parameter: the list as it is without any.
NO_FILTER = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedFilter:
    """One row: which indexes find what `parameter` of the list asks for, and whether what they find is sorted then.

    `indexes_of_all` are those with `status=all`, where a list has what is open otherwise. One of them does where `is_any`.
    """

    operation: str  # "GET /v1/decisions"
    parameter: str
    indexes: frozenset[str]
    is_sorted: bool
    indexes_of_all: frozenset[str] = frozenset()
    is_any: bool = False

    def __str__(self) -> str:
        return f"{self.operation} {self.parameter}"


def documented_filters(text: str | None = None) -> list[DocumentedFilter]:
    """The rows that begin with a list, `GET /v1/…`, in their order."""
    found = []
    for line in (DOCUMENT.read_text() if text is None else text).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `GET ") and len(cells) == 4:
            operation, parameter, _asks, index = cells
            usual, _, of_all = index.partition(";")
            found.append(
                DocumentedFilter(
                    operation=operation.strip("`"),
                    parameter=parameter.strip("`"),
                    indexes=frozenset(re.findall(r"`(\w+)`", usual)),
                    is_sorted="sorted" in index,
                    indexes_of_all=frozenset(re.findall(r"`(\w+)`", of_all)),
                    is_any=" or " in usual,
                )
            )
    return found
