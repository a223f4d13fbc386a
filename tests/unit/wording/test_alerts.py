"""Each alert reads well in each language: people and things by name, times in the reader's zone."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from pointsman.domain.messages.message import (
    Arg,
    Message,
    as_written,
    connection_name,
    intake_name,
    rep_name,
    say,
)
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.wording.catalogue import LANGUAGES, load_catalogue
from pointsman.services.wording.rendering import MessageReader, render_sentence

NAMES = {rep_name("r-anna"): "Anna Beck", intake_name("i-web"): "Website"}
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
#: The messages of each kind of alert.
SAID: Mapping[AlertCode, tuple[str, ...]] = {
    AlertCode.CALENDAR_CONFLICT: ("calendar-conflict",),
    AlertCode.CALENDAR_EMPTIED: ("calendar-emptied",),
    AlertCode.CALENDAR_ORPHAN: ("calendar-orphan",),
    AlertCode.CALENDAR_UNREADABLE: (
        "calendar-unreadable",
        "calendars-unreadable",
        "calendar-not-read-back",
        "calendar-missing",
        "calendar-off",
        "calendar-not-signed-in",
    ),
    AlertCode.CONNECTION_REAUTH: ("connection-reauth",),
    AlertCode.CRM_OWNER_DIFFERS: ("crm-owner-differs",),
    AlertCode.CRM_FIELD: ("crm-field",),
    AlertCode.CRM_USER_MISSING: ("crm-user-missing",),
    AlertCode.DELIVERIES_LATE: ("deliveries-late",),
    AlertCode.DELIVERIES_SWITCHED_OFF: ("deliveries-switched-off",),
    AlertCode.DELIVERY_DEAD: ("delivery-dead",),
    AlertCode.EMPLOYER_CHANGE: ("employer-change",),
    AlertCode.HOLD_OVERDUE: ("hold-overdue", "hold-overdue-release"),
    AlertCode.BUYER_UNTOLD: ("buyer-untold", "buyer-uninvited", "guests-refused", "buyer-no-address"),
    AlertCode.IDENTITY_CONFLICT: ("identity-conflict", "identity-conflict-email"),
    AlertCode.INACTIVE_HOLDER: ("holder-inactive", "holder-away"),
    AlertCode.INBOX_DEAD: ("inbox-dead",),
    AlertCode.INBOX_REFUSED: ("inbox-refused",),
    AlertCode.INTAKE_MISSED: ("intake-missed",),
    AlertCode.MAIL_BOUND: ("mail-bound", "mail-bound-others"),
    AlertCode.MAILBOX_REFUSED: ("mailbox-refused",),
    AlertCode.MEETING_LINK_MISSING: ("meeting-link-missing", "no-meeting-made", "meeting-links-missing-others"),
    AlertCode.PARENT_CIRCLE: ("parent-circle",),
    AlertCode.REQUEST_LAPSED: ("request-lapsed",),
    AlertCode.RESULT_OVERDUE: ("result-overdue",),
    AlertCode.ROSTER_OUTDATED: ("roster-outdated",),
    AlertCode.SWEEP_FAILING: ("sweep-failing",),
}
GONE = as_written("gone")
_CLAUSES = ("effect-", "by-", "no-answer-")
_ARGS: Mapping[str, Arg] = {
    "rep": rep_name("r-anna"),
    "before": rep_name("r-anna"),
    "reps": (rep_name("r-anna"),),
    "intake": intake_name("i-web"),
    "connection": connection_name("google"),
    "at": AT,
    "until": AT,
    "since": AT,
    "seconds": 3.0,
    "of": 7,
    "mails": 2,
    "version": 1234,
    "error": say("alerts.no-answer-in-time", seconds=3.0),
    "faults": (say("calendar-reading.of-calendar", calendar="anna", connection=connection_name("google"), error=GONE),)
    * 2,
    "effect": say("alerts.effect-appointment-put"),
    "by": say("alerts.by-email"),
    "other_by": say("alerts.by-phone"),
    "alert": say("alerts.hold-overdue", at=AT, reason=as_written("no rule")),
}


def sample(key: str, count: int) -> Message:
    parts = load_catalogue("en").parts(f"alerts.{key}", {"count": count}) or ()
    names = {name for _, name, _ in parts if name}
    args = {name: _ARGS.get(name, as_written(name)) for name in names - {"count"}}
    return say(f"alerts.{key}", count=count, **args)


def test_each_kind_of_alert_is_here_with_all_its_messages() -> None:
    keys = {key.removeprefix("alerts.") for key in load_catalogue("en").texts if key.startswith("alerts.")}
    assert set(SAID) == set(AlertCode)
    assert {key for keys in SAID.values() for key in keys} == {key for key in keys if not key.startswith(_CLAUSES)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", AlertCode)
def test_an_alert_names_people_and_tells_times_of_its_reader(code: AlertCode, language: str) -> None:
    reader = MessageReader(language=language, zone="Europe/Berlin", names=NAMES)
    for key in SAID[code]:
        for count in (1, 3):
            text = render_sentence(sample(key, count), reader)
            assert [odd for odd in ("{", "UTC", "r-anna", "i-web", "alerts.", "None") if odd in text] == [], text
            assert (text[0].isupper() or text[0].isdigit(), text[-1]) == (True, "."), text


def test_an_alert_is_one_sentence_in_german() -> None:
    reader = MessageReader(language="de", zone="Europe/Berlin", names=NAMES)
    assert render_sentence(sample("calendar-unreadable", 1), reader) == (
        "Der Kalender von Anna Beck bei google lässt sich nicht lesen: keine Antwort innerhalb von 3 s. "
        "Anna Beck ist nicht buchbar."
    )
