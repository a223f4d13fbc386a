"""One mapped field: a fact of the lead, the CRM's field for it, which way values go, and who wins."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from enum import StrEnum
from typing import Any


class CrmFieldType(StrEnum):
    """What a field of a CRM holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    CHOICES = "choices"
    OTHER = "other"  # neither read nor written


class Direction(StrEnum):
    """Which way values go: IN from the CRM, OUT to it."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class Winner(StrEnum):
    """The side whose value stands where both values have changed since they were compared."""

    CRM = "crm"
    POINTSMAN = "pointsman"
    NEWER = "newer"


class Transform(StrEnum):
    """A named change of a value on its way; LOWER and UPPER go one way only, since what they drop is not known again."""

    TRIM = "trim"
    LOWER = "lower"
    UPPER = "upper"
    NUMBER = "number"  # a number in a text, or a text in a number
    YES_NO = "yes_no"  # a boolean in a text or choice: yes and no
    DATE = "date"  # a time's day in UTC: 2026-11-22
    DATE_DMY = "date_dmy"  # 22.11.2026
    DATE_MDY = "date_mdy"  # 11/22/2026
    LIST = "list"  # a list in a text, between semicolons


ONE_WAY = frozenset({Transform.LOWER, Transform.UPPER})
#: How a day is written in a text.
DAYS: Mapping[Transform, str] = {
    Transform.DATE: "%Y-%m-%d",
    Transform.DATE_DMY: "%d.%m.%Y",
    Transform.DATE_MDY: "%m/%d/%Y",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """`choices` says for the CRM's code which value of ours it is; `type` is the field's, as it was when this was saved."""

    fact: str
    field: str
    direction: Direction
    wins: Winner
    type: CrmFieldType = CrmFieldType.TEXT
    choices: Mapping[str, str] = made_by(default_factory=dict)
    transforms: tuple[Transform, ...] = ()

    @property
    def goes_in(self) -> bool:
        return self.direction is not Direction.OUT

    @property
    def goes_out(self) -> bool:
        return self.direction is not Direction.IN

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "fact": self.fact,
            "field": self.field,
            "direction": self.direction.value,
            "wins": self.wins.value,
            "type": self.type.value,
            "choices": dict(self.choices),
            "transforms": [one.value for one in self.transforms],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "MappedField":
        """What `as_json` wrote."""
        return MappedField(
            fact=stored["fact"],
            field=stored["field"],
            direction=Direction(stored["direction"]),
            wins=Winner(stored["wins"]),
            type=CrmFieldType(stored["type"]),
            choices=stored["choices"],
            transforms=tuple(map(Transform, stored["transforms"])),
        )
