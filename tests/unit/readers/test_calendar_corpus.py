"""When a calendar keeps its owner busy, in three zones: never free where the owner is busy, and busy only where it is said."""

import pytest

from pointsman_caldav.reading import busy_by_events
from pointsman_sdk.readers import Unreadable
from support.corpus import CORPUS
from support.corpus.notation import OWNER, OWNERS, WITHIN, Case
from support.hostile.calendars import multistatus


def read(one: Case, zone: str) -> list[tuple[int, int]]:
    body = multistatus([one.text.replace("&", "&amp;")])
    times: list[tuple[int, int]] = busy_by_events(body, within=WITHIN, zone=zone, owner=OWNER)["others"]
    return times


@pytest.mark.parametrize("one", CORPUS.values(), ids=CORPUS)
def test_an_owner_is_busy_when_the_calendar_says_so_and_at_no_other_time(one: Case) -> None:
    for zone in OWNERS:
        if one.unreadable:
            with pytest.raises(Unreadable, match=one.unreadable):
                read(one, zone)
        else:
            assert read(one, zone) == one.spans(zone), zone


def test_the_corpus_has_what_it_is_to_have() -> None:
    assert len(CORPUS) >= 150
