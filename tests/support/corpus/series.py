"""Series of every kind, without exceptions."""

from support.corpus.notation import case

BERLIN_NINE = "DTSTART;TZID=Europe/Berlin:20310304T090000\nDTEND;TZID=Europe/Berlin:20310304T100000\n"
TUESDAYS = "0304,0311,0318,0325,0401,0408"
SINCE_1995 = "DTSTART;TZID=Europe/Berlin:19950103T090000\nDTEND;TZID=Europe/Berlin:19950103T100000\n"
TOO_MANY, ODD = "recur more often", "rule of a series"


def weekly(zone: str) -> str:
    return f"DTSTART;TZID={zone}:20310304T090000\nDTEND;TZID={zone}:20310304T100000\nRRULE:FREQ=WEEKLY"


RULES = [
    case("each week in Berlin", weekly("Europe/Berlin"), f"Berlin {TUESDAYS} 0900-1000"),
    case("each week in Los Angeles", weekly("America/Los_Angeles"), f"LA {TUESDAYS} 0900-1000"),
    case("each week in Sydney", weekly("Australia/Sydney"), f"Sydney {TUESDAYS} 0900-1000"),
    case("each week in UTC", "DTSTART:20310304T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY", f"UTC {TUESDAYS} 0900-1000"),
    case(
        "each week, floating",
        "DTSTART:20310304T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
        f"owner {TUESDAYS} 0900-1000",
    ),
    case("since 1995", SINCE_1995 + "RRULE:FREQ=WEEKLY", f"Berlin {TUESDAYS} 0900-1000"),
    case(
        "since 1995 every second week", SINCE_1995 + "RRULE:FREQ=WEEKLY;INTERVAL=2", "Berlin 0311,0325,0408 0900-1000"
    ),
    case("every third week", BERLIN_NINE + "RRULE:FREQ=WEEKLY;INTERVAL=3", "Berlin 0304,0325 0900-1000"),
    case(
        "on several weekdays",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4",
        "Berlin 0304,0306,0311,0313 0900-1000",
    ),
    case(
        "weeks from Monday",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "Berlin 0304,0309,0318,0323 0900-1000",
    ),
    case(
        "weeks from Sunday",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "Berlin 0304,0316,0318,0330 0900-1000",
    ),
    case("each day by count", BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=3", "Berlin 0304,0305,0306 0900-1000"),
    case("every tenth day", BERLIN_NINE + "RRULE:FREQ=DAILY;INTERVAL=10", "Berlin 0304,0314,0324,0403,0413 0900-1000"),
    case(
        "on workdays",
        BERLIN_NINE + "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=5",
        "Berlin 0304,0305,0306,0307,0310 0900-1000",
    ),
    case(
        "each month",
        "DTSTART;TZID=Europe/Berlin:20310115T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY",
        "Berlin 0315 0900-1000",
    ),
    case(
        "on the 31st",
        "DTSTART;TZID=Europe/Berlin:20310131T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY",
        "Berlin 0331 0900-1000",
    ),
    case("on the first Tuesday", BERLIN_NINE + "RRULE:FREQ=MONTHLY;BYDAY=1TU", "Berlin 0304,0401 0900-1000"),
    case("on the last Tuesday", BERLIN_NINE + "RRULE:FREQ=MONTHLY;BYDAY=-1TU", "Berlin 0304,0325 0900-1000"),
    case(
        "on the last workday",
        "DTSTART;TZID=Europe/Berlin:20310131T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "Berlin 0331 0900-1000",
    ),
    case(
        "on the second workday",
        "DTSTART;TZID=Europe/Berlin:20310102T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2",
        "Berlin 0304,0402 0900-1000",
    ),
    case("on days of the month", BERLIN_NINE + "RRULE:FREQ=MONTHLY;BYMONTHDAY=4,-1", "Berlin 0304,0331,0404 0900-1000"),
    case(
        "on Thursday the 13th",
        "DTSTART;TZID=Europe/Berlin:20300913T090000\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=TH;BYMONTHDAY=13",
        "Berlin 0313 0900-1000",
    ),
    case(
        "each year",
        "DTSTART;TZID=Europe/Berlin:20010401T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY",
        "Berlin 0401 0900-1000",
    ),
    case(
        "each year on a Sunday of a month",
        "DTSTART;TZID=Europe/Berlin:20010325T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "Berlin 0330 0900-1000",
    ),
    case(
        "on the hundredth day",
        "DTSTART;TZID=Europe/Berlin:20300410T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYYEARDAY=100",
        "Berlin 0410 0900-1000",
    ),
    case(
        "in the fourteenth week",
        "DTSTART;TZID=Europe/Berlin:20300402T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYWEEKNO=14",
        "Berlin 0401 0900-1000",
    ),
    case(
        "in months",
        "DTSTART;TZID=Europe/Berlin:20300404T090000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=1,4",
        "Berlin 0404 0900-1000",
    ),
    case(
        "twice a day",
        BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=4;BYHOUR=9,15",
        "Berlin 0304,0305 0900-1000;Berlin 0304,0305 1500-1600",
    ),
    case(
        "every six hours",
        BERLIN_NINE + "RRULE:FREQ=HOURLY;INTERVAL=6;COUNT=3",
        "Berlin 0304 0900-1000;Berlin 0304 1500-1600;Berlin 0304 2100-2200",
    ),
    case(
        "every half an hour",
        "DTSTART;TZID=Europe/Berlin:20310304T090000\nDURATION:PT10M\nRRULE:FREQ=MINUTELY;INTERVAL=30;COUNT=2",
        "Berlin 0304 0900-0910;Berlin 0304 0930-0940",
    ),
    case(
        "by the hour over a change back",
        "DTSTART;TZID=Australia/Sydney:20310406T013000\nDURATION:PT10M\nRRULE:FREQ=HOURLY;UNTIL=20310405T163000Z",
        "UTC 0405 1430-1440;UTC 0405 1530-1540;UTC 0405 1630-1640",
    ),
]

ENDS = [
    case(
        "until an instant", BERLIN_NINE + "RRULE:FREQ=WEEKLY;UNTIL=20310318T080000Z", "Berlin 0304,0311,0318 0900-1000"
    ),
    case(
        "until the second before",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;UNTIL=20310318T075959Z",
        "Berlin 0304,0311 0900-1000",
    ),
    case(
        "until a floating time",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;UNTIL=20310318T090000",
        "Berlin 0304,0311,0318 0900-1000",
    ),
    case(
        "until a day, to its end", BERLIN_NINE + "RRULE:FREQ=WEEKLY;UNTIL=20310318", "Berlin 0304,0311,0318 0900-1000"
    ),
    case(
        "until a day, in small letters",
        BERLIN_NINE + "rrule:freq=weekly;until=20310318t080000z",
        "Berlin 0304,0311,0318 0900-1000",
    ),
    case(
        "until the end of time",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z",
        f"Berlin {TUESDAYS} 0900-1000",
    ),
    case("ended before the window", SINCE_1995 + "RRULE:FREQ=WEEKLY;UNTIL=20201231T000000Z", ""),
    case("counted out before the window", SINCE_1995 + "RRULE:FREQ=WEEKLY;COUNT=500", ""),
    case("counted up to the window", SINCE_1995 + "RRULE:FREQ=WEEKLY;COUNT=1888", "Berlin 0304 0900-1000"),
    case("begins after the window", "DTSTART:20310501T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY", ""),
    case("a rule with a semicolon at its end", BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=2;", "Berlin 0304,0305 0900-1000"),
    case(
        "two rules",
        BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Berlin 0304,0305,0311 0900-1000",
    ),
    case(
        "a start that the rule does not have",
        BERLIN_NINE + "RRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20310315",
        "Berlin 0304,0307,0314 0900-1000",
    ),
    case("a rule that never comes true", SINCE_1995 + "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ""),
    case("a rule by the second that never comes true", SINCE_1995 + "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", ""),
]

LENGTHS = [
    case(
        "nights",
        "DTSTART;TZID=Europe/Berlin:20310304T220000\nDTEND;TZID=Europe/Berlin:20310305T060000\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Berlin 0304,0311 2200-0600+1",
    ),
    case(
        "nights over a change take the later of two ends",
        "DTSTART;TZID=Europe/Berlin:20310322T220000\nDTEND;TZID=Europe/Berlin:20310323T060000\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Berlin 0322 2200-0600+1;Berlin 0329 2200-0700+1",
    ),
    case(
        "nights over a change back take the later of two ends",
        "DTSTART;TZID=Australia/Sydney:20310329T220000\nDTEND;TZID=Australia/Sydney:20310330T060000\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Sydney 0329,0405 2200-0600+1",
    ),
    case(
        "nights by their hours",
        "DTSTART;TZID=Australia/Sydney:20310329T220000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;COUNT=2",
        "Sydney 0329 2200-0600+1;Sydney 0405 2200-0500+1",
    ),
    case(
        "three days each week",
        "DTSTART:20310304T220000Z\nDURATION:P3D\nRRULE:FREQ=WEEKLY;COUNT=2",
        "UTC 0304,0311 2200-2200+3",
    ),
    case("moments", "DTSTART:20310304T090000Z\nRRULE:FREQ=WEEKLY;COUNT=2", "UTC 0304,0311 0900-0901"),
    case(
        "into the window from before",
        "DTSTART:20310217T120000Z\nDURATION:P10D\nRRULE:FREQ=MONTHLY;COUNT=1\nRDATE:20310222T120000Z",
        "UTC 0224 0000-1200+8",
    ),
]

DATES = [
    case(
        "by date alone",
        BERLIN_NINE + "RDATE;TZID=Europe/Berlin:20310311T090000,20310318T140000",
        "Berlin 0304,0311 0900-1000;Berlin 0318 1400-1500",
    ),
    case("by date from years ago", SINCE_1995 + "RDATE;TZID=Europe/Berlin:20310401T090000", "Berlin 0401 0900-1000"),
    case("by date in UTC", BERLIN_NINE + "RDATE:20310401T090000Z", "Berlin 0304 0900-1000;UTC 0401 0900-1000"),
    case(
        "by date in another zone",
        BERLIN_NINE + "RDATE;TZID=America/New_York:20310401T090000",
        "Berlin 0304 0900-1000;NY 0401 0900-1000",
    ),
    case(
        "by date on two lines",
        BERLIN_NINE + "RDATE:20310401T090000Z\nRDATE:20310402T090000Z",
        "Berlin 0304 0900-1000;UTC 0401,0402 0900-1000",
    ),
    case(
        "by periods",
        BERLIN_NINE + "RDATE;VALUE=PERIOD:20310401T090000Z/PT3H,20310402T090000Z/20310402T093000Z",
        "Berlin 0304 0900-1000;UTC 0401 0900-1200;UTC 0402 0900-0930",
    ),
    case(
        "by periods in a zone",
        BERLIN_NINE + "RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20310401T090000/20310401T093000",
        "Berlin 0304 0900-1000;Berlin 0401 0900-0930",
    ),
    case(
        "by date and rule",
        BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=2\nRDATE:20310401T090000Z",
        "Berlin 0304,0305 0900-1000;UTC 0401 0900-1000",
    ),
    case(
        "by a date before the start",
        "DTSTART:20310601T090000Z\nDURATION:PT1H\nRDATE:20310401T090000Z",
        "UTC 0401 0900-1000",
    ),
    case(
        "a day in a series of times", BERLIN_NINE + "RDATE;VALUE=DATE:20310401", unreadable="series of times has a day"
    ),
]

NOT_WORKED_OUT = [
    case("by the second", BERLIN_NINE + "RRULE:FREQ=SECONDLY", unreadable=TOO_MANY),
    case(
        "times left out by a rule",
        BERLIN_NINE + "RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY",
        unreadable="leaves out times by a rule",
    ),
    case("an unknown frequency", BERLIN_NINE + "RRULE:FREQ=FORTNIGHTLY", unreadable=ODD),
    case("no frequency", BERLIN_NINE + "RRULE:COUNT=3", unreadable=ODD),
    case("an unknown part", BERLIN_NINE + "RRULE:FREQ=DAILY;BYMOON=FULL", unreadable=ODD),
    case("a count and an end", BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=3;UNTIL=20310401T000000Z", unreadable=ODD),
    case("no turns", BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=0", unreadable=ODD),
    case("no step", BERLIN_NINE + "RRULE:FREQ=DAILY;INTERVAL=0", unreadable=ODD),
    case("the thirteenth month", BERLIN_NINE + "RRULE:FREQ=YEARLY;BYMONTH=13", unreadable=ODD),
    case("the day zero", BERLIN_NINE + "RRULE:FREQ=MONTHLY;BYMONTHDAY=0", unreadable=ODD),
    case("no weekday", BERLIN_NINE + "RRULE:FREQ=WEEKLY;BYDAY=XX", unreadable=ODD),
    case("a part twice", BERLIN_NINE + "RRULE:FREQ=DAILY;COUNT=2;COUNT=3", unreadable=ODD),
    case("another calendar than ours", BERLIN_NINE + "RRULE:RSCALE=CHINESE;FREQ=YEARLY", unreadable=ODD),
    case("an end that is no time", BERLIN_NINE + "RRULE:FREQ=DAILY;UNTIL=soon", unreadable="cannot be read"),
]
