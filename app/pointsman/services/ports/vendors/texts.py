"""The two texts of a meeting, as types: what a guest may read, and what stays in the house.

Neither is a `str`, so that a type checker refuses one where the other is meant; `text` is read where a vendor's value is made.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SharedText:
    """What guests may read: the meeting itself, who comes, where to change it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrivateText:
    """What the closer may read, and never a guest: evidence, the setter, numbers, ids of the house."""

    text: str = field(repr=False)
