"""What CalDAV servers do that Radicale does not, played by a scripted one."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pointsman_caldav import CaldavConfig, CaldavConnector
from pointsman_caldav.reading import busy_by_report, moment, one_event
from pointsman_sdk import AmbiguousOutcome, CalendarRef, ConnectorError, Rejected, Retryable, Scope, Slot
from pointsman_sdk.http import make_client
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.icalendar import parse_icalendar
from pointsman_sdk.testing import appointment, at
from support.hostile.calendars import KIND
from support.hypothesis_profiles import examples
from support.programs.caldav_calls import busy, on

pytestmark = pytest.mark.anyio

CALENDAR = "/rep1/leads/"
DAY = Slot(datetime(2031, 3, 30, tzinfo=UTC), datetime(2031, 3, 31, tzinfo=UTC))
WITHIN = [int(DAY.start.timestamp()), int(DAY.end.timestamp())]
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
async def scripted(anyio_backend: object) -> AsyncIterator[Callable[[Handler], CaldavConnector]]:
    clients: list[httpx.AsyncClient] = []

    def make(handler: Handler, **config: Any) -> CaldavConnector:
        def handle(asked: httpx.Request) -> httpx.Response:
            return httpx.Response(207, content=KIND) if b"resourcetype" in asked.content else handler(asked)

        clients.append(make_client(httpx.MockTransport(handle)))
        return on(clients[-1], **config)

    yield make
    for client in clients:
        await client.aclose()


def calendar(*components: str) -> str:
    body = "\r\n".join(components)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{body}\r\nEND:VCALENDAR\r\n"


def vevent(*lines: str, uid: str = "someone") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20310101T000000Z", *lines, "END:VEVENT"])


def multistatus(*events: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    rows = "".join(
        f"<D:response><D:href>/x.ics</D:href><D:propstat><D:prop><D:getetag>&quot;1&quot;</D:getetag><C:calendar-data>{text}"
        f"</C:calendar-data></D:prop><D:status>{status}</D:status></D:propstat></D:response>"
        for text in (calendar(event) for event in events)
    )
    return f'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{rows}</D:multistatus>'.encode()


# ── busy times ──────────────────────────────────────────────────────────────────────────────────


def free_busy(*lines: str) -> bytes:
    return calendar("BEGIN:VFREEBUSY", "UID:x", "DTSTAMP:20310101T000000Z", *lines, "END:VFREEBUSY").encode()


@pytest.mark.parametrize(
    "lines",
    [
        ["FREEBUSY:20310330T080000Z/20310330T090000Z"],
        ["FREEBUSY;FBTYPE=BUSY;VALUE=PERIOD:20310330T080000Z/PT1H"],
        ["FREEBUSY;fbtype=busy-tentative:20310330T080000Z/20310330T083000Z,20310330T083000Z/PT30M"],
        ["FREEBUSY:20310330T080000Z/20310330T083000Z,", " 20310330T083000Z/20310330T090000Z"],
        ["FREEBUSY;FBTYPE=FREE:20310330T120000Z/PT1H", "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20310330T080000Z/PT1H"],
        ["FREEBUSY:20310330T080000Z/PT1H", "FREEBUSY:20310330T080000Z/PT1H", "FREEBUSY:20310401T080000Z/PT1H"],
        ["DTSTART:20310330T000000Z", "DTEND:20310330T235959Z", "FREEBUSY:20310330T080000Z/PT1H"],
        ["DTSTART;VALUE=DATE:20310301", "DTEND:20310401T000000Z", "FREEBUSY:20310330T080000Z/PT1H"],
        ["REQUEST-STATUS:2.0;Success", "FREEBUSY:20310330T080000Z/PT1H"],
    ],
)
def test_every_way_to_write_a_busy_hour_is_read(lines: list[str]) -> None:
    ((start, end),) = busy_by_report(free_busy(*lines), within=WITHIN)
    assert (moment(start).hour, moment(end) - moment(start)) == (8, timedelta(hours=1))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        free_busy("FREEBUSY:soon/later"),
        free_busy("FREEBUSY:20310330T080000Z"),
        calendar().encode(),
        free_busy("REQUEST-STATUS:3.7;Invalid calendar user"),
        free_busy("REQUEST-STATUS:2.0;Success", "REQUEST-STATUS:5.1;Service unavailable"),
        free_busy("DTSTART:20310330T000000Z", "DTEND:20310330T120000Z", "FREEBUSY:20310330T080000Z/PT1H"),
        free_busy("DTSTART:20310330T060000Z", "FREEBUSY:20310330T080000Z/PT1H"),
        free_busy("DTSTART:soon"),
    ],
)
def test_unreadable_free_busy_is_not_free(body: bytes) -> None:
    with pytest.raises(Unreadable):
        busy_by_report(body, within=WITHIN)


def keeping(answer: bytes, *, filters: int = 207) -> Handler:
    """A server of these events, which answers a question for a property with such a status."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "PROPFIND":
            return httpx.Response(404)
        assert b"free-busy-query" not in request.content
        assert b"<C:expand" not in request.content
        if b"prop-filter" in request.content and filters != 207:
            return httpx.Response(filters)
        nothing = b"prop-filter" in request.content or (filters != 207 and b"time-range" in request.content)
        return httpx.Response(207, content=multistatus() if nothing else answer)

    return handle


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
async def test_all_events_are_read_where_a_server_cannot_look_for_series(scripted: Any, status: int) -> None:
    answer = multistatus(
        vevent("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z"),
        vevent("DTSTART:20310330T100000Z", "DURATION:PT15M"),
        vevent("DTSTART:20310330T110000Z", "DTEND:20310330T120000Z", "STATUS:CANCELLED"),
        vevent("DTSTART:20310330T110000Z", "DTEND:20310330T120000Z", "TRANSP:TRANSPARENT"),
    )
    found = await busy(scripted(keeping(answer, filters=status)), CALENDAR, DAY)
    assert [(slot.start.hour, slot.length) for slot in found] == [(8, timedelta(hours=1)), (10, timedelta(minutes=15))]


async def test_all_day_event_is_busy_in_the_zone_of_its_owner(scripted: Any) -> None:
    answer = multistatus(vevent("DTSTART;VALUE=DATE:20310330", "DTEND;VALUE=DATE:20310331"))
    (slot,) = await busy(scripted(keeping(answer)), CALENDAR, DAY, zone="Europe/Berlin")
    assert slot.utc().start == datetime(2031, 3, 29, 23, tzinfo=UTC)
    assert slot.length == timedelta(hours=23)


ZONE = """<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/x/</D:href><D:propstat>
<D:prop>{}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"""


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("<C:calendar-timezone-id>Europe/Berlin</C:calendar-timezone-id>", 23),
        (
            f"<C:calendar-timezone>{calendar('BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'END:VTIMEZONE')}</C:calendar-timezone>",
            23,
        ),
        ("<C:calendar-timezone>BEGIN:NOTHING</C:calendar-timezone>", 24),
        ("<C:calendar-timezone-id>Nowhere</C:calendar-timezone-id>", 24),
        ("", 24),
    ],
)
async def test_a_whole_day_is_the_calendar_s_where_it_says_a_zone_else_its_owner_s(said: str, hours: int) -> None:
    answer = keeping(multistatus(vevent("DTSTART;VALUE=DATE:20310330")))
    types = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(207, text=ZONE.format(types + said)) if request.method == "PROPFIND" else answer(request)

    async with make_client(httpx.MockTransport(handle)) as http:
        (slot,) = await busy(on(http, time_zone="Europe/Berlin"), CALENDAR, DAY, zone="Australia/Sydney")
    assert slot.length == timedelta(hours=hours)


INCOMPLETE = (
    b'<D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href>'
    b"<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response></D:multistatus>"
)


def named(href: str, *parts: str) -> bytes:
    """An event of eight o'clock, and a resource of which the server says no more than this."""
    told = f"<D:response><D:href>{href}</D:href>{''.join(parts)}</D:response></D:multistatus>".encode()
    return multistatus(vevent("DTSTART:20310330T080000Z", "DURATION:PT1H")).replace(b"</D:multistatus>", told)


OK = "<D:status>HTTP/1.1 200 OK</D:status>"


async def test_the_calendar_itself_among_its_events_hides_none(scripted: Any) -> None:
    (slot,) = await busy(scripted(keeping(named("/rep1/leads/", f"<D:propstat>{OK}</D:propstat>"))), CALENDAR, DAY)
    assert slot.length == timedelta(hours=1)


@pytest.mark.parametrize(
    "answer",
    [
        named("/rep1/leads/b.ics"),
        named("/rep1/leads/", "<D:propstat><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"),
        named("/rep1/leads/", "<D:propstat><D:prop></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status></D:propstat>"),
        named("/rep1/leads/b.ics", f"<D:propstat>{OK}</D:propstat>"),
        named("/rep1/leads/b.ics", f"<D:propstat><D:prop><D:getetag>1</D:getetag></D:prop>{OK}</D:propstat>"),
        multistatus(
            vevent("DTSTART:20310101T080000Z", "DTEND:20310101T090000Z", "EXRULE:FREQ=DAILY", "RRULE:FREQ=DAILY")
        ),
        multistatus(vevent("DTSTART:20310101T080000Z", "DTEND:20310101T090000Z", "RRULE:FREQ=FORTNIGHTLY")),
        multistatus(vevent("SUMMARY:no time at all")),
        multistatus(vevent("DTSTART:20310330T230000Z", "DTEND:20310330T010000Z")),
        multistatus(vevent("DTSTART:20310330T080000Z", "DURATION:-PT1H")),
        multistatus(vevent("DTSTART;VALUE=DATE:20310330", "DTEND;VALUE=DATE:20310329")),
        multistatus(vevent("DTSTART:20310330T080000Z"), status="HTTP/1.1 403 Forbidden"),
        INCOMPLETE,
        b'<D:error xmlns:D="DAV:"/>',
        b"<html></html>",
    ],
)
async def test_events_that_cannot_be_told_are_not_free(scripted: Any, answer: bytes) -> None:
    with pytest.raises(Rejected):
        await busy(scripted(keeping(answer)), CALENDAR, DAY)


LINE = st.sampled_from(
    ["BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VFREEBUSY", "END:VFREEBUSY", "UID:x"]
) | st.builds(
    lambda name, value: name + value,
    st.sampled_from(["DTSTART:", "DTEND;TZID=No/Where:", "FREEBUSY:", "SEQUENCE:", "DURATION:", "RRULE:", "X;=:", ""]),
    st.text(max_size=20) | st.sampled_from(["20310330T080000Z", "20310330", "-PT1H", "99999999999999999999"]),
)


@examples(300)
@given(lines=st.lists(LINE, max_size=12))
@example(lines=["BEGIN:VCALENDAR", "BEGIN:VEVENT", "DTSTART:", "DURATION:", "END:VEVENT", "END:VCALENDAR"])
def test_hostile_icalendar_is_unreadable_and_never_crashes(lines: list[str]) -> None:
    text = "\r\n".join(lines).encode()
    for read in (lambda: busy_by_report(text, within=WITHIN), lambda: one_event(text, zone="UTC")):
        try:
            read()
        except Unreadable:
            continue


# ── creating, moving ────────────────────────────────────────────────────────────────────────────


def error_body(precondition: str) -> bytes:
    return f'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:{precondition}/></D:error>'.encode()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (412, error_body("no-uid-conflict"), Rejected),  # one server's way to say: that UID is elsewhere
        (409, error_body("no-uid-conflict"), Rejected),
        (403, error_body("no-uid-conflict"), Rejected),
        (403, b"", Rejected),  # this login may not write
        (412, error_body("valid-calendar-data"), Rejected),
        (409, b"", Rejected),  # no such calendar
        (412, b"", Retryable),  # it was there, and is gone
    ],
)
async def test_refused_create_without_an_event_is_not_taken_for_ours(
    scripted: Any, status: int, body: bytes, error: type[ConnectorError]
) -> None:
    connector = scripted(lambda r: httpx.Response(404) if r.method == "GET" else httpx.Response(status, content=body))
    with pytest.raises(error):
        await connector.appointments.put(appointment(CALENDAR))


@pytest.mark.parametrize(
    ("name", "gone"),
    [("other.ics", "other.ics"), ("../../elsewhere.ics", "elsewhere.ics"), ("..", ""), ("%2e%2e", ""), ("a?b=c", "")],
)
async def test_event_with_another_name_is_removed_within_its_calendar_alone(
    scripted: Any, name: str, gone: str
) -> None:
    ours = vevent("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z", uid="check-g1@pointsman")
    body = multistatus(ours).replace(b"/x.ics", b"/" + name.encode())
    assert name.encode() in body
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "REPORT":
            return httpx.Response(207, content=body)
        asked.append(request.url.path)
        return httpx.Response(204 if request.url.path == f"{CALENDAR}{gone}" else 404)

    await scripted(handle).appointments.drop(CALENDAR, "check-g1")
    assert asked[1:] == ([f"{CALENDAR}{gone}"] if gone else [])


@pytest.mark.parametrize("uid", ["check-g1@pointsman.example", "another@pointsman", "check-g10@pointsman"])
async def test_event_with_another_uid_is_not_taken_for_ours(scripted: Any, uid: str) -> None:
    theirs = vevent("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z", uid=uid)
    methods: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(207, content=multistatus(theirs)) if request.method == "REPORT" else httpx.Response(404)

    await scripted(handle).appointments.drop(CALENDAR, "check-g1")
    assert methods == ["DELETE", "REPORT"]


async def test_refused_create_is_not_taken_for_ours_when_the_place_is_somebody_elses(scripted: Any) -> None:
    theirs = calendar(vevent("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z", uid="theirs"))
    connector = scripted(lambda r: httpx.Response(200, text=theirs) if r.method == "GET" else httpx.Response(412))
    with pytest.raises(Rejected):
        await connector.appointments.put(appointment(CALENDAR))


class OneEvent:
    """A server that keeps one event, and rewrites it when told to, without an ETag on PUT."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.puts = 0
        self.rival: Callable[[OneEvent], None] = lambda _: None
        self.after_get: list[Callable[[], None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            content, etag = self.content, {"ETag": f'"{self.puts}"'}
            while self.after_get:
                self.after_get.pop()()
            return httpx.Response(200, content=content, headers=etag) if content else httpx.Response(404)
        if request.headers.get("If-Match", "*") not in ("*", f'"{self.puts}"'):
            return httpx.Response(412)
        self.puts, self.content = self.puts + 1, request.content
        self.rival(self)
        return httpx.Response(204)


async def test_server_without_etag_on_put_is_asked_for_it(scripted: Any) -> None:
    made = await scripted(OneEvent()).appointments.put(appointment(CALENDAR))
    assert made.version == '"1"'


async def test_an_event_is_moved_on_a_server_whose_etags_are_weak(scripted: Any) -> None:
    server = OneEvent()

    def behind_a_proxy(request: httpx.Request) -> httpx.Response:
        if request.headers.get("If-Match", "*") != "*":  # never equal to a weak one (RFC 9110, section 13.1.1)
            return httpx.Response(412)
        request.headers.pop("If-Match", None)
        answer = server(request)
        if "ETag" in answer.headers:
            answer.headers["ETag"] = "W/" + answer.headers["ETag"]
        return answer

    connector = scripted(behind_a_proxy)
    await connector.appointments.put(appointment(CALENDAR))
    moved = await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))
    assert (moved.slot, moved.version) == (at(14), "")


async def test_an_event_is_moved_on_a_server_that_shows_other_etags_than_it_compares_with(scripted: Any) -> None:
    server = OneEvent()
    refused: list[str] = []

    def behind_a_proxy(request: httpx.Request) -> httpx.Response:
        answer = server(request)
        if answer.status_code == 412:
            refused.append(request.headers["If-Match"])
        if "ETag" in answer.headers:
            answer.headers["ETag"] = answer.headers["ETag"][:-1] + '-gzip"'
        return answer

    connector = scripted(behind_a_proxy)
    await connector.appointments.put(appointment(CALENDAR))
    moved = await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))
    assert (moved.slot, refused) == (at(14), ['"1-gzip"'])


async def test_an_event_is_moved_on_a_server_whose_etags_have_letters_beyond_ascii(scripted: Any) -> None:
    server = OneEvent()

    def abroad(request: httpx.Request) -> httpx.Response:
        request.headers.pop("If-Match", None)
        answer = server(request)
        if "ETag" in answer.headers:
            return httpx.Response(answer.status_code, content=answer.content, headers=[(b"ETag", b'"\xc3\xa9"')])
        return answer

    connector = scripted(abroad)
    await connector.appointments.put(appointment(CALENDAR))
    moved = await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))
    assert (moved.slot, moved.version) == (at(14), "")


async def test_last_writer_winning_over_a_move_is_noticed(scripted: Any) -> None:
    server = OneEvent()
    connector = scripted(server)
    await connector.appointments.put(appointment(CALENDAR))
    before = server.content

    def overwrite(server: OneEvent) -> None:
        server.content = before

    server.rival = overwrite
    with pytest.raises(AmbiguousOutcome):
        await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))


async def test_move_over_a_change_by_the_owner_reads_again_and_keeps_what_they_wrote(scripted: Any) -> None:
    server = OneEvent()
    connector = scripted(server)
    await connector.appointments.put(appointment(CALENDAR))
    assert server.content is not None
    server.content = server.content.replace(b"END:VEVENT", b"LOCATION:Room 4\r\nSEQUENCE:7\r\nEND:VEVENT", 1)
    server.content = server.content.replace(b"SEQUENCE:0\r\n", b"", 1)
    await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))
    event = one_event(server.content, zone="UTC")
    assert (moment(event["start"]), event["sequence"], event["generation"]) == (at(14).start, 8, 1)
    assert [one.text("LOCATION") for one in parse_icalendar(server.content)[0].walk("VEVENT")] == ["Room 4"]


async def test_change_between_reading_and_moving_is_not_overwritten(scripted: Any) -> None:
    server = OneEvent()
    connector = scripted(server)
    await connector.appointments.put(appointment(CALENDAR))

    def owner_adds_a_room() -> None:
        assert server.content is not None
        server.content = server.content.replace(b"END:VEVENT", b"LOCATION:Room 4\r\nEND:VEVENT")
        server.puts += 1

    server.after_get = [owner_adds_a_room]
    moved = await connector.appointments.put(appointment(CALENDAR, slot=at(14), sequence=1))
    assert moved.slot == at(14)
    assert server.content is not None
    assert b"LOCATION:Room 4" in server.content


@pytest.mark.parametrize("status", [423, 500, 503])
async def test_locked_or_failing_server_is_worth_a_retry(scripted: Any, status: int) -> None:
    with pytest.raises(Retryable):
        await scripted(lambda _: httpx.Response(status)).appointments.put(appointment(CALENDAR))


async def test_somebody_elses_broken_event_does_not_hide_ours(scripted: Any) -> None:
    ours = vevent("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z", uid="check-g1@point\r\n sman")
    answer = multistatus(vevent("DTSTART:tomorrow", "RRULE:x"), ours)
    connector = scripted(lambda _: httpx.Response(207, content=answer))
    assert [booking.key for booking in await connector.appointments.ours(CALENDAR, DAY)] == ["check-g1"]


async def test_a_broken_event_of_ours_is_not_taken_for_gone(scripted: Any) -> None:
    answer = multistatus(vevent("DTSTART:tomorrow", uid="check-g1@pointsman"))
    with pytest.raises(Rejected):
        await scripted(lambda _: httpx.Response(207, content=answer)).appointments.ours(CALENDAR, DAY)


# ── addresses and configuration ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example/cal/",
        "//evil.example/cal/",
        "http://dav.example/cal/",
        "https://dav.example:8443/cal/",
        "https://user:pw@dav.example/cal/",
        "https://dav.example@evil.example/",
        "../other/",
        "/rep1/%2e%2e/rep2/",
        "\\\\evil.example\\x",
        "/cal/?x=1",
        "/cal/#x",
        "/cal\r\nHost: evil/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_calendar_elsewhere_is_refused_before_anything_is_sent(scripted: Any, name: str) -> None:
    sent: list[httpx.Request] = []
    connector = scripted(lambda r: sent.append(r) or httpx.Response(207))
    with pytest.raises(Rejected):
        await busy(connector, name, DAY)
    assert sent == []


@pytest.mark.parametrize("name", ["/dav/rep1/leads", "rep1/leads/", "https://dav.example/dav/rep1/leads/"])
async def test_calendar_is_named_by_path_or_by_url_on_the_server(scripted: Any, name: str) -> None:
    sent: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(404)

    assert await scripted(handle, base_url="https://dav.example/dav").appointments.get(name, "k-g1") is None
    place = "https://dav.example/dav/rep1/leads/"
    assert sent == [f"{place}k-g1.ics", place]  # the second asks whether it lies there under another name


@pytest.mark.parametrize(
    "config",
    [
        {"base_url": "ftp://dav.example"},
        {"base_url": "https://user:secret@dav.example/"},
        {"base_url": "https://dav.example/?token=1"},
        {"base_url": "dav.example"},
        {"username": "rep1"},
        {"password": "x"},
        {"time_zone": "Europe/Nowhere"},
        {"time_zone": "../../etc/passwd"},
    ],
)
def test_wrong_configuration_is_refused(config: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        CaldavConfig.model_validate({"base_url": "https://dav.example/", **config})


async def test_login_that_leaves_us_anonymous_asks_for_another(scripted: Any) -> None:
    body = (
        b'<D:multistatus xmlns:D="DAV:"><D:response><D:propstat><D:prop><D:current-user-principal><D:unauthenticated/>'
        b"</D:current-user-principal></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
    )
    connector = scripted(lambda _: httpx.Response(207, content=body), username="a", password="b")
    with pytest.raises(ConnectorError, match="did not accept the login"):
        await connector.check()


PRINCIPAL = (
    b'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/</D:href><D:propstat><D:prop>'
    b"<D:current-user-principal><D:href>/1/principal/</D:href></D:current-user-principal>"
    b"<C:calendar-home-set><D:href>%b</D:href></C:calendar-home-set>"
    b"</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
)


@pytest.mark.parametrize(
    ("home", "said"),
    [
        (b"https://p42-caldav.dav.example:443/1/calendars/", "at https://p42-caldav.dav.example: make that base_url"),
        (b"http://dav.example/1/calendars/", "at http://dav.example: make that base_url"),
        (b"https://dav.example:8443/1/", "at https://dav.example:8443: make that base_url"),
        (b"https://user:s3cret@dav2.example/1/", "another server than the connection"),
        (b"//dav2.example/1/", "named by its path"),
        (b"ftp://dav.example/1/", "another server than the connection"),
    ],
)
async def test_calendars_on_another_server_are_not_asked_for_and_the_server_is_named(
    scripted: Any, home: bytes, said: str
) -> None:
    """Of some providers each login has a server of its own, which the common one tells."""
    hosts: set[str] = set()

    def handle(request: httpx.Request) -> httpx.Response:
        hosts.add(str(request.url.copy_with(path="/")))
        return httpx.Response(207, content=PRINCIPAL % home)

    with pytest.raises(Rejected, match=re.escape(said)) as caught:
        await scripted(handle).calendars.page()
    assert "s3cret" not in str(caught.value)
    assert hosts == {"https://dav.example/"}


async def test_a_403_that_says_when_to_come_back_keeps_the_connection_waiting(scripted: Any) -> None:
    connector = scripted(lambda _: httpx.Response(403, headers={"Retry-After": "30"}))
    wanted = appointment(CALENDAR)
    for call in (
        connector.check(),
        connector.appointments.put(wanted),
        connector.appointments.drop(CALENDAR, wanted.key),
        connector.busy.read([CalendarRef(id=CALENDAR, zone="UTC")], at(9)),
        connector.watches.changed(CALENDAR, None),
    ):
        with pytest.raises(Retryable) as caught:
            await call
        assert (caught.value.scope, caught.value.retry_after) == (Scope.CONNECTION, timedelta(seconds=30))


@pytest.mark.parametrize("status", [400, 404, 405, 501])
async def test_an_address_where_nothing_speaks_caldav_says_where_it_may_lie(scripted: Any, status: int) -> None:
    connector = scripted(lambda _: httpx.Response(status))
    for call in (connector.check, connector.calendars.page):
        with pytest.raises(Rejected, match=rf"base_url is where the server's CalDAV begins.*status {status}"):
            await call()
