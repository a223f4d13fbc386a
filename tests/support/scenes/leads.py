"""Leads that are known already, of a partner, merged, or named so that several could be meant."""

import json

from support.scenes.stage import Scenes, Stage

_KNOWN = {"email": "nadine.schulz@schulz-medizintechnik.example", "fields": {"lead.title": "Head of Service"}}


def leads(it: Stage) -> Scenes:
    """Who is known, and what a partner hears of it."""
    yield "POST /v1/leads", 200, it.ask("POST", "/v1/leads", _KNOWN)
    brought = {"email": "ole@kaltakquise.example", "fields": {"lead.country": "DE", "lead.source": "list"}}
    yield "POST /v1/leads", 202, it.ask("POST", "/v1/leads", brought, key=it.partner_key())
    it.ask("POST", "/v1/leads", _KNOWN, key=it.partner_key())
    refused = it.served.first("/v1/inbox?status=refused")
    applied = it.ask("POST", f"/v1/inbox/{refused}/apply", {"reason": "their SDR met the person"})
    yield "POST /v1/inbox/{inbox_id}/apply", 200, applied


def webhooks(it: Stage) -> Scenes:
    """What cannot be read, what is taken up again, and an intake that is closed."""
    nobody = {"contacts": [{"first_name": "Mara", "company": "Nordlicht GmbH"}]}
    item = it.read_in("website-form", nobody, event="scene-1")
    yield "POST /v1/inbox/{inbox_id}/replay", 202, it.ask("POST", f"/v1/inbox/{item}/replay")
    yield "POST /v1/inbox/replay", 404, it.ask("POST", "/v1/inbox/replay", {"intake": "unknown"})
    hook = "POST /v1/hooks/{connection}"
    yield hook, 422, it.webhook("website-form", b'{"contacts": ', event="scene-2")
    it.call("POST", "/v1/intakes/typeform-demo/deactivate")
    yield hook, 410, it.webhook("typeform-demo", json.dumps({"event_id": "scene-3"}).encode(), event="scene-3")


def ambiguous(it: Stage) -> Scenes:
    """Two senders have the same external id for two people."""
    named = {"external_id": "4711", "source_system": "crm"}
    it.lead(**named)
    it.ask("POST", "/v1/leads", {**named, "email": "uwe@kaltakquise.example"}, key=it.partner_key())
    for path in ("/v1/appointments", "/v1/decisions", "/v1/deliveries", "/v1/holds", "/v1/inbox", "/v1/overrides"):
        yield f"GET {path}", 409, it.ask("GET", f"{path}?lead=crm:4711")
    for part in ("", "/journey", "/links", "/booking-links", "/decisions"):
        yield f"GET /v1/leads/{{lead_id}}{part}", 409, it.ask("GET", f"/v1/leads/crm:4711{part}")
    ended = it.ask("DELETE", "/v1/leads/crm:4711/booking-links")
    yield "DELETE /v1/leads/{lead_id}/booking-links", 409, ended
    yield "POST /v1/policies/explain", 409, it.ask("POST", "/v1/policies/explain", {"lead_id": "crm:4711"})
    given = {"reason": "a new territory", "lead_ids": ["crm:4711"]}
    yield "POST /v1/leads/reassign", 409, it.ask("POST", "/v1/leads/reassign", given)
    unknown = {**given, "lead_ids": ["mara@nordlicht.example"]}
    yield "POST /v1/leads/reassign", 404, it.ask("POST", "/v1/leads/reassign", unknown)
    yield "GET /v1/leads", 404, it.ask("GET", "/v1/leads?account=unknown.example")


def unheld(it: Stage) -> Scenes:
    """A lead that no rep has: marketing's."""
    lead = it.lead(fields={"lead.source": "university"})
    where = "/v1/leads/{lead_id}"
    again = {"reason": "Lena is on parental leave"}
    yield f"POST {where}/reassign", 409, it.ask("POST", f"/v1/leads/{lead}/reassign", again)
    yield f"POST {where}/links", 409, it.ask("POST", f"/v1/leads/{lead}/links", {"reader": "holder"})
    yield f"POST {where}/booking-links", 409, it.ask("POST", f"/v1/leads/{lead}/booking-links", {})
    yield f"GET {where}/slots", 409, it.ask("GET", f"/v1/leads/{lead}/slots")
    asked = {"rep": "anna", "work": "closing", "reason": "knows the buyer"}
    yield f"POST {where}/assign", 409, it.ask("POST", f"/v1/leads/{lead}/assign", asked)


def merged(it: Stage) -> Scenes:
    """A lead that is another one by now."""
    lead, survivor = it.lead(), it.lead()
    it.call("POST", f"/v1/leads/{lead}/merge", {"into": survivor, "reason": "same person, private address"})
    handed = {"evidence": [{"name": "need", "value": "Offers are written by hand"}]}
    yield "POST /v1/leads/{lead_id}/handovers", 409, it.ask("POST", f"/v1/leads/{lead}/handovers", handed)
    contact = "/v1/leads/{lead_id}/do-not-contact"
    yield f"PUT {contact}", 409, it.ask("PUT", contact.format(lead_id=lead), {"reason": "asked on the phone"})
    yield f"DELETE {contact}", 409, it.ask("DELETE", contact.format(lead_id=lead))
    excused = {
        "lead_id": lead,
        "rep": "anna",
        "work": "closing",
        "reason": "an old friend",
        "approver": "board",
        "expires_at": "2026-12-05T09:00:00Z",
    }
    yield "POST /v1/overrides", 409, it.ask("POST", "/v1/overrides", excused)


def accounts(it: Stage) -> Scenes:
    """A company that would be above itself."""
    above, below = [row["id"] for row in it.served.api.iter_items("/v1/accounts")][2:4]
    it.call("PUT", f"/v1/accounts/{below}/parent", {"parent": above, "reason": "bought by the holding"})
    circle = it.ask("PUT", f"/v1/accounts/{above}/parent", {"parent": below, "reason": "bought back"})
    yield "PUT /v1/accounts/{account_id}/parent", 409, circle
