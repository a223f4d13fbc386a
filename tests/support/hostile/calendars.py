"""What a calendar server could answer to hurt its reader, and what an honest one answers; each made when it is asked for."""

from collections.abc import Callable, Iterable

NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
KIND = (  # how an honest server describes a calendar
    f"<D:multistatus {NAMESPACES}><D:response><D:href>/x/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/>"
    "<C:calendar/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
).encode()
WHEN = ("DTSTART:20310330T080000Z", "DTEND:20310330T090000Z")


def calendar(lines: Iterable[str]) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *lines, "END:VCALENDAR", ""))


def event(*lines: str) -> str:
    return calendar(("BEGIN:VEVENT", "UID:x", "DTSTAMP:20310101T000000Z", *(lines or WHEN), "END:VEVENT"))


def free_busy(count: int) -> bytes:
    """A report of so many lines, an hour each, apart from one another as far as a month has room."""
    periods = (f"FREEBUSY:203103{number % 28 + 1:02}T{number % 24:02}0000Z/PT15M" for number in range(count))
    return calendar(("BEGIN:VFREEBUSY", *periods, "END:VFREEBUSY")).encode()


def multistatus(objects: Iterable[str]) -> bytes:
    rows = "".join(
        f"<D:response><D:href>/{number}.ics</D:href><D:propstat><D:prop><D:getetag>1</D:getetag><C:calendar-data>{text}"
        "</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        for number, text in enumerate(objects)
    )
    return f"<D:multistatus {NAMESPACES}>{rows}</D:multistatus>".encode()


def events(count: int) -> bytes:
    """So many events of a month, each with a title and a place, as an honest server hands them out."""
    return multistatus(
        event(
            f"DTSTART;TZID=Europe/Berlin:203103{number % 28 + 1:02}T{number % 24:02}0000",
            "DURATION:PT30M",
            f"SUMMARY:Call number {number} with somebody who wants to buy",
            "LOCATION:Room 4\\, second floor",
            "STATUS:CONFIRMED",
        )
        for number in range(count)
    )


def zone(*rules: str) -> tuple[str, ...]:
    change = (
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0100",
        *rules,
        "END:STANDARD",
    )
    event = ("BEGIN:VEVENT", "DTSTART;TZID=Here:20310330T080000", "END:VEVENT")
    return ("BEGIN:VTIMEZONE", "TZID:Here", *change, "END:VTIMEZONE", *event)


def attributes(count: int) -> bytes:
    return b"<a " + b" ".join(b'a%d=""' % number for number in range(count)) + b"/>"


#: As the answer to the question for free-busy times.
FREE_BUSY: dict[str, Callable[[], bytes]] = {
    "230,000 lines": lambda: free_busy(230_000),
    "59,000 lines": lambda: free_busy(59_000),
    "periods in one line": lambda: free_busy(1).replace(b"/PT15M", b"/PT15M" + b",20310330T080000Z/PT1H" * 3_000),
    "nested calendars": lambda: b"BEGIN:VCALENDAR\r\n" * 100_000,
    "an endless line": lambda: b"BEGIN:VCALENDAR\r\nX:" + b"x\r\n " * 500_000,
    "a line in UTF-16": lambda: free_busy(9).decode().encode("utf-16"),
    "UTF-7": lambda: free_busy(9).replace(b"BEGIN", b"+AEI-EGIN"),
    "NULs": lambda: b"\x00" * 1_000_000,
    "quotes": lambda: calendar(['X;A="'] * 40_000).encode(),
}  # fmt: skip

#: As the answer to the question for events.
EVENTS: dict[str, Callable[[], bytes]] = {
    "50,000 events": lambda: events(50_000),
    "50,000 events in one object": lambda: multistatus([calendar([event()] * 50_000)]),
    "20,000 resources": lambda: multistatus([""] * 20_000),
    "400,000 attributes": lambda: attributes(400_000),
    "300,000 attributes": lambda: attributes(300_000),
    "attributes of many elements": lambda: b"<a>" + attributes(60) * 5_000 + b"</a>",
    "namespaces": lambda: b"<a>" + b"".join(b'<b%d xmlns="%s"/>' % (n, b"u" * 3_000) for n in range(1_000)) + b"</a>",
    "prefixes": lambda: b"<a " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(100_000)) + b"/>",
    "depth": lambda: b"<a>" * 1_000_000,
    "an endless tag": lambda: b"<a a='" + b"a" * 4_000_000 + b"'/>",
    "a comment without end": lambda: b"<a><!--" + b"<!--" * 900_000,
    "comments": lambda: b"<a>" + b"<!---->" * 500_000 + b"</a>",
    "CDATA sections": lambda: b"<a>" + b"<![CDATA[]]>" * 300_000 + b"</a>",
    "entities": lambda: b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><a>' + b"&c;" * 100_000 + b"</a>",
    "an external entity": lambda: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "UTF-16": lambda: events(9).decode().encode("utf-16"),
    "declared as UTF-7": lambda: b'<?xml version="1.0" encoding="utf-7"?>' + events(9),
    "declared as EBCDIC": lambda: "<?xml version='1.0' encoding='cp037'?><!DOCTYPE a><a/>".encode("cp037"),
    "NULs": lambda: b"\x00" * 4_000_000,
    "a series by the second": lambda: multistatus([event(*WHEN, "RRULE:FREQ=SECONDLY")]),
    "100,000 RDATEs": lambda: multistatus([event(*WHEN, "RDATE:" + ",".join(["20310330T080000Z"] * 100_000))]),
    "RDATEs line by line": lambda: multistatus([event(*WHEN, *["RDATE:20310330T080000Z"] * 20_000)]),
    "EXDATEs": lambda: multistatus([event(*WHEN, *["EXDATE:20310330T080000Z"] * 50_000)]),
    "the name of a zone": lambda: multistatus([event(f"DTSTART;TZID={'x' * 1_000_000}:20310330T080000")]),
    "a zone by the second": lambda: multistatus([calendar(zone("RRULE:FREQ=SECONDLY;INTERVAL=1"))]),
    "a zone of rules": lambda: multistatus([calendar(zone(*["RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE;BYSECOND=1,2"] * 4))]),
    "a zone of 5,000 changes": lambda: multistatus([calendar(zone("END:STANDARD\r\nBEGIN:STANDARD\r\n" * 5_000))]),
    "a series of 9,999 years": lambda: multistatus(
        [event("DTSTART:00010101T000000Z", "RRULE:FREQ=MINUTELY;UNTIL=99991231T000000Z")]
    ),
}  # fmt: skip
