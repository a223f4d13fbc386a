"""A set-up of a CRM asks whether it hears of owners, and which of its users each rep is."""

import asyncio
from typing import Any

import pytest

from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connections.set_up import AskedSetUp, set_up
from pointsman.services.ports.vendors.crm import CrmUser
from support.connections.answers import WrittenAnswers
from support.connections.host_in_memory import HostInMemory
from support.roster import rep

TOKEN = {"token": "pat-1"}


def user(user_id: str, email: str, *, active: bool = True) -> CrmUser:
    return CrmUser(id=user_id, email=email, name=user_id.title(), active=active)


def host() -> HostInMemory:
    people = [rep("anna"), rep("ben"), rep("clara")]
    anna, ben = (f"{one.email.upper()}" for one in people[:2])
    return HostInMemory(people=people, crm_users=[user("71", anna), user("72", ben), user("73", "x@example.com")])


def run(floor: HostInMemory, *, asks: WrittenAnswers | None = None, **given: Any) -> bool:
    asked = AskedSetUp(
        connector="hubspot", key="crm", asks=asks, given=GivenSetUp(**given), everything=False, waits=True
    )
    return asyncio.run(set_up(floor, asked, sleep=floor.sleep))


def test_a_person_says_that_it_hears_of_owners_and_confirms_who_is_who(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host()
    #: way, token, webhook secret, no further fields; it hears of owners; all that are proposed; Clara: a wrong one, then 73
    answers = WrittenAnswers.of(["1", "pat-1", "", False, True, True, True, "99", "73"])
    assert run(floor, asks=answers)
    assert answers.answers == []
    assert floor.saved["crm"].sync_owners
    assert floor.confirmed == {"anna": "71", "ben": "72", "clara": "73"}
    said = capsys.readouterr().out
    assert "Users who are no rep:" in said
    assert "The CRM has no active user '99'." in said


def test_who_confirms_nobody_is_told_who_has_no_user(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host()
    assert run(floor, config=TOKEN, sync_owners=True)
    assert floor.confirmed == {}
    assert run(floor, asks=WrittenAnswers.of([False, False]))
    assert floor.confirmed == {}
    assert "is no active user of crm" in capsys.readouterr().out


def test_a_crm_that_is_not_to_hear_of_owners_asks_for_no_user() -> None:
    floor = host()
    assert run(floor, asks=(answers := WrittenAnswers.of(["1", "pat-1", "", False, False])))
    assert answers.answers == []
    assert not floor.saved["crm"].sync_owners


def test_a_document_names_users_and_matches_the_others() -> None:
    floor = host()
    assert run(floor, config=TOKEN, sync_owners=True, match=True, users=[{"rep": "clara", "user": "72"}])
    assert floor.confirmed == {"anna": "71", "clara": "72"}  # Ben's address is that of a user who is Clara


def test_a_user_who_is_not_there_is_told_and_ends_with_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    floor = host()
    assert not run(floor, config=TOKEN, sync_owners=True, users=[{"rep": "clara", "user": "99"}])
    assert floor.confirmed == {}
    assert "body.users.clara" in capsys.readouterr().out


def test_who_was_confirmed_stays_so() -> None:
    floor = host()
    assert run(floor, config=TOKEN, sync_owners=True, users=[{"rep": "clara", "user": "73"}])
    assert run(floor, match=True)
    assert floor.confirmed == {"anna": "71", "ben": "72", "clara": "73"}
