"""What an entry of a journey says, also of a row that a later release wrote: what is known of it, and never an error."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import AppointmentAction, ConflictAct, MeetingAct
from pointsman.services.lead_pages.journey_texts import journey_text
from pointsman.services.ports.leads.journeys import JourneyKind, JourneyRow
from support.wording import english, german

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told(kind: JourneyKind, **about: Any) -> tuple[str, str]:
    row = JourneyRow(at=AT, kind=kind, id=UUID(int=1), lead_id=UUID(int=2), about=about)
    text = journey_text(row, with_reasons=True, zones={})
    return english(text), german(text)


@pytest.mark.parametrize("until", [None, AT.isoformat()])
def test_a_cause_of_nurture_that_a_later_release_knows_is_told_as_it_is(until: str | None) -> None:
    for said in told(JourneyKind.NURTURE, cause="fell-asleep", until=until):
        assert "fell-asleep" in said


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("wave", "done", ["wave"]),
        ("appointment-put", "parked", ["parked", "Lena"]),
        ("wave", "parked", ["wave", "parked"]),
    ],
)
def test_a_delivery_that_a_later_release_knows_is_told_as_it_is(what: str, status: str, words: list[str]) -> None:
    for said in told(JourneyKind.DELIVERY, what=what, status=status, rep="lena"):
        assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("missing", "refused", "why", "warum"),
    [
        (["motivated"], [], "nothing shows that the lead is motivated", "noch nicht belegt: die Motivation"),
        ([], ["qualified.need"], "the buyer denied need", "vom Interessenten verneint: der Bedarf"),
        (
            ["educated", "qualified.own"],
            ["motivated"],
            "nothing shows that the lead is educated or 'own'; the buyer denied that the lead is motivated",
            "noch nicht belegt: das Vorwissen und „own“; vom Interessenten verneint: die Motivation",
        ),
        ([], [], "a condition is not met", "eine Bedingung ist nicht erfüllt"),
    ],
)
def test_a_shut_gate_tells_what_is_missing_from_what_was_denied(
    missing: list[str], refused: list[str], why: str, warum: str
) -> None:
    about = {"passed": False, "setter": "lena", "work": "closing", "missing": missing, "refused": refused}
    in_english, in_german = told(JourneyKind.GATE, **about)
    assert in_english == f"Lena handed the lead over, and the gate for closing stayed shut: {why}"
    assert in_german == f"Lena hat den Lead übergeben, aber die Freigabe für den Abschluss wurde nicht erteilt: {warum}"


@pytest.mark.parametrize(
    ("what", "english_words", "german_words"),
    [
        ("appointment-put", "the appointment is in the calendar of Lena", "der Termin steht im Kalender von Lena"),
        (
            "appointment-drop",
            "the appointment was taken out of the calendar of Lena",
            "der Termin ist aus dem Kalender von Lena gelöscht",
        ),
        ("person-put", "the CRM knows who has the lead", "das CRM weiß, wer den Lead hat"),
    ],
)
def test_a_delivery_that_is_done_tells_what_is_so_now(what: str, english_words: str, german_words: str) -> None:
    assert told(JourneyKind.DELIVERY, what=what, status="done", rep="lena") == (english_words, german_words)


@pytest.mark.parametrize(
    ("status", "about", "english_words", "german_words"),
    [
        (
            "done",
            {"maybe_twice": True},
            "the buyer was mailed the cancellation of the appointment, maybe twice: the answer to an earlier attempt is missing",
            (
                "die Person hat die Absage des Termins per Mail bekommen, vielleicht zweimal: "
                "Auf einen früheren Versuch fehlt die Antwort"
            ),
        ),
        ("pending", {}, "the cancellation to the buyer is still to be done", "die Absage an die Person steht noch aus"),
        (
            "superseded",
            {"maybe_sent": True},
            (
                "the cancellation to the buyer was overtaken by a later change; "
                "it may have arrived all the same: the answer to an attempt is missing"
            ),
            (
                "die Absage an die Person ist von einer späteren Änderung überholt; "
                "vielleicht kam sie trotzdem an: Auf einen Versuch fehlt die Antwort"
            ),
        ),
    ],
)
def test_a_mail_is_told_by_what_it_said_and_whether_it_arrived_for_sure(
    status: str, about: dict[str, Any], english_words: str, german_words: str
) -> None:
    said = told(JourneyKind.DELIVERY, what="notice-put", said="cancellation", status=status, rep="lena", **about)
    assert said == (english_words, german_words)


def test_a_farewell_to_an_address_that_was_left_is_not_the_buyer_s_cancellation() -> None:
    about = {"what": "farewell-put", "said": "cancellation", "rep": "lena"}
    assert told(JourneyKind.DELIVERY, **about, status="done") == (
        "the address that the buyer had before was mailed that the appointment is called off there",
        "an die frühere Adresse der Person ging per Mail, dass der Termin dort abgesagt ist",
    )
    assert told(JourneyKind.DELIVERY, **about, status="dead")[0].startswith(
        "the cancellation to the address that the buyer had before failed"
    )


def test_evidence_that_denies_is_told_as_a_no_of_the_buyer() -> None:
    about = {"source": "sdr:lena", "names": ["need"], "kinds": ["qualified"]}
    assert told(JourneyKind.EVIDENCE, **about, affirmed=False, denied=["qualified.need"]) == (
        "it was noted that the buyer denied need",
        "ein Nein des Interessenten wurde vermerkt: der Bedarf",
    )
    assert told(JourneyKind.EVIDENCE, **about, affirmed=True, denied=None)[0].endswith("the lead is qualified")


def test_a_wait_of_seconds_has_its_dative_in_german() -> None:
    assert told(JourneyKind.RELEASED, held_at=AT.isoformat()) == (
        "the wait ended after less than a minute",
        "die Wartezeit endete nach weniger als einer Minute",
    )


def test_a_lead_that_the_command_line_sent_is_told_so() -> None:
    english, german = told(JourneyKind.CREATED, actor="cli", account=None)
    assert "the command line" in english
    assert "die Kommandozeile" in german


@pytest.mark.parametrize("act", [*AppointmentAction, *ConflictAct, *MeetingAct])
def test_each_act_of_an_appointment_has_words_of_its_own(act: AppointmentAction | ConflictAct | MeetingAct) -> None:
    about = {"rep": "lena", "by": "calendar", "start": AT.isoformat(), "code": "duplicate", "outcome": "won"}
    about |= {"join_url": "https://meet.example/room"}
    unknown = told(JourneyKind.APPOINTMENT, act="wave", **about)
    assert [text for text in told(JourneyKind.APPOINTMENT, act=act.value, **about) if text in unknown] == []


def test_a_calendar_that_disagrees_is_told_as_open_and_later_as_settled() -> None:
    disagrees = told(JourneyKind.APPOINTMENT, act="conflict", rep="lena", by="calendar")
    agrees = told(JourneyKind.APPOINTMENT, act="agrees", rep="lena", by="calendar")
    assert (
        disagrees[1]
        == "ein Kalender widerspricht dem Termin mit Lena; der Termin bleibt bestehen, bis das jemand klärt"
    )
    assert agrees[0] == "the calendar agrees with the appointment of Lena again"
