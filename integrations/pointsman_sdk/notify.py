"""The notify capability: telling someone, once."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pointsman_sdk.keys import check_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A short message to one address: a person's, or a channel's, in the vendor's own notation."""

    key: str
    to: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        check_key(self.key)


@runtime_checkable
class Notify(Protocol):
    """Messages of one messenger or mail service."""

    async def notify(self, notice: Notice) -> None:
        """Deliver the notice; one whose key was delivered before is not delivered again."""
        ...

    async def notified(self, key: str) -> bool:
        """Whether a notice with this key was delivered."""
        ...
