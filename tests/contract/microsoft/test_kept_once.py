"""One event for each key: by a transactionId, which is used up with its event, and by a named property."""

import asyncio
from dataclasses import replace

import pytest

from contract.microsoft.bench_vendor import writes
from contract.microsoft.world import ANNA, world
from pointsman_microsoft.events import KEY, STATE, transaction_id
from pointsman_sdk import BusyTimes, Rejected
from pointsman_sdk.testing import appointment, at
from pointsman_sdk.testing.busytimes import DAY

pytestmark = pytest.mark.anyio


async def test_the_requests_of_an_appointment_are_as_few_as_can_be() -> None:
    async with world() as here:
        asked = appointment(ANNA)
        await here.connector.appointments.put(asked)
        assert [one.method for one in here.seen] == ["GET", "POST"]
        await here.connector.appointments.put(asked)
        assert [one.method for one in here.seen[2:]] == ["GET"]
        await here.connector.appointments.put(replace(asked, sequence=1, slot=at(11)))
        assert [one.method for one in here.seen[3:]] == ["GET", "PATCH"]
        assert set(here.asked("PATCH")[0]) == {"start", "end", "singleValueExtendedProperties"}
        assert all('IdType="ImmutableId"' in one.headers["Prefer"] for one in here.seen)
        assert all("If-Match" in one.headers for one in here.seen if one.method == "PATCH")


async def test_what_vanished_is_made_anew_each_time_and_by_four_at_once_only_once() -> None:
    async with world() as here:
        for sequence in range(4):
            tries = [here.connector.appointments.put(appointment(ANNA, sequence=sequence)) for _ in range(4)]
            await asyncio.gather(*tries)
            assert len(here.events()) == 1
            here.vendor.directory.erase(ANNA)
        ids = {one["transactionId"] for one in here.asked("POST", "/events")}
        assert len(ids) == 4


async def test_of_two_states_that_are_created_at_once_the_newer_stands_though_graph_answers_one_for_the_other() -> None:
    async with world() as here:
        here.vendor.events.lenient = True
        older = appointment(ANNA)
        for newer in (replace(older, sequence=1, slot=at(11)), replace(older, sequence=1, title="Another")):
            await asyncio.gather(*(here.connector.appointments.put(one) for one in (older, newer)))
            found = await here.connector.appointments.get(ANNA, older.key)
            assert found is not None
            assert (found.slot, found.title, found.sequence) == (newer.slot, newer.title, 1)
            here.vendor.directory.erase(ANNA)
            here.vendor.directory.mailbox(ANNA).used.clear()


async def test_an_event_that_does_not_show_at_once_is_not_made_twice() -> None:
    async with world() as here:
        await here.connector.appointments.put(appointment(ANNA))
        here.vendor.events.hidden_reads = 2
        await here.connector.appointments.put(appointment(ANNA, sequence=1, slot=at(11)))
        assert [one["start"]["dateTime"][11:16] for one in here.events()] == ["09:00"]


async def test_what_was_removed_twenty_times_is_refused() -> None:
    async with world() as here:
        used = here.vendor.directory.mailbox(ANNA).used
        used.update({transaction_id("check-g1", generation): ("an event", {}) for generation in range(20)})
        with pytest.raises(Rejected, match="too often"):
            await here.connector.appointments.put(appointment(ANNA, sequence=20))


async def test_an_event_that_its_owner_moved_to_another_calendar_is_made_anew_where_it_belongs() -> None:
    async with world() as here:
        other = here.vendor.directory.add_calendar(ANNA, "Other")
        made = await here.connector.appointments.put(appointment(ANNA))
        here.vendor.directory.move(ANNA, made.id, other)
        await here.connector.appointments.put(appointment(ANNA, sequence=1))
        assert len(here.events()) == 1


async def test_of_an_event_and_its_owner_s_copy_the_first_one_is_ours_and_both_are_taken_away() -> None:
    async with world() as here:
        made = await here.connector.appointments.put(appointment(ANNA))
        (event,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        copy = here.vendor.directory.block(ANNA, at(15))
        copy.properties |= event.properties
        assert await here.connector.appointments.get(ANNA, made.key) == made
        assert list(await here.connector.appointments.ours(ANNA, DAY)) == [made]
        (found,) = await here.read(ANNA, window=DAY)
        assert isinstance(found, BusyTimes)
        assert {one.slot: one.key for one in found.times} == {at(9): made.key, at(15): None}
        await here.connector.appointments.drop(ANNA, made.key)
        assert here.events() == []


async def test_keys_that_differ_in_capitals_alone_are_two() -> None:
    async with world() as here:
        lower, upper = appointment(ANNA, key="key-a"), appointment(ANNA, key="KEY-A", slot=at(11))
        first, second = [await here.connector.appointments.put(one) for one in (lower, upper)]
        assert first.id != second.id
        await here.connector.appointments.drop(ANNA, "key-a")
        assert await here.connector.appointments.get(ANNA, "KEY-A") == second


@pytest.mark.parametrize("odd", ["", "no state", "1;2", "x;a;1;b;;", "9999999999999;a;1;b;;"])
async def test_a_state_that_cannot_be_read_is_none_and_is_written_anew(odd: str) -> None:
    async with world() as here:
        await here.connector.appointments.put(appointment(ANNA))
        (event,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        event.properties[STATE] = odd
        found = await here.connector.appointments.get(ANNA, "check-g1")
        assert found is not None
        assert found.sequence is None
        again = await here.connector.appointments.put(appointment(ANNA, sequence=2, slot=at(11)))
        assert (again.sequence, again.slot) == (2, at(11))


async def test_a_key_that_others_wrote_into_an_event_is_no_key_of_ours() -> None:
    async with world() as here:
        here.vendor.directory.block(ANNA, at(9)).properties[KEY] = "no key\n"
        assert list(await here.connector.appointments.ours(ANNA, DAY)) == []


async def test_what_its_owner_rewrote_in_outlook_stays() -> None:
    async with world() as here:
        await here.connector.appointments.put(appointment(ANNA))
        (stored,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        notes = {"contentType": "text", "content": f"{stored.fields['body']['content']}\n\nbring the contract"}
        here.vendor.directory.edit(ANNA, stored.id, subject="Ada!", body=notes, categories=["Sales"], showAs="oof")
        changed = replace(appointment(ANNA, sequence=1, slot=at(11)), title="Another", shared="Another text")
        for _ in range(2):
            record = await here.connector.appointments.put(changed)
        (event,) = here.events()
        assert (event["subject"], event["categories"], event["showAs"]) == ("Ada!", ["Sales"], "oof")
        assert "bring the contract" in event["body"]["content"]
        assert (record.slot, record.sequence, record.title) == (at(11), 1, "Ada!")
        assert len([one for one in here.seen if writes(one)]) == 2


async def test_an_event_made_a_whole_day_is_not_certain() -> None:
    async with world() as here:
        made = await here.connector.appointments.put(appointment(ANNA))
        day = at(9).start.date()
        here.vendor.directory.calendar(ANNA)[1].events[made.id].days = (day, day)
        found = await here.connector.appointments.get(ANNA, made.key)
        assert found is not None
        assert not found.certain
        again = await here.connector.appointments.put(appointment(ANNA, sequence=1))
        assert (again.certain, again.slot) == (True, at(9))
