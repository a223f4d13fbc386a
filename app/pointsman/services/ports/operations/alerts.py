"""Alerts that are open until what caused them is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class AlertCode(StrEnum):
    """Every kind of alert; callers and monitoring select by it."""

    CALENDAR_CONFLICT = "calendar-conflict"
    CALENDAR_EMPTIED = "calendar-emptied"
    CALENDAR_ORPHAN = "calendar-orphan"
    CALENDAR_UNREADABLE = "calendar-unreadable"
    CONNECTION_REAUTH = "connection-reauth"
    DELIVERY_DEAD = "delivery-dead"
    EMPLOYER_CHANGE = "employer-change"
    HOLD_OVERDUE = "hold-overdue"
    IDENTITY_CONFLICT = "identity-conflict"
    INACTIVE_HOLDER = "inactive-holder"
    INBOX_DEAD = "inbox-dead"
    INBOX_REFUSED = "inbox-refused"
    PARENT_CIRCLE = "parent-circle"
    REQUEST_LAPSED = "request-lapsed"
    RESULT_OVERDUE = "result-overdue"
    ROSTER_OUTDATED = "roster-outdated"
    SWEEP_FAILING = "sweep-failing"


class Alerts(Protocol):
    """What a human must look at; one open alert per code and subject."""

    async def put(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        code: AlertCode,
        subject: str,
        message: str,
    ) -> None: ...

    async def resolve(self, *, at: datetime, code: AlertCode, subject: str) -> None: ...

    async def is_open(self, *, code: AlertCode, subject: str) -> bool: ...

    async def list_open(self) -> Sequence[Mapping[str, Any]]: ...
