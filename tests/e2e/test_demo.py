"""The demo with real processes, a real database and a real calendar server: what it does, and what it survives."""

import re
import signal
import threading
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from pointsman.local.os_account import OsAccount
from support.programs.running_demo import Demo, demo_in, end, python_for, taken
from support.waiting import PATIENCE_S, PAUSE_S, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes under /proc"),
]

SDRS, PARTNERS, CLOSERS = {"lena", "jonas", "sofia"}, {"mia", "paul"}, {"anna", "ben", "clara", "david"}

#: By email: the first decision's outcome, work and possible reps, and the stage after the hand-offs.
STORY = {
    "t.weber@weber-maschinenbau.example": ("assigned", "qualification", SDRS, "booked"),
    "claudia.frei@frei-logistik.example": ("assigned", "qualification", SDRS, "booked"),
    "petra.lang@lang-textil.example": ("assigned", "customer_service", {"eva"}, "working"),
    "m.egger@egger-glas.example": ("assigned", "qualification", SDRS, "working"),
    "julie@rochat-horlogerie.example": ("held", "qualification", {None}, "held"),
    "oliver@klein-und-fein.example": ("assigned", "qualification", SDRS, "nurture"),
    "h.sommer@sommer-pharma.example": ("assigned", "qualification", SDRS, "nurture"),
    "finn.albers@gmx.de": ("nurture", "nurture", {None}, "nurture"),
    "dana@whitfield-goods.example": ("nurture", "nurture", {None}, "nurture"),
    "ralf.pohl@pohl-antriebe.example": ("assigned", "prospecting", PARTNERS, "working"),
    "ines.hartl@hartl-holz.example": ("assigned", "prospecting", PARTNERS, "working"),
    "urs.kaegi@kaegi-optik.example": ("assigned", "prospecting", PARTNERS, "working"),
    "birgit.moser@moser-stahl.example": ("assigned", "prospecting", PARTNERS, "working"),
    "nadine.schulz@schulz-medizintechnik.example": ("assigned", "qualification", SDRS, "booked"),
}
REFUSED = {
    "m.egger@egger-glas.example": "knowledge of the offer",
    "oliver@klein-und-fein.example": "(20)",
    "h.sommer@sommer-pharma.example": "Need was denied",
}


def test_it_runs_the_main_job_and_goes_on_where_it_stopped_whatever_an_admin_did(open_folder: Path) -> None:
    with demo_in(open_folder) as demo:
        demo.start()
        every_lead_is_where_the_policy_says(demo)
        refused_hand_offs_say_why(demo)
        appointments_stand_once_and_apart(demo)
        shown, sums = demo.tables(), demo.sums()
        assert shown.index("Thomas Weber") < shown.index("Ralf Pohl") < shown.index("Birgit Moser")
        assert "The senders sent 18 events: 18 were accepted." in demo.output
        assert "14 leads: 10 to SDRs, 2 to marketing, 1 to a Customer manager, 1 held; 0 closers got cold work." in (
            " ".join(demo.output.split())
        )
        assert "6 hand-offs: 3 passed, 3 refused; 3 appointments." in " ".join(demo.output.split())
        the_addresses_that_it_names_answer(demo)
        an_admin_changes_the_floor(demo)
        assert demo.signal(signal.SIGINT) == 0
        assert demo.processes() == {}

        (demo.state / "demo.json").unlink()  # with the admin key and the senders' secrets
        demo.env = environment_of(demo)  # of a terminal that made keys, and starts it again
        with taken(calendar_port_of_the_last_time(demo)):
            demo.start()
        assert environment_of(demo).keys() == demo.env.keys()
        assert "sent their 15 events again: all of them were known already" in demo.output
        assert "Intakes that an admin closed or changed took none of theirs: typeform-demo." in demo.output
        assert demo.tables() == shown
        assert demo.sums() == sums
        appointments_stand_once_and_apart(demo)
        with demo.api() as api:
            assert api.get("/v1/reps/lena").json()["active"] is False
            assert api.get("/v1/policies/current").json()["version"] == 2
        a_meeting_booked_before_can_be_called_off(demo)
        assert demo.signal(signal.SIGTERM) == 0
        assert demo.processes() == {}


def the_addresses_that_it_names_answer(demo: Demo) -> None:
    named = dict(re.findall(r"^(Buyer's page|Lead's page|Journey|Google|Mail) +(http\S+)", demo.output, re.MULTILINE))
    with demo.api() as api:
        assert "Nordwerk Software" in api.get(named["Buyer's page"]).text
        assert "clara@nordwerk.example" in api.get(named["Google"]).json()["events"]
        assert api.get(named["Mail"]).text.count("METHOD:REQUEST") == 3
        assert api.get(named["Lead's page"]).status_code == 200
        start = api.get("/", headers={"Accept": "text/html"}).text
        assert named["Lead's page"] in start
        assert named["Buyer's page"] in start
        assert api.get(named["Journey"]).json()["stage"] == "booked"
    assert "docs/first-hour.md" in demo.output


def environment_of(demo: Demo) -> dict[str, str]:
    """What a terminal has that took the variables of the running demo, as README says."""
    lines = (demo.state / "environment").read_text().splitlines()
    assert lines
    return dict(line.removeprefix("export ").replace("'", "").split("=", 1) for line in lines)


def test_killed_with_everything_halfway_it_goes_on_as_a_normal_user_too(open_folder: Path) -> None:
    account = OsAccount.for_server(open_folder)  # who is not root
    if not python_for(account):
        pytest.skip("this checkout or its Python lies where no other account may go")
    with demo_in(open_folder, account=account) as demo:
        demo.start(until="SDRs hand over")
        demo.signal(signal.SIGKILL)
        left = demo.processes()
        assert left, "the children have sessions of their own, so that there is something to clean up"
        for pid in left:
            end(pid)

        demo.start(patience=2 * PATIENCE_S)  # what the killed worker had in hand is leased to it for a minute
        every_lead_is_where_the_policy_says(demo)
        appointments_stand_once_and_apart(demo)
        sums = demo.sums()
        assert demo.signal(signal.SIGKILL) == -signal.SIGKILL

        demo.start()  # the database, the calendars, API and worker of the killed one still run
        assert demo.sums() == sums
        assert demo.signal(signal.SIGINT) == 0
        assert demo.processes() == {}


@pytest.mark.own_database
def test_a_worker_that_does_not_stay_up_ends_it_with_a_reason(open_folder: Path, database_url: str) -> None:
    """And the database that was named is used: the next start finds there what was accepted."""
    with demo_in(open_folder, POINTSMAN_DATABASE_URL=database_url) as demo:
        over = threading.Event()
        reaper = threading.Thread(target=kill_workers, args=(demo, over))
        reaper.start()
        try:
            demo.start(until="part of the service does not stay up")  # said by the demo, or by what runs its parts
            assert demo.end() == 1
        finally:
            over.set()
            reaper.join()
        assert "Traceback" not in demo.output
        assert demo.processes() == {}

        demo.start()
        every_lead_is_where_the_policy_says(demo)
        appointments_stand_once_and_apart(demo)
        assert not (demo.state / "postgres").exists()
        assert demo.signal(signal.SIGINT) == 0


def a_meeting_booked_before_can_be_called_off(demo: Demo) -> None:
    """The calendar server's port is another than it was at the booking."""
    meeting = demo.every("/v1/appointments")[0]
    before = len(demo.events())
    with demo.api() as api:
        api.post(
            f"/v1/appointments/{meeting['id']}/cancel", json={"for_buyer": True, "reason": "is ill"}
        ).raise_for_status()
    wait_until(lambda: len(demo.events()) != before)
    wait_until(lambda: {row["status"] for row in demo.every("/v1/deliveries")} == {"done"})
    assert len(demo.events()) == before - 1
    assert [one["invitation"]["method"] for one in demo.mail()][3:] == ["CANCEL"]


def every_lead_is_where_the_policy_says(demo: Demo) -> None:
    leads = {lead["email"]: lead for lead in demo.every("/v1/leads")}
    assert leads.keys() == STORY.keys()
    decisions = demo.every("/v1/decisions")
    for email, (outcome, work, reps, stage) in STORY.items():
        of_lead = [row for row in decisions if row["lead_id"] == leads[email]["id"]]
        first = min(of_lead, key=lambda row: str(row["at"]))
        assert (first["outcome"], first["work"], leads[email]["stage"]) == (outcome, work, stage), email
        assert first["rep"] in reps, email
    closing = {row["lead_id"] for row in decisions if row["work"] == "closing" and row["rep"]}
    assert {leads[email]["id"] for email, row in STORY.items() if row[3] == "booked"} == closing
    assert {row["work"] for row in decisions if row["rep"] in CLOSERS} == {"closing"}


def refused_hand_offs_say_why(demo: Demo) -> None:
    leads = {lead["id"]: lead["email"] for lead in demo.every("/v1/leads")}
    gates = {
        leads[item["lead_id"]]: item["result"] for item in demo.every("/v1/inbox") if "gate_passed" in item["result"]
    }
    assert {email for email, gate in gates.items() if not gate["gate_passed"]} == REFUSED.keys()
    for email, words in REFUSED.items():
        why = [item["why"] for item in (*gates[email]["missing"], *gates[email]["refused"])]
        told = [*why, *gates[email]["failed"]]
        assert any(words in reason for reason in told), (email, told)
        assert words in demo.output


def appointments_stand_once_and_apart(demo: Demo) -> None:
    events, appointments = demo.events(), demo.every("/v1/appointments")
    assert len(appointments) == 3
    assert {row["status"] for row in appointments} == {"confirmed"}
    ours = [event for event in events if event.uid != "demo-private"]
    assert len(ours) == len(appointments)
    for row in appointments:
        (event,) = (event for event in ours if event.uid.startswith(f"pm-{row['id']}-"))
        assert event.owner == row["rep"]
        assert event.start.isoformat() == row["start"].replace("Z", "+00:00")
        assert event.end.isoformat() == row["end"].replace("Z", "+00:00")
    assert [event.owner for event in events if event.uid == "demo-private"] == ["anna"]
    invited = Counter((one["recipient"], one["invitation"]["method"]) for one in demo.mail())
    buyers = {lead["id"]: lead["email"] for lead in demo.every("/v1/leads")}
    assert invited == {(buyers[row["lead_id"]], "REQUEST"): 1 for row in appointments}
    for one, other in combinations(events, 2):
        assert one.owner != other.owner or one.end <= other.start or other.end <= one.start


def an_admin_changes_the_floor(demo: Demo) -> None:
    """Somebody leaves, a form is closed, and other rules go live: without the field that the form fills in."""
    with demo.api() as api:
        form = api.get("/v1/intakes/typeform-demo").raise_for_status().json()
        closed = {name: form[name] for name in ("title", "kind", "verifier", "mapping", "sample")} | {"active": False}
        api.put("/v1/intakes/typeform-demo", json=closed).raise_for_status()
        document = api.get("/v1/policies/current").json()["document"]
        document["fields"] = {}
        document["pools"]["sdr-dach"]["members"] = ["jonas", "sofia"]
        draft = api.post("/v1/policies", json=document).raise_for_status().json()
        body = {"note": "Lena leaves", "expected_current": 1}
        api.post(f"/v1/policies/{draft['version']}/publish", json=body).raise_for_status()
        api.post("/v1/reps/lena/deactivate").raise_for_status()


def calendar_port_of_the_last_time(demo: Demo) -> int:
    """As it was printed: the server would listen there again."""
    return int(re.findall(r"^Calendars +http://127\.0\.0\.1:(\d+)/", demo.output, re.MULTILINE)[0])


def kill_workers(demo: Demo, over: threading.Event) -> None:
    while not over.is_set():
        for pid in demo.processes(told_apart_by="pointsman.cli work"):
            end(pid)
        over.wait(PAUSE_S)
