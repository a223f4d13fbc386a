"""A conflict is told calendar by calendar: to a partner, those of its own reps alone."""

from typing import Any

import pytest

from pointsman.domain.booking.calendar_diff import CALENDAR_EMPTIED
from pointsman.domain.messages.message import rep_name
from pointsman.services.appointments.conflict_words import conflict_text
from pointsman.services.wording.rendering import MessageReader


def test_a_partner_reads_what_the_calendars_of_its_own_reps_say() -> None:
    conflict = {rep: CALENDAR_EMPTIED.as_json() for rep in ("anna", "mia")}
    partner = MessageReader(names={rep_name("mia"): "Mia"}, hides_others=True)
    house = MessageReader(names={rep_name("mia"): "Mia", rep_name("anna"): "Anna"})
    assert [len((conflict_text(conflict, reader) or "").splitlines()) for reader in (partner, house)] == [1, 2]
    assert conflict_text({"anna": conflict["anna"]}, partner) is None


@pytest.mark.parametrize("kept", ["x", [1], 3])
def test_what_a_hand_left_in_the_place_of_a_conflict_closes_no_list(kept: Any) -> None:
    assert conflict_text(kept, MessageReader()) is None
