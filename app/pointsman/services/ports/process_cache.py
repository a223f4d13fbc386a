"""What one process remembers between requests; all of it can be read again from the database."""

from typing import Any, TypeVar

T = TypeVar("T")


class ProcessCache:
    """Keeps one instance of each class that it is asked for.

    A module that remembers something declares a class for it, with a typed attribute per remembered thing, and asks for
    no other module's class.
    """

    def __init__(self) -> None:
        self._kept: dict[type[Any], Any] = {}

    def of(self, kind: type[T]) -> T:
        """The process's instance of `kind`, made without arguments when it is first asked for."""
        if kind not in self._kept:
            self._kept[kind] = kind()
        kept = self._kept[kind]
        assert isinstance(kept, kind)
        return kept

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
