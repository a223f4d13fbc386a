"""The repository of the pace of connections: one small statement each, so that no row is locked over a call."""

import json
from datetime import datetime
from uuid import UUID

from pointsman.db.booking.pace.endings import (
    ANSWERED,
    FAILED,
    FAILURES_IN_A_ROW,
    FIRST_WAIT_S,
    FORGIVE,
    LONGEST_WAIT_S,
    PROBE_EVERY_S,
    REFUSED,
    SECOND_LOOK_S,
    ended_values,
    stored_quota,
)
from pointsman.db.booking.pace.places import BEGIN, ENTER, LET_GO, LOOK, PROLONG, STAND_IN_LINE
from pointsman.db.booking.pace.shown import OWED, SHOW, pace_row
from pointsman.db.booking.pace.subjects import SqlSubjectPaces, state_of
from pointsman.domain.messages.message import Message
from pointsman.services.ports.vendors.pace import (
    STRIKES,
    Allowance,
    Failure,
    OwedWork,
    PaceRow,
    QuotaLeft,
    Refusal,
)


class SqlPaces(SqlSubjectPaces):
    """See `pointsman.services.ports.vendors.pace.Paces`."""

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
        given = {
            "of": connection_id,
            "subject": subject,
            "lease": str(lease),
            "at": at,
            "ends": until.timestamp(),
            "rate": allowance.rate,
            "burst": allowance.burst,
            "spare": allowance.spare,
            "places": allowance.places,
        }
        probing: bool | None = await ENTER.scalar(self._connection, given)
        return probing

    async def refusal(
        self, connection_id: UUID, allowance: Allowance, *, at: datetime, in_line: bool, subject: str = ""
    ) -> Refusal | None:
        given = {"of": connection_id, "subject": subject, "at": at, "rate": allowance.rate}
        if in_line:
            given |= {"places": allowance.places, "longest": LONGEST_WAIT_S}
        row = await (STAND_IN_LINE if in_line else LOOK).one(self._connection, given)
        if row is None:
            return None
        return Refusal(state=state_of(row.not_before, row.strikes, at), until=row.queue_at)

    async def begin(self, connection_id: UUID, *, burst: int, at: datetime, subject: str = "") -> bool:
        given = {"of": connection_id, "subject": subject, "burst": float(burst), "at": at}
        return await BEGIN.scalar(self._connection, given) is True

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
        given = {"error": json.dumps(error.as_json()) if error else None, "quota": stored_quota(quota, at)}
        await ANSWERED.run(self._connection, ended_values(connection_id, subject, lease, began, at) | given)

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
        # The wait of one call is that call's own. One of nothing, such as a time that is over where the vendor's clock goes
        # behind ours, tells no more than none: who believed it would ask again and again.
        wait = (failure.retry_after or None) if failure.whole else None
        given = {
            "retry_s": wait.total_seconds() if wait is not None else None,
            "whole": failure.whole,
            "chance": failure.chance,
            "error": json.dumps(failure.error.as_json()),
            "quota": stored_quota(quota, at),
            "in_a_row": FAILURES_IN_A_ROW,
            "first": FIRST_WAIT_S,
            "longest": LONGEST_WAIT_S,
        }
        ended = ended_values(connection_id, subject, lease, began, at)
        found: datetime | None = await FAILED.scalar(self._connection, ended | given)
        return found

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
        given = {
            "of": connection_id,
            "subject": subject,
            "lease": str(lease) if lease else None,
            "began": began,
            "at": at,
            "error": json.dumps(error.as_json()),
            "strikes": STRIKES,
            "soon": SECOND_LOOK_S,
            "later": PROBE_EVERY_S,
        }
        row = await REFUSED.one(self._connection, given)
        return (row.strikes, row.not_before) if row is not None else (STRIKES, at)

    async def prolong(self, connection_id: UUID, lease: UUID, *, until: datetime, subject: str = "") -> None:
        given = {"of": connection_id, "subject": subject, "lease": str(lease), "ends": until.timestamp()}
        await PROLONG.run(self._connection, given)

    async def let_go(self, connection_id: UUID, lease: UUID, *, subject: str = "", unused: bool = False) -> None:
        given = {"of": connection_id, "subject": subject, "lease": str(lease), "back": float(unused)}
        await LET_GO.run(self._connection, given)

    async def forgive(self, connection_id: UUID, *, at: datetime, worked: bool) -> None:
        await FORGIVE.run(self._connection, {"of": connection_id, "at": at, "worked": worked})

    async def show(self, connection_id: UUID, *, at: datetime) -> PaceRow | None:
        row = await SHOW.one(self._connection, {"of": connection_id, "subject": "", "at": at})
        return pace_row(row) if row is not None else None

    async def owed(self, connection_id: UUID) -> OwedWork:
        row = await OWED.one(self._connection, {"of": connection_id})
        return OwedWork(waiting=row.waiting, oldest_at=row.oldest_at)
