"""The lists of what was decided and what followed from it, as statements."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.db.booking import appointment_statements, booking_links
from pointsman.db.booking.deliveries import lists as delivery_lists
from pointsman.db.leads import lead_links
from pointsman.db.operations import alerts
from pointsman.db.routing import decisions, holds, overrides
from support.lists.plans import LIMIT, ListStatement
from support.lists.rows import FIRST, id_of

_AFTER = f"{FIRST} + interval '3 hours'"

_SPAN = {"since": {"since": _AFTER}, "until": {"until": _AFTER}}
_LEADS = ("leads", "assignments")

WORK_LISTS: Mapping[str, ListStatement] = MappingProxyType({
    "GET /v1/decisions": ListStatement(
        statement=decisions._PAGE,
        tables=("decisions", *_LEADS),
        given={
            "lead": {"lead_id": id_of("lead", 7)},
            "rep": {"rep": "'rep7'"},
            "rule": {"rule": "'rule7'"},
            "pool": {"pool": "'pool7'"},
            "work": {"work": "'closing'"},
            "outcome": {"outcome": "'held'"},
            "reason": {"hold_reason": "'nobody-eligible'"},
            "version": {"policy_version": "7"},
            **_SPAN,
        },
        page={"before_at": _AFTER, "before_id": id_of("decision", 7)},
    ),
    "GET /v1/leads/{lead_id}/decisions": ListStatement(
        statement=decisions._PAGE,
        tables=("decisions", *_LEADS),
        given={},
        page={"before_at": _AFTER, "before_id": id_of("decision", 7)},
        always={"limit": LIMIT, "lead_id": id_of("lead", 7)},
    ),
    "GET /v1/holds": ListStatement(
        statement=holds._PAGE,
        tables=("holds", *_LEADS),
        given={
            "status": {"released": "true"},
            "lead": {"lead_id": id_of("lead", 7)},
            "pool": {"pool": "'pool7'"},
            "work": {"work": "'closing'"},
            "reason": {"reason": "'no-rule'"},
            "overdue": {"due_before": _AFTER},
            **_SPAN,
        },
        page={"after_at": _AFTER, "after_id": id_of("hold", 7)},
        all_given={"released": "true"},
        always={"limit": LIMIT, "released": "false"},
    ),
    "GET /v1/appointments": ListStatement(
        statement=appointment_statements.PAGE,
        tables=("appointments", "appointment_companions", "reservations", *_LEADS),
        given={
            "lead": {"lead_id": id_of("lead", 7)},
            "rep": {"leader": "'rep7'"},
            "setter": {"setter": "'rep7'"},
            "pool": {"pool": "'pool7'"},
            "status": {"status": "'no_show'"},
            "due": {"ended_by": f"{FIRST} + interval '10 minutes'"},
            "start": {"start": f"{FIRST} + interval '5 hours'"},
            "end": {"end": f"{FIRST} + interval '10 minutes'"},
            **_SPAN,
        },
        page={"after_at": _AFTER, "after_id": id_of("appointment", 7)},
    ),
    "GET /v1/appointments (that a rep takes part in)": ListStatement(
        statement=appointment_statements.PAGE,
        tables=("appointments", "appointment_companions", "reservations", *_LEADS),
        given={"rep": {"companion": "'rep7'"}},
        page={"after_at": _AFTER, "after_id": id_of("appointment", 7)},
    ),
    "GET /v1/deliveries": ListStatement(
        statement=delivery_lists.PAGE,
        tables=("deliveries",),
        given={
            "connection": {"connection": "'connection7'"},
            "status": {"status": "'dead'"},
            "kind": {"kind": "'activity'"},
            "error_code": {"error_code": "'rejected'"},
            "maybe_twice": {"maybe_twice": "true"},
            "appointment": {"appointment_id": id_of("appointment", 7)},
            "lead": {"lead_id": id_of("lead", 7)},
            **_SPAN,
        },
        page={"after_at": _AFTER, "after_id": id_of("delivery", 7)},
    ),
    "GET /v1/alerts": ListStatement(
        statement=alerts._PAGE,
        tables=("alerts",),
        given={
            "status": {"resolved": "true"},
            "code": {"code": "'delivery-dead'"},
            "subject": {"subject": "'lead:7'"},
            **_SPAN,
        },
        page={"after_at": _AFTER, "after_id": id_of("alert", 7)},
        all_given={"resolved": "true"},
        always={"limit": LIMIT, "resolved": "false"},
    ),
    "GET /v1/overrides": ListStatement(
        statement=overrides._PAGE,
        tables=("overrides",),
        given={"lead": {"lead_id": id_of("lead", 7)}},
        page={"before_at": _AFTER, "before_id": id_of("override", 7)},
    ),
    "GET /v1/leads/{lead_id}/booking-links": ListStatement(
        statement=booking_links._PAGE,
        tables=("booking_links",),
        given={},
        page={"after_at": _AFTER, "after_id": id_of("link", 7)},
        always={"limit": LIMIT, "lead": id_of("lead", 7)},
    ),
    "GET /v1/leads/{lead_id}/links": ListStatement(
        statement=lead_links._PAGE,
        tables=("lead_links",),
        given={},
        page={"after_at": _AFTER, "after_id": id_of("link", 7)},
        always={"limit": LIMIT, "lead": id_of("lead", 7)},
    ),
})  # fmt: skip
