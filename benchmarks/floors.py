"""The people and rules that the benchmarks run with: roles, reps, a policy, intakes and calendars, as data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from funnel import FINDINGS, Funnel, closer_key, sdr_key
from http_load import request

Data = dict[str, Any]

#: What the gate asks for, with its kind.
EVIDENCE = {"need": "qualified", "authority": "qualified", "intent": "motivated", "offer_known": "educated"}

ONE_SLOT_EVIDENCE = ("qualified.need", "motivated.intent")
ONLY_CLOSER = "closer"

SOURCE = "olist"
ZONE = "America/Sao_Paulo"
OFFICE = [{"weekday": day, "start": "09:00", "end": "18:00"} for day in range(5)]
ROLES = [{"name": "SDR", "works": ["prospecting", "qualification"]}, {"name": "Closer", "works": ["closing"]}]
BOOKING = {"duration": "30m", "slot_grid": "30m", "minimum_notice": "1h", "horizon": "14d", "slots_shown": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What is put into a fresh deployment. `calendars` are the reps who get one on the calendar server."""

    reps: Sequence[Data]
    policy: Data
    intakes: Sequence[Data]
    calendars: Sequence[str]


def rep(key: str, role: str, zone: str = ZONE, hours: Sequence[Mapping[str, Any]] = OFFICE) -> Data:
    return {
        "key": key,
        "name": key.replace("-", " ").title(),
        "email": f"{key}@seller.example",
        "role": role,
        "time_zone": zone,
        "working_hours": list(hours),
    }


def calendar_owners(funnel: Funnel) -> Sequence[str]:
    return [closer_key(sr_id) for sr_id in funnel.closers]


def of_funnel(funnel: Funnel) -> Floor:
    """The floor of the data: an SDR for each sdr_id, a closer for each sr_id, rules about where leads came from."""
    setters = [sdr_key(sdr_id) for sdr_id in funnel.setters]
    closers = list(calendar_owners(funnel))
    sdrs = {"members": setters, "method": "fair"}
    policy: Data = {
        "description": "Routes the Olist marketing funnel by origin; closing needs what an SDR found out.",
        "matching": {"free_mail_domains_extra": ["example.com"]},  # where all made-up addresses live
        "gates": {
            "closing": {
                "require": [f"{kind}.{name}" for name, kind in EVIDENCE.items()],
                "expires_after": "30d",
                "on_fail": {"missing": "qualification", "refused": "nurture"},
            }
        },
        "rules": [
            {"name": "Ready to buy", "work": "closing", "pool": "closers", "else": "next"},
            {
                "name": "An SDR knows them, but not enough",
                "when": {"any": [{"field": f"qualification.{name}", "present": True} for name in EVIDENCE]},
                "work": "qualification",
                "pool": "inbound",
            },
            {
                "name": "They came to us",
                "when": {
                    "field": "lead.source",
                    "in": ["organic search", "paid search", "direct traffic", "email", "referral"],
                },
                "work": "qualification",
                "pool": "inbound",
            },
            {
                "name": "We went to them",
                "when": {"field": "lead.source", "in": ["social", "display", "other publicities"]},
                "work": "prospecting",
                "pool": "outbound",
            },
            {"name": "Nobody knows where from", "work": "nurture"},
        ],
        "pools": {
            "inbound": {"work": "qualification", **sdrs},
            "outbound": {"work": "prospecting", **sdrs},
            "closers": {"work": "closing", "members": closers, "method": "fair", "booking": BOOKING},
        },
    }
    return Floor(
        reps=[*(rep(key, "SDR") for key in setters), *(rep(key, "Closer") for key in closers)],
        policy=policy,
        intakes=[olist_leads(funnel), olist_handovers(funnel)],
        calendars=closers,
    )


def intake(key: str, kind: str, mapping: Data, sample: Mapping[str, Any]) -> Data:
    """`secrets` are added when it is made."""
    return {
        "key": key,
        "title": key,
        "kind": kind,
        "verifier": {"scheme": "standard_webhooks"},
        "mapping": mapping,
        "sample": sample,
    }


PERSON = {f"lead.{name}": f"contact.{name}" for name in ("email", "first_name", "last_name")}


def olist_leads(funnel: Funnel) -> Data:
    fields = {**PERSON, "lead.source": "origin", "lead.campaign": "landing_page_id"}
    mapping = {"external_id": "mql_id", "source_system": SOURCE, "fields": fields}
    return intake("olist-leads", "lead", mapping, json.loads(funnel.leads[0].body))


def olist_handovers(funnel: Funnel) -> Data:
    mapping = {
        "external_id": "mql_id",
        "source_system": SOURCE,
        "fields": PERSON,
        "evidence": [{"name": name, "value": f"findings.{found}"} for found, name in FINDINGS.items()],
        "setter": "sdr",
        "auto_book": True,
    }
    return intake("olist-handovers", "handover", mapping, json.loads(funnel.handovers[0].body))


def of_sdrs(count: int, *, weights: Sequence[int] | None = None) -> Floor:
    """So many SDRs in one pool, and one closer behind a gate: for figures, not for realism."""
    setters = [f"sdr-{number}" for number in range(1, count + 1)]
    members = [{"rep": key, "weight": weight} for key, weight in zip(setters, weights or [1] * count, strict=True)]
    policy: Data = {
        "gates": {"closing": {"require": list(ONE_SLOT_EVIDENCE)}},
        "rules": [
            {"name": "Ready to buy", "work": "closing", "pool": "closers", "else": "next"},
            {"name": "Everybody else", "work": "qualification", "pool": "sdrs"},
        ],
        "pools": {
            "sdrs": {"work": "qualification", "members": members, "method": "fair"},
            "closers": {"work": "closing", "members": [ONLY_CLOSER], "booking": BOOKING},
        },
    }
    around = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]
    return Floor(
        reps=[*(rep(key, "SDR") for key in setters), rep(ONLY_CLOSER, "Closer", "UTC", around)],
        policy=policy,
        intakes=[intake("form", "lead", FORM, json.loads(form("1")))],
        calendars=[ONLY_CLOSER],
    )


def lead(number: str) -> Data:
    """A made-up lead of a made-up company."""
    return {
        "email": f"{number}@firm-{number}.example",
        "first_name": "Lead",
        "last_name": number,
        "fields": {"lead.source": "organic search", "lead.country": "DE", "company.employees": 120},
    }


FORM = {
    "external_id": "id",
    "fields": {
        "lead.email": "email",
        "lead.first_name": "first_name",
        "lead.last_name": "last_name",
        "lead.source": "source",
        "lead.country": "country",
        "lead.message": "message",
    },
}


def form(number: str, size: int = 1_500) -> bytes:
    """A contact form of about the size that marketing tools send; nobody real."""
    body = {"id": number, **lead(number), "source": "organic search", "country": "DE", "message": ""}
    del body["fields"]
    body["message"] = "x" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


def qualification() -> Data:
    """What an SDR says when handing a lead of `of_sdrs` over."""
    return {
        "setter": "sdr-1",
        "evidence": [
            {"name": "need", "value": "replaces a tool"},
            {"name": "intent", "value": "this quarter"},
        ],
    }


def lead_request(key: str, number: str) -> bytes:
    """POST /v1/leads as a careful caller sends it: with an idempotency key."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": f"lead-{number}",
    }
    return request("POST", "/v1/leads", headers=headers, body=json.dumps(lead(number)).encode())
