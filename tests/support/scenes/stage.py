"""What a scene plays with: the demo floor, its keys, and the way of a lead to an appointment."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from pointsman.services.deliveries.run import run_delivery
from pointsman.services.intake.process_item import process_item
from support.floors.console_floor import FloorClock, Served

#: An operation, the status that it is to show, and the answer.
Scenes = Iterator[tuple[str, int, httpx.Response]]

_QUALIFIED = {
    "setter": "jonas",
    "evidence": [
        {"name": "need", "value": "Offers are written by hand"},
        {"name": "authority", "value": "Head of Sales, signs up to 40,000 euros"},
        {"name": "intent", "value": "Wants to start in February"},
        {"name": "offer_known", "value": "Has seen the product tour"},
    ],
}


@dataclass(slots=True, kw_only=True)
class Stage:
    """The demo floor, and the leads that the scenes bring."""

    served: Served
    made: int = 0
    keys: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **parts: Any) -> httpx.Response:
        """One call, as the admin unless with another `key`."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.served.client.request(method, path, json=body, headers=headers, **parts)

    def yaml(self, path: str, text: str) -> httpx.Response:
        """A policy as it is written."""
        return self.served.client.post(path, content=text, headers={"Content-Type": "text/yaml"})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the admin that must succeed, and its document."""
        answer = self.ask(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def partner_key(self) -> str:
        """The key with which the partner's leads come in."""
        if "partner" not in self.keys:
            asked = {"name": "Callwerk leads", "scopes": ["intake", "read"], "supplier": "callwerk"}
            self.keys["partner"] = self.call("POST", "/v1/keys", asked)["token"]
        return self.keys["partner"]

    def lead(self, **said: Any) -> str:
        """A new lead of the mid-market, by the house."""
        self.made += 1
        body = {
            "email": f"buyer{self.made}@scene{self.made}.example",
            "first_name": "Nora",
            "last_name": f"Scene {self.made}",
            "fields": {
                "lead.country": "DE",
                "lead.language": "de",
                "lead.source": "demo_form",
                "company.employees": 80,
            },
        }
        return str(self.call("POST", "/v1/leads", {**body, **said})["lead"]["id"])

    def at_closer(self) -> str:
        """A lead that passed the gate and has a closer."""
        lead = self.lead()
        assert self.call("POST", f"/v1/leads/{lead}/handovers", _QUALIFIED)["closer"]
        return lead

    def slots(self, lead: str) -> list[str]:
        return [slot["start"] for slot in self.call("GET", f"/v1/leads/{lead}/slots")["slots"]]

    def booked(self) -> tuple[str, str]:
        """A lead and its appointment, which is in the closer's calendar."""
        lead = self.at_closer()
        made = self.call("POST", "/v1/appointments", {"lead_id": lead, "start": self.slots(lead)[1]})
        self.deliver()
        return lead, str(made["id"])

    def deliver(self) -> None:
        """What the worker would deliver now."""
        env = self.served.app.state.env
        for delivery in self.served.api.iter_items("/v1/deliveries", status="pending"):
            self.served.portal.call(run_delivery, env, delivery["id"])

    def webhook(self, intake: str, body: bytes, *, event: str) -> httpx.Response:
        """A signed webhook of one of the demo's senders."""
        clock = self.served.app.state.env.clock
        return self.served.senders[intake].send(self.served.api, body, event_id=event, now=clock())

    def read_in(self, intake: str, content: Any, *, event: str) -> str:
        """A webhook that the worker has looked at; its item."""
        (item,) = self.webhook(intake, json.dumps(content).encode(), event=event).json()["ids"]
        self.served.portal.call(process_item, self.served.app.state.env, item)
        return str(item)

    def wait_until(self, moment: str, minutes: int = 0) -> None:
        """Let the clock go on to some minutes after `moment`."""
        clock = self.served.app.state.env.clock
        assert isinstance(clock, FloorClock)
        clock.go_on_to(datetime.fromisoformat(moment) + timedelta(minutes=minutes))
