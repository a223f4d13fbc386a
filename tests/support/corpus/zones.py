"""Zones by every kind of name, and names that nobody knows."""

from support.corpus.notation import berlin, case, zone_text


def at_nine(name: str) -> str:
    return f"DTSTART;TZID={name}:20310401T090000\nDTEND;TZID={name}:20310401T100000"


BERLIN, LA, SYDNEY, NY, KOLKATA = (f"{zone} 0401 0900-1000" for zone in ("Berlin", "LA", "Sydney", "NY", "Kolkata"))
UTC = "UTC 0401 0900-1000"
FIVE_EAST = zone_text("Here", ("STANDARD", "19700101T000000", "+0500", "+0500", ""))
UNCLEAR = zone_text("{}", ("STANDARD", "19700101T000000", "+0100", "+0100", "RRULE:FREQ=SECONDLY"))
UNKNOWN = "time zone that is not known"

NAMED = [
    case("IANA: Berlin", at_nine("Europe/Berlin"), BERLIN),
    case("IANA: Los Angeles", at_nine("America/Los_Angeles"), LA),
    case("IANA: Sydney", at_nine("Australia/Sydney"), SYDNEY),
    case("IANA: an old name", at_nine("Asia/Calcutta"), KOLKATA),
    case("IANA: a name of a country", at_nine("US/Pacific"), LA),
    case("IANA: UTC", at_nine("UTC"), UTC),
    case("IANA: Etc/UTC", at_nine("Etc/UTC"), UTC),
    case("IANA in small letters", at_nine("europe/berlin"), BERLIN),
    case("IANA in capitals", at_nine("AUSTRALIA/SYDNEY"), SYDNEY),
    case("IANA in quotes", at_nine('"Europe/Berlin"'), BERLIN),
    case("behind another's name", at_nine("/freeassociation.sourceforge.net/Europe/Berlin"), BERLIN),
    case("behind another's name and a year", at_nine("/mozilla.org/20070129_1/America/Los_Angeles"), LA),
    case("behind another's name and a word", at_nine("/softwarestudio.org/Olson_20011030_5/Australia/Sydney"), SYDNEY),
    case("Windows: Berlin", at_nine("W. Europe Standard Time"), BERLIN),
    case("Windows: Los Angeles", at_nine("Pacific Standard Time"), LA),
    case("Windows: Sydney", at_nine("AUS Eastern Standard Time"), SYDNEY),
    case("Windows: New York", at_nine("Eastern Standard Time"), NY),
    case("Windows in small letters", at_nine("w. europe standard time"), BERLIN),
    case("Windows in quotes", at_nine('"Pacific Standard Time"'), LA),
    case("Windows: UTC", at_nine('"tzone://Microsoft/Utc"'), UTC),
    case("CLDR in German", at_nine("Mitteleuropäische Zeit"), BERLIN),
    case("CLDR in German, by the winter's name", at_nine("Mitteleuropäische Normalzeit"), BERLIN),
    case("CLDR in French", at_nine("heure d’Europe centrale"), BERLIN),  # noqa: RUF001  # as the French write it
    case("CLDR in Spanish", at_nine("hora de Europa central"), BERLIN),
    case("CLDR in Polish", at_nine("czas środkowoeuropejski"), BERLIN),
    case("CLDR in English", at_nine("Pacific Time"), LA),
    case("CLDR in German, of America", at_nine("Nordamerikanische Westküstenzeit"), LA),
    case("no name", at_nine(""), "owner 0401 0900-1000"),
]

DEFINED = [
    case("an own zone", at_nine("Here"), "UTC 0401 0400-0500", before=FIVE_EAST),
    case("an own zone with two changes a year", at_nine("Office"), BERLIN, before=berlin("Office")),
    case(
        "an own zone before its change",
        at_nine("Office").replace("0401T", "0325T"),
        "Berlin 0325 0900-1000",
        before=berlin("Office"),
    ),
    case(
        "an own zone under a known name",
        at_nine("Europe/Berlin"),
        "UTC 0401 0400-0500",
        before=FIVE_EAST.replace("Here", "Europe/Berlin"),
    ),
    case("an own zone in quotes", at_nine('"Here"'), "UTC 0401 0400-0500", before=FIVE_EAST),
    case(
        "an own zone that cannot be read, under a known name",
        at_nine("Europe/Berlin"),
        BERLIN,
        before=UNCLEAR.format("Europe/Berlin"),
    ),
    case(
        "an own zone by Outlook",
        at_nine('"tzone://Microsoft/Custom"'),
        BERLIN,
        before=berlin("tzone://Microsoft/Custom"),
    ),
    case(
        "an own zone without changes",
        at_nine("Here"),
        unreadable=UNKNOWN,
        before="BEGIN:VTIMEZONE\nTZID:Here\nEND:VTIMEZONE",
    ),
    case("an own zone that cannot be read", at_nine("Here"), unreadable=UNKNOWN, before=UNCLEAR.format("Here")),
    case(
        "a series in an own zone",
        at_nine("Office").replace("0401T", "0325T") + "\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Berlin 0325,0401 0900-1000",
        before=berlin("Office"),
    ),
]

UNKNOWN_NAMES = [
    case(
        "a name that nobody knows",
        at_nine("Nowhere"),
        unreadable=r"not known: Nowhere \(event case of 20310401T090000\)",
    ),
    case("a name of Windows that it does not have", at_nine("Nowhere Standard Time"), unreadable=UNKNOWN),
    case("a city alone", at_nine("Berlin"), unreadable=UNKNOWN),
    case("a folder that is no zone", at_nine("Europe/Atlantis"), unreadable=UNKNOWN),
    case("a sum", at_nine('"GMT+01:00"'), unreadable=UNKNOWN),
    case("Outlook's own zone without its rules", at_nine('"tzone://Microsoft/Custom"'), unreadable=UNKNOWN),
    case("Exchange's own zone without its rules", at_nine("Customized Time Zone"), unreadable=UNKNOWN),
    case("a standard time that neighbours share", at_nine("Australian Eastern Standard Time"), unreadable=UNKNOWN),
    case("a very long name", at_nine("x" * 3_000), unreadable=UNKNOWN),
    case("of an end", "DTSTART:20310401T080000Z\nDTEND;TZID=Nowhere:20310401T100000", unreadable=UNKNOWN),
    case("of a series", at_nine("Nowhere").replace("2031", "2020") + "\nRRULE:FREQ=YEARLY", unreadable=UNKNOWN),
    case(
        "of a time that is left out",
        "DTSTART:20310401T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=Nowhere:20310402T080000",
        unreadable=UNKNOWN,
    ),
    case(
        "of a time that is added",
        "DTSTART:20310401T080000Z\nDURATION:PT1H\nRDATE;TZID=Nowhere:20310402T080000",
        unreadable=UNKNOWN,
    ),
    case(
        "of a changed instance",
        "DTSTART:20310401T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n---\n"
        "RECURRENCE-ID;TZID=Nowhere:20310402T080000\nDTSTART:20310402T100000Z\nDURATION:PT1H",
        unreadable=UNKNOWN,
    ),
    case("of a free event", at_nine("Nowhere") + "\nTRANSP:TRANSPARENT", ""),
    case("of an event long ago", at_nine("Nowhere").replace("2031", "2019"), ""),
    case(
        "of a series that ended long ago",
        at_nine("Nowhere").replace("2031", "2019") + "\nRRULE:FREQ=WEEKLY;UNTIL=20191231T000000Z",
        "",
    ),
]
