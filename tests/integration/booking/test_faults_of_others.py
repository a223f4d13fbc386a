"""What schedulers are blamed for and no other test of ours shows; tests/architecture/test_list_of_faults.py lists them all."""

import pytest

from pointsman.domain.errors import Conflict
from pointsman.services.booking.book import book
from pointsman.services.deliveries.ics_invitation import read_invitation
from pointsman.services.reassignment.appointment import reassign_appointment
from support.floors.booking_floor import SETTER, Floor
from support.floors.reassignment_floor import all_is_well, booked, events, others
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio


async def test_fault_15_the_time_that_a_reassigned_appointment_leaves_behind_can_be_booked_again(floor: Floor) -> None:
    row = await booked(floor)
    await reassign_appointment(floor.env, row.id, to=others(row.rep_key)[0], reason="is ill", actor=ADMIN)
    lead_id, handed = await floor.ready()
    while handed.closer != row.rep_key:
        lead_id, handed = await floor.ready()
    again = await book(floor.env, lead_id, row.starts_at, actor=SETTER)
    assert (again.rep_key, again.interval) == (row.rep_key, row.interval)
    with pytest.raises(Conflict) as caught:  # and the first one cannot come back to it
        await reassign_appointment(floor.env, row.id, to=row.rep_key, reason="is well", actor=ADMIN)
    assert caught.value.code == "not-free"
    await floor.work_out()
    assert {calendar for calendar, _ in await events(floor)} == {f"{row.rep_key}-cal", f"{others(row.rep_key)[0]}-cal"}
    await all_is_well(floor)


async def test_fault_14_a_buyer_has_one_entry_that_names_the_rep_they_meet_now(floor: Floor) -> None:
    """RFC 5546, 3.2.2.4: another organizer takes the same UID over with a higher SEQUENCE."""
    row = await booked(floor)
    await floor.work_out()
    _, before = await read_invitation(floor.env, row.id, actor=SETTER)
    other = others(row.rep_key)[0]
    await reassign_appointment(floor.env, row.id, to=other, reason="is ill", actor=ADMIN)
    await floor.work_out()
    _, after = await read_invitation(floor.env, row.id, actor=SETTER)
    old, new = lines(before), lines(after)
    assert (old["UID"], int(old["SEQUENCE"]) + 1) == (new["UID"], int(new["SEQUENCE"]))
    assert new["METHOD"] == "REQUEST"
    assert f"{other}@example.com" in new["ORGANIZER"]
    assert row.rep_key not in after.decode().lower()


def lines(content: bytes) -> dict[str, str]:
    """The value of each property; of several with one name the last."""
    parts = (line.partition(":") for line in content.decode().replace("\r\n ", "").split("\r\n"))
    return {name.partition(";")[0]: value for name, _, value in parts}
