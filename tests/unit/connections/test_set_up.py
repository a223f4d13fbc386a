"""A set-up goes from nothing to a test booking, can be left at every step, and goes on where it stopped."""

import asyncio
from typing import Any

import pytest

from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connections.set_up import AskedSetUp, set_up
from pointsman.connectors.live import LiveFinding, LiveResult
from pointsman.domain.errors import Invalid, Unavailable
from pointsman.domain.messages.message import say
from pointsman.services.connections.calendar_bindings import CalendarBindingInput
from pointsman.services.connections.trial_message import SentTrial, TrialResult
from pointsman.services.ports.vendors.pace import PaceState
from support.connections.answers import WrittenAnswers
from support.connections.host_in_memory import CLOSED_DOWN, HostInMemory, calendar
from support.roster import rep

CLIENT = {"client_id": "id.example", "client_secret": "hush"}


def host(**over: Any) -> HostInMemory:
    people = [rep("anna", time_zone="Europe/Berlin"), rep("ben"), rep("clara")]
    seen = [calendar("anna@example.com"), calendar("b1", "BEN@example.com", title="Ben"), calendar("c1")]
    return HostInMemory(people=people, seen=seen, **over)


def run(host: HostInMemory, *, asks: WrittenAnswers | None = None, waits: bool = True, **given: Any) -> bool:
    asked = AskedSetUp(
        connector="google", key="google", asks=asks, given=GivenSetUp(**given), everything=False, waits=waits
    )
    return asyncio.run(set_up(host, asked, sleep=host.sleep))


def bound(key: str, name: str, *, writes: bool = True) -> CalendarBindingInput:
    return CalendarBindingInput(connection=key, calendar=name, writes=writes)


def test_a_person_goes_the_whole_way(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host(signs_in=True, signs_in_after=3)
    #: way, client, secret, no further fields; Anna yes, Ben no; pick others: Ben by number, Clara none; book
    answers = WrittenAnswers.of(["1", "id.example", "hush", False, True, False, True, "9", "2", "", True])
    assert run(floor, asks=answers)
    assert answers.answers == []
    assert floor.saved["google"].config == CLIENT
    assert floor.bindings == {"anna": [bound("google", "anna@example.com")], "ben": [bound("google", "b1")]}
    assert floor.booked == [("google", "anna@example.com", "Europe/Berlin")]
    said = capsys.readouterr().out
    assert "https://vendor.example/authorize?of=google" in said
    assert "appointments: put" in said
    assert "people: put" not in said


def test_who_leaves_at_a_later_rep_has_no_calendar_to_choose_again() -> None:
    floor = host()
    assert run(floor, config=CLIENT)
    with pytest.raises(AssertionError):  # no answer is left for Clara, as where a person leaves
        run(floor, asks=WrittenAnswers.of([True, False, True, "2"]))
    assert floor.bindings.keys() == {"anna", "ben"}


def test_a_calendar_that_is_not_listed_is_named_and_asked_for_again_where_it_is_none() -> None:
    floor = host(missing={"typo@example.com"})
    assert run(floor, config=CLIENT)
    answers = WrittenAnswers.of([False, False, True, "", "", "typo@example.com", "clara@example.com", False])
    assert run(floor, asks=answers)
    assert answers.answers == []
    assert floor.bindings == {"clara": [bound("google", "clara@example.com")]}


def test_a_document_answers_everything() -> None:
    floor = host()
    assert run(floor, config=CLIENT, match=True, calendars=[{"rep": "clara", "calendar": "c1"}])
    assert floor.bindings.keys() == {"anna", "ben", "clara"}
    assert len(floor.booked) == 1


def test_without_a_word_about_calendars_none_is_bound() -> None:
    floor = host()
    assert run(floor, config=CLIENT)
    assert floor.bindings == {}
    assert floor.booked == []


def test_what_was_left_before_the_sign_in_goes_on_there() -> None:
    floor = host(signs_in=True)
    assert run(floor, config=CLIENT, waits=False)
    assert (floor.begun, floor.looks, floor.bindings) == (1, 0, {})
    assert run(floor, match=True)
    assert (floor.begun, floor.looks) == (2, 1)
    assert floor.bindings.keys() == {"anna", "ben"}


def test_what_was_left_before_the_calendars_asks_for_no_field_again() -> None:
    floor = host()
    assert run(floor, config=CLIENT)
    answers = WrittenAnswers.of([True, True, False, False])
    assert run(floor, asks=answers)
    assert answers.answers == []
    assert floor.bindings.keys() == {"anna", "ben"}
    assert run(floor, asks=(again := WrittenAnswers.of([False, False])))  # Clara, and the trial
    assert again.answers == []


def test_where_nobody_signs_in_the_command_ends_and_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host(signs_in=True, signs_in_after=None)
    with pytest.raises(SystemExit) as end:
        run(floor, config=CLIENT)
    assert end.value.code == 1
    assert floor.looks == 300
    assert "pointsman connections add google --key google" in capsys.readouterr().err


def test_another_connector_under_the_key_is_refused() -> None:
    floor = host()
    run(floor, config=CLIENT)
    asked = AskedSetUp(connector="smtp", key="google", asks=None, given=GivenSetUp(), everything=False, waits=True)
    with pytest.raises(SystemExit):
        asyncio.run(set_up(floor, asked, sleep=floor.sleep))


def test_a_new_connection_without_a_configuration_is_refused() -> None:
    with pytest.raises(SystemExit):
        run(host())


@pytest.mark.parametrize("refusal", [Invalid("The vendor refuses these credentials."), Unavailable("No answer.")])
def test_what_the_vendor_refuses_is_told_and_asked_again(
    refusal: Invalid | Unavailable, capsys: pytest.CaptureFixture[str]
) -> None:
    floor = host(refusals=[refusal])
    fields: list[str | bool] = ["1", "id.example", "hush", False]
    assert run(floor, asks=WrittenAnswers.of([*fields, True, *fields, False, False, False]))
    assert str(refusal) in capsys.readouterr().out
    floor = host(refusals=[refusal])
    with pytest.raises(type(refusal)):
        run(floor, asks=WrittenAnswers.of([*fields, False]))
    assert floor.saved == {}


def test_a_rep_keeps_the_calendars_of_other_connections_and_where_appointments_are_put() -> None:
    floor = host()
    floor.bindings["anna"] = [bound("team", "/anna/")]
    assert run(floor, config=CLIENT, calendars=[{"rep": "anna", "calendar": "anna@example.com"}])
    assert floor.bindings["anna"] == [bound("team", "/anna/"), bound("google", "anna@example.com", writes=False)]
    assert floor.booked == []
    assert run(floor, calendars=[{"rep": "anna", "calendar": "anna@example.com", "writes": True}])
    assert floor.bindings["anna"] == [bound("team", "/anna/", writes=False), bound("google", "anna@example.com")]


def test_a_vendor_that_lists_no_calendars_has_them_bound_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host(lists=False)
    assert run(floor, config=CLIENT, calendars=[{"rep": "ben", "calendar": "b1"}])
    assert floor.bindings == {"ben": [bound("google", "b1")]}
    assert "does not list its calendars" in capsys.readouterr().out


@pytest.mark.parametrize(
    "over",
    [
        {"unreadable": {"b1": CLOSED_DOWN}},
        {"findings": [LiveFinding(check="appointments: put", result=LiveResult.BROKEN, told="not found again")]},
        {"state": PaceState.OUT_OF_USE},
    ],
    ids=["unreadable", "broken", "out of use"],
)
def test_what_does_not_work_is_the_end_of_the_command(over: dict[str, Any]) -> None:
    assert not run(host(**over), config=CLIENT, match=True)


def test_no_booking_is_tried_where_the_document_says_so() -> None:
    floor = host()
    assert run(floor, config=CLIENT, match=True, try_booking=False)
    assert floor.booked == []


def test_a_calendar_that_is_not_there_keeps_no_other_from_being_bound(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host(missing={"b9"})
    given = [{"rep": "ben", "calendar": "b9"}, {"rep": "nobody", "calendar": "c1"}, {"rep": "clara", "calendar": "c1"}]
    assert not run(floor, config=CLIENT, calendars=given)
    assert floor.bindings == {"clara": [bound("google", "c1")]}
    said = capsys.readouterr().out
    assert "ben: b9 was not bound" in said
    assert "nobody: c1 was not bound: There is no rep" in said


def test_the_same_document_twice_reads_and_books_again(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host()
    for _ in range(2):
        assert run(floor, config=CLIENT, match=True)
    assert len(floor.booked) == 2
    assert "cannot be read" not in capsys.readouterr().out


def test_a_wrong_client_is_mended_by_the_same_command() -> None:
    floor = host(signs_in=True)
    assert run(floor, config=CLIENT | {"client_id": "wrong"}, waits=False)
    asks = WrittenAnswers.of([True, "1", "id.example", "hush", False])
    assert run(floor, asks=asks, waits=False)
    assert asks.answers == []
    assert floor.saved["google"].config == CLIENT
    assert run(floor, asks=WrittenAnswers.of([False]), waits=False)  # or left as it is
    assert floor.saved["google"].config == CLIENT


def test_what_was_answered_is_proposed_after_a_refusal() -> None:
    floor = host(refusals=[Unavailable("No answer.")])
    further: list[str | bool] = [True, "https://calendar.example", "", ""]
    again: list[str | bool] = [True, "1", "", "right", False, False, False, False]
    assert run(floor, asks=WrittenAnswers.of(["1", "id.example", "hush", *further, *again]))
    config = floor.saved["google"].config
    assert config | CLIENT | {"client_secret": "right", "url": "https://calendar.example"} == config


# -- what was pasted


@pytest.mark.parametrize("secret", [" hush", "hush ", "hush\t", "hush \n"])
def test_a_blank_around_a_secret_is_kept_and_told(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(host(), config=CLIENT | {"client_secret": secret})
    said = capsys.readouterr().out
    assert "client_secret begins or ends with a blank" in said
    assert "hush" not in said


def test_a_blank_that_was_typed_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(host(), asks=WrittenAnswers.of(["1", "id.example", "hush ", False, False, False, False]))
    assert "client_secret begins or ends with a blank" in capsys.readouterr().out


@pytest.mark.parametrize("secret", ["hush", "hu sh", "hush\n", "hush\r\n", "of\nseveral lines\n"])
def test_a_secret_without_one_is_not_remarked_upon(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(host(), config=CLIENT | {"client_secret": secret})
    assert "blank" not in capsys.readouterr().out


# -- mail

MAIL = {"host": "mail.example", "sign_in": "none", "sender": "post@example.com"}


def run_mail(host: HostInMemory, *answers: str | bool, **given: Any) -> bool:
    asks = WrittenAnswers.of(answers) if answers else None
    asked = AskedSetUp(connector="smtp", key="mail", asks=asks, given=GivenSetUp(**given), everything=False, waits=True)
    done = asyncio.run(set_up(host, asked, sleep=host.sleep))
    assert asks is None or asks.answers == []
    return done


def test_who_sets_mail_up_may_have_a_test_message_sent(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host()
    assert run_mail(floor, "5", "mail.example", "post@example.com", False, "ada@example.com")
    assert floor.saved["mail"].config == MAIL
    assert floor.trials == [("mail", "ada@example.com")]
    assert "Look for it in the mailbox of ada@example.com" in capsys.readouterr().out


def test_without_an_address_none_is_sent() -> None:
    floor = host()
    assert run_mail(floor, "5", "mail.example", "post@example.com", False, "")
    assert run_mail(floor, config=MAIL)
    assert floor.trials == []


def test_an_address_that_is_none_is_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host(trial_ends=[Invalid("This is no address that mail can go to.")])
    assert run_mail(floor, "5", "mail.example", "post@example.com", False, "ada", "ada@example.com")
    assert floor.trials == [("mail", "ada@example.com")]
    assert "no address" in capsys.readouterr().out


def test_a_document_names_the_address_and_what_is_wrong_with_it_ends_the_command() -> None:
    floor = host()
    assert run_mail(floor, config=MAIL, send_test_to="ada@example.com")
    assert floor.trials == [("mail", "ada@example.com")]
    with pytest.raises(Invalid):
        run_mail(host(trial_ends=[Invalid("no address")]), config=MAIL, send_test_to="ada")


@pytest.mark.parametrize("result", [TrialResult.REFUSED, TrialResult.UNKNOWN])
def test_a_test_message_that_was_not_taken_is_told_and_the_command_says_so(
    result: TrialResult, capsys: pytest.CaptureFixture[str]
) -> None:
    end = SentTrial(result=result, why=say("vendor.said", said="there is no such mailbox (550 5.1.1)"))
    assert not run_mail(host(trial_ends=[end]), config=MAIL, send_test_to="ada@example.com")
    assert "there is no such mailbox (550 5.1.1)" in capsys.readouterr().out


def test_over_a_connection_that_sends_no_mail_nobody_is_asked_for_an_address() -> None:
    floor = host()
    assert run(floor, config=CLIENT, send_test_to="ada@example.com")
    assert floor.trials == []
