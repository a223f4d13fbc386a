"""Putting corrected answers over a transaction's own: for dry runs, which see what they would leave without writing it."""

from collections.abc import Mapping
from typing import Any, cast

from pointsman.services.ports import Tx


def overlaid(tx: Tx, repositories: Mapping[str, object]) -> Tx:
    """The transaction, with these repositories, by name, in the place of its own."""
    return cast("Tx", _Overlaid(tx, repositories))


class Overlay:
    """A repository of which some methods are defined anew; all others are the real one's."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Overlaid:
    def __init__(self, real: object, instead: Mapping[str, object]) -> None:
        self._real, self._instead = real, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead[name] if name in self._instead else getattr(self._real, name)
