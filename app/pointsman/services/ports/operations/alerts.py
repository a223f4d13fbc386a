"""Alerts that are open until what caused them is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.messages.message import Message


class AlertCode(StrEnum):
    """Every kind of alert; callers and monitoring select by it."""

    BUYER_UNTOLD = "buyer-untold"
    CALENDAR_CONFLICT = "calendar-conflict"
    CALENDAR_EMPTIED = "calendar-emptied"
    CALENDAR_ORPHAN = "calendar-orphan"
    CALENDAR_UNREADABLE = "calendar-unreadable"
    CONNECTION_REAUTH = "connection-reauth"
    CRM_OWNER_DIFFERS = "crm-owner-differs"
    CRM_FIELD = "crm-field"
    CRM_USER_MISSING = "crm-user-missing"
    DELIVERIES_LATE = "deliveries-late"
    DELIVERIES_SWITCHED_OFF = "deliveries-switched-off"
    DELIVERY_DEAD = "delivery-dead"
    EMPLOYER_CHANGE = "employer-change"
    HOLD_OVERDUE = "hold-overdue"
    IDENTITY_CONFLICT = "identity-conflict"
    INACTIVE_HOLDER = "inactive-holder"
    INBOX_DEAD = "inbox-dead"
    INBOX_REFUSED = "inbox-refused"
    INTAKE_MISSED = "intake-missed"
    MAIL_BOUND = "mail-bound"
    MAILBOX_REFUSED = "mailbox-refused"
    MEETING_LINK_MISSING = "meeting-link-missing"
    PARENT_CIRCLE = "parent-circle"
    REQUEST_LAPSED = "request-lapsed"
    RESULT_OVERDUE = "result-overdue"
    ROSTER_OUTDATED = "roster-outdated"
    SWEEP_FAILING = "sweep-failing"


#: What may come and go all day without any admin's doing: a vendor, the network, the database or a buyer decides.
COMES_AND_GOES = frozenset(
    {
        AlertCode.CALENDAR_UNREADABLE,
        AlertCode.CONNECTION_REAUTH,
        AlertCode.DELIVERIES_LATE,
        AlertCode.DELIVERIES_SWITCHED_OFF,
        AlertCode.MAIL_BOUND,
        AlertCode.MAILBOX_REFUSED,
        AlertCode.SWEEP_FAILING,
    }
)
#: Such an alert that ended less than this ago opens again: who is called by each new one is not called by each turn.
AGAIN_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert; raised again while it is open, or soon after where it comes and goes, it counts."""

    id: UUID
    code: str
    subject: str
    message: Message
    count: int
    raised_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts: those that are open, and with `resolved` all. None asks for all of these.

    Raised from `since` on, before `until`.
    """

    resolved: bool = False
    code: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Alerts(Protocol):
    """What a human must look at; one open alert per code and subject."""

    async def put(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        code: AlertCode,
        subject: str,
        message: Message,
    ) -> None:
        """Raise it, or count one more on the one that is open; of `COMES_AND_GOES` on one that ended `AGAIN_WITHIN`, too."""
        ...

    async def resolve(self, *, at: datetime, code: AlertCode, subject: str) -> None: ...

    async def lock(self, *, code: AlertCode, subject: str) -> None:
        """Have every other transaction that locks this alert wait until this one ends, be the alert open or not."""
        ...

    async def is_open(self, *, code: AlertCode, subject: str) -> bool: ...

    async def open_among(self, *, code: AlertCode, subjects: Sequence[str]) -> frozenset[str]:
        """Those of the subjects that have an open alert of this code."""
        ...

    async def list_open(self) -> Sequence[Mapping[str, Any]]:
        """The columns of each; `message` is a `Message`."""
        ...

    async def page(self, which: AlertFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[AlertRow]:
        """By the time when they were raised, newest first."""
        ...
