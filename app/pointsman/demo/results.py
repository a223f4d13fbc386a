"""What became of everything, asked of the service: where each lead went, how each hand-off ended, and the sums."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pointsman.demo.api import ApiClient
from pointsman.demo.files import read_example

_COLD = frozenset({"nurture", "prospecting", "qualification"})
_CLOSING = "closing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One lead at its first decision, and who has it `now`. A dead letter has no work, and says why; `intake` None is a call
    of the API.
    """

    lead: str
    intake: str | None  # its title
    work: str
    rep: str | None
    outcome: str
    why: str
    now: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHandover:
    """One hand-off to the closers."""

    lead: str
    passed: bool
    missing: str
    what_happens: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResults:
    """Everything in the order of the story."""

    arrivals: Sequence[Arrival]
    handovers: Sequence[DemoHandover]
    roles: Mapping[str, str]  # by rep
    names: Mapping[str, str]  # by rep
    cold_closers: int  # how many closers ever got cold work
    appointments: Sequence[Mapping[str, Any]]

    def is_appointment(self, uid: str) -> bool:
        """Whether a calendar's event is one of this service's appointments."""
        return any(uid.startswith(f"pm-{row['id']}-") for row in self.appointments)

    def count_by_destination(self) -> Counter[str]:
        """How many leads went to each role, to marketing, or nowhere yet; the largest number first."""
        places = Counter(self._place(arrival) for arrival in self.arrivals if arrival.outcome != "dead")
        return Counter(dict(places.most_common()))

    def _place(self, arrival: Arrival) -> str:
        return self.roles.get(arrival.rep, arrival.rep) if arrival.rep else arrival.outcome


def gather_results(api: ApiClient, story: Mapping[str, Any], phone: Mapping[str, Any]) -> DemoResults:
    leads = {lead["id"]: lead for lead in api.iter_items("/v1/leads")}
    inbox = _in_order_of(story, api, leads)
    reps = api.call("GET", "/v1/roster")["reps"]
    closers = {rep["key"] for rep in reps if _CLOSING in rep["works"]}
    cold = {row["rep"] for row in api.iter_items("/v1/decisions") if row["rep"] in closers and row["work"] in _COLD}
    titles = {intake["key"]: intake["title"] for intake in api.call("GET", "/v1/intakes")}
    arrivals = [
        arrival for item in inbox if (arrival := _arrival(api, leads, item, titles.get(item["intake"], item["intake"])))
    ]
    hand_offs = [hand_off for item in inbox if (hand_off := _hand_off(leads, item))]
    return DemoResults(
        arrivals=[*arrivals, *_called_in(api, leads, phone)],
        handovers=[
            *hand_offs,
            DemoHandover(
                lead=_name(leads, phone["lead_id"]),
                passed=phone["passed"],
                missing=phone["missing"],
                what_happens=phone["what"],
            ),
        ],
        roles={rep["key"]: rep["role"] for rep in reps},
        names={rep["key"]: rep["name"] for rep in reps},
        cold_closers=len(cold),
        appointments=list(api.iter_items("/v1/appointments")),
    )


def _in_order_of(
    story: Mapping[str, Any], api: ApiClient, leads: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The inbox as the story tells it: several workers take it up in any order, and a batch arrives at one time."""
    letters = [
        (letter["intake"], read_example(letter["body"]).decode()) for letter in (*story["leads"], *story["handovers"])
    ]

    def place(item: Mapping[str, Any]) -> tuple[int, int, str]:
        email = leads.get(item["lead_id"], {}).get("email")
        for number, (intake, text) in enumerate(letters):
            if email and intake == item["intake"] and email in text:
                return number, text.index(email), item["received_at"]
        return len(letters), 0, item["received_at"]

    return sorted(api.iter_items("/v1/inbox"), key=place)


def _arrival(
    api: ApiClient, leads: Mapping[str, Mapping[str, Any]], item: Mapping[str, Any], intake: str
) -> Arrival | None:
    """For an event that brought a new lead or a new decision, or that became a dead letter."""
    result = item["result"] or {}
    if item["status"] == "dead":
        return Arrival(lead="?", intake=intake, work="", rep=None, outcome="dead", why=item["error"])
    if not result.get("decision_id") or "gate_passed" in result:
        return None
    return _decided(api, leads, item["lead_id"], result["decision_id"], intake)


def _called_in(api: ApiClient, leads: Mapping[str, Mapping[str, Any]], phone: Mapping[str, Any]) -> list[Arrival]:
    first = min(api.iter_items(f"/v1/leads/{phone['lead_id']}/decisions"), key=lambda row: str(row["at"]), default=None)
    return [_decided(api, leads, phone["lead_id"], first["id"], None)] if first else []


def _decided(
    api: ApiClient, leads: Mapping[str, Mapping[str, Any]], lead_id: str, decision_id: str, intake: str | None
) -> Arrival:
    decision = api.call("GET", f"/v1/decisions/{decision_id}")
    holder = api.call("GET", f"/v1/leads/{lead_id}")["holder"]
    return Arrival(
        lead=_name(leads, lead_id),
        intake=intake,
        work=decision["work"] or "",
        rep=decision["rep"],
        outcome=decision["outcome"],
        why=decision["summary"],
        now=holder and holder["rep"],
    )


def _hand_off(leads: Mapping[str, Mapping[str, Any]], item: Mapping[str, Any]) -> DemoHandover | None:
    result = item["result"] or {}
    if "gate_passed" not in result:
        return None
    missing = [*(found["why"] for found in (*result["missing"], *result["refused"])), *result["failed"]]
    return DemoHandover(
        lead=_name(leads, item["lead_id"]),
        passed=result["gate_passed"],
        missing="\n".join(missing),
        what_happens=result["what_happens"],
    )


def _name(leads: Mapping[str, Mapping[str, Any]], lead_id: str) -> str:
    lead = leads.get(lead_id, {})
    return " ".join(part for part in (lead.get("first_name"), lead.get("last_name")) if part) or "?"
