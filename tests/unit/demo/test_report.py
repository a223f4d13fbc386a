"""What the demo says is what it was told: good news and bad."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from pointsman.demo import report
from pointsman.demo.api import ApiClient
from pointsman.demo.calendars import PRIVATE_EVENT_UID, DemoCalendarEntry
from pointsman.demo.phone import hand_over_by_phone
from pointsman.demo.results import Arrival, DemoHandover, DemoResults
from pointsman.services.wording.rendering import MessageReader

READER = MessageReader()


def arrival(rep: str | None, outcome: str = "assigned") -> Arrival:
    return Arrival(lead="Mara Vogel", intake="website-form", work="qualification", rep=rep, outcome=outcome, why="so")


def entry(uid: str, title: str) -> DemoCalendarEntry:
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    return DemoCalendarEntry(owner="anna", uid=uid, start=at, end=at.replace(hour=9), title=title, description="")


OUTCOME = DemoResults(
    arrivals=[arrival("lena"), arrival("mia"), arrival("eva"), arrival(None, "held"), arrival(None, "dead")],
    handovers=[
        DemoHandover(lead="Mara Vogel", passed=True, missing="", what_happens="Anna Richter has this lead."),
        DemoHandover(lead="Jan [red]", passed=False, missing="nobody has recorded need", what_happens="It stays."),
    ],
    roles={"lena": "SDR", "mia": "SDR", "eva": "Customer manager", "anna": "Closer"},
    names={"lena": "Lena Vogt", "anna": "Anna Richter"},
    cold_closers=0,
    appointments=[{"id": "a1", "status": "confirmed"}, {"id": "a2", "status": "cancelled"}],
)


def shown(thing: object, width: int = 90) -> str:
    out = Console(width=width, file=StringIO(), markup=False)
    with out.capture() as captured:
        out.print(thing)
    return captured.get()


def test_the_summary_counts_what_the_service_answered() -> None:
    text = "4 leads: 2 to SDRs, 1 to a Customer manager, 1 held; 0 closers got cold work. "
    assert report.floor_summary(OUTCOME, READER) == text + "2 hand-offs: 1 passed, 1 refused; 1 appointment."


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("reach", "port"), [("", 8000), (". .pointsman/demo/environment", 8001)])
def test_the_end_says_how_another_terminal_reaches_this_floor(language: str, reach: str, port: int) -> None:
    """Without it, the guides' commands would act on the floor of one's own beside it."""
    out = Console(width=90, file=StringIO(), markup=False)
    with out.capture() as captured:
        report.next_steps(
            out,
            base_url=f"http://127.0.0.1:{port}",
            key="pm_x",
            calendar_url="http://127.0.0.1:5232",
            login=("anna", "x"),
            vendor="Google",
            vendor_url="http://127.0.0.1:8427",
            vendor_owner="clara",
            mail_url="http://127.0.0.1:8026/",
            links=None,
            state=Path(".pointsman/demo"),
            reach=reach,
            reader=MessageReader(language=language),
        )
    told = captured.get()
    assert ("Terminals" in told, "`. .pointsman/demo/environment`" in told) == (bool(reach), bool(reach))
    assert told.count("http://127.0.0.1:8000") == 1  # what the guides write, where the floor is elsewhere
    assert told.count(f"http://127.0.0.1:{port}") == (1 if port == 8000 else 2)


@pytest.mark.parametrize(
    ("state", "package", "by_make"),
    [
        ("/floor/.pointsman", "/floor/app/pointsman", True),
        ("/floor/.pointsman", "/floor/venv/lib/python3.11/site-packages/pointsman", False),
        ("/floor/.pointsman", "/elsewhere/app/pointsman", False),
        ("/floor/.pointsman/demo", "/floor/app/pointsman", False),
    ],
)
def test_make_clean_is_told_of_where_there_is_a_makefile_alone(state: str, package: str, by_make: bool) -> None:
    assert report.makes_clean(Path(state), here=Path("/floor"), package=Path(package)) is by_make


def test_a_closer_with_cold_work_is_told_of() -> None:
    assert "; 1 closer got cold work." in report.floor_summary(replace(OUTCOME, cold_closers=1), READER)


def test_events_are_told_apart_by_whose_they_are() -> None:
    entries = [entry("pm-a1-1@x", "Ours"), entry(PRIVATE_EVENT_UID, "Dentist"), entry("pm-b1-1@x", "Theirs")]
    table = shown(report.calendar_table(entries, OUTCOME, {"anna": "Europe/Berlin"}, READER))
    assert "Mon 23 Nov 2026 09:00-10:00 Berlin" in table
    assert "Ours " in table
    assert "Ours (" not in table
    assert "Anna Richter" in table
    assert "Dentist (private)" in table
    assert "Theirs (not of this database)" in table


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_word_is_cut_on_a_narrow_screen(language: str) -> None:
    reader = MessageReader(language=language)
    title = "Gespräch mit Weber Maschinenbau GmbH"
    table = shown(report.calendar_table([entry("pm-a1-1@x", title)], OUTCOME, {"anna": "Europe/Berlin"}, reader), 80)
    cells = {word for line in table.splitlines() for word in line.split()}
    assert set(title.split()) <= cells


def test_works_are_told_in_words_and_a_lead_without_an_intake_as_a_call() -> None:
    arrivals = [arrival("lena"), replace(arrival("lena"), intake=None, work="customer_service")]
    table = shown(report.leads_table(arrivals, OUTCOME.names, MessageReader(language="de")))
    assert "Qualifizierung" in table
    assert "Kundenbetreuung" in table
    assert "Aufruf der API" in table


@pytest.mark.parametrize(("language", "now"), [("en", "now: Anna Richter"), ("de", "jetzt: Anna Richter")])
def test_a_lead_that_went_on_is_told_with_who_has_it_now(language: str, now: str) -> None:
    """As at a second start, after somebody handed leads over."""
    moved = [replace(arrival("lena"), now="anna"), replace(arrival("lena"), now="lena"), arrival("lena")]
    table = shown(report.leads_table(moved, OUTCOME.names, MessageReader(language=language)))
    assert table.count(now) == 1
    assert table.count("Lena Vogt") == 3


@pytest.mark.parametrize("language", ["en", "de"])
def test_on_eighty_columns_reasons_stand_below_their_lead_and_no_word_is_broken(language: str) -> None:
    reader = MessageReader(language=language)
    why = (
        "Lena Vogt: qualification goes to pool customer-care, where she waited longest of those who speak German. " * 3
    )
    rows = [replace(arrival("lena"), why=why.strip(), intake="Website form of the northern region")]
    handed = [DemoHandover(lead="Mara Vogel", passed=False, missing=why.strip(), what_happens=why.strip())]
    for table, times in (
        (report.leads_table(rows, OUTCOME.names, reader, narrow=True), 1),
        (report.handovers_table(handed, reader, narrow=True), 2),
    ):
        lines = shown(table, width=80).splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) < 20
        words = " ".join(line.strip("│┃ ") for line in lines)
        assert words.count(why.strip()) == times


def test_a_booked_hand_off_is_told_on_the_clock_of_most_reps_as_all_answers_are() -> None:
    answers = {
        "/v1/leads": {"items": [{"id": "l1", "email": "a@b.example"}], "next": None},
        "/v1/appointments": {
            "items": [{"rep": "anna", "start": "2026-12-01T08:00:00Z", "status": "confirmed"}],
            "next": None,
        },
        "/v1/roster": {"reps": [{"key": "anna", "name": "Anna Richter", "time_zone": "Europe/Berlin"}]},
    }
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answers[request.url.path]))
    api = ApiClient("http://demo.test", "key", client=httpx.Client(transport=transport))
    told = hand_over_by_phone(api, {"lead": {"email": "a@b.example"}}, READER)
    assert told["what"] == "Anna Richter has this lead, with an appointment on Tue 1 Dec 2026, 09:00 (CET)."


def test_an_appointment_without_its_event_is_told_of() -> None:
    assert report.lost_events([entry("pm-a1-1@x", "Ours")], OUTCOME, READER) == ""
    assert report.lost_events([entry("pm-b1-1@x", "Theirs")], OUTCOME, READER).startswith(
        "1 appointment not in the calendars"
    )


def test_dead_letters_stand_among_the_leads_with_their_reason() -> None:
    table = shown(report.leads_table(OUTCOME.arrivals, OUTCOME.names, READER))
    assert "dead letter" in table
    assert "Lena Vogt" in table
    assert "lena" not in table
    assert "held" in table


def test_names_from_outside_are_no_markup() -> None:
    assert "Jan [red]" in shown(report.handovers_table(OUTCOME.handovers, READER))


def test_a_second_start_says_that_everything_was_known() -> None:
    assert report.sent_summary(18, 0, READER) == "The senders sent 18 events: 18 were accepted."
    assert report.sent_summary(3, 15, READER) == "The senders sent 18 events: 3 were accepted, 15 were known already."
    assert (
        report.sent_summary(0, 18, READER) == "The senders sent their 18 events again: all of them were known already."
    )
