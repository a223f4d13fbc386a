"""The wire between connector and vendor, as the checks use it: it carries what is said until a check makes it fail."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pointsman_sdk.testing.flood import Flood


class Wire(Protocol):
    """Each method of the second part arms one fault, which acts `times` times; `heal` removes it.

    A fault that a vendor's protocol does not know excuses the check that asks for it.
    """

    seen: list[object]
    """What the connector asked, one for each call; a check may empty it."""
    floods: list[Flood]
    largest: int
    tells_waits: bool
    """Whether the vendor can say how long to wait."""

    def shown(self) -> list[str]:
        """The credentials in what was seen, as they were shown to the vendor."""
        ...

    def sent(self) -> list[str]:
        """All that was seen, as text to search."""
        ...

    def told(self) -> Sequence[object]:
        """What was seen, to compare it: the same calls with the same credentials are equal."""
        ...

    async def left_open(self) -> int | None:
        """How many connections that the connector dialled it has not closed; None where it dials none."""
        ...

    def in_clear(self) -> int | None:
        """On how many connections credentials went in clear, though the host was not told; None where none are dialled."""
        ...

    def answer(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"{}",
        writes_only: bool = False,
        times: int = 1,
        skip: int = 0,
    ) -> None:
        """The vendor does nothing and answers with this status and the credentials it was shown; `skip` calls come through."""
        ...

    def say(self, body: bytes, *, times: int = 1) -> None:
        """The vendor does nothing, and answers with this alone."""
        ...

    def stall(self, *, times: int = 1) -> None:
        """The vendor takes what was sent, does nothing and stays silent until the connector's time is over."""
        ...

    def refuse(self, *, writes_only: bool = False, times: int = 1) -> None:
        """Nothing listens at the vendor's address."""
        ...

    def lose_answer(self, *, times: int = 1) -> None:
        """The vendor acts on the next write, and its answer never arrives."""
        ...

    def reset(self, *, times: int = 1) -> None:
        """The connection breaks once the vendor has the next write, which it acts upon."""
        ...

    def fail_after(self, status: int, *, times: int = 1) -> None:
        """The vendor acts on the next write, and a gateway in front of it answers with this status."""
        ...

    def before_write(self, act: Callable[[], object]) -> None:
        """Another client does `act` just before the next write arrives."""
        ...

    def truncate(self, *, writes_only: bool = False, times: int = 1) -> None:
        """The vendor acts, and the connection closes in the middle of its answer."""
        ...

    def alter(self, change: Callable[[bytes], bytes], *, writes_only: bool = False, times: int = 1) -> None:
        """The vendor acts, and its answer holds what `change` makes of it."""
        ...

    def garble(self, *, times: int = 1) -> None:
        """Something that is not the vendor answers: a captive portal, a load balancer's page."""
        ...

    def flood(self, *, times: int = 1) -> None:
        """The answer does not end."""
        ...

    def heal(self) -> None:
        """The vendor works again."""
        ...
