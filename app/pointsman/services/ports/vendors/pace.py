"""The pace of a connection: how many calls its vendor stands, and when none is worth making.

Where a vendor counts mailboxes or users (subjects) by themselves, each has a pace of its own beside the connection's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from pointsman.domain.messages.message import Message


class PaceState(StrEnum):
    """How calls over a connection go."""

    CLOSED = "closed"  # as a circuit that works: calls go through
    WAITING = "waiting"  # none before `not_before`
    PROBING = "probing"  # one at a time, until one is answered
    OUT_OF_USE = "out-of-use"  # the credentials were refused twice: a probe now and then


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one caller may take: `places` of the calls in flight, and tokens down to `spare` of a bucket.

    `rate` tokens come a second, up to `burst`; None: the vendor states no rate.
    """

    rate: float | None
    burst: int
    spare: float
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call may not begin now, and when to ask again."""

    state: PaceState
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that failed. `whole`: the connection is throttled or cannot be reached, and not this call alone.

    `chance` in [0, 1) spreads the growing wait; `retry_after` is the vendor's word for it.
    """

    error: Message
    whole: bool
    chance: float
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """What a vendor said is left."""

    left: int
    limit: int | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRow:
    """What is kept of a connection's pace. `in_flight` counts leases that have not run out; a quota is None until one is told."""

    not_before: datetime | None
    in_flight: int
    failures: int
    strikes: int
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: Message | None
    quota: QuotaLeft | None
    quota_told_at: datetime | None

    def state(self, *, at: datetime) -> PaceState:
        if self.strikes >= STRIKES:
            return PaceState.OUT_OF_USE
        if self.not_before is None:
            return PaceState.CLOSED
        return PaceState.WAITING if self.not_before > at else PaceState.PROBING


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSubject:
    """A mailbox, or a user, for which calls wait while others over the connection go on; `refused`: the sign-in for it was."""

    connection_key: str
    subject: str
    until: datetime
    refused: bool
    error: Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedWork:
    """What a connection has yet to hear: how many deliveries wait, and since when the oldest does."""

    waiting: int
    oldest_at: datetime | None


STRIKES = 2
"""So often the credentials are refused until the connection is out of use: once may be the vendor's mistake."""


class Paces(Protocol):
    """Each method is one statement; a lease that was not given back runs out, so that a killed worker frees its place.

    The `subject` "" is the connection itself.
    """

    async def enter(
        self,
        connection_id: UUID,
        lease: UUID,
        allowance: Allowance,
        *,
        at: datetime,
        until: datetime,
        subject: str = "",
    ) -> bool | None:
        """Take a place and a token. True: the call is a probe, False: it is an ordinary one, None: it may not begin."""
        ...

    async def refusal(
        self, connection_id: UUID, allowance: Allowance, *, at: datetime, in_line: bool, subject: str = ""
    ) -> Refusal | None:
        """Why not, and until when; None when nothing is kept of this connection.

        `in_line`: the caller goes away and has its turn after all who were sent away before.
        """
        ...

    async def begin(self, connection_id: UUID, *, burst: int, at: datetime, subject: str = "") -> bool:
        """Begin to keep the pace. False when the connection is not saved (yet)."""
        ...

    async def answered(
        self,
        connection_id: UUID,
        lease: UUID,
        error: Message | None,
        *,
        began: datetime,
        at: datetime,
        quota: QuotaLeft | None,
        subject: str = "",
    ) -> None:
        """The vendor answered, if only with an `error`: the connection works, unless it failed after this call began."""
        ...

    async def failed(
        self,
        connection_id: UUID,
        lease: UUID | None,
        failure: Failure,
        *,
        began: datetime,
        at: datetime,
        quota: QuotaLeft | None,
        subject: str = "",
    ) -> datetime | None:
        """Until when no call is worth making, None: other calls are."""
        ...

    async def refused(
        self,
        connection_id: UUID,
        lease: UUID | None,
        error: Message,
        *,
        began: datetime,
        at: datetime,
        subject: str = "",
    ) -> tuple[int, datetime]:
        """The credentials were refused: how often so far, and when a probe is worth making."""
        ...

    async def prolong(self, connection_id: UUID, lease: UUID, *, until: datetime, subject: str = "") -> None:
        """The call still runs: its place is its own until then, and the connection's."""
        ...

    async def let_go(self, connection_id: UUID, lease: UUID, *, subject: str = "", unused: bool = False) -> None:
        """The call came to nothing that says anything; `unused`: it has not begun, so that its token is given back."""
        ...

    async def forgive(self, connection_id: UUID, *, at: datetime, worked: bool) -> None:
        """Calls may begin at once, also for each subject: the connection works (`worked`), or it was changed."""
        ...

    async def is_ailing(self, connection_id: UUID, subject: str) -> bool:
        """Whether calls for this subject failed last."""
        ...

    async def waiting(self, connection_id: UUID, subjects: Sequence[str], *, at: datetime) -> Mapping[str, Refusal]:
        """Those of the subjects for which no call may begin now."""
        ...

    async def held(self, connection_id: UUID, *, at: datetime, limit: int) -> Sequence[HeldSubject]:
        """The subjects for which calls wait, those first that were refused."""
        ...

    async def refused_subjects(self, *, limit: int) -> Sequence[HeldSubject]:
        """Over all connections in use: for which the sign-in was refused, twice and more."""
        ...

    async def forget_subjects(self, *, before: datetime) -> None:
        """Those for which no call was made since, and none waits."""
        ...

    async def show(self, connection_id: UUID, *, at: datetime) -> PaceRow | None:
        """None when it was never used."""
        ...

    async def owed(self, connection_id: UUID) -> OwedWork: ...
