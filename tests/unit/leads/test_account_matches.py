"""Accounts whose names are like a lead's: which one is linked, which are suggested, and which of two facts counts."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import (
    MAX_SUGGESTIONS,
    AccountCandidate,
    AccountMatches,
    match_accounts,
    merge_newer,
    merge_records,
    sortable_timestamp,
)
from support.wording import english

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STAMP, LATER = sortable_timestamp(NOW), sortable_timestamp(NOW + timedelta(microseconds=1))


def account(number: int, *countries: str) -> AccountCandidate:
    name = f"Nordlicht {number}"
    return AccountCandidate(
        account_id=UUID(int=number), name=name, key=name.lower(), domain=None, countries=frozenset(countries)
    )


def matched(
    *scored: tuple[AccountCandidate, int],
    country: str | None = "DE",
    link_at: int = 92,
    suggest_at: int = 80,
    may_link: bool = True,
) -> AccountMatches:
    return match_accounts("Nordlicht", country, scored, link_at=link_at, suggest_at=suggest_at, may_link=may_link)


def linked(found: AccountMatches) -> tuple[int, int] | None:
    return (found.link.account.account_id.int, found.link.confidence) if found.link else None


def suggested(found: AccountMatches) -> list[tuple[int, int]]:
    return [(one.account.account_id.int, one.confidence) for one in found.suggestions]


@pytest.mark.parametrize(
    ("score", "country", "countries", "confidence"),
    [
        (90, "DE", ["DE"], 92),
        (90, "DE", ["AT", "DE"], 92),
        (100, "DE", ["DE"], 100),
        (95, "DE", [], 92),
        (95, None, ["DE"], 92),
        (95, None, [], 92),
    ],
)
def test_a_name_that_is_alike_enough_links_more_easily_where_the_country_agrees(
    score: int, country: str | None, countries: list[str], confidence: int
) -> None:
    assert linked(matched((account(1, *countries), score), country=country)) == (1, confidence)
    if confidence == 92:
        one_less = matched((account(1, *countries), score - 1), country=country)
        assert (linked(one_less), suggested(one_less)) == (None, [(1, 91)])


@pytest.mark.parametrize(("score", "link_at"), [(100, 92), (100, 90), (100, 85), (100, 50), (92, 82)])
def test_a_country_that_differs_never_links_however_alike_the_names_are(score: int, link_at: int) -> None:
    found = matched((account(1, "AT", "CH"), score), link_at=link_at, suggest_at=10)
    assert linked(found) is None
    assert suggested(found) == [(1, min(score - 10, link_at - 1))]
    assert english(found.suggestions[0].why) == f"name {score}: 'Nordlicht' ~ 'Nordlicht 1', country DE is not AT, CH"


def test_no_confidence_is_below_nothing() -> None:
    assert suggested(matched((account(1, "AT"), 5), suggest_at=0)) == [(1, 0)]


@pytest.mark.parametrize(
    ("first", "second", "link_at", "suggest_at", "link", "suggestions"),
    [
        (95, 92, 92, 80, (1, 97), []),  # three apart are not a tie
        (95, 93, 92, 80, None, [(1, 97), (2, 95)]),  # two apart are
        (95, 95, 92, 80, None, [(1, 97), (2, 97)]),
        (93, 91, 94, 94, None, [(1, 95)]),  # the runner-up is not worth a suggestion, and a tie all the same
        (93, 90, 94, 94, (1, 95), []),
        (93, 60, 80, 99, (1, 95), []),  # what may be linked need not be worth a suggestion
    ],
)
def test_two_accounts_that_are_nearly_level_are_for_a_human_even_where_one_is_not_suggested(
    first: int,
    second: int,
    link_at: int,
    suggest_at: int,
    link: tuple[int, int] | None,
    suggestions: list[tuple[int, int]],
) -> None:
    pair = [(account(2, "DE"), second), (account(1, "DE"), first)]
    found = matched(*pair, link_at=link_at, suggest_at=suggest_at)
    assert (linked(found), suggested(found)) == (link, suggestions)


def test_what_is_alike_is_suggested_from_the_threshold_on_the_nearest_first_and_only_so_many() -> None:
    assert suggested(matched((account(1, "DE"), 78))) == [(1, 80)]
    assert matched((account(1, "DE"), 77)) == AccountMatches()
    assert matched() == AccountMatches()
    many = matched(*[(account(n, "DE"), 80 - n % 2) for n in range(1, 9)], suggest_at=70)
    assert suggested(many) == [(2, 82), (4, 82), (6, 82), (8, 82), (1, 81)]
    assert len(many.suggestions) == MAX_SUGGESTIONS
    only = matched((account(1, "DE"), 100), may_link=False)
    assert (linked(only), suggested(only)) == (None, [(1, 100)])


@pytest.mark.parametrize(
    ("known_at", "value", "stamp", "changed"),
    [
        ({"a": STAMP}, 2, STAMP, {"a"}),  # as old as what is known: taken
        ({"a": LATER}, 1, LATER, set()),  # older: not
        ({}, 2, STAMP, {"a"}),
    ],
)
def test_news_as_old_as_what_is_known_is_taken_and_older_news_is_not(
    known_at: dict[str, str], value: FactValue, stamp: str, changed: set[str]
) -> None:
    merged = merge_newer({"a": 1}, known_at, {"a": 2}, STAMP)
    assert (merged.values, merged.known_at, merged.changed) == ({"a": value}, {"a": stamp}, changed)


def test_news_that_says_the_same_is_dated_anew_and_no_change() -> None:
    merged = merge_newer({"a": 1}, {"a": STAMP}, {"a": 1}, LATER)
    assert (merged.values, merged.known_at, merged.changed) == ({"a": 1}, {"a": LATER}, frozenset())
    assert merge_newer({"a": 1}, {}, {"a": True}, STAMP).changed == {"a"}


@pytest.mark.parametrize(
    ("known_at", "others_at", "value", "stamps", "changed"),
    [
        ({"a": STAMP}, {"a": STAMP}, 1, {"a": STAMP}, set()),  # level: the former's stays
        ({"a": STAMP}, {"a": LATER}, 2, {"a": LATER}, {"a"}),
        ({"a": LATER}, {"a": STAMP}, 1, {"a": LATER}, set()),
        ({}, {}, 1, {}, set()),
        ({}, {"a": STAMP}, 2, {"a": STAMP}, {"a"}),
        ({"a": STAMP}, {}, 1, {"a": STAMP}, set()),
    ],
)
def test_of_two_records_the_value_that_was_true_last_counts_and_the_formers_when_level(
    known_at: dict[str, str], others_at: dict[str, str], value: FactValue, stamps: dict[str, str], changed: set[str]
) -> None:
    merged = merge_records({"a": 1}, known_at, {"a": 2, "b": 3}, others_at)
    assert merged.values == {"a": value, "b": 3}
    assert merged.known_at == stamps
    assert merged.changed == changed | {"b"}
