"""What may be done through the API, by webhooks and by booking links, and which callers may do it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pointsman.domain.permissions.callers import BOUND_TO_REP, OF_PARTNER, CallerKind, Scope


class Operation(StrEnum):
    """One thing that a caller can do. Each endpoint names the one that it is."""

    LEAD_SUBMIT = "lead.submit"
    LEAD_READ = "lead.read"
    LEAD_LINK = "lead.link"
    LEAD_CONTACT_END = "lead.contact-end"
    LEAD_CONTACT_ALLOW = "lead.contact-allow"
    LEAD_MERGE = "lead.merge"
    LEAD_ASSIGN = "lead.assign"
    ACCOUNT_READ = "account.read"
    ACCOUNT_CHANGE = "account.change"
    WEBHOOK_SEND = "webhook.send"
    INTAKE_READ = "intake.read"
    INTAKE_CHANGE = "intake.change"
    INBOX_READ = "inbox.read"
    INBOX_REPLAY = "inbox.replay"
    INBOX_APPLY = "inbox.apply"
    HANDOVER = "handover"
    SLOTS_READ = "slots.read"
    SLOT_HOLD = "slot-hold"
    BOOKING_LINK = "booking-link"
    APPOINTMENT_READ = "appointment.read"
    APPOINTMENT_BOOK = "appointment.book"
    APPOINTMENT_MOVE = "appointment.move"
    APPOINTMENT_CANCEL = "appointment.cancel"
    APPOINTMENT_CONFIRM = "appointment.confirm"
    APPOINTMENT_ACCEPT = "appointment.accept"
    APPOINTMENT_REJECT = "appointment.reject"
    APPOINTMENT_ATTENDED = "appointment.attended"
    APPOINTMENT_NO_SHOW = "appointment.no-show"
    APPOINTMENT_OUTCOME = "appointment.outcome"
    APPOINTMENT_REASSIGN = "appointment.reassign"
    DECISION_LIST = "decision.list"
    DECISION_READ = "decision.read"
    DECISION_EXPLAIN = "decision.explain"
    DECISION_REPLAY = "decision.replay"
    HOLD_READ = "hold.read"
    HOLD_SUMMARY = "hold.summary"
    HOLD_RETRY = "hold.retry"
    OVERRIDE = "override"
    POLICY_READ = "policy.read"
    POLICY_TRY = "policy.try"
    POLICY_CHANGE = "policy.change"
    ROSTER_READ = "roster.read"
    ROSTER_CHANGE = "roster.change"
    TIME_OFF = "time-off"
    LEDGER_READ = "ledger.read"
    LEDGER_CHANGE = "ledger.change"
    CONNECTION = "connection"
    DELIVERY_READ = "delivery.read"
    DELIVERY_REPLAY = "delivery.replay"
    API_KEY = "api-key"
    ALERT_READ = "alert.read"
    AUDIT_READ = "audit.read"
    HEALTH_READ = "health.read"
    METRICS_READ = "metrics.read"


class RepLimit(StrEnum):
    """How far a key that is bound to a rep may go in one operation, beside seeing that rep's leads alone."""

    LEADS_IT = "appointments that its rep leads"
    HAS_PART = "appointments that its rep leads or set"
    ITSELF = "its own rep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One row of the table: a caller of `kinds` may do it, one with a key if the key has one of `scopes`.

    A key with `admin` may do everything, and so may the service itself. `needs_no_key` operations prove in their own way
    who calls, or ask for nothing.
    """

    operation: Operation
    words: str  # "read leads"
    scopes: frozenset[Scope]
    kinds: frozenset[CallerKind]
    rep_limit: RepLimit | None = None
    needs_no_key: bool = False


_HOUSE = frozenset({CallerKind.HOUSE})
_WORKS_LEADS = _HOUSE | OF_PARTNER | BOUND_TO_REP
_WEBHOOK, _BUYER = frozenset({CallerKind.WEBHOOK}), frozenset({CallerKind.BUYER})
_ADMIN_ALONE: frozenset[CallerKind] = frozenset()

_INTAKE, _HANDOVER, _READ = (Scope.INTAKE,), (Scope.HANDOVER,), (Scope.READ,)
_FOR_BUYER = (Scope.BOOKING, Scope.HANDOVER)  # a setter's scopes
_AS_CLOSER = (Scope.BOOKING,)
_OP = Operation


def _row(
    operation: Operation,
    words: str,
    scopes: Iterable[Scope],
    kinds: frozenset[CallerKind],
    *,
    rep_limit: RepLimit | None = None,
    needs_no_key: bool = False,
) -> Permission:
    return Permission(
        operation=operation,
        words=words,
        scopes=frozenset(scopes),
        kinds=kinds,
        rep_limit=rep_limit,
        needs_no_key=needs_no_key,
    )


_LEADS, _PART = RepLimit.LEADS_IT, RepLimit.HAS_PART

TABLE: tuple[Permission, ...] = (
    _row(_OP.LEAD_SUBMIT, "bring a lead in", _INTAKE, _WORKS_LEADS | _WEBHOOK),
    _row(_OP.LEAD_READ, "read leads", _READ, _WORKS_LEADS),
    _row(_OP.LEAD_LINK, "make and revoke links to the page of a lead", _READ, _WORKS_LEADS),
    _row(_OP.LEAD_CONTACT_END, "say that a lead is not to be contacted", _FOR_BUYER, _WORKS_LEADS | _WEBHOOK),
    _row(_OP.LEAD_CONTACT_ALLOW, "say that a lead may be contacted again", _HANDOVER, _HOUSE),
    _row(_OP.LEAD_MERGE, "merge leads", (), _ADMIN_ALONE),
    _row(_OP.LEAD_ASSIGN, "give a lead to a rep, or take it away", (), _ADMIN_ALONE),
    _row(_OP.ACCOUNT_READ, "read accounts", _READ, _HOUSE),
    _row(_OP.ACCOUNT_CHANGE, "merge accounts, change a parent", (), _ADMIN_ALONE),
    _row(_OP.WEBHOOK_SEND, "send a webhook that its signature proves", (), _WEBHOOK, needs_no_key=True),
    _row(_OP.INTAKE_READ, "read intakes", _READ, _HOUSE),
    _row(_OP.INTAKE_CHANGE, "make, change, try and deactivate intakes", (), _ADMIN_ALONE),
    _row(_OP.INBOX_READ, "read what came in", (), _ADMIN_ALONE),
    _row(_OP.INBOX_REPLAY, "replay what came in", (), _ADMIN_ALONE),
    _row(_OP.INBOX_APPLY, "apply what a partner or rep said of a lead that is not theirs", (), _ADMIN_ALONE),
    _row(_OP.HANDOVER, "hand a lead over", _HANDOVER, _WORKS_LEADS | _WEBHOOK),
    _row(_OP.SLOTS_READ, "read the slots of a lead", _FOR_BUYER, _WORKS_LEADS | _BUYER),
    _row(_OP.SLOT_HOLD, "keep a slot, read it and give it back", _FOR_BUYER, _WORKS_LEADS | _BUYER),
    _row(_OP.BOOKING_LINK, "make and revoke booking links", _FOR_BUYER, _WORKS_LEADS),
    _row(_OP.APPOINTMENT_READ, "read appointments", (*_READ, *_FOR_BUYER), _WORKS_LEADS | _BUYER),
    _row(_OP.APPOINTMENT_BOOK, "book an appointment", _FOR_BUYER, _WORKS_LEADS | _BUYER | _WEBHOOK, rep_limit=_PART),
    _row(_OP.APPOINTMENT_MOVE, "move an appointment", _FOR_BUYER, _WORKS_LEADS | _BUYER, rep_limit=_PART),
    _row(_OP.APPOINTMENT_CANCEL, "cancel an appointment", _FOR_BUYER, _WORKS_LEADS | _BUYER, rep_limit=_PART),
    _row(_OP.APPOINTMENT_CONFIRM, "confirm an appointment", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_ACCEPT, "accept an appointment", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_REJECT, "reject an appointment", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_ATTENDED, "say that it took place", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_NO_SHOW, "say that the buyer did not come", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_OUTCOME, "say what became of it", _AS_CLOSER, BOUND_TO_REP, rep_limit=_LEADS),
    _row(_OP.APPOINTMENT_REASSIGN, "give an appointment to another rep", (), _ADMIN_ALONE),
    _row(_OP.DECISION_LIST, "list decisions", _READ, _WORKS_LEADS),
    _row(_OP.DECISION_READ, "read the decisions on a lead", (*_READ, *_HANDOVER), _WORKS_LEADS),
    _row(_OP.DECISION_EXPLAIN, "have a decision explained", _READ, _HOUSE),
    _row(_OP.DECISION_REPLAY, "replay decisions", (), _ADMIN_ALONE),
    _row(_OP.HOLD_READ, "read which leads wait", _READ, _WORKS_LEADS),
    _row(_OP.HOLD_SUMMARY, "read how many leads wait, and why", _READ, _HOUSE),
    _row(_OP.HOLD_RETRY, "try a waiting lead again", (), _ADMIN_ALONE),
    _row(_OP.OVERRIDE, "make, read and revoke overrides", (), _ADMIN_ALONE),
    _row(_OP.POLICY_READ, "read policies", _READ, _HOUSE),
    _row(_OP.POLICY_TRY, "check, simulate and explain a policy", _READ, _HOUSE),
    _row(_OP.POLICY_CHANGE, "draft, publish and roll back a policy", (), _ADMIN_ALONE),
    _row(_OP.ROSTER_READ, "read the roster", _READ, _HOUSE),
    _row(_OP.ROSTER_CHANGE, "change the roster", (), _ADMIN_ALONE),
    _row(_OP.TIME_OFF, "add and delete time off", _FOR_BUYER, BOUND_TO_REP, rep_limit=RepLimit.ITSELF),
    _row(_OP.LEDGER_READ, "read pools and their ledgers", _READ, _HOUSE),
    _row(_OP.LEDGER_CHANGE, "adjust, verify and rebuild a ledger, skip turns", (), _ADMIN_ALONE),
    _row(_OP.CONNECTION, "connect vendors and calendars", (), _ADMIN_ALONE),
    _row(_OP.DELIVERY_READ, "read deliveries", (), _ADMIN_ALONE),
    _row(_OP.DELIVERY_REPLAY, "replay deliveries", (), _ADMIN_ALONE),
    _row(_OP.API_KEY, "make, list and revoke API keys", (), _ADMIN_ALONE),
    _row(_OP.ALERT_READ, "read alerts", _READ, _HOUSE),
    _row(_OP.AUDIT_READ, "read the audit", (), _ADMIN_ALONE),
    _row(_OP.HEALTH_READ, "ask whether the service lives", (), frozenset(CallerKind), needs_no_key=True),
    _row(_OP.METRICS_READ, "read metrics", (Scope.METRICS,), _HOUSE),
)

PERMISSIONS: Mapping[Operation, Permission] = MappingProxyType({row.operation: row for row in TABLE})
