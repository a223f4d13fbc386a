"""What a service answers that nobody has set up yet."""

import httpx

from support.scenes.stage import Scenes

_LEAD = {"email": "mara@nordlicht.example", "fields": {"lead.country": "DE"}}
_ROSTER = {
    "roles": [{"name": "SDR", "works": ["prospecting", "qualification"]}],
    "reps": [{"key": "lena", "name": "Lena Vogt", "email": "lena@nordwerk.example", "role": "SDR"}],
}


def empty_service(client: httpx.Client) -> Scenes:
    """Before the first policy; `client` is signed in as an admin."""
    yield "GET /v1/policies/current", 404, client.get("/v1/policies/current")
    yield "POST /v1/leads", 409, client.post("/v1/leads", json=_LEAD)
    for path in ("", "/{pool}", "/{pool}/ledger"):
        yield f"GET /v1/pools{path}", 409, client.get(f"/v1/pools{path}".format(pool="sdr-dach"))
    corrected = {"rep": "lena", "amount": "1", "reason": "two duplicates in one day"}
    yield "POST /v1/pools/{pool}/adjustments", 409, client.post("/v1/pools/sdr-dach/adjustments", json=corrected)
    period = {"since": "2026-11-01T00:00:00Z", "document": {"rules": [], "pools": {}}}
    yield "POST /v1/policies/simulate", 404, client.post("/v1/policies/simulate", json=period)
    client.put("/v1/roster", json=_ROSTER)
    ill = {"reason": "Lena is ill", "dry_run": True}
    yield "POST /v1/reps/{key}/reassign", 409, client.post("/v1/reps/lena/reassign", json=ill)
