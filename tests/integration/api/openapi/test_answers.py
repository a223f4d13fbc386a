"""Each documented answer shows what the demo's floor really answered; what is not shown yet is listed."""

from pointsman.main import create_app
from pointsman.settings import load_settings
from support.http.keys import SECRET

#: What the recorder does not reach, by status. This list may only shrink: a new operation or error is recorded.
NOT_RECORDED = {
    "200": [
        "GET /metrics",
        "GET /v1/policies/schema",
        "POST /v1/appointments/{appointment_id}/attended",
        "POST /v1/appointments/{appointment_id}/no-show",
        "POST /v1/appointments/{appointment_id}/outcome",
        "POST /v1/appointments/{appointment_id}/reject",
        "POST /v1/deliveries/{delivery_id}/replay",
        "POST /v1/inbox/{inbox_id}/apply",
        "POST /v1/leads",
        "POST /v1/pools/{pool}/rebuild",
        "PUT /v1/connections/{key}",
    ],
    "202": [
        "POST /v1/inbox/{inbox_id}/replay",
        "POST /v1/leads",
    ],
    "404": [
        "GET /v1/appointments",
        "GET /v1/holds",
        "GET /v1/leads",
        "GET /v1/policies/current",
        "POST /v1/inbox/replay",
        "POST /v1/policies/explain",
        "POST /v1/policies/simulate",
    ],
    "409": [
        "DELETE /v1/pools/{pool}/skips/{skip_id}",
        "GET /v1/appointments",
        "GET /v1/appointments/{appointment_id}/invitation.ics",
        "GET /v1/decisions",
        "GET /v1/holds",
        "GET /v1/leads/{lead_id}/slots",
        "GET /v1/pools",
        "GET /v1/pools/{pool}",
        "GET /v1/pools/{pool}/ledger",
        "GET /v1/reps/{key}/calendars",
        "PATCH /v1/reps/{key}",
        "POST /v1/appointments/{appointment_id}/accept",
        "POST /v1/appointments/{appointment_id}/cancel",
        "POST /v1/appointments/{appointment_id}/confirm",
        "POST /v1/appointments/{appointment_id}/dismiss-conflict",
        "POST /v1/appointments/{appointment_id}/reassign",
        "POST /v1/appointments/{appointment_id}/reschedule",
        "POST /v1/holds/{hold_id}/retry",
        "POST /v1/leads",
        "POST /v1/leads/reassign",
        "POST /v1/leads/{lead_id}/assign",
        "POST /v1/leads/{lead_id}/booking-links",
        "POST /v1/leads/{lead_id}/handovers",
        "POST /v1/leads/{lead_id}/links",
        "POST /v1/leads/{lead_id}/reassign",
        "POST /v1/overrides",
        "POST /v1/policies/explain",
        "POST /v1/policies/rollback",
        "POST /v1/pools/{pool}/adjustments",
        "POST /v1/pools/{pool}/skips",
        "POST /v1/reps/{key}/reassign",
        "POST /v1/slot-holds",
        "PUT /v1/accounts/{account_id}/parent",
        "PUT /v1/connections/{key}",
        "PUT /v1/reps/{key}",
        "PUT /v1/reps/{key}/calendars",
        "PUT /v1/roles/{name}",
        "PUT /v1/roster",
    ],
    "410": [
        "POST /v1/hooks/{connection}",
    ],
    "422": [
        "POST /v1/hooks/{connection}",
        "POST /v1/policies/check",
    ],
    "500": [
        "GET /health/live",
    ],
}


def test_each_documented_answer_has_an_example_that_was_recorded() -> None:
    description = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)).openapi()
    missing: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                contents = answer.get("content", {}).values()
                if contents and not any("example" in content for content in contents):
                    missing.setdefault(status, []).append(f"{method.upper()} {path}")
    assert {status: sorted(names) for status, names in missing.items()} == NOT_RECORDED


def test_each_error_shows_its_own_status() -> None:
    description = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)).openapi()
    shown = [
        (status, answer["content"]["application/problem+json"]["example"]["status"])
        for methods in description["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if "example" in answer.get("content", {}).get("application/problem+json", {})
    ]
    assert len(shown) > 500
    assert [pair for pair in shown if pair[0] != str(pair[1])] == []
