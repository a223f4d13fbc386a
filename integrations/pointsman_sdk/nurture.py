"""The nurture capability: putting a lead into a marketing programme, and taking it out again."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pointsman_sdk.keys import check_key
from pointsman_sdk.people import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One lead in one programme, named by the vendor's own id of the programme."""

    key: str
    programme: str
    contact: Contact

    def __post_init__(self) -> None:
        check_key(self.key)


@runtime_checkable
class Nurture(Protocol):
    """Programmes of one marketing platform."""

    async def enrol(self, enrolment: Enrolment) -> None:
        """Put the lead into the programme; one who is in it already is not started again."""
        ...

    async def enrolled(self, enrolment: Enrolment) -> bool:
        """Whether the lead is in the programme now."""
        ...

    async def release(self, enrolment: Enrolment) -> None:
        """Take the lead out; twice is fine, unknown is fine."""
        ...
