"""Appointments that are over, that begin meanwhile, or that cannot be as they are asked for."""

from datetime import timedelta

from support.floors.console_floor import FLOOR_DAY
from support.scenes.stage import Scenes, Stage

_WHERE = "/v1/appointments/{appointment_id}"


def ended(it: Stage) -> Scenes:
    """One that was called off: nothing can be done with it any more."""
    lead, appointment = it.booked()
    at = f"/v1/appointments/{appointment}"
    later = it.slots(lead)[-1]
    it.call("POST", f"{at}/cancel", {"for_buyer": True, "reason": "Is ill this week"})
    it.deliver()
    yield f"POST {_WHERE}/accept", 409, it.ask("POST", f"{at}/accept")
    yield f"POST {_WHERE}/confirm", 409, it.ask("POST", f"{at}/confirm")
    yield f"POST {_WHERE}/dismiss-conflict", 409, it.ask("POST", f"{at}/dismiss-conflict")
    yield f"POST {_WHERE}/reassign", 409, it.ask("POST", f"{at}/reassign", {"reason": "Anna is ill"})
    moved = {"start": later, "for_buyer": True, "reason": "Has to travel"}
    yield f"POST {_WHERE}/reschedule", 409, it.ask("POST", f"{at}/reschedule", moved)
    rejected = {"code": "wrong_buyer", "reason": "An intern who gathers offers"}
    _, other = it.booked()
    yield f"POST {_WHERE}/reject", 200, it.ask("POST", f"/v1/appointments/{other}/reject", rejected)
    yield f"POST {_WHERE}/cancel", 409, it.ask("POST", f"/v1/appointments/{other}/cancel", {"reason": "Is ill"})


def unfit(it: Stage) -> Scenes:
    """A time that lies too near, and a participant who cannot be invited by mail."""
    lead = it.at_closer()
    start = f"{FLOOR_DAY + timedelta(hours=2):%Y-%m-%dT%H:00:00Z}"
    yield "POST /v1/slot-holds", 409, it.ask("POST", "/v1/slot-holds", {"lead_id": lead, "start": start})

    _, appointment = it.booked()
    it.call(
        "PATCH",
        f"/v1/reps/{it.call('GET', f'/v1/appointments/{appointment}')['rep']}",
        {"email": f"anna@{'ä' * 63}.example"},  # longer than a label may be, once written in ASCII
    )
    where = f"/v1/appointments/{appointment}/invitation.ics"
    yield f"GET {_WHERE}/invitation.ics", 409, it.ask("GET", where)


def begun(it: Stage) -> Scenes:
    """Two that begin: one buyer comes, one does not."""
    _, first = it.booked()
    _, second = it.booked()
    start = max(it.call("GET", f"/v1/appointments/{one}")["start"] for one in (first, second))
    it.wait_until(start, minutes=60)
    yield f"POST {_WHERE}/attended", 200, it.ask("POST", f"/v1/appointments/{first}/attended")
    won = {"outcome": "won", "reason": "Signed for 40 seats"}
    yield f"POST {_WHERE}/outcome", 200, it.ask("POST", f"/v1/appointments/{first}/outcome", won)
    yield f"POST {_WHERE}/no-show", 200, it.ask("POST", f"/v1/appointments/{second}/no-show")
