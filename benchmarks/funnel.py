"""The Olist marketing funnel as webhooks: 8,000 marketing-qualified leads, and the hand-offs of those that closed.

The data has no names or addresses: they are made up from the lead's id (`<mql_id>@example.com`). Its dates set the
order; the replay itself happens now, so that evidence is fresh and slots lie in the future.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LEADS = "olist_marketing_qualified_leads_dataset.csv"
DEALS = "olist_closed_deals_dataset.csv"

HASH_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"

Row = dict[str, str]

#: What a hand-off says, and the evidence that the floor's gate takes it for.
FINDINGS = {
    "business_segment": "need",
    "lead_type": "authority",
    "lead_behaviour_profile": "intent",
    "landing_page_id": "offer_known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One webhook: `id` is the sender's own, the same however often it is sent."""

    id: str
    intake: Literal["lead", "handover"]
    mql_id: str
    body: bytes
    missing: frozenset[str] = frozenset()  # of a hand-off: the evidence that the data does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The events in order of time, and who works on them: SDRs and sales reps by their ids in the data."""

    events: tuple[Event, ...]
    setters: tuple[str, ...]
    closers: tuple[str, ...]

    @property
    def leads(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.intake == "lead")

    @property
    def handovers(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.intake == "handover")


def sdr_key(sdr_id: str) -> str:
    """13 people of the data were SDR and sales rep; a rep has one role at a time, so each is two reps here."""
    return f"sdr-{sdr_id[:8]}"


def closer_key(sr_id: str) -> str:
    return f"closer-{sr_id[:8]}"


def read(directory: Path, *, limit: int | None = None) -> Funnel:
    """The first `limit` leads by date with their hand-offs, or all."""
    first = sorted(_rows(directory / LEADS), key=lambda row: (row["first_contact_date"], row["mql_id"]))[:limit]
    leads = {row["mql_id"]: row for row in first}
    deals = [row for row in _rows(directory / DEALS) if row["mql_id"] in leads]
    timed = [(row["first_contact_date"], 0, _lead(row)) for row in first]
    for deal in deals:
        lead = leads[deal["mql_id"]]
        # One deal was won two days before its first contact: nobody hands over a lead that is not there yet.
        at = max(deal["won_date"], f"{lead['first_contact_date']} 23:59:59" * _earlier(deal, lead))
        timed.append((at, 1, _handover(deal, lead)))
    timed.sort(key=lambda item: (item[0], item[1], item[2].mql_id))
    return Funnel(
        events=tuple(event for _, _, event in timed),
        setters=tuple(sorted({deal["sdr_id"] for deal in deals})),
        closers=tuple(sorted({deal["sr_id"] for deal in deals})),
    )


def _earlier(deal: Row, lead: Row) -> bool:
    return deal["won_date"][:10] < lead["first_contact_date"]


def _known(row: Row) -> Row:
    """An unknown landing page is the hash of an empty text in the data."""
    return {name: "" if value == HASH_OF_NOTHING else value for name, value in row.items()}


def _rows(path: Path) -> Iterator[Row]:
    if not path.exists():
        raise SystemExit(f"{path} is missing: --data names the folder with Olist's marketing funnel (see README.md)")
    with path.open(newline="") as file:
        yield from map(_known, csv.DictReader(file))


def person(mql_id: str) -> dict[str, str]:
    """A made-up person: the data is anonymous."""
    return {"email": f"{mql_id}@example.com", "first_name": "Lead", "last_name": mql_id[:8]}


def _lead(row: Row) -> Event:
    payload = {
        "event": "marketing_qualified_lead",
        "mql_id": row["mql_id"],
        "contact": person(row["mql_id"]),
        "origin": row["origin"] or None,
        "landing_page_id": row["landing_page_id"] or None,
        "first_contact_date": row["first_contact_date"],
    }
    return Event(id=f"mql_{row['mql_id']}", intake="lead", mql_id=row["mql_id"], body=json.dumps(payload).encode())


def _handover(deal: Row, lead: Row) -> Event:
    facts = {**lead, **deal}
    findings = {name: facts[name] for name in FINDINGS if facts[name]}
    payload = {
        "event": "sdr_qualified",
        "mql_id": deal["mql_id"],
        "contact": person(deal["mql_id"]),
        "sdr": sdr_key(deal["sdr_id"]),
        "findings": findings,
        "business_type": deal["business_type"] or None,
        "won_date": deal["won_date"],
    }
    return Event(
        id=f"deal_{deal['mql_id']}",
        intake="handover",
        mql_id=deal["mql_id"],
        body=json.dumps(payload).encode(),
        missing=frozenset(evidence for name, evidence in FINDINGS.items() if name not in findings),
    )
