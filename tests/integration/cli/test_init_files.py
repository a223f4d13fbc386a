"""What `init` asks, how it reads answers, and that the files which it writes are taken without a finding."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from pointsman.api.policies.policy_text import parse_policy_yaml_now
from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.init.answers import (
    Answers,
    RepAnswer,
    WrongAnswer,
    read_email,
    read_hours,
    read_language,
    read_name,
    read_rep,
    read_role,
    read_zone,
)
from pointsman.cli.init.files import policy_text, roster_text
from pointsman.cli.init.questions import Questioner, ask_calendar, ask_reps
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.roster.roles import Role
from pointsman.services.policies.checking import PolicySurroundings, check_offline
from pointsman.services.wording.rendering import MessageReader, render

LENA = "Lena Vogt, lena@nordwerk.example, SDR"
BEN = "Ben Roth, ben@nordwerk.example, closer, 08:00-16:00"
MAX = "Max Müller, max@nordwerk.example, Gründer"


def reps(*words: str) -> tuple[RepAnswer, ...]:
    read: list[RepAnswer] = []
    for text in words:
        read.append(read_rep(text, read))
    return tuple(read)


def test_a_rep_is_read_from_one_line() -> None:
    (lena, ben) = reps(LENA, BEN)
    assert (lena.key, lena.name, lena.role, lena.hours) == ("lena", "Lena Vogt", "SDR", ("09:00", "17:00"))
    assert (ben.role, ben.hours) == ("Closer", ("08:00", "16:00"))


def test_no_two_reps_have_one_key() -> None:
    names = ["Jörg Groß", "Jörg Groß", "Jörg Klein", "Jörg Groß", "Ωμέγα", "李 雷"]
    found = reps(*(f"{name}, rep{number}@b.example, SDR" for number, name in enumerate(names)))
    assert [rep.key for rep in found] == ["joerg", "joerg-gross", "joerg-klein", "joerg-gross-2", "rep", "rep-2"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_name, " \n "),
        (read_name, "a\u202eb"),
        (read_name, "x" * 201),
        (read_email, "lena"),
        (read_role, "Boss"),
        (read_hours, "17:00-09:00"),
        (read_hours, "9-17"),
        (read_zone, "Europe/Bielefeld"),
        (read_zone, "../../etc/passwd"),
        (read_language, "fr"),
        (lambda text: read_rep(text, ()), "Lena, lena@nordwerk.example"),
    ],
)
def test_an_answer_that_cannot_be_taken_says_what_to_write(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(WrongAnswer) as wrong:
        read(text)
    for language in ("de", "en"):
        assert not render(wrong.value.message, MessageReader(language=language)).startswith("init.")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("floor", [(LENA,), (LENA, BEN), (MAX,), (LENA, MAX, BEN), ("No One, no@x.example, SDR",)])
def test_the_files_are_taken_without_a_finding(floor: tuple[str, ...], language: str) -> None:
    named = 'Nordwerk: "Süd" & {Söhne} # 1'
    answers = Answers(organisation=named, zone="Europe/Berlin", language=language, reps=reps(*floor))
    readers = ChildTextReaders()
    roster = RosterIn.model_validate(parse_policy_yaml_now(roster_text(answers).encode(), readers).document)
    works = {role.name: frozenset(role.works) for role in roster.roles}
    known = {
        rep.key: Rep(
            id=uuid4(),
            key=rep.key,
            name=rep.name,
            email=rep.email,
            role=Role(name=rep.role, works=works[rep.role]),
            role_id=uuid4(),
            time_zone=rep.time_zone,
            working_hours=tuple(block.given() for block in rep.working_hours),
        )
        for rep in roster.reps
    }
    assert [rep.key for rep in roster.reps] == [rep.key for rep in answers.reps]
    policy = parse_policy_yaml_now(policy_text(answers).encode(), readers)
    assert check_offline(policy.document, PolicySurroundings(roster=Roster(version=1, reps=known))) == ()


def questioner(*answers: str) -> tuple[Questioner, list[str]]:
    left, told = list(answers), list[str]()

    def ask(_question: str, default: str | None) -> str:
        return left.pop(0) or default or ""

    asks = Questioner(ask=ask, ask_secret=lambda _question: "secret", tell=told.append, reader=MessageReader())
    return asks, told


def test_reps_are_asked_for_until_one_can_take_a_lead_and_a_wrong_answer_is_asked_again() -> None:
    ben = ["Ben Roth", "ben@x.example", "Closer", ""]
    lena = ["Lena Vogt", "lena", "lena@x.example", "SDR", "9", "08:00-12:00"]
    asks, told = questioner(*ben, "", *lena, "")
    assert [(rep.key, rep.role, rep.hours) for rep in ask_reps(asks)] == [
        ("ben", "Closer", ("09:00", "17:00")),
        ("lena", "SDR", ("08:00", "12:00")),
    ]
    assert ["SDR or a Founder" in told[0], "no address" in told[1], "no working hours" in told[2]] == [True] * 3


def test_a_line_as_for_the_flag_is_a_whole_rep_and_one_that_has_too_little_is_told_the_form() -> None:
    asks, told = questioner("Jörg Straße, joerg@acme.example", LENA, "Ben, ben@x.example, Closer", "")
    assert [(rep.key, rep.name, rep.email, rep.role) for rep in ask_reps(asks)] == [
        ("lena", "Lena Vogt", "lena@nordwerk.example", "SDR"),
        ("ben", "Ben", "ben@x.example", "Closer"),
    ]
    assert ["Lena Vogt, lena@" in line for line in told] == [True]


def test_calendars_are_asked_for_of_those_who_close() -> None:
    asks, _ = questioner("https://cal.example", "svc", "/ben/work/")
    found = ask_calendar(asks, reps(LENA, BEN))
    assert found is not None
    assert (found.paths, found.password) == ({"ben": "/ben/work/"}, "secret")
    assert "secret" not in repr(found)
    assert ask_calendar(questioner("")[0], reps(BEN)) is None
    assert ask_calendar(questioner()[0], reps(LENA)) is None
