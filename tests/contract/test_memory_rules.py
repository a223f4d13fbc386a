"""What the memory vendor can do beyond the kit's checks: each rule that it teaches, and each odd way that a host must stand."""

import asyncio
import base64
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from pointsman_memory import MemoryConfig, MemoryConnector, MemoryVendor
from pointsman_memory.config import Handshake
from pointsman_sdk import (
    AccountState,
    Activity,
    ActivityStatus,
    AmbiguousOutcome,
    Appointment,
    BusyTimes,
    CalendarRef,
    Contact,
    Context,
    FieldType,
    Invites,
    NoMemory,
    NoTokens,
    PersonBy,
    PersonState,
    PlaceGone,
    RecordKind,
    Rejected,
    Retryable,
    Scope,
    Slot,
    SlotTaken,
    Standing,
    Unreadable,
    WantedField,
    all_items,
)
from pointsman_sdk.fakes import FaultPlan, Rates, Rotation, too_many_calls
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import FaultyTransport

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
ADA = Contact(email="ada@lead.example", name="Ada")
SECRET = SecretStr("0123456789abcdef")


def at(hour: float, hours: float = 1) -> Slot:
    return Slot(NOW + timedelta(hours=hour), NOW + timedelta(hours=hour + hours))


EVENT = Appointment(key="k1", place="anna", slot=at(1), title="Demo", sequence=1)


class House:
    """A vendor with short pages, a wire that can be broken, and connectors to it."""

    def __init__(self) -> None:
        self.now = NOW
        self.vendor = MemoryVendor(clock=lambda: self.now, page_size=2)
        self.wire = FaultyTransport(self.vendor.transport)
        self.http = make_client(self.wire)
        self.connector = self.connect()

    def connect(self, **config: Any) -> MemoryConnector:
        context = Context(
            http=self.http,
            clock=lambda: self.now,
            tokens=NoTokens(),
            memory=NoMemory(),
            readers=SimpleNamespace(),  # type: ignore[arg-type]  # small answers are read here
            log=logging.getLogger("test"),
        )
        return MemoryConnector(MemoryConfig(url="https://memory.example", **config), context)

    def event(self, key: str = "k1") -> dict[str, Any]:
        return self.vendor.diary.calendar("anna").shelf.items[key].values


@pytest.fixture
async def house(anyio_backend: object) -> AsyncIterator[House]:
    house = House()
    yield house
    await house.http.aclose()


# ── appointments ────────────────────────────────────────────────────────────────────────────────


async def test_the_owners_program_may_write_while_we_write_and_neither_is_lost(house: House) -> None:
    await house.connector.appointments.put(EVENT)
    house.wire.before_write(lambda: house.vendor.diary.edit("anna", "k1", colour="red"))
    await house.connector.appointments.put(replace(EVENT, sequence=2, slot=at(3)))
    assert (house.event()["colour"], house.event()["sequence"]) == ("red", 2)


async def test_an_owner_who_never_stops_writing_is_left_alone_for_now(house: House) -> None:
    await house.connector.appointments.put(EVENT)
    writing = house.vendor.transport.handler

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            house.vendor.diary.edit("anna", "k1", colour=str(len(house.wire.seen)))
        return writing(request)  # type: ignore[return-value]  # the vendor answers at once

    house.vendor.transport.handler = handle
    with pytest.raises(Retryable):
        await house.connector.appointments.put(replace(EVENT, sequence=2))
    assert len(house.wire.seen) < 20


async def test_a_room_that_the_vendor_made_stays_the_same_until_another_is_asked_for(house: House) -> None:
    own = replace(EVENT, meeting="create")
    made = await house.connector.appointments.put(own)
    moved = await house.connector.appointments.put(replace(own, sequence=2, slot=at(5)))
    assert made.join_url == moved.join_url
    assert made.join_url is not None
    other = await house.connector.appointments.put(replace(own, sequence=3, meeting="https://meet.example/1"))
    assert other.join_url == "https://meet.example/1"
    assert (await house.connector.appointments.put(replace(own, sequence=4, meeting=None))).join_url is None


async def test_the_vendor_mails_guests_only_where_it_is_to_and_never_the_private_text(house: House) -> None:
    for number, invites in enumerate(Invites):
        thing = replace(EVENT, key=f"k{number}", slot=at(number * 2), guests=(ADA,), invites=invites)
        await house.connector.appointments.put(replace(thing, shared="bring the plan", private="has no budget"))
    assert {guest for guest, _ in house.vendor.diary.mailed} == {ADA.email}
    assert len(house.vendor.diary.mailed) == 1
    seen = [house.vendor.diary.seen_by_guests(item) for item in house.vendor.diary.own("anna")]
    assert "has no budget" not in str([seen, house.vendor.diary.mailed])
    assert "bring the plan" in str(seen)


async def test_an_event_that_its_owner_called_off_is_told_so_frees_the_time_and_stands_again_when_put(
    house: House,
) -> None:
    await house.connector.appointments.put(EVENT)
    house.vendor.diary.edit("anna", "k1", status="cancelled")
    (found,) = await house.connector.appointments.ours("anna", at(0, 9))
    assert found.standing is Standing.CANCELLED
    await house.connector.appointments.put(replace(EVENT, key="k2"))
    with pytest.raises(SlotTaken):
        await house.connector.appointments.put(replace(EVENT, sequence=2))


async def test_a_time_of_a_series_that_its_owner_deleted_is_free_and_the_others_are_not(house: House) -> None:
    await house.connector.appointments.put(EVENT)
    house.vendor.diary.repeat("anna", "k1", weeks=3, without=1)
    await house.connector.appointments.put(replace(EVENT, key="k2"))
    with pytest.raises(SlotTaken):
        await house.connector.appointments.put(replace(EVENT, key="k3", slot=at(1 + 24 * 7)))
    found = (await house.connector.busy.read([CalendarRef(id="anna", zone="UTC")], at(0, 24 * 21)))["anna"]
    assert isinstance(found, BusyTimes)
    assert {(one.key, one.slot) for one in found.times} == {
        ("k2", at(1)),
        ("k1", at(1 + 24 * 7)),
        ("k1", at(1 + 24 * 14)),
    }


async def test_a_late_state_is_answered_with_where_the_series_stands_that_its_owner_made_since(house: House) -> None:
    await house.connector.appointments.put(replace(EVENT, sequence=2))
    house.vendor.diary.repeat("anna", "k1", weeks=3, without=1)
    found = await house.connector.appointments.put(EVENT)
    assert (found.slot, found.repeats, found.sequence) == (at(1 + 24 * 7), True, 2)


async def test_the_day_of_a_series_is_the_one_of_its_own_clock(house: House) -> None:
    house.vendor.diary.calendar("anna").zone = "Europe/Berlin"
    await house.connector.appointments.put(replace(EVENT, slot=at(11.25)))  # in Berlin 00:15 on the 16th
    house.vendor.diary.repeat("anna", "k1", weeks=3)
    later = await house.connector.appointments.put(replace(EVENT, sequence=2, slot=at(12.25)))
    before = await house.connector.appointments.put(replace(EVENT, sequence=3, slot=at(10.25)))
    assert (later.repeats, before.repeats) == (True, False)


@pytest.mark.parametrize("verb", ["get", "put"])
async def test_a_series_that_vanishes_while_it_is_read_is_looked_up_again(house: House, verb: str) -> None:
    await house.connector.appointments.put(EVENT)
    house.vendor.diary.repeat("anna", "k1", weeks=3)
    answering = house.vendor.transport.handler

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/times"):
            house.vendor.diary.erase("anna", "k1")
        return answering(request)  # type: ignore[return-value]  # the vendor answers at once

    house.vendor.transport.handler = handle
    if verb == "get":
        with pytest.raises(Retryable):
            await house.connector.appointments.get("anna", "k1")
        assert await house.connector.appointments.get("anna", "k1") is None
    else:
        made = await house.connector.appointments.put(replace(EVENT, sequence=2))
        assert (made.slot, made.repeats) == (at(1), False)


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_an_answer_that_says_no_place_is_no_place_and_one_without_a_code_is_not_nothing(
    house: House, status: int
) -> None:
    house.wire.answer(status, body=b'{"code": "place"}', times=9)
    for verb in (house.connector.appointments.get, house.connector.appointments.drop):
        with pytest.raises(Rejected):
            await verb("anna", "k1")
    house.wire.answer(status, times=9)
    for verb in (house.connector.appointments.get, house.connector.appointments.drop):
        with pytest.raises(Rejected):
            await verb("anna", "k1")
    house.wire.heal()
    house.vendor.diary.calendar("anna").open = False
    with pytest.raises(PlaceGone):
        await house.connector.appointments.drop("anna", "k1")


# ── busy times and changes ──────────────────────────────────────────────────────────────────────


async def test_twenty_calendars_are_read_in_one_question_each_by_itself(house: House) -> None:
    names = [f"rep-{number}" for number in range(20)]
    for name in names[:3]:
        house.vendor.diary.block(name, at(1))
    house.vendor.diary.calendar("rep-4").open = False
    asked = [CalendarRef(id=name, zone="Europe/Berlin") for name in names]
    found = await house.connector.busy.read(asked, at(0, 9))
    assert set(found) == set(names)
    assert [name for name in names if isinstance(found[name], Unreadable)] == ["rep-4"]
    assert [len(found[name].times) for name in names[:4]] == [1, 1, 1, 0]  # type: ignore[union-attr]  # they were read
    with pytest.raises(Rejected):
        await house.connector.busy.read([*asked, CalendarRef(id="one more", zone="UTC")], at(0, 9))


async def test_a_merged_reading_has_blocks_without_keys_and_says_so(house: House) -> None:
    house.vendor.diary.calendar("anna").merged = True
    house.vendor.diary.calendar("anna").refuses_overlaps = False
    house.vendor.diary.block("anna", at(1.5))
    await house.connector.appointments.put(EVENT)
    found = (await house.connector.busy.read([CalendarRef(id="anna", zone="UTC")], at(0, 9)))["anna"]
    assert isinstance(found, BusyTimes)
    assert (found.keyed, [(one.slot, one.key) for one in found.times]) == (False, [(at(1, 1.5), None)])


@pytest.mark.parametrize(("zone", "busy"), [("Australia/Sydney", True), ("America/Los_Angeles", False)])
async def test_a_whole_day_is_the_owners(house: House, zone: str, busy: bool) -> None:
    """Noon of the 15th in UTC is late on the 15th in Sydney, and early in the morning there it is the 16th at 13:00 UTC."""
    house.vendor.diary.block("anna", at(0), first_day="2031-01-16", last_day="2031-01-16")
    found = (await house.connector.busy.read([CalendarRef(id="anna", zone=zone)], at(1.5, 0.5)))["anna"]
    assert isinstance(found, BusyTimes)
    assert bool(found.times) is busy


async def test_changes_are_told_over_all_pages_and_a_token_that_is_too_old_says_so(house: House) -> None:
    begun = await house.connector.watches.changed("anna", None)
    assert (begun.keys, begun.others, begun.complete) == ((), False, True)
    for number in range(5):
        await house.connector.appointments.put(replace(EVENT, key=f"k{number}", slot=at(number * 2)))
    house.vendor.diary.block("anna", at(20))
    found = await house.connector.watches.changed("anna", begun.cursor)
    assert (set(found.keys), found.others, found.complete) == ({f"k{number}" for number in range(5)}, True, True)
    assert (await house.connector.watches.changed("anna", found.cursor)).keys == ()
    house.vendor.diary.calendar("anna").forgotten = 3
    for cursor in (begun.cursor, "no token", "p99"):
        assert not (await house.connector.watches.changed("anna", cursor)).complete


async def test_a_watch_is_pushed_signed_with_its_own_secret_until_it_ends(house: House) -> None:
    watch = await house.connector.watches.watch("anna", "https://pointsman.example/hook", SECRET)
    assert watch is not None
    assert watch.renew_at is not None
    await house.connector.appointments.put(EVENT)
    (pushed,) = house.vendor.diary.pushed
    reader = house.connect(webhook_secret=SECRET)
    assert (pushed.body, reader.intake.answer(pushed).status) == (b"", 204)
    for _ in range(2):
        await house.connector.watches.unwatch("anna", watch.state)
    await house.connector.appointments.drop("anna", "k1")
    assert len(house.vendor.diary.pushed) == 1
    house.vendor.diary.pushes_changes = False
    assert await house.connector.watches.watch("anna", "https://pointsman.example/hook", SECRET) is None


# ── records ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_person_is_known_by_the_id_of_before_a_conversion_by_address_and_by_number(house: House) -> None:
    made = await house.connector.people.put(PersonState(key="l1", email="ada@lead.example", phone="+49301"))
    converted = house.vendor.crm.convert(made.id)
    for by in (PersonBy(external_id=made.id), PersonBy(email="ADA@lead.example"), PersonBy(phone="+49301")):
        found = await house.connector.people.find(by)
        assert found is not None
        assert found.id == converted
    again = await house.connector.people.put(PersonState(key="l1", sequence=1, external_id=made.id, last_name="Byron"))
    assert again.id == converted
    assert len(house.vendor.crm.of("person")) == 1


async def test_a_person_whose_record_vanished_is_found_by_another_sign_or_made_anew(house: House) -> None:
    made = await house.connector.people.put(PersonState(key="l1", email="ada@lead.example"))
    house.vendor.crm.rows.clear()
    again = await house.connector.people.put(PersonState(key="l1", external_id=made.id, email="ada@lead.example"))
    assert [row.id for row in house.vendor.crm.of("person")] == [again.id]


async def test_what_is_none_stays_as_it_stands_and_fields_are_written_by_their_names(house: House) -> None:
    person = PersonState(key="l1", email="ada@lead.example", first_name="Ada", owner="user-1")
    await house.connector.people.put(person)
    with pytest.raises(Rejected):
        await house.connector.people.put(replace(person, sequence=1, fields={"budget": "7"}))
    wanted = WantedField(kind=RecordKind.PERSON, name="budget", label="Budget", type=FieldType.TEXT)
    assert (await house.connector.fields.prepare([wanted, wanted])).missing == ()
    put = await house.connector.people.put(
        PersonState(key="l1", sequence=1, email=person.email, fields={"budget": "7"})
    )
    assert put.owner == "user-1"
    assert dict(put.fields) == {
        "budget": "7",
        "email": "ada@lead.example",
        "first_name": "Ada",
        "owner": "user-1",
    }


async def test_an_admin_hears_which_field_is_to_be_made_where_we_may_not(house: House) -> None:
    house.vendor.crm.makes_fields = False
    wanted = WantedField(kind=RecordKind.PERSON, name="pm_key", label="Pointsman", type=FieldType.TEXT)
    (sentence,) = (await house.connector.fields.prepare([wanted])).missing
    assert "pm_key" in sentence
    assert len(await house.connector.fields.of(RecordKind.PERSON)) == 6  # over three pages


async def test_two_records_with_one_address_are_for_a_human(house: House) -> None:
    first = await house.connector.people.put(PersonState(key="l1", email="ada@lead.example"))
    await house.connector.people.put(PersonState(key="l2", email="bo@lead.example"))
    with pytest.raises(Rejected):
        await house.connector.people.put(PersonState(key="l3", external_id=first.id, email="bo@lead.example"))


async def test_a_meeting_follows_what_becomes_of_it_on_the_closers_name(house: House) -> None:
    person = await house.connector.people.put(PersonState(key="l1", email="ada@lead.example"))
    account = await house.connector.accounts.put(AccountState(key="a1", domain="lead.example", name="Lead"))
    meeting = Activity(key="m1", person=person.id, account=account.id, owner="user-2", slot=at(1), title="Demo")
    assert (await house.connector.activities.put(meeting)).owner == "user-2"
    off = await house.connector.activities.put(replace(meeting, sequence=1, status=ActivityStatus.CANCELLED))
    assert off.standing is Standing.CANCELLED
    for wrong in (replace(meeting, key="m2", owner="user-9"), replace(meeting, key="m2", person="person-9")):
        with pytest.raises(Rejected):
            await house.connector.activities.put(wrong)


async def test_all_users_are_listed_and_one_costs_one_call(house: House) -> None:
    assert len([one async for one in all_items(house.connector.owners.page)]) == 5
    house.wire.seen.clear()
    found = await house.connector.owners.find("CARLA@example.com")
    assert found is not None
    assert (found.active, len(house.wire.seen)) == (False, 1)


# ── intake ──────────────────────────────────────────────────────────────────────────────────────


async def test_our_own_write_is_told_by_its_origin(house: House) -> None:
    house.vendor.crm.add("person", email="bo@lead.example")
    await house.connector.people.put(PersonState(key="l1", email="ada@lead.example"))
    events = house.connector.intake.answer(house.vendor.hooks.hook(house.vendor.hooks.events)).events
    assert [event.origin for event in events] == [None, "l1"]


async def test_ids_are_fetched_in_batches_of_a_hundred(house: House) -> None:
    for number in range(205):
        house.vendor.crm.add("person", email=f"p{number}@lead.example")
    house.vendor.crm.rows.pop("person-7")
    events = house.connector.intake.answer(house.vendor.hooks.hook(house.vendor.hooks.events)).events
    house.wire.seen.clear()
    found = await house.connector.intake.fetch(events)
    assert len(house.wire.seen) == 3
    assert [key for key, arrival in found.items() if arrival is None] == ["evt-7"]
    assert len(found) == 205


async def test_a_feed_that_forgot_says_that_something_is_missing(house: House) -> None:
    for _ in range(3):
        house.vendor.crm.add("person", email=f"p{len(house.vendor.crm.rows)}@lead.example")
    house.vendor.hooks.forgotten = 2
    assert not (await house.connector.intake.since("p1")).complete
    assert not (await house.connector.intake.since("nonsense")).complete
    assert len((await house.connector.intake.since("p2")).events) == 1


async def test_each_handshake_is_answered_where_it_is_the_vendors_and_refused_elsewhere(house: House) -> None:
    hooks = house.vendor.hooks
    asked = {
        Handshake.META: hooks.meta_handshake("1158201444"),
        Handshake.GRAPH: hooks.graph_handshake("Validation: Testing client application"),
        Handshake.SLACK: hooks.slack_handshake("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"),
    }
    wanted = {
        Handshake.META: b"1158201444",
        Handshake.GRAPH: b"Validation: Testing client application",
        Handshake.SLACK: b'{"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}',
    }
    for ours in Handshake:
        intake = house.connect(handshake=ours).intake
        for theirs, hook in asked.items():
            if ours is theirs:
                reply = intake.answer(hook)
                assert (reply.status, reply.body, list(reply.events)) == (200, wanted[theirs], [])
            else:
                with pytest.raises(Rejected):
                    intake.answer(hook)


@pytest.mark.parametrize("challenge", ["", "<script>", "a" * 513, "a\r\nb"])
async def test_a_challenge_that_is_none_is_not_echoed(house: House, challenge: str) -> None:
    hooks = house.vendor.hooks
    for handshake, hook in (("meta", hooks.meta_handshake(challenge)), ("graph", hooks.graph_handshake(challenge))):
        with pytest.raises(Rejected):
            house.connect(handshake=handshake).intake.answer(hook)
    with pytest.raises(Rejected):
        house.connect(handshake="meta").intake.answer(hooks.meta_handshake("1", token="guessed"))


async def test_a_soap_message_is_split_and_acknowledged_and_another_body_refused(house: House) -> None:
    for number in range(2):
        house.vendor.crm.add("person", email=f"p{number}@lead.example")
    intake = house.connect(handshake="soap").intake
    reply = intake.answer(house.vendor.hooks.soap(house.vendor.hooks.events))
    assert b"<Ack>true</Ack>" in reply.body
    assert [(event.key, event.about) for event in reply.events] == [("evt-1", "person-1"), ("evt-2", "person-2")]
    odd = b'<Envelope><Body><events><event id="a" about="b c" at="x"/></events></Body></Envelope>'
    for body in (b"<Envelope/>", odd, b"{}", b"<Envelope><Body><events>" + b"<event " * 50_000):
        with pytest.raises(Rejected):
            intake.answer(house.vendor.hooks.signed(body))


# ── throttling and sign-in ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [429, 403, 200])
async def test_too_many_calls_in_any_form_make_the_whole_connection_wait(house: House, status: int) -> None:
    plan = FaultPlan(rates=Rates(throttled=1.0), throttle_waits=(7,), throttle_statuses=(status,))
    waits = set()
    async with make_client(Failing(house.vendor, plan)) as house.http:
        connector = house.connect()
        for call in [*(connector.check() for _ in range(8)), *(connector.appointments.put(EVENT) for _ in range(8))]:
            with pytest.raises(Retryable) as caught:
                await call
            assert not isinstance(caught.value, AmbiguousOutcome)
            assert caught.value.scope is Scope.CONNECTION
            waits.add(caught.value.retry_after)
    assert waits == {timedelta(seconds=7), timedelta(seconds=8)}  # a date is rounded up


async def _token(house: House, **form: str) -> httpx.Response:
    oauth = house.vendor.oauth
    body = {"client_id": oauth.client_id, "client_secret": oauth.client_secret, **form}
    return await house.http.post("https://memory.example/oauth/token", data=body)


async def _code(house: House, challenge: str) -> str:
    query = {
        "response_type": "code",
        "client_id": house.vendor.oauth.client_id,
        "redirect_uri": "https://pointsman.example/v1/oauth/callback",
        "state": "s1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    agreed = await house.http.get("https://memory.example/oauth/authorize", params=query)
    back = parse_qs(urlsplit(agreed.headers["Location"]).query)
    assert back["state"] == ["s1"]
    return back["code"][0]


async def test_a_code_is_good_once_with_its_verifier_and_the_clients_secret(house: House) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    form = {"grant_type": "authorization_code"}
    wrong = await _token(house, **form, code=await _code(house, challenge), code_verifier="w" * 43)
    code = await _code(house, challenge)
    right = await _token(house, **form, code=code, code_verifier=verifier)
    again = await _token(house, **form, code=code, code_verifier=verifier)
    stranger = await _token(house, **form, code=code, client_secret="guessed")
    assert [one.status_code for one in (wrong, right, again, stranger)] == [400, 200, 400, 401]
    headers = {"Authorization": f"Bearer {right.json()['access_token']}"}
    assert (await house.http.get("https://memory.example/me", headers=headers)).status_code == 200
    house.now += timedelta(hours=1)
    assert (await house.http.get("https://memory.example/me", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("rotation", "statuses"),
    [(Rotation.NONE, [200, 200, 200]), (Rotation.UNTIL_USED, [200, 200, 200]), (Rotation.STRICT, [200, 400, 400])],
)
async def test_a_refresh_token_that_is_used_again_is_good_lost_or_the_end(
    house: House, rotation: Rotation, statuses: list[int]
) -> None:
    """Twice with the first token, as after a crash before the new one was saved; then with the newest."""
    house.vendor.oauth.rotation = rotation
    _, refresh = house.vendor.oauth.sign_in()
    first = await _token(house, grant_type="refresh_token", refresh_token=refresh)
    second = await _token(house, grant_type="refresh_token", refresh_token=refresh)
    newest = first.json().get("refresh_token", refresh)
    third = await _token(house, grant_type="refresh_token", refresh_token=newest)
    assert [one.status_code for one in (first, second, third)] == statuses
    if rotation is Rotation.UNTIL_USED:
        late = await _token(house, grant_type="refresh_token", refresh_token=refresh)
        assert late.status_code == 400  # the new one was used


# ── everything at once ──────────────────────────────────────────────────────────────────────────


class Failing(httpx.AsyncBaseTransport):
    """The vendor behind a wire that fails by a plan, as the server does, without a socket."""

    def __init__(self, vendor: MemoryVendor, plan: FaultPlan) -> None:
        self.vendor, self.plan = vendor, plan

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        turn = self.plan.turn()
        await asyncio.sleep(0)
        answer = self.vendor.handle(request) if turn.acts else None
        await asyncio.sleep(0)
        if turn.fault in ("lost", "reset"):
            raise httpx.ReadError("connection reset by peer")
        if turn.retry_after is not None:
            return too_many_calls(turn.retry_after, now=NOW, as_date=turn.as_date, status=turn.status)
        return answer if turn.fault == "none" and answer is not None else httpx.Response(turn.status)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_fails_each_appointment_is_one_event_in_its_newest_state(seed: int) -> None:
    house = House()
    rates = Rates(lost=0.2, failed=0.1, throttled=0.1, reset=0.05)
    plan = FaultPlan(rates=rates, seed=seed, throttle_statuses=(429, 403, 200))
    house.http = make_client(Failing(house.vendor, plan))
    connector = house.connect()

    async def deliver(number: int, sequence: int) -> None:
        thing = replace(EVENT, key=f"k{number}", place=f"rep-{number % 20}", sequence=sequence)
        slot = at(2 * (number // 20) + 0.5 * sequence)
        for _ in range(100):
            try:
                await connector.appointments.put(replace(thing, slot=slot))
            except Retryable:
                continue
            return
        pytest.fail("never delivered")

    # Each in three states, whose deliveries overlap and come in any order.
    await asyncio.gather(*(deliver(number, sequence) for number in range(60) for sequence in (2, 0, 1)))
    plan.on = False
    events = [item for number in range(20) for item in house.vendor.diary.own(f"rep-{number}")]
    assert sorted(item.key or "" for item in events) == sorted(f"k{number}" for number in range(60))
    assert {item.values["sequence"] for item in events} == {2}
    await house.http.aclose()
