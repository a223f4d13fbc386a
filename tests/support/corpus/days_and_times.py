"""Whole days, floating times, and single events of every length."""

from support.corpus.notation import case

HOUR = "DTSTART:20310401T080000Z\nDTEND:20310401T090000Z"

WHOLE_DAYS = [
    case("a day without an end", "DTSTART;VALUE=DATE:20310401", "owner 0401"),
    case("a day that ends the next day", "DTSTART;VALUE=DATE:20310401\nDTEND;VALUE=DATE:20310402", "owner 0401"),
    case("a day that ends where it starts", "DTSTART;VALUE=DATE:20310401\nDTEND;VALUE=DATE:20310401", "owner 0401"),
    case("three days", "DTSTART;VALUE=DATE:20310401\nDTEND;VALUE=DATE:20310404", "owner 0401-0403"),
    case("a day by its length", "DTSTART;VALUE=DATE:20310401\nDURATION:P1D", "owner 0401"),
    case("two days by their length", "DTSTART;VALUE=DATE:20310401\nDURATION:P2D", "owner 0401-0402"),
    case("a week by its length", "DTSTART;VALUE=DATE:20310401\nDURATION:P1W", "owner 0401-0407"),
    case("a day of 24 hours", "DTSTART;VALUE=DATE:20310401\nDURATION:PT24H", "owner 0401"),
    case("a day that does not say that it is one", "DTSTART:20310401", "owner 0401"),
    case("a day in small letters", "dtstart;value=date:20310401\ndtend;value=date:20310402", "owner 0401"),
    case("a day with the name of a zone", "DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20310401", "owner 0401"),
    case("the day of the change in Los Angeles", "DTSTART;VALUE=DATE:20310309", "owner 0309"),
    case("the day of the change in Berlin", "DTSTART;VALUE=DATE:20310330", "owner 0330"),
    case("the day of the change in Sydney", "DTSTART;VALUE=DATE:20310406", "owner 0406"),
    case("days over every change", "DTSTART;VALUE=DATE:20310308\nDTEND;VALUE=DATE:20310408", "owner 0308-0407"),
    case("days from before the window", "DTSTART;VALUE=DATE:20310227\nDTEND;VALUE=DATE:20310306", "owner 0227-0305"),
    case("a day before the window", "DTSTART;VALUE=DATE:20310220", ""),
    case("a day after the window", "DTSTART;VALUE=DATE:20310420", ""),
    case("a transparent day", "DTSTART;VALUE=DATE:20310401\nTRANSP:TRANSPARENT", ""),
    case(
        "a day that ends before it starts",
        "DTSTART;VALUE=DATE:20310401\nDTEND;VALUE=DATE:20310331",
        unreadable="ends before",
    ),
    case("a day that no calendar has", "DTSTART;VALUE=DATE:20310231", unreadable="a time that cannot be read"),
]

DAYS_IN_SERIES = [
    case(
        "a day each week without an end",
        "DTSTART;VALUE=DATE:20310304\nRRULE:FREQ=WEEKLY",
        "owner 0304,0311,0318,0325,0401,0408",
    ),
    case("three days by count", "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=3", "owner 0401-0403"),
    case("a birthday", "DTSTART;VALUE=DATE:19900401\nRRULE:FREQ=YEARLY", "owner 0401"),
    case(
        "a birthday with its end",
        "DTSTART;VALUE=DATE:19900401\nDTEND;VALUE=DATE:19900402\nRRULE:FREQ=YEARLY",
        "owner 0401",
    ),
    case("a birthday by its length", "DTSTART;VALUE=DATE:19900401\nDURATION:P1D\nRRULE:FREQ=YEARLY", "owner 0401"),
    case(
        "two days each week",
        "DTSTART;VALUE=DATE:20310304\nDTEND;VALUE=DATE:20310306\nRRULE:FREQ=WEEKLY;COUNT=3",
        "owner 0304-0305;owner 0311-0312;owner 0318-0319",
    ),
    case(
        "a series that begins on a day of 23 hours",
        "DTSTART;VALUE=DATE:20310330\nRRULE:FREQ=WEEKLY;COUNT=2",
        "owner 0330,0406",
    ),
    case(
        "a series that begins on a day of 25 hours",
        "DTSTART;VALUE=DATE:20301027\nRRULE:FREQ=WEEKLY;BYDAY=SU,TU;UNTIL=20310401",
        "owner 0304,0309,0311,0316,0318,0323,0325,0330,0401;owner 0302",
    ),
    case(
        "days but one",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20310402",
        "owner 0401,0403",
    ),
    case(
        "days but one at midnight",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20310402T000000Z",
        "owner 0401,0403",
    ),
    case(
        "days but one at midnight in a zone",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20310402T000000",
        "owner 0401,0403",
    ),
    case("days by date", "DTSTART;VALUE=DATE:20310401\nRDATE;VALUE=DATE:20310403,20310407", "owner 0401,0403,0407"),
    case(
        "days by date without an end and far away",
        "DTSTART;VALUE=DATE:20200101\nRDATE;VALUE=DATE:20310403",
        "owner 0403",
    ),
    case("days until a day", "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;UNTIL=20310403", "owner 0401-0403"),
    case(
        "days until a midnight",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;UNTIL=20310403T000000Z",
        "owner 0401-0403",
    ),
    case(
        "days until the end of time",
        "DTSTART;VALUE=DATE:20310304\nRRULE:FREQ=WEEKLY;UNTIL=99991231",
        "owner 0304,0311,0318,0325,0401,0408",
    ),
    case(
        "a day that was moved",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=2\n---\n"
        "RECURRENCE-ID;VALUE=DATE:20310402\nDTSTART;VALUE=DATE:20310405",
        "owner 0401,0405",
    ),
    case(
        "a day that was called off",
        "DTSTART;VALUE=DATE:20310401\nRRULE:FREQ=DAILY;COUNT=2\n---\n"
        "RECURRENCE-ID;VALUE=DATE:20310402\nDTSTART;VALUE=DATE:20310402\nSTATUS:CANCELLED",
        "owner 0401",
    ),
    case("the last day of each month", "DTSTART;VALUE=DATE:20310131\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1", "owner 0331"),
    case(
        "a time in a series of days",
        "DTSTART;VALUE=DATE:20310401\nRDATE:20310403T090000Z",
        unreadable="series of days has a time",
    ),
]

TIMES = [
    case("an hour in UTC", HOUR, "UTC 0401 0800-0900"),
    case("a floating hour", "DTSTART:20310401T090000\nDTEND:20310401T100000", "owner 0401 0900-1000"),
    case("a floating hour by its length", "DTSTART:20310401T090000\nDURATION:PT1H", "owner 0401 0900-1000"),
    case(
        "a floating night over the change in Los Angeles",
        "DTSTART:20310308T220000\nDTEND:20310309T060000",
        "owner 0308 2200-0600+1",
    ),
    case(
        "a floating night over the change in Berlin",
        "DTSTART:20310329T220000\nDTEND:20310330T060000",
        "owner 0329 2200-0600+1",
    ),
    case(
        "a floating night over the change in Sydney",
        "DTSTART:20310405T220000\nDTEND:20310406T060000",
        "owner 0405 2200-0600+1",
    ),
    case(
        "an hour and a half by length",
        "DTSTART;TZID=Europe/Berlin:20310401T090000\nDURATION:PT1H30M",
        "Berlin 0401 0900-1030",
    ),
    case(
        "a length in small letters",
        "DTSTART;TZID=Europe/Berlin:20310401T090000\nDURATION:pt90m",
        "Berlin 0401 0900-1030",
    ),
    case(
        "a day's length over a change",
        "DTSTART;TZID=Europe/Berlin:20310329T090000\nDURATION:P1D",
        "Berlin 0329 0900-1000+1",
    ),
    case(
        "24 hours over a change",
        "DTSTART;TZID=Europe/Berlin:20310329T090000\nDURATION:PT24H",
        "Berlin 0329 0900-1000+1",
    ),
    case(
        "a day's length over the change back",
        "DTSTART;TZID=Australia/Sydney:20310405T090000\nDURATION:P1D",
        "Sydney 0405 0900-0900+1",
    ),
    case(
        "24 hours over the change back",
        "DTSTART;TZID=Australia/Sydney:20310405T090000\nDURATION:PT24H",
        "Sydney 0405 0900-0800+1",
    ),
    case("a moment without an end lasts a minute", "DTSTART:20310401T080000Z", "UTC 0401 0800-0801"),
    case(
        "a moment that ends where it starts lasts a minute",
        "DTSTART:20310401T080000Z\nDTEND:20310401T080000Z",
        "UTC 0401 0800-0801",
    ),
    case("a floating moment lasts a minute", "DTSTART:20310401T080000", "owner 0401 0800-0801"),
    case("small letters in a time", "DTSTART:20310401t080000z\nDTEND:20310401t090000z", "UTC 0401 0800-0900"),
    case("a leap second", "DTSTART:20310401T080060Z\nDTEND:20310401T090000Z", "UTC 0401 080059-0900"),
    case(
        "a wall clock that is left out",
        "DTSTART;TZID=Europe/Berlin:20310330T023000\nDURATION:PT1H",
        "UTC 0330 0130-0230",
    ),
    case(
        "a wall clock that comes twice is the first",
        "DTSTART;TZID=Australia/Sydney:20310406T023000\nDURATION:PT1H",
        "UTC 0405 1530-1630",
    ),
    case(
        "an end in the hour that comes twice",
        "DTSTART;TZID=Australia/Sydney:20310406T013000\nDTEND;TZID=Australia/Sydney:20310406T024500",
        "UTC 0405 1430-1545",
    ),
    case(
        "a flight",
        "DTSTART;TZID=Europe/Berlin:20310401T100000\nDTEND;TZID=America/New_York:20310401T130000",
        "UTC 0401 0800-1700",
    ),
    case(
        "a flight that lands before it starts",
        "DTSTART;TZID=Australia/Sydney:20310401T100000\nDTEND;TZID=America/Los_Angeles:20310401T060000",
        "UTC 0331 2300-1300+1",
    ),
    case(
        "a zone beside a time in UTC",
        "DTSTART;TZID=Europe/Berlin:20310401T080000Z\nDTEND;TZID=Europe/Berlin:20310401T090000Z",
        "UTC 0401 0800-0900",
    ),
    case(
        "over midnight",
        "DTSTART;TZID=America/Los_Angeles:20310401T230000\nDTEND;TZID=America/Los_Angeles:20310402T010000",
        "LA 0401 2300-0100+1",
    ),
    case("from before the window", "DTSTART:20310302T220000Z\nDTEND:20310303T010000Z", "UTC 0302 2200-0100+1"),
    case("up to the window", "DTSTART:20310302T220000Z\nDTEND:20310303T000000Z", ""),
    case("from the end of the window", "DTSTART:20310414T000000Z\nDTEND:20310414T010000Z", ""),
    case(
        "two events that touch",
        "UID:a\n" + HOUR + "\n---\nUID:b\nDTSTART:20310401T090000Z\nDTEND:20310401T100000Z",
        "UTC 0401 0800-1000",
    ),
    case(
        "two events without a UID",
        "UID:\n" + HOUR + "\n---\nUID:\nDTSTART:20310402T090000Z\nDTEND:20310402T100000Z",
        "UTC 0401 0800-0900;UTC 0402 0900-1000",
    ),
    case("folded lines", "DTSTART;TZID=Europe/\n Berlin:2031040\n 1T090000\nDURATION:PT1H", "Berlin 0401 0900-1000"),
    case(
        "a component in small letters",
        "begin:vevent\nuid:x\ndtstart:20310401T080000Z\ndtend:20310401T090000Z\nend:vevent",
        "UTC 0401 0800-0900",
    ),
    case("spaces around a time", "DTSTART: 20310401T080000Z \nDTEND: 20310401T090000Z ", "UTC 0401 0800-0900"),
    case(
        "an end before the start",
        "DTSTART:20310401T080000Z\nDTEND:20310401T070000Z",
        unreadable="ends before it starts",
    ),
    case("a length backwards", "DTSTART:20310401T080000Z\nDURATION:-PT1H", unreadable="ends before it starts"),
    case("no start", "SUMMARY:Lunch", unreadable=r"no start \(event case\)"),
    case("a start that is no time", "DTSTART:tomorrow", unreadable="a time that cannot be read"),
    case("an hour that no clock has", "DTSTART:20310401T250000Z", unreadable="a time that cannot be read"),
]
