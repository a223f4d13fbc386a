"""Whom a number names to a partner where words with it were refused: as if each had made a lead."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from pointsman.domain.leads.phones import Phone
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.leads.stand_ins import MOST_OF_A_NUMBER, find_stand_ins
from pointsman.services.ports import Actor, Tx
from pointsman.services.ports.intake.refused_words import RefusedWord
from pointsman.services.ports.leads.leads import ExternalId, Person

pytestmark = pytest.mark.anyio

PARTNER = Actor(name="key:1", kind=CallerKind.PARTNER, supplier="callwerk")
HOUSE = Actor(name="key:2", kind=CallerKind.HOUSE)
PERSON = Person(
    email=None,
    email_key=None,
    external_id=ExternalId(sender="partner:callwerk", source_system="a:b", external_id="c"),
    domain=None,
    domain_from=None,
    company_name=None,
    company_key=None,
    account_status=None,
    account_owner=None,
    phone=Phone(key="+491712300100", is_mobile=True),
)


def word(number: int, *, refused_for: int, lead: int) -> RefusedWord:
    return RefusedWord(
        id=UUID(int=number),
        refused_for=UUID(int=refused_for),
        lead_id=UUID(int=lead),
        email_key=f"{number}@house.example",
        external_id=None,
        first_name=None,
        last_name=None,
        at=datetime(2026, 11, 30, tzinfo=UTC),
        by_external_id=False,
        by_email=False,
        by_phone=True,
    )


class Kept:
    def __init__(self, words: Sequence[RefusedWord], brought: Sequence[int]) -> None:
        self.words, self.brought = words, brought
        self.locked: Sequence[str] = ()

    async def lock(self, names: Sequence[str]) -> None:
        self.locked = names

    async def find(self, _person: Person, **_bounds: Any) -> Sequence[RefusedWord]:
        assert self.locked, "a word that is refused meanwhile would be overlooked"
        return self.words

    async def of_lead(self, _lead_id: UUID, **_most: Any) -> Sequence[RefusedWord]:
        return self.words

    async def brought_in(self, _phone_key: str, **_bringer: Any) -> Sequence[UUID]:
        return [UUID(int=one) for one in self.brought]


ONE = word(1, refused_for=10, lead=10)
MERGED = [word(number, refused_for=10 + number, lead=99) for number in range(MOST_OF_A_NUMBER + 1)]


@pytest.mark.parametrize(
    ("words", "brought", "names_one"),
    [
        ([ONE], [], True),
        ([ONE], [20], False),
        ([ONE, word(2, refused_for=20, lead=20)], [], False),
        ([word(1, refused_for=10, lead=20), word(2, refused_for=20, lead=20)], [], True),
        ([word(1, refused_for=20, lead=20), word(2, refused_for=20, lead=20)], [], False),
        ([word(1, refused_for=10, lead=20)], [20], True),
        (MERGED[:-1], [], True),
        (MERGED, [], False),
    ],
    ids=[
        "one",
        "one and an own lead",
        "two",
        "two whose leads were merged",
        "two emails of one lead: two leads, were it not known",
        "one whose lead was merged into the own one",
        "as many as are read, all merged",
        "more than are read",
    ],
)
async def test_a_number_names_a_refused_person_only_where_it_would_name_the_lead(
    words: Sequence[RefusedWord], brought: Sequence[int], *, names_one: bool
) -> None:
    tx = cast("Tx", SimpleNamespace(refused_words=Kept(words, brought)))
    found = await find_stand_ins(tx, PERSON, PARTNER)
    assert (bool(found.words), found.shares_number) == (names_one, not names_one)


async def test_names_are_locked_unambiguously_and_those_who_see_all_lock_none() -> None:
    kept = Kept([], [])
    tx = cast("Tx", SimpleNamespace(refused_words=kept))
    assert not await find_stand_ins(tx, PERSON, HOUSE)
    assert not kept.locked
    assert not await find_stand_ins(tx, PERSON, PARTNER)
    assert kept.locked == [
        '["id", "partner:callwerk", "a:b", "c"]',
        '["phone", "partner:callwerk", "+491712300100"]',
    ]
