"""Uniting two records of one person: what was true last counts, whichever record is kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.matching import merge_newer, merge_records, sortable_timestamp

START = datetime(2026, 1, 1, tzinfo=UTC)
NEWS = st.lists(
    st.tuples(st.sampled_from(["lead.title", "lead.score", "custom.a"]), st.integers(0, 3), st.booleans()), max_size=12
)


def told(news: list[tuple[str, FactValue, str]]) -> tuple[dict[str, FactValue], dict[str, str]]:
    values: dict[str, FactValue] = {}
    stamps: dict[str, str] = {}
    for name, value, stamp in news:
        merged = merge_newer(values, stamps, {name: value}, stamp)
        values, stamps = dict(merged.values), dict(merged.known_at)
    return values, stamps


@given(NEWS)
def test_two_records_united_know_what_one_record_would_have_known(events: list[tuple[str, int, bool]]) -> None:
    news: list[tuple[str, FactValue, str]] = [
        (name, value, sortable_timestamp(START + timedelta(hours=n))) for n, (name, value, _) in enumerate(events)
    ]
    here = told([one for one, (_, _, kept) in zip(news, events, strict=True) if kept])
    there = told([one for one, (_, _, kept) in zip(news, events, strict=True) if not kept])
    united = merge_records(*here, *there)
    assert (dict(united.values), dict(united.known_at)) == told(news)
    assert united.changed == {name for name in united.values if united.values[name] != here[0].get(name)}
    back = merge_records(*there, *here)
    assert back.values == united.values, "it does not matter which of the two survives"


def test_what_is_as_old_stays_as_the_survivor_has_it() -> None:
    stamp = sortable_timestamp(START)
    united = merge_records({"lead.title": "CEO"}, {"lead.title": stamp}, {"lead.title": "CTO"}, {"lead.title": stamp})
    assert (united.values["lead.title"], united.changed) == ("CEO", frozenset())


def test_a_value_without_a_date_fills_a_gap_and_replaces_nothing() -> None:
    united = merge_records({"lead.title": "CEO"}, {}, {"lead.title": "CTO", "lead.score": 7}, {})
    assert dict(united.values) == {"lead.title": "CEO", "lead.score": 7}
