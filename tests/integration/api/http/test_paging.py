"""Cursors."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.api.http.paging import PageRequest, decode_cursor, encode_cursor
from pointsman.domain.errors import Invalid

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ID = UUID("0198c0de-0000-7000-8000-000000000001")


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_leads_back_to_the_place_it_was_made_for(at: datetime, row_id: UUID) -> None:
    assert decode_cursor(encode_cursor((at, row_id))) == (at, row_id)


def test_a_cursor_is_an_instant_whatever_zone_it_was_written_in() -> None:
    there = AT.astimezone(timezone(timedelta(hours=2)))
    assert decode_cursor(encode_cursor((there, ID))) == (AT, ID)


@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "====", "A" * 150, "bm90fGE", encode_cursor((AT, ID))[:-4], "é", "\ud800"]
)
def test_anything_else_is_refused_with_the_path_to_the_fault(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_cursor(cursor)
    assert caught.value.code == "bad-cursor"
    assert caught.value.faults[0].path == "query.cursor"


def written(text: str) -> str:
    """What `text` would be as a cursor, whether or not it means anything."""
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


almost = st.one_of(
    st.text(max_size=60),
    st.text(max_size=60).map(written),
    st.builds("{}|{}".format, st.datetimes(), st.uuids() | st.text(max_size=40)).map(written),
)


@given(almost)
def test_any_text_is_a_place_in_the_list_or_is_refused_with_the_path(cursor: str) -> None:
    found, why = None, None
    try:
        found = decode_cursor(cursor)
    except Invalid as refused:
        why = [(fault.path, fault.code) for fault in refused.faults]
    if found is None:
        assert why == [("query.cursor", "bad-cursor")]
    else:
        assert found[0].tzinfo is UTC
        assert decode_cursor(encode_cursor(found)) == found


def test_a_page_is_cut_at_its_limit_and_the_last_page_has_no_next() -> None:
    rows = [(AT + timedelta(seconds=n), ID) for n in range(3)]
    page = PageRequest(limit=2, after=None)
    items, following = page.split(rows, lambda row: row)
    assert items == rows[:2]
    assert following == encode_cursor(rows[1])
    assert page.split(rows[:2], lambda row: row) == (rows[:2], None)
    assert page.split([], lambda row: row) == ([], None)
