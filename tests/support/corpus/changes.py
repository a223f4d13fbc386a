"""Instances of a series that were moved, freed, called off or left out, and who is busy meanwhile."""

from support.corpus.notation import OWNER, case

SERIES = (
    "DTSTART;TZID=Europe/Berlin:20310325T090000\nDTEND;TZID=Europe/Berlin:20310325T100000\nRRULE:FREQ=WEEKLY;COUNT=3"
)
ALL, BUT_SECOND = "Berlin 0325,0401,0408 0900-1000", "Berlin 0325,0408 0900-1000"
SECOND = "RECURRENCE-ID;TZID=Europe/Berlin:20310401T090000\n"
THERE = "DTSTART;TZID=Europe/Berlin:20310401T090000\nDTEND;TZID=Europe/Berlin:20310401T100000"
MOVED = "DTSTART;TZID=Europe/Berlin:20310402T140000\nDTEND;TZID=Europe/Berlin:20310402T150000"
ONE_ON = "changed from one instance on"


def changed(lines: str, *, series: str = SERIES) -> str:
    return f"{series}\n---\n{lines}"


LEFT_OUT = [
    case("in the series' zone", SERIES + "\nEXDATE;TZID=Europe/Berlin:20310401T090000", BUT_SECOND),
    case("in UTC", SERIES + "\nEXDATE:20310401T070000Z", BUT_SECOND),
    case("in another zone", SERIES + "\nEXDATE;TZID=America/New_York:20310401T030000", BUT_SECOND),
    case("in small letters", SERIES + "\nexdate;tzid=Europe/Berlin:20310401t090000", BUT_SECOND),
    case(
        "two on a line", SERIES + "\nEXDATE;TZID=Europe/Berlin:20310401T090000,20310408T090000", "Berlin 0325 0900-1000"
    ),
    case("two on two lines", SERIES + "\nEXDATE:20310401T070000Z\nEXDATE:20310408T070000Z", "Berlin 0325 0900-1000"),
    case("the first", SERIES + "\nEXDATE;TZID=Europe/Berlin:20310325T090000", "Berlin 0401,0408 0900-1000"),
    case("all", SERIES + "\nEXDATE:20310325T080000Z,20310401T070000Z,20310408T070000Z", ""),
    case("a time that is none of them", SERIES + "\nEXDATE:20310401T073000Z", ALL),
    case("nothing", SERIES + "\nEXDATE:", ALL),
    case("a day, which leaves no time out", SERIES + "\nEXDATE;VALUE=DATE:20310401", ALL),
    case(
        "floating in a floating series",
        "DTSTART:20310325T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20310401T090000",
        "owner 0325,0408 0900-1000",
    ),
    case(
        "a date that was added",
        "DTSTART:20310325T090000Z\nDURATION:PT1H\nRDATE:20310401T090000Z,20310402T090000Z\nEXDATE:20310401T090000Z",
        "UTC 0325,0402 0900-1000",
    ),
    case("what is no time", SERIES + "\nEXDATE:never", unreadable="a time that cannot be read"),
]

CHANGED = [
    case("moved to another day", changed(SECOND + MOVED), BUT_SECOND + ";Berlin 0402 1400-1500"),
    case(
        "moved by an hour",
        changed(
            SECOND
            + THERE.replace("090000", "100000", 1)
            .replace("T100000\nDTEND", "T100000\nDTEND")
            .replace("DTEND;TZID=Europe/Berlin:20310401T100000", "DTEND;TZID=Europe/Berlin:20310401T110000")
        ),
        BUT_SECOND + ";Berlin 0401 1000-1100",
    ),
    case(
        "moved to another zone",
        changed(SECOND + "DTSTART;TZID=America/New_York:20310401T090000\nDURATION:PT1H"),
        BUT_SECOND + ";NY 0401 0900-1000",
    ),
    case("moved to a whole day", changed(SECOND + "DTSTART;VALUE=DATE:20310402"), BUT_SECOND + ";owner 0402"),
    case("named in UTC", changed("RECURRENCE-ID:20310401T070000Z\n" + MOVED), BUT_SECOND + ";Berlin 0402 1400-1500"),
    case(
        "named in small letters",
        changed(SECOND.lower().replace("europe/berlin", "Europe/Berlin") + MOVED),
        BUT_SECOND + ";Berlin 0402 1400-1500",
    ),
    case("longer", changed(SECOND + THERE.replace("T100000", "T120000")), BUT_SECOND + ";Berlin 0401 0900-1200"),
    case("shorter", changed(SECOND + THERE.replace("T100000", "T091500")), BUT_SECOND + ";Berlin 0401 0900-0915"),
    case(
        "the first moved",
        changed("RECURRENCE-ID;TZID=Europe/Berlin:20310325T090000\n" + MOVED),
        "Berlin 0401,0408 0900-1000;Berlin 0402 1400-1500",
    ),
    case("moved out of the window", changed(SECOND + MOVED.replace("20310402", "20310702")), BUT_SECOND),
    case(
        "moved into the window from years ago",
        changed(
            "RECURRENCE-ID:20250107T090000Z\n" + MOVED,
            series="DTSTART:20250107T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
        ),
        "Berlin 0402 1400-1500",
    ),
    case("called off", changed(SECOND + THERE + "\nSTATUS:CANCELLED"), BUT_SECOND),
    case("called off in small letters", changed(SECOND + THERE + "\nstatus:cancelled"), BUT_SECOND),
    case("freed", changed(SECOND + THERE + "\nTRANSP:TRANSPARENT"), BUT_SECOND),
    case("freed by Outlook", changed(SECOND + THERE + "\nX-MICROSOFT-CDO-BUSYSTATUS:FREE"), BUT_SECOND),
    case("declined", changed(f"{SECOND}{THERE}\nATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER}"), BUT_SECOND),
    case("tentative", changed(SECOND + THERE + "\nSTATUS:TENTATIVE"), ALL),
    case(
        "taken in a free series",
        changed(SECOND + MOVED, series=SERIES + "\nTRANSP:TRANSPARENT"),
        "Berlin 0402 1400-1500",
    ),
    case(
        "kept in a series that was called off",
        changed(SECOND + MOVED, series=SERIES + "\nSTATUS:CANCELLED"),
        "Berlin 0402 1400-1500",
    ),
    case(
        "two of them",
        changed(f"{SECOND}{MOVED}\n---\nRECURRENCE-ID:20310408T070000Z\nDTSTART:20310410T090000Z\nDURATION:PT1H"),
        "Berlin 0325 0900-1000;Berlin 0402 1400-1500;UTC 0410 0900-1000",
    ),
    case(
        "one of them twice counts at both times",
        changed(f"{SECOND}{MOVED}\n---\n{SECOND}DTSTART:20310403T090000Z\nDURATION:PT1H"),
        BUT_SECOND + ";Berlin 0402 1400-1500;UTC 0403 0900-1000",
    ),
    case("written before its series", f"{SECOND}{MOVED}\n---\n{SERIES}", BUT_SECOND + ";Berlin 0402 1400-1500"),
    case("without its series", SECOND + MOVED, "Berlin 0402 1400-1500"),
    case("of another series", changed("UID:other\n" + SECOND + MOVED), ALL + ";Berlin 0402 1400-1500"),
    case(
        "of a single event", changed("RECURRENCE-ID:20310401T070000Z\n" + MOVED, series=THERE), "Berlin 0402 1400-1500"
    ),
    case(
        "of a date that was added",
        changed(
            "RECURRENCE-ID:20310402T090000Z\nDTSTART:20310403T090000Z\nDURATION:PT1H",
            series="DTSTART:20310325T090000Z\nDURATION:PT1H\nRDATE:20310402T090000Z",
        ),
        "UTC 0325,0403 0900-1000",
    ),
    case("and all that follow", changed(SECOND.replace(";", ";RANGE=THISANDFUTURE;") + MOVED), unreadable=ONE_ON),
    case(
        "and all that follow, in small letters",
        changed(SECOND.replace(";", ";range=thisandfuture;") + MOVED),
        unreadable=ONE_ON,
    ),
    case("and all before", changed(SECOND.replace(";", ";RANGE=THISANDPRIOR;") + MOVED), unreadable=ONE_ON),
    case(
        "and all that follow are called off",
        changed(SECOND.replace(";", ";RANGE=THISANDFUTURE;") + MOVED + "\nSTATUS:CANCELLED"),
        unreadable=ONE_ON,
    ),
    case(
        "and all that follow in a free series",
        changed(
            SECOND.replace(";", ";RANGE=THISANDFUTURE;") + MOVED + "\nTRANSP:TRANSPARENT",
            series=SERIES + "\nTRANSP:TRANSPARENT",
        ),
        "",
    ),
]

HOUR, EIGHT = "DTSTART:20310401T080000Z\nDTEND:20310401T090000Z\n", "UTC 0401 0800-0900"


def invited(answer: str, *, who: str = OWNER) -> str:
    return f"{HOUR}ORGANIZER:mailto:boss@example.com\nATTENDEE;CN=Somebody;{answer}:mailto:{who}"


ATTENDANCE = [
    case("called off", HOUR + "STATUS:CANCELLED", ""),
    case("called off in small letters", HOUR + "STATUS:cancelled", ""),
    case("called off in mixed letters", HOUR + "Status:Cancelled", ""),
    case("confirmed", HOUR + "STATUS:CONFIRMED", EIGHT),
    case("tentative", HOUR + "STATUS:TENTATIVE", EIGHT),
    case("an unknown status", HOUR + "STATUS:MAYBE", EIGHT),
    case("transparent", HOUR + "TRANSP:TRANSPARENT", ""),
    case("transparent in small letters", HOUR + "transp:transparent", ""),
    case("opaque", HOUR + "TRANSP:OPAQUE", EIGHT),
    case("an unknown transparency", HOUR + "TRANSP:GLASS", EIGHT),
    case("two transparencies", HOUR + "TRANSP:TRANSPARENT\nTRANSP:OPAQUE", EIGHT),
    case("free by Outlook", HOUR + "X-MICROSOFT-CDO-BUSYSTATUS:FREE", ""),
    case("free by Outlook in small letters", HOUR + "x-microsoft-cdo-busystatus:free", ""),
    case("busy by Outlook", HOUR + "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", EIGHT),
    case("out of office", HOUR + "X-MICROSOFT-CDO-BUSYSTATUS:OOF", EIGHT),
    case("tentative by Outlook", HOUR + "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", EIGHT),
    case("working elsewhere", HOUR + "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", EIGHT),
    case("meant to be free by Outlook", HOUR + "X-MICROSOFT-CDO-INTENDEDSTATUS:FREE", EIGHT),
    case("declined", invited("PARTSTAT=DECLINED"), ""),
    case("declined in small letters", invited("partstat=declined"), ""),
    case("declined under an address in capitals", invited("PARTSTAT=DECLINED", who=OWNER.upper()), ""),
    case("declined under a MAILTO", invited("PARTSTAT=DECLINED").replace(":mailto:anna", ":MAILTO:anna"), ""),
    case("declined under a parameter", f"{HOUR}ATTENDEE;EMAIL={OWNER};PARTSTAT=DECLINED:urn:uuid:1", ""),
    case("declined in quotes", invited('PARTSTAT="DECLINED"'), ""),
    case("declined by another", invited("PARTSTAT=DECLINED", who="ben@example.com"), EIGHT),
    case("declined by one whose address ends alike", invited("PARTSTAT=DECLINED", who="x" + OWNER), EIGHT),
    case("accepted", invited("PARTSTAT=ACCEPTED"), EIGHT),
    case("answered tentatively", invited("PARTSTAT=TENTATIVE"), EIGHT),
    case("not answered", invited("PARTSTAT=NEEDS-ACTION"), EIGHT),
    case("without an answer", invited("RSVP=TRUE"), EIGHT),
    case("delegated", invited("PARTSTAT=DELEGATED"), EIGHT),
    case(
        "invited twice and declined once",
        invited("PARTSTAT=DECLINED") + f"\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER}",
        EIGHT,
    ),
    case(
        "declined beside others who accepted",
        invited("PARTSTAT=DECLINED") + "\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.com",
        "",
    ),
    case("a declined series", invited("PARTSTAT=DECLINED") + "\nRRULE:FREQ=DAILY", ""),
    case("a private event", HOUR + "CLASS:PRIVATE", EIGHT),
    case("the way there", HOUR + "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M", "UTC 0401 0730-0900"),
    case("the way to what is free", HOUR + "TRANSP:TRANSPARENT\nX-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M", ""),
    case("a way back in time", HOUR + "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:-PT30M", EIGHT),
    case(
        "an event with an alarm",
        HOUR + "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:x\nEND:VALARM",
        EIGHT,
    ),
    case("a task", "BEGIN:VTODO\nUID:x\n" + HOUR.replace("DTEND", "DUE") + "END:VTODO", ""),
    case("a note", "BEGIN:VJOURNAL\nUID:x\nDTSTART:20310401T080000Z\nEND:VJOURNAL", ""),
]
