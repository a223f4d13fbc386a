"""Lives of leads as chance has it, on the demo floor: from a form, a list, a CRM or the API to an outcome, or to another lead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from pointsman.services.booking.slot_holds import expire_slot_holds
from pointsman.services.holds.drain import drain_holds
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from support.scenes.stage import Stage

_STEPS = range(3, 10)
_SETTERS = ("lena", "jonas", "sofia")
_NAMES = ("need", "authority", "intent", "offer_known")
_REJECTS = ("wrong_segment", "wrong_buyer", "wrong_value", "not_qualified", "duplicate")
_SWEEPS = (drain_holds, return_nurtured_leads, expire_slot_holds)


def live(stage: Stage, count: int, chance: Random) -> list[str]:
    """So many leads come in and live; their ids, also of those that were merged into another. A count lives once on a floor."""
    lives = _Lives(stage=stage, chance=chance, run=count)
    for _ in range(count):
        lives.come_in()
        for _ in range(chance.choice(_STEPS)):
            lives.go_on()
    stage.deliver()
    return lives.leads


@dataclass(slots=True, kw_only=True)
class _Lives:
    stage: Stage
    chance: Random
    run: int  # tells the events of two runs apart
    leads: list[str] = field(default_factory=list)
    events: int = 0

    @property
    def _number(self) -> int:
        return self.run * 10_000 + self.events

    @property
    def _event(self) -> str:
        return f"life-{self._number}"

    def come_in(self) -> None:
        """One more lead, whose first steps others' acts may lie between."""
        self.events += 1
        self.leads.append(self.chance.choice((self._by_api, self._by_form, self._by_list))())

    def go_on(self) -> None:
        """One step of a lead that came in lately; what is refused changes nothing."""
        lead = self.chance.choice(self.leads[-4:])
        found = self.stage.call("GET", f"/v1/appointments?lead={lead}&limit=1")["items"]
        if self.chance.random() < 0.2:
            self._time_passes()
        if found and found[0]["allowed_actions"] and self.chance.random() < 0.8:
            self._act(found[0])
        else:
            self.chance.choice(_STEPS_WITHOUT_APPOINTMENT)(self, lead)

    def _ask(self, path: str, body: dict[str, Any]) -> None:
        answer = self.stage.ask("POST", path, body)
        assert answer.status_code < 500, f"{path}: {answer.text}"

    # -- ways in

    def _person(self) -> dict[str, Any]:
        """Somebody of one of a few companies, who may be known."""
        return {
            "email": f"buyer{self.chance.randrange(self.events + 3)}@firm{self.chance.randrange(9)}.example",
            "first_name": self.chance.choice(["Mara", "Jörg", "Zoë"]),
            "country": self.chance.choice(["DE", "AT", "FR"]),
            "language": self.chance.choice(["de", "de", "en", "fr"]),
            "source": self.chance.choice(["demo_form", "demo_form", "list", "university", "newsletter"]),
            "employees": self.chance.choice([8, 90, 400]),
        }

    def _by_api(self) -> str:
        person = self._person()
        fields = {f"lead.{name}": person[name] for name in ("country", "language", "source")}
        body = {"email": person["email"], "first_name": person["first_name"]}
        facts = {**fields, "company.employees": person["employees"]}
        return str(self.stage.call("POST", "/v1/leads", {**body, "fields": facts})["lead"]["id"])

    def _by_list(self) -> str:
        return self._by_webhook("website-form", {"contacts": [self._person() | {"id": self._event}]})

    def _by_form(self) -> str:
        person = self._person()
        said = [("email", "email", person["email"]), ("first_name", "text", person["first_name"])]
        answers = [{"type": kind, kind: value, "field": {"ref": ref}} for ref, kind, value in said]
        answers.append({"type": "number", "number": person["employees"], "field": {"ref": "employees"}})
        answers.append({"type": "choice", "choice": {"label": person["country"]}, "field": {"ref": "country"}})
        response = {"submitted_at": self._now().isoformat(), "hidden": {"language": "de"}, "answers": answers}
        return self._by_webhook("typeform-demo", {"event_id": self._event, "form_response": response})

    def _by_webhook(self, intake: str, content: dict[str, Any]) -> str:
        item = self.stage.read_in(intake, content, event=self._event)
        return str(self.stage.call("GET", f"/v1/inbox/{item}")["lead_id"])

    # -- without an appointment

    def hand_over(self, lead: str) -> None:
        """All that the gate asks for, less, or the word that there is no need."""
        names = _NAMES[: self.chance.choice((1, 4, 4, 4))]
        evidence = [{"name": name, "value": f"said: {name}", "affirmed": True} for name in names]
        evidence[0]["affirmed"] = self.chance.random() < 0.9
        body = {"setter": self.chance.choice(_SETTERS), "evidence": evidence}
        self._ask(f"/v1/leads/{lead}/handovers", {**body, "auto_book": self.chance.random() < 0.4})
        if self.chance.random() < 0.8:
            self.book(lead)

    def book(self, lead: str) -> None:
        """A slot, which may be kept for the lead first."""
        shown = self.stage.ask("GET", f"/v1/leads/{lead}/slots").json().get("slots", ())
        if not shown:
            return
        wanted = {"lead_id": lead, "start": self.chance.choice(shown)["start"]}
        if self.chance.random() < 0.3:
            self._ask("/v1/slot-holds", wanted)
        self._ask("/v1/appointments", wanted)

    def hear_news(self, lead: str) -> None:
        """The same person says something more, which may bring them back from marketing."""
        score = self.chance.choice([20, 75, 90])
        known = self.stage.call("GET", f"/v1/leads/{lead}")
        self._ask("/v1/leads", {"email": known["email"], "fields": {"lead.score": score}})

    def hand_over_in_crm(self, lead: str) -> None:
        """An SDR marks the contact in the CRM."""
        self.events += 1
        person = {"email": self.stage.call("GET", f"/v1/leads/{lead}")["email"], "sdr": "jonas@nordwerk.example"}
        said = {f"sdr_{name}": f"said: {name}" for name in _NAMES}
        marked = {**person, **said, "sdr_need_confirmed": "yes", "lastmodifieddate": str(self._number)}
        properties = {name: {"value": value} for name, value in marked.items()}
        event = {"vid": self._number, "portal-id": 1, "properties": properties}
        self.stage.read_in("crm-handover", event, event=self._event)

    def reassign(self, lead: str) -> None:
        """The rules choose anew."""
        self._ask(f"/v1/leads/{lead}/reassign", {"reason": "a new territory"})

    def assign(self, lead: str) -> None:
        """A human chooses, who may need an exception for it."""
        rep, work = self.chance.choice([("sofia", "qualification"), ("anna", "closing"), ("eva", "customer_service")])
        given: dict[str, Any] = {"rep": rep, "work": work, "reason": "knows the buyer"}
        if work == "closing":
            until = (self._now() + timedelta(days=2)).isoformat()
            excused = {**given, "lead_id": lead, "approver": "board", "expires_at": until}
            given["override_id"] = self.stage.ask("POST", "/v1/overrides", excused).json().get("id")
        self._ask(f"/v1/leads/{lead}/assign", given)

    def merge(self, lead: str) -> None:
        """Into one that came in before."""
        self._ask(f"/v1/leads/{lead}/merge", {"into": self.chance.choice(self.leads), "reason": "one person"})

    def link(self, lead: str) -> None:
        """An address at which the buyer books."""
        self._ask(f"/v1/leads/{lead}/booking-links", {})

    # -- with one

    def _act(self, appointment: dict[str, Any]) -> None:
        """One of the acts that the appointment allows, or its beginning."""
        at = f"/v1/appointments/{appointment['id']}"
        start = datetime.fromisoformat(appointment["start"])
        act = self.chance.choice([*appointment["allowed_actions"], "begin"])
        if act == "begin":
            if start > self._now():
                self.stage.wait_until(appointment["start"], minutes=50)
            return
        bodies: dict[str, Callable[[], dict[str, Any]]] = {
            "cancel": lambda: {"reason": "is ill", "for_buyer": self.chance.random() < 0.5},
            "reject": lambda: {"code": self.chance.choice(_REJECTS), "reason": "an intern"},
            "reassign": lambda: {"reason": "is ill"},
            "outcome": lambda: {"outcome": self.chance.choice(["won", "lost", "later"])},
            "reschedule": lambda: self._later(appointment["lead_id"]),
        }
        body = bodies.get(act, dict)()
        if act == "outcome" and body["outcome"] == "later":
            body["again_on"] = (self._now() + timedelta(days=2)).date().isoformat()
        self._ask(f"{at}/{act.replace('_', '-')}", body)

    def _later(self, lead: str) -> dict[str, Any]:
        shown = self.stage.ask("GET", f"/v1/leads/{lead}/slots").json().get("slots", ())
        start = self.chance.choice(shown)["start"] if shown else (self._now() + timedelta(days=3)).isoformat()
        return {"start": start, "for_buyer": self.chance.random() < 0.5}

    # -- time

    def _now(self) -> datetime:
        now: datetime = self.stage.served.app.state.env.clock()
        return now

    def _time_passes(self) -> None:
        """Minutes, or days; then the worker does what is due, and a rep of the pool may be away."""
        self.stage.wait_until(self._now().isoformat(), minutes=self.chance.choice([5, 90, 1_500, 3_000]))
        if self.chance.random() < 0.3:
            self._ask(f"/v1/reps/{self.chance.choice(_SETTERS)}/time-off", {"first_day": "today", "last_day": "today"})
        self.stage.deliver()
        for sweep in _SWEEPS:
            self.stage.served.portal.call(sweep, self.stage.served.app.state.env)


_STEPS_WITHOUT_APPOINTMENT: Sequence[Callable[[_Lives, str], None]] = (
    *([_Lives.hand_over] * 5),
    *([_Lives.book, _Lives.hear_news, _Lives.hand_over_in_crm] * 2),
    *(_Lives.reassign, _Lives.assign, _Lives.merge, _Lives.link),
)
