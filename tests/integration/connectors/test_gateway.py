"""The services' calendar port over connectors: secrets sealed, faults named, bugs of connectors contained."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.guard import PRIVATE_NETWORKS
from pointsman.connectors.pace.open_gate import OpenGate
from pointsman.connectors.pace.outcomes import Admitted
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import Invalid
from pointsman.domain.messages.message import say
from pointsman.domain.policy.pools import CREATE_MEETING
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, EventGuest
from pointsman.services.ports.vendors.calendars import CalendarAsked, CalendarGateway, CalendarOwner, VendorWatch
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import (
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
)
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from pointsman_memory import MANIFEST, MemoryConnector, MemoryVendor
from pointsman_sdk import (
    AmbiguousOutcome,
    Appointment,
    Changes,
    ConnectorError,
    GuestsRefused,
    Invites,
    Limits,
    ReauthRequired,
    Rejected,
    RemoteRecord,
    Retryable,
    Slot,
    SlotTaken,
    Watch,
)
from pointsman_sdk.testing import FaultyTransport
from support.programs.calendar_servers import PASSWORD, USER, radicale, running
from support.programs.radicale_vendor import RadicaleVendor
from support.wording import german

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
NINE = datetime(2031, 3, 31, 9, tzinfo=UTC)
TEN, NOON = NINE + timedelta(hours=1), NINE + timedelta(hours=3)
SECOND = timedelta(seconds=1)
OWNER = CalendarOwner(zone="Europe/Berlin", email="anna@example.com")
EVENT = CalendarEvent(
    key="0193-g1",
    calendar="anna",
    start=NINE,
    end=TEN,
    title=SharedText("Demo"),
    shared=SharedText(""),
    private=PrivateText(""),
    guests=(EventGuest(email="ada@example.com", name="Ada"),),
    sequence=0,
)
CONFIG: dict[str, object] = {"url": "https://memory.example", "token": "s3cret-token"}


class House:
    """A gateway over one memory vendor, on a wire that can be broken."""

    def __init__(self, registry: Any = None) -> None:
        self.vendor = MemoryVendor(token="s3cret-token")
        self.wire = FaultyTransport(self.vendor.transport)
        self.bugs: list[tuple[str, str]] = []
        self.keys = (new_key(),)
        self.vault = Vault(self.keys)
        self.gateway = ConnectorGateway(
            registry=registry or ConnectorRegistry.discover(),
            vault=self.vault,
            contexts=ContextFactory(clock=lambda: NOW, transport=self.wire),
            on_bug=lambda connector, kind: self.bugs.append((connector, kind)),
        )

    def connection(self, config: Mapping[str, object] = CONFIG) -> ConnectionRef:
        public, sealed = self.gateway.seal("memory", config)
        return ConnectionRef(id=UUID(int=1), connector="memory", config=public, sealed=sealed)


class AskedGate(OpenGate):
    """Lets every call in, and remembers how patient each was."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Patience] = []

    async def enter(
        self, connection_id: UUID, limits: Limits, patience: Patience, *, deadline: timedelta, subject: str = ""
    ) -> Admitted | None:
        self.asked.append(patience)
        return await super().enter(connection_id, limits, patience, deadline=deadline, subject=subject)


async def test_what_reads_our_events_back_waits_for_its_turn(house: House) -> None:
    """A busy connection that sent it away would make the calendar unreadable."""
    gate = AskedGate()
    contexts = ContextFactory(clock=lambda: NOW, transport=house.wire)
    gateway = ConnectorGateway(registry=ConnectorRegistry.discover(), vault=house.vault, contexts=contexts, gate=gate)
    await gateway.our_events(house.connection(), "anna", NINE, TEN)
    await gateway.get_event(house.connection(), "anna", EVENT.key)
    assert gate.asked == [Patience.WAITS, Patience.WAITS]
    await gateway.aclose()


@pytest.fixture
async def house(anyio_backend: object) -> AsyncIterator[House]:
    house = House()
    yield house
    await house.gateway.aclose()


async def busy(
    gateway: ConnectorGateway, connection: ConnectionRef, calendar: str, *, deadline: timedelta = SECOND
) -> list[tuple[datetime, datetime]]:
    asked = [CalendarAsked(calendar=calendar, owner=OWNER)]
    found = (await gateway.busy_times(connection, asked, NINE, NOON, deadline=deadline))[calendar]
    if isinstance(found, VendorError):
        raise found
    return [(one.start, one.end) for one in found.times]


async def test_gateway_is_what_the_services_ask_for(house: House) -> None:
    port: CalendarGateway = house.gateway
    assert callable(port.seal)


async def test_calendars_are_listed_page_by_page(house: House) -> None:
    for name in ("anna", "ben", "clara"):
        house.vendor.diary.calendar(name).zone = "Europe/Berlin"
    house.vendor.diary.page_size = 2
    first = await house.gateway.calendar_page(house.connection(), None, deadline=SECOND)
    last = await house.gateway.calendar_page(house.connection(), first.cursor, deadline=SECOND)
    assert [[one.id for one in page.calendars] for page in (first, last)] == [["anna", "ben"], ["clara"]]
    assert (first.calendars[0].zone, last.cursor) == ("Europe/Berlin", None)


async def test_a_calendar_tells_whether_anything_changed_in_it(house: House) -> None:
    gateway, connection = house.gateway, house.connection()
    assert gateway.tells_news("memory")
    assert not gateway.tells_news("unknown")
    first = await gateway.calendar_news(connection, "anna", None, deadline=SECOND)
    again = await gateway.calendar_news(connection, "anna", first.cursor, deadline=SECOND)
    assert (first.changed, again.changed) == (True, False)
    await gateway.put_event(connection, EVENT)
    after = await gateway.calendar_news(connection, "anna", again.cursor, deadline=SECOND)
    assert (after.changed, after.cursor != again.cursor) == (True, True)
    forgotten = await gateway.calendar_news(connection, "anna", "forgotten", deadline=SECOND)
    assert forgotten.changed


async def test_a_calendar_is_watched_until_that_is_ended(house: House) -> None:
    gateway, connection, callback = house.gateway, house.connection(), "https://pointsman.example/v1/hooks/calendars/x"

    async def watch() -> VendorWatch | None:
        return await gateway.watch_calendar(
            connection, "anna", callback=callback, secret="s3cret-of-a-watch", deadline=SECOND
        )

    made = await watch()
    assert made is not None
    assert made.renew_at is not None
    await gateway.put_event(connection, EVENT)
    assert [push.url for push in house.vendor.diary.pushed] == [callback]
    for _ in range(2):
        await gateway.unwatch_calendar(connection, "anna", made.state)
    assert not house.vendor.diary.watches
    house.vendor.diary.pushes_changes = False
    assert await watch() is None


async def test_appointment_is_booked_found_moved_and_cancelled(house: House) -> None:
    gateway, connection = house.gateway, house.connection()
    await gateway.check(connection)
    made = await gateway.put_event(connection, EVENT)
    assert (made.key, made.start, made.end) == (EVENT.key, NINE, TEN)
    assert await gateway.get_event(connection, "anna", EVENT.key) == made
    assert await busy(gateway, connection, "anna") == [(NINE, TEN)]
    moved = await gateway.put_event(connection, replace(EVENT, start=TEN, end=NOON, sequence=1))
    assert (moved.start, moved.end) == (TEN, NOON)
    assert await gateway.our_events(connection, "anna", NINE, NOON) == [moved]
    await gateway.drop_event(connection, "anna", EVENT.key)
    await gateway.drop_event(connection, "anna", EVENT.key)
    assert await gateway.get_event(connection, "anna", EVENT.key) is None


# ── credentials ─────────────────────────────────────────────────────────────────────────────────


async def test_secrets_are_parted_from_what_may_be_shown(house: House) -> None:
    connection = house.connection()
    assert "token" not in connection.config
    assert connection.config["url"] == "https://memory.example"
    assert "s3cret" not in str(connection)


async def test_secret_is_not_sent_to_an_address_changed_behind_its_back(house: House) -> None:
    connection = house.connection()
    moved = replace(connection, config={**connection.config, "url": "https://evil.example"})
    with pytest.raises(VendorReauthError, match="was changed") as caught:
        await house.gateway.check(moved)
    assert german(failure_message(caught.value)).startswith("die Geheimnisse der Verbindung lassen sich nicht öffnen")
    assert house.wire.seen == []


async def test_a_key_that_this_process_lacks_is_no_fault_of_the_connection(house: House) -> None:
    """Rotated before this process was restarted: nobody has to sign in anew, and other processes may have the key."""
    connection = house.connection()
    ours, newer = house.keys[0], new_key()
    rotated = replace(connection, sealed=Vault([newer, ours]).reseal(connection.sealed))
    with pytest.raises(VendorRetryableError, match="POINTSMAN_SECRET_KEYS lacks the key") as caught:
        await house.gateway.check(rotated)
    assert german(failure_message(caught.value)).startswith("diesem Prozess fehlt der Schlüssel")
    assert house.wire.seen == []
    await house.gateway.check(replace(rotated, sealed=Vault([ours, newer]).reseal(rotated.sealed)))


async def test_secret_of_one_connector_does_not_open_for_another(house: House) -> None:
    with pytest.raises(VendorReauthError):
        await house.gateway.check(replace(house.connection(), connector="caldav"))


async def test_wrong_configuration_is_invalid_with_paths(house: House) -> None:
    with pytest.raises(Invalid) as caught:
        house.gateway.seal("memory", {"tokn": "s3cret-token"})
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == ("body.config.tokn", "memory has no 'tokn'; did you mean 'token'?")
    with pytest.raises(Invalid) as caught:
        house.gateway.seal("memry", {})
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == (
        "body.connector",
        "there is no connector 'memry'; did you mean 'memory'?",
    )


async def test_new_credentials_take_effect_at_once(house: House) -> None:
    with pytest.raises(VendorReauthError):
        await house.gateway.check(house.connection({**CONFIG, "token": "stale"}))
    await house.gateway.check(house.connection())


async def test_connection_that_disappeared_from_the_installation_waits(house: House) -> None:
    _, sealed = house.gateway.seal("memory", CONFIG)
    gone = ConnectionRef(id=UUID(int=2), connector="uninstalled", config={}, sealed=sealed)
    with pytest.raises(VendorError) as caught:
        await house.gateway.check(gone)
    assert german(failure_message(caught.value)).startswith("die Geheimnisse der Verbindung lassen sich nicht öffnen")


# ── faults ──────────────────────────────────────────────────────────────────────────────────────


async def test_taken_time_and_lost_answer_and_wait_reach_the_services(house: House) -> None:
    gateway, connection = house.gateway, house.connection()
    house.wire.lose_answer()
    with pytest.raises(VendorUnansweredError):
        await gateway.put_event(connection, EVENT)
    with pytest.raises(VendorSlotTakenError):
        await gateway.put_event(connection, replace(EVENT, key="0194-g1"))
    house.wire.answer(429, headers={"Retry-After": "7"})
    with pytest.raises(VendorRetryableError) as caught:
        await gateway.put_event(connection, EVENT)
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "../escape"},
        {"end": NINE},
        {"start": NINE.replace(tzinfo=None)},
        {"sequence": -1},
    ],
)
async def test_event_that_no_vendor_would_take_is_rejected_before_it_is_sent(
    house: House, change: dict[str, Any]
) -> None:
    with pytest.raises(VendorRejectedError):
        await house.gateway.put_event(house.connection(), replace(EVENT, **change))
    assert house.wire.seen == []


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nATTENDEE:x@y"])
async def test_a_buyer_who_cannot_be_invited_is_met_all_the_same(house: House, email: str) -> None:
    await house.gateway.put_event(house.connection(), replace(EVENT, guests=(EventGuest(email=email, name="Ada"),)))
    (entry,) = house.vendor.diary.own(EVENT.calendar)
    assert entry.values["guests"] == []


class Scripted:
    """A registry with one connector that does as told."""

    def __init__(self, act: Callable[[], Any]) -> None:
        async def do(*_: object, **__: object) -> Any:
            answer = act()
            return await answer if asyncio.iscoroutine(answer) else answer

        calendar = SimpleNamespace(read=do, put=do, get=do, drop=do, ours=do)
        watches = SimpleNamespace(watch=do, unwatch=do, changed=do, heard=do)
        self.connector = SimpleNamespace(
            manifest=MANIFEST, check=do, busy=calendar, appointments=calendar, watches=watches
        )
        self.builds = 0

    def parse_config(self, name: str, config: Mapping[str, object]) -> Any:
        return MemoryConnector.manifest.config.model_validate(config)

    def manifest(self, name: str) -> Any:
        return MANIFEST

    def build(self, name: str, config: object, context: object) -> Any:
        self.builds += 1
        return self.connector


def raiser(error: BaseException) -> Callable[[], Any]:
    def act() -> Any:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (Retryable("x", retry_after=SECOND), VendorRetryableError),
        (AmbiguousOutcome("x"), VendorUnansweredError),
        (ReauthRequired("x"), VendorReauthError),
        (Rejected("x"), VendorRejectedError),
        (SlotTaken("x"), VendorSlotTakenError),
        (ConnectorError("x"), VendorRejectedError),
    ],
)
async def test_each_error_has_its_fault(error: ConnectorError, fault: type[VendorError]) -> None:
    house = House(Scripted(raiser(error)))
    with pytest.raises(VendorError) as caught:
        await house.gateway.put_event(house.connection(), EVENT)
    assert type(caught.value) is fault
    assert house.bugs == []


@pytest.mark.parametrize(
    "error", [KeyError("ada@example.com"), SystemExit(3), httpx.ReadTimeout("ada@example.com"), TimeoutError()]
)
async def test_anything_else_is_a_bug_counted_and_told_by_type_alone(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(Scripted(raiser(error)))
    with caplog.at_level(logging.DEBUG), pytest.raises(VendorRetryableError) as caught:
        await house.gateway.get_event(house.connection(), "anna", "k-g1")
    assert house.bugs == [("memory", type(error).__name__)]
    assert type(error).__name__ in str(caught.value)
    assert german(failure_message(caught.value)).startswith("der Connector „memory“ ist gescheitert")
    assert "ada@example.com" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("answer", [None, "yes", 7, SimpleNamespace(key="k")])
async def test_nonsense_from_a_connector_is_a_bug_too(answer: object) -> None:
    house = House(Scripted(lambda: answer))
    with pytest.raises(VendorUnansweredError):
        await house.gateway.put_event(house.connection(), EVENT)
    with pytest.raises(VendorRetryableError):
        await busy(house.gateway, house.connection(), "anna")
    assert len(house.bugs) == 2


async def test_an_event_stands_without_a_meeting_where_the_vendor_makes_none() -> None:
    scripted, asked = Scripted(lambda: OWN), list[str | None]()

    async def put(thing: Appointment) -> RemoteRecord:
        asked.append(thing.meeting)
        if thing.meeting is not None:
            raise Rejected("no meetings")
        return OWN

    async def get(*_: str) -> RemoteRecord | None:
        return None

    scripted.connector.appointments.put, scripted.connector.appointments.get = put, get
    house = House(scripted)
    put_there = await house.gateway.put_event(house.connection(), replace(EVENT, meeting=CREATE_MEETING))
    assert put_there.makes_no_meeting == say("vendor.said", said="no meetings")
    assert asked == [CREATE_MEETING, None]
    with pytest.raises(VendorRejectedError):
        await house.gateway.put_event(house.connection(), replace(EVENT, meeting="https://meet.example/room"))


@pytest.mark.parametrize("meets", [True, False])
async def test_an_event_stands_without_guests_whom_the_vendor_takes_no_more(*, meets: bool) -> None:
    scripted, asked = Scripted(lambda: OWN), list[tuple[Invites, str | None]]()

    async def put(thing: Appointment) -> RemoteRecord:
        asked.append((thing.invites, thing.meeting))
        if thing.invites is Invites.VENDOR:
            raise GuestsRefused("no more guests for now", retry_after=timedelta(days=1))
        if thing.meeting is not None and not meets:
            raise Rejected("no meetings")
        return OWN

    async def get(*_: str) -> RemoteRecord | None:
        return None

    scripted.connector.appointments.put, scripted.connector.appointments.get = put, get
    house = House(scripted)
    event = replace(EVENT, invites=True, meeting=CREATE_MEETING)
    there = await house.gateway.put_event(house.connection(), event)
    assert there.invites_nobody == say("vendor.said", said="no more guests for now")
    assert (there.makes_no_meeting is None) is meets
    host = [(Invites.HOST, CREATE_MEETING), *([] if meets else [(Invites.HOST, None)])]
    assert asked == [(Invites.VENDOR, CREATE_MEETING), *host]


async def test_a_meeting_that_stands_outlives_a_change_that_is_refused() -> None:
    """An answer that could not be read once took the link away from the buyer."""
    scripted, asked = Scripted(lambda: OWN), list[str | None]()

    async def put(thing: Appointment) -> RemoteRecord:
        asked.append(thing.meeting)
        raise Rejected("what came cannot be read")

    async def get(*_: str) -> RemoteRecord | None:
        return replace(OWN, join_url="https://meet.example/abc")

    scripted.connector.appointments.put, scripted.connector.appointments.get = put, get
    house = House(scripted)
    with pytest.raises(VendorRejectedError):
        await house.gateway.put_event(house.connection(), replace(EVENT, meeting=CREATE_MEETING))
    assert asked == [CREATE_MEETING]


@pytest.mark.parametrize(
    ("told", "kept"),
    [("https://meet.example/a", "https://meet.example/a"), ("javascript:x", None), ("https://a\n", None), (7, None)],
)
async def test_a_link_that_leads_nowhere_is_none(told: Any, kept: str | None) -> None:
    house = House(Scripted(lambda: replace(OWN, join_url=told)))
    assert (await house.gateway.put_event(house.connection(), EVENT)).join_url == kept


UNKEPT = ["a\0b", "\ud800", "x" * 4_001, 7, b"x"]
OWN = RemoteRecord(key=EVENT.key, place=EVENT.calendar, id="v-1", version="1", slot=Slot(NINE, TEN))


@pytest.mark.parametrize("text", UNKEPT, ids=["nul", "surrogate", "long", "number", "bytes"])
@pytest.mark.parametrize("name", ["id", "version"])
async def test_what_the_database_cannot_keep_of_an_event_is_a_bug_too(name: str, text: Any) -> None:
    house = House(Scripted(lambda: replace(OWN, **{name: text})))
    with pytest.raises(VendorUnansweredError):
        await house.gateway.put_event(house.connection(), EVENT)
    assert len(house.bugs) == 1


async def refuse_watch(made: Watch) -> None:
    """It is a bug, and the vendor does not go on calling."""
    scripted, ended = Scripted(lambda: made), list[tuple[str, str]]()

    async def end(place: str, state: str) -> None:
        ended.append((place, state))

    scripted.connector.watches.unwatch = end
    house = House(scripted)
    with pytest.raises(VendorRetryableError):
        await house.gateway.watch_calendar(
            house.connection(), "anna", callback="https://x.example", secret="x", deadline=SECOND
        )
    assert (len(house.bugs), ended) == (1, [("anna", made.state)])


@pytest.mark.parametrize("text", UNKEPT, ids=["nul", "surrogate", "long", "number", "bytes"])
async def test_what_the_database_cannot_keep_of_a_watch_is_a_bug_too(text: Any) -> None:
    await refuse_watch(Watch(state=text))


async def test_a_watch_that_ends_at_no_certain_instant_is_a_bug_too() -> None:
    await refuse_watch(Watch(state="w-1", renew_at=NOW.replace(tzinfo=None)))


@pytest.mark.parametrize("cursor", ["a\0b", "\ud800", 7, b"x"], ids=["nul", "surrogate", "number", "bytes"])
async def test_what_the_database_cannot_keep_of_a_place_in_a_feed_is_a_bug_too(cursor: Any) -> None:
    house = House(Scripted(lambda: Changes(cursor=cursor)))
    with pytest.raises(VendorRetryableError):
        await house.gateway.calendar_news(house.connection(), "anna", None, deadline=SECOND)
    assert len(house.bugs) == 1


@pytest.mark.parametrize(
    ("wait", "bounded"),
    [
        (timedelta.max, timedelta(days=1)),
        (timedelta(days=365_000), timedelta(days=1)),
        (timedelta.min, timedelta()),
        (30, None),
        (SECOND, SECOND),
    ],
    ids=str,
)
async def test_no_connector_has_us_wait_for_more_than_a_day(wait: Any, bounded: timedelta | None) -> None:
    for kind in (Retryable, AmbiguousOutcome):
        house = House(Scripted(raiser(kind("x", retry_after=wait))))
        with pytest.raises(VendorRetryableError) as caught:
            await house.gateway.put_event(house.connection(), EVENT)
        assert caught.value.retry_after == bounded


async def test_slow_calendar_is_given_up_at_the_deadline() -> None:
    house = House(Scripted(lambda: asyncio.Event().wait()))
    with pytest.raises(VendorRetryableError, match="in time") as caught:
        await busy(house.gateway, house.connection(), "anna", deadline=timedelta(milliseconds=20))
    assert not isinstance(caught.value, VendorUnansweredError)
    assert german(failure_message(caught.value)) == "der Anbieter hat nicht rechtzeitig geantwortet"
    assert house.bugs == []


async def test_connector_is_built_once_per_configuration() -> None:
    registry = Scripted(lambda: None)
    house = House(registry)
    connection = house.connection()
    for _ in range(3):
        await house.gateway.check(connection)
    assert registry.builds == 1
    await house.gateway.check(house.connection({**CONFIG, "token": "other"}))
    assert registry.builds == 2


# ── the whole way ───────────────────────────────────────────────────────────────────────────────


async def test_real_calendar_server_on_loopback_is_reached_only_when_private_networks_are_open(
    tmp_path: Path,
) -> None:
    with running(radicale(tmp_path)) as server:
        vendor = RadicaleVendor(server)
        for allowed in (PRIVATE_NETWORKS, ()):
            gateway = ConnectorGateway(
                registry=ConnectorRegistry.discover(),
                vault=Vault([new_key()]),
                contexts=ContextFactory(clock=lambda: NOW, allowed=allowed),
            )
            config = {"base_url": server.url, "username": USER, "password": PASSWORD}
            public, sealed = gateway.seal("caldav", config)
            connection = ConnectionRef(id=UUID(int=1), connector="caldav", config=public, sealed=sealed)
            event = replace(EVENT, calendar=vendor.calendar)
            if allowed:
                made = await gateway.put_event(connection, event)
                assert (made.start, made.end) == (NINE, TEN)
                assert await busy(gateway, connection, vendor.calendar) == [(NINE, TEN)]
            else:
                with pytest.raises(VendorRejectedError, match="POINTSMAN_PRIVATE_NETWORKS"):
                    await gateway.put_event(connection, event)
            await gateway.aclose()
        assert len(vendor.stored()) == 1
        await vendor.transport.aclose()
