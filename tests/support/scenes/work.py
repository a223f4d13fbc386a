"""Pools, roles, rules, connections and deliveries in a state that a request does not fit."""

from dataclasses import replace
from typing import Any

import httpx

from pointsman.cli.session import CLI_ACTOR
from pointsman.services.connections.users.confirm import confirm_users
from pointsman.services.ports.vendors.crm import CrmUserPage
from support.programs.running_fake import running_fake
from support.scenes.stage import Scenes, Stage

_SKIP = "/v1/pools/{pool}/skips"


def turns(it: Stage) -> Scenes:
    """Skips that are asked for twice, and a ledger that somebody changed beside its history."""
    asked = {"rep": "jonas", "reason": "took a walk-in by hand"}
    skip = it.call("POST", "/v1/pools/sdr-dach/skips", asked)["id"]
    yield f"POST {_SKIP}", 409, it.ask("POST", "/v1/pools/sdr-dach/skips", asked)
    it.call("DELETE", f"/v1/pools/sdr-dach/skips/{skip}")
    yield f"DELETE {_SKIP}/{{skip_id}}", 409, it.ask("DELETE", f"/v1/pools/sdr-dach/skips/{skip}")
    it.served.portal.call(_give_a_turn, it)
    mended = it.ask("POST", "/v1/pools/sdr-dach/rebuild", {"reason": "restored from a backup of last night"})
    yield "POST /v1/pools/{pool}/rebuild", 200, mended


async def _give_a_turn(it: Stage) -> None:
    async with it.served.app.state.env.uow() as tx:
        row = (await tx.ledgers.lock(["sdr-dach"]))["sdr-dach"]
        balances = {**row.ledger["balances"], "jonas": "0", "sofia": "0", "lena": "0"}
        await tx.ledgers.store(replace(row, ledger={**row.ledger, "balances": balances}))


def roles(it: Stage) -> Scenes:
    """Changes that would leave a rep with work outside their role."""
    rep = it.call("GET", f"/v1/leads/{it.at_closer()}")["holder"]["rep"]
    document = it.call("GET", f"/v1/reps/{rep}")
    kept = {name: document[name] for name in ("name", "email", "time_zone", "working_hours")}
    as_sdr = {**kept, "role": "SDR"}
    yield "PATCH /v1/reps/{key}", 409, it.ask("PATCH", f"/v1/reps/{rep}", {"role": "SDR"})
    yield "PUT /v1/reps/{key}", 409, it.ask("PUT", f"/v1/reps/{rep}", as_sdr)
    yield "PUT /v1/roster", 409, it.ask("PUT", "/v1/roster", {"reps": [{**as_sdr, "key": rep}]})
    yield "PUT /v1/roles/{name}", 409, it.ask("PUT", "/v1/roles/Closer", {"works": ["customer_service"]})


def rules(it: Stage) -> Scenes:
    """Policies that are not there, are no policy, or are live already."""
    yield "POST /v1/policies/explain", 404, it.ask("POST", "/v1/policies/explain", {"version": 999})
    yield "POST /v1/policies/check", 422, it.yaml("/v1/policies/check", "rules: [")
    live = it.call("GET", "/v1/policies/current")["version"]
    back = {"version": live, "note": "Lisbon was flooded"}
    yield "POST /v1/policies/rollback", 409, it.ask("POST", "/v1/policies/rollback", back)


def connections(it: Stage) -> Scenes:
    """A connection that is there, of another connector, and a calendar that is gone."""
    there = it.call("GET", "/v1/connections/sandbox")
    asked = {"connector": there["connector"], "config": {**there["config"], "client_secret": "another"}}
    yield "PUT /v1/connections/{key}", 200, it.ask("PUT", "/v1/connections/sandbox", asked)
    yield "POST /v1/connections/{key}/sign-in", 200, it.ask("POST", "/v1/connections/sandbox/sign-in", {})
    yield "PUT /v1/connections/{key}", 409, it.ask("PUT", "/v1/connections/team-calendars", asked)


def users(it: Stage) -> Scenes:
    """Reps who are users of a CRM."""
    with running_fake("memory") as (port, _):
        asked = {"connector": "memory", "config": {"url": f"http://127.0.0.1:{port}"}}
        it.call("PUT", "/v1/connections/house-crm", asked)
        given = {"users": {"anna": "user-1", "ben": "user-2"}}
        yield "PUT /v1/connections/{key}/users", 200, it.ask("PUT", "/v1/connections/house-crm/users", given)
        yield "GET /v1/connections/{key}/users", 200, it.ask("GET", "/v1/connections/house-crm/users")
        unfit = {"users": {"anna": "user-1", "ben": "user-3", "clara": "user-9"}}
        yield "PUT /v1/connections/{key}/users", 422, it.ask("PUT", "/v1/connections/house-crm/users", unfit)
        yield "PUT /v1/connections/{key}/users", 409, _overtaken(it)
    it.call("PUT", "/v1/connections/house-crm", {**asked, "active": False})


def _overtaken(it: Stage) -> httpx.Response:
    """What an admin is told whose list comes while another admin's is kept."""
    state = it.served.app.state
    env, calls = state.env, list[object]()

    class Slow:
        """The CRM, during whose first answer another admin is faster."""

        async def user_page(self, *given: Any, **named: Any) -> CrmUserPage:
            if not calls:
                calls.append(given)
                await confirm_users(env, "house-crm", {"anna": "user-1"}, actor=CLI_ACTOR)
            return await env.crm.user_page(*given, **named)

    state.env = replace(env, crm=Slow())
    try:
        return it.ask("PUT", "/v1/connections/house-crm/users", {"users": {"anna": "user-2", "ben": "user-1"}})
    finally:
        state.env = env


def undeliverable(it: Stage) -> Scenes:
    """An appointment of a closer whose calendar was deleted meanwhile."""
    lead = it.at_closer()
    made = it.call("POST", "/v1/appointments", {"lead_id": lead, "start": it.slots(lead)[1]})
    bound = it.call("GET", f"/v1/reps/{made['rep']}/calendars")["calendars"][0]["calendar"]
    login = (made["rep"], it.served.calendars.password(made["rep"]))
    gone = httpx.delete(f"{it.served.calendars.url.rstrip('/')}{bound}", auth=login, trust_env=False)
    assert gone.is_success
    it.deliver()
    dead = it.served.first("/v1/deliveries?status=dead")
    yield "POST /v1/deliveries/replay", 404, it.ask("POST", "/v1/deliveries/replay", {"connection": "unknown"})
    yield "POST /v1/deliveries/replay", 200, it.ask("POST", "/v1/deliveries/replay", {"dry_run": True})
    yield "POST /v1/deliveries/{delivery_id}/replay", 200, it.ask("POST", f"/v1/deliveries/{dead}/replay")


def holds(it: Stage) -> Scenes:
    """A lead that waits no longer."""
    hold = next(it.served.api.iter_items("/v1/holds"))
    given = {"rep": "jonas", "work": hold["work"], "reason": "speaks some French"}
    it.call("POST", f"/v1/leads/{hold['lead_id']}/assign", given)
    yield "POST /v1/holds/{hold_id}/retry", 409, it.ask("POST", f"/v1/holds/{hold['id']}/retry")
