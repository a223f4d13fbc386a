"""The ledger of calls: what the vendor received, when, from which connection, and what became of it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from pointsman_sdk.fakes.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `connection` names the credentials without telling them; `not_before` is what a throttled caller was told."""

    number: int
    at: datetime
    connection: str
    method: str
    path: str
    status: int
    fault: Fault = Fault.NONE
    acted: bool = True
    not_before: datetime | None = None

    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps(asdict(self), default=str)


@dataclass(slots=True)
class CallLedger:
    """Every call, in the order in which they came."""

    calls: list[Call] = field(default_factory=list)

    def too_early(self, *, tolerance: timedelta = timedelta(seconds=1)) -> list[Call]:
        """The calls that came before the wait was over that their connection had been told, `tolerance` after it was told.

        Calls that were on their way when the answer was sent come within the tolerance, and are no fault.
        """
        return list(self._early(tolerance))

    def _early(self, tolerance: timedelta) -> Iterator[Call]:
        waiting: dict[str, tuple[datetime, datetime]] = {}  # told at, not before
        for call in self.calls:
            told, until = waiting.get(call.connection, (call.at, call.at))
            if told + tolerance < call.at < until:
                yield call
            if call.not_before is not None and call.not_before > until:
                # Told earlier to wait as well: what counts is when the first of these waits began.
                waiting[call.connection] = (told if call.at < until else call.at, call.not_before)
