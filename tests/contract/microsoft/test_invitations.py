"""Graph writes to everybody who stands in an event, so guests stand there only where Graph is to invite them."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from contract.microsoft.world import ANNA, World, world
from pointsman_microsoft.events import GUESTS, Stored
from pointsman_microsoft.graph.shape import shaped
from pointsman_sdk import CREATE_MEETING, Contact, Invites, Rejected
from pointsman_sdk.testing import ADA, appointment, at
from pointsman_sdk.testing.samples import PRIVATE, SHARED

pytestmark = pytest.mark.anyio
TIMES = (("start", "09"), ("end", "10"))
GRACE = Contact(email="grace@example.com", name="Grace Hopper")


def mailed(here: World) -> list[tuple[str, str]]:
    """To whom Graph wrote, and what for."""
    return [(address, said["method"]) for address, said in here.vendor.directory.mailed]


def told(here: World) -> str:
    return str(here.vendor.directory.mailed)


def attendees(here: World) -> list[str]:
    (event,) = here.events()
    return [one["emailAddress"]["address"] for one in event["attendees"]]


@pytest.mark.parametrize("invites", [Invites.HOST, Invites.NOBODY])
async def test_where_graph_is_not_to_invite_no_guest_stands_in_the_event_and_nothing_is_mailed(
    invites: Invites,
) -> None:
    async with world() as here:
        for sequence, hour in enumerate((9, 11)):
            await here.connector.appointments.put(appointment(ANNA, sequence=sequence, slot=at(hour), invites=invites))
        (event,) = here.events()
        assert (event["attendees"], mailed(here)) == ([], [])
        assert SHARED in event["body"]["content"]
        assert PRIVATE in event["body"]["content"]
        await here.connector.appointments.drop(ANNA, "check-g1")
        assert (here.events(), mailed(here)) == ([], [])
        assert here.asked("POST", "/cancel") == []


async def test_a_guest_whom_graph_invites_gets_one_letter_for_each_act_and_never_the_private_text() -> None:
    async with world() as here:
        asked = appointment(ANNA, invites=Invites.VENDOR)
        for act in (asked, asked, replace(asked, sequence=1, slot=at(11)), replace(asked, sequence=1, slot=at(11))):
            await here.connector.appointments.put(act)
        await here.connector.appointments.drop(ANNA, asked.key)
        await here.connector.appointments.drop(ANNA, asked.key)
        assert mailed(here) == [(ADA.email, "request"), (ADA.email, "request"), (ADA.email, "cancel")]
        assert SHARED in told(here)
        assert PRIVATE not in told(here)
        assert here.asked("POST", "/cancel") == [{"comment": ""}]


@pytest.mark.parametrize("private", [PRIVATE, ""])
async def test_the_private_text_goes_before_the_first_guest_comes_though_its_owner_reworded_it(private: str) -> None:
    async with world() as here:
        asked = appointment(ANNA, invites=Invites.HOST)
        await here.connector.appointments.put(asked)
        (stored,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        reworded = {"contentType": "text", "content": f"{stored.fields['body']['content']}\nmy notes"}
        here.vendor.directory.edit(ANNA, stored.id, body=reworded)
        await here.connector.appointments.put(replace(asked, sequence=1, private=private))
        await here.connector.appointments.put(replace(asked, sequence=2, private=private, invites=Invites.VENDOR))
        assert mailed(here) == [(ADA.email, "request")]
        assert PRIVATE[:12] not in told(here)


async def test_a_guest_whom_the_owner_asked_stays_and_reads_no_private_text_of_later_changes() -> None:
    async with world() as here:
        asked = appointment(ANNA, invites=Invites.HOST)
        await here.connector.appointments.put(asked)
        (event,) = here.events()
        theirs: list[Any] = [{"emailAddress": {"address": GRACE.email, "name": GRACE.name}, "type": "optional"}]
        here.vendor.directory.edit(ANNA, event["id"], attendees=theirs)
        await here.connector.appointments.put(replace(asked, sequence=1, slot=at(11), private="Evidence: more"))
        await here.connector.appointments.put(replace(asked, sequence=2, invites=Invites.VENDOR))
        assert attendees(here) == [GRACE.email, ADA.email]
        await here.connector.appointments.put(replace(asked, sequence=3, invites=Invites.HOST))
        assert attendees(here) == [GRACE.email]
        assert "Evidence" not in told(here)
        assert (ADA.email, "cancel") in mailed(here)


@pytest.mark.parametrize(
    "stranger", [{"type": "required"}, {"emailAddress": {"name": "Room 4"}, "type": "resource"}, {"emailAddress": None}]
)
async def test_an_attendee_without_an_address_stands_in_no_change_s_way(stranger: dict[str, Any]) -> None:
    async with world() as here:
        asked = appointment(ANNA, invites=Invites.HOST)
        await here.connector.appointments.put(asked)

        def shown(request: httpx.Request) -> httpx.Response | None:
            if request.method != "GET":
                return None
            answer = here.vendor.transport.handler(request)
            assert isinstance(answer, httpx.Response)
            rows = [{**row, "attendees": [stranger]} for row in answer.json()["value"]]
            return httpx.Response(200, json={"value": rows})

        here.answer = shown
        await here.connector.appointments.put(replace(asked, sequence=1, slot=at(11)))
        await here.connector.appointments.put(replace(asked, sequence=2, slot=at(11), invites=Invites.VENDOR))
        assert attendees(here) == [ADA.email]
        assert PRIVATE not in told(here)


async def test_another_guest_takes_the_place_of_the_first_one() -> None:
    async with world() as here:
        asked = appointment(ANNA, invites=Invites.VENDOR)
        await here.connector.appointments.put(asked)
        await here.connector.appointments.put(replace(asked, sequence=1, guests=(GRACE,)))
        assert attendees(here) == [GRACE.email]
        assert mailed(here) == [(ADA.email, "request"), (GRACE.email, "request"), (ADA.email, "cancel")]


def crowd(number: int) -> tuple[Contact, ...]:
    return tuple(Contact(email=f"guest-{one}@example.com", name=f"Guest {one}") for one in range(number))


@pytest.mark.parametrize("first", [12, 13, 40, 200])
async def test_of_many_guests_only_those_who_are_still_asked_stay(first: int) -> None:
    async with world() as here:
        asked = replace(appointment(ANNA, invites=Invites.VENDOR), guests=crowd(first))
        await here.connector.appointments.put(asked)
        assert len(attendees(here)) == first
        await here.connector.appointments.put(replace(asked, sequence=1, guests=crowd(2)))
        assert attendees(here) == ["guest-0@example.com", "guest-1@example.com"]
        assert len([who for who, what in mailed(here) if what == "cancel"]) == first - 2
        await here.connector.appointments.put(replace(asked, sequence=2, invites=Invites.HOST))
        assert attendees(here) == []


async def test_beside_many_guests_the_one_whom_the_owner_asked_stays() -> None:
    async with world() as here:
        asked = replace(appointment(ANNA, invites=Invites.VENDOR), guests=crowd(30))
        await here.connector.appointments.put(asked)
        (event,) = here.events()
        theirs: list[Any] = [{"emailAddress": {"address": GRACE.email, "name": GRACE.name}, "type": "optional"}]
        here.vendor.directory.edit(ANNA, event["id"], attendees=[*theirs, *event["attendees"]])
        await here.connector.appointments.put(replace(asked, sequence=1, guests=crowd(29)))
        assert attendees(here) == [GRACE.email, *(one.email for one in crowd(29))]
        await here.connector.appointments.put(replace(asked, sequence=2, invites=Invites.HOST))
        assert attendees(here) == [GRACE.email]
        assert PRIVATE not in told(here)


async def test_a_change_of_one_guest_among_many_is_written_and_the_same_state_again_is_not() -> None:
    async with world() as here:
        asked = replace(appointment(ANNA, invites=Invites.VENDOR), guests=crowd(30))
        await here.connector.appointments.put(asked)
        for last in crowd(32)[30:]:
            asked = replace(asked, sequence=asked.sequence + 1, guests=(*crowd(29), last))
            await here.connector.appointments.put(asked)
            assert last.email in attendees(here)
            assert len(attendees(here)) == 30
        written = len(here.asked("PATCH"))
        await here.connector.appointments.put(asked)
        assert len(here.asked("PATCH")) == written


async def test_marks_of_many_guests_that_were_taken_away_leave_their_attendees_and_tell_them_nothing_private() -> None:
    async with world() as here:
        asked = replace(appointment(ANNA, invites=Invites.VENDOR), guests=crowd(30))
        await here.connector.appointments.put(asked)
        (stored,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        del stored.properties[GUESTS]
        await here.connector.appointments.put(replace(asked, sequence=1, invites=Invites.HOST))
        assert len(attendees(here)) == 30
        assert PRIVATE not in told(here)


LINE = "_" * 80
LINED = replace(appointment(ANNA, meeting=CREATE_MEETING), private=f"{PRIVATE} {LINE} {PRIVATE}")


async def test_private_text_with_a_line_as_teams_has_it_goes_once_guests_read_the_event() -> None:
    async with world() as here:
        made = await here.connector.appointments.put(LINED)
        told = await here.connector.appointments.put(replace(LINED, sequence=1, invites=Invites.VENDOR))
        (event,) = here.events()
        assert PRIVATE not in f"{event['body']} {here.vendor.directory.mailed}"
        assert told.join_url == made.join_url is not None


async def test_private_text_below_a_line_of_the_owners_goes_once_guests_read_the_event() -> None:
    async with world() as here:
        asked = appointment(ANNA, meeting=CREATE_MEETING)
        made = await here.connector.appointments.put(asked)
        (kept,) = here.vendor.directory.calendar(ANNA)[1].events.values()
        html = kept.fields["body"]["content"].replace("<body>", f"<body><div>Mine {made.join_url}<br>{LINE}</div>")
        kept.fields["body"]["content"] = html
        told = await here.connector.appointments.put(replace(asked, sequence=1, invites=Invites.VENDOR))
        (event,) = here.events()
        assert PRIVATE not in f"{event['body']} {here.vendor.directory.mailed}"
        assert told.join_url == made.join_url is not None


async def test_a_text_with_a_line_is_replaced_by_the_next_one() -> None:
    async with world() as here:
        asked = replace(
            appointment(ANNA, meeting=CREATE_MEETING, invites=Invites.VENDOR), shared=f"Before {LINE} Below"
        )
        await here.connector.appointments.put(asked)
        await here.connector.appointments.put(replace(asked, sequence=1, shared="Now"))
        (event,) = here.events()
        assert "Now" in event["body"]["content"]
        assert "Below" not in event["body"]["content"]


@pytest.mark.parametrize(
    "attendees",
    ["anna", 5, ["anna"], [None], [[]], [{"emailAddress": ["anna"]}], [{"emailAddress": {"address": 5}}]],
)
def test_attendees_whose_addresses_cannot_be_read_are_refused_before_anything_is_made_of_them(attendees: Any) -> None:
    times = {name: {"dateTime": f"2031-01-15T{hour}:00:00", "timeZone": "UTC"} for name, hour in TIMES}
    with pytest.raises(Rejected, match="unknown shape"):
        shaped(Stored.of, {"id": "1", "changeKey": "1", **times, "attendees": attendees})
    assert shaped(Stored.of, {"id": "1", "changeKey": "1", **times, "attendees": [{}, {"emailAddress": None}]})
