"""Every route of the description, asked without a key, with a stranger's and with a partner's."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

OPEN = {("GET", "/health/live"), ("GET", "/health/ready"), ("POST", "/v1/hooks/{connection}")}
#: What a partner's key may call, with every scope that it can have: its own leads, and nothing of the house.
A_PARTNERS = {
    ("POST", "/v1/leads"),
    ("GET", "/v1/leads"),
    ("GET", "/v1/leads/{lead_id}"),
    ("GET", "/v1/leads/{lead_id}/decisions"),
    ("GET", "/v1/leads/{lead_id}/slots"),
    ("POST", "/v1/leads/{lead_id}/booking-links"),
    ("POST", "/v1/leads/{lead_id}/handovers"),
    ("GET", "/v1/decisions"),
    ("GET", "/v1/decisions/{decision_id}"),
    ("GET", "/v1/holds"),
    ("POST", "/v1/slot-holds"),
    ("GET", "/v1/slot-holds/{slot_hold_id}"),
    ("DELETE", "/v1/slot-holds/{slot_hold_id}"),
    ("POST", "/v1/appointments"),
    ("GET", "/v1/appointments"),
    ("GET", "/v1/appointments/{appointment_id}"),
    ("GET", "/v1/appointments/{appointment_id}/invitation.ics"),
    ("POST", "/v1/appointments/{appointment_id}/cancel"),
    ("GET", "/v1/appointments/transitions"),
    ("POST", "/v1/appointments/{appointment_id}/confirm"),
    ("POST", "/v1/appointments/{appointment_id}/accept"),
    ("POST", "/v1/appointments/{appointment_id}/reject"),
    ("POST", "/v1/appointments/{appointment_id}/attended"),
    ("POST", "/v1/appointments/{appointment_id}/no-show"),
    ("POST", "/v1/appointments/{appointment_id}/outcome"),
    ("POST", "/v1/appointments/{appointment_id}/reschedule"),
    ("POST", "/v1/appointments/{appointment_id}/dismiss-conflict"),
}


async def test_every_route_but_health_and_hooks_is_401_without_a_known_key(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    for method, path in _operations(app) - OPEN:
        for headers in ({}, {"Authorization": f"Bearer pm_000000000000_{'0' * 48}"}):
            answer = await _ask(client, method, path, headers)
            assert answer.status_code == 401, f"{method} {path}: {answer.text}"


async def test_a_partners_key_opens_its_own_leads_and_no_other_route(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    roster = {"suppliers": [{"key": "callwerk", "name": "Callwerk", "kind": "partner"}]}
    saved = await client.put("/v1/roster", json=roster, headers=await sign_in("admin"))
    assert saved.status_code == 200, saved.text
    partner = await sign_in("intake", "handover", "booking", "read", supplier="callwerk")
    opened = {
        (method, path)
        for method, path in _operations(app) - OPEN
        if (await _ask(client, method, path, partner)).status_code != 403
    }
    assert opened == A_PARTNERS


def _operations(app: FastAPI) -> set[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return {(method.upper(), path) for path, item in paths.items() for method in item}


async def _ask(client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    address = re.sub(r"\{(\w+)\}", lambda part: _VALUES.get(part[1], _ID if part[1].endswith("_id") else "x"), path)
    body = {} if method in {"POST", "PUT", "PATCH"} else None
    return await client.request(method, address, json=body, headers=headers)


_ID = "01999999-0000-7000-8000-000000000000"
_VALUES = {"version": "1", "other": "1"}
