"""Messages are data: what is stored comes back as it was, and equal messages give equal bytes."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.messages.message import Message, Named, NameKind, message_from_json, rep_name, say
from pointsman.domain.routing.decision import canonical_json

ZONES = [UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]
KEYS = st.from_regex(r"[a-z]{1,8}\.[a-z-]{1,12}", fullmatch=True)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
PLAIN = (
    st.none()
    | st.text()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.fractions()
    | st.dates()
    | st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.sampled_from(ZONES))  # noqa: DTZ001  # zones are drawn
    | st.integers(min_value=0, max_value=10**9).map(lambda seconds: timedelta(seconds=seconds))
    | st.builds(Named, st.sampled_from(NameKind), st.text())
)
ARGS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.builds(lambda key, args: say(key, **args), KEYS, st.dictionaries(NAMES, inner, max_size=3))
    ),
    max_leaves=8,
)
MESSAGES = st.builds(lambda key, args: say(key, **args), KEYS, st.dictionaries(NAMES, ARGS, max_size=4))


@given(MESSAGES)
def test_a_stored_message_is_read_as_it_was(message: Message) -> None:
    stored = canonical_json(message.as_json())
    found = message_from_json(json.loads(stored))
    assert canonical_json(found.as_json()) == stored
    assert found == message


def test_the_order_in_which_arguments_are_given_makes_no_difference() -> None:
    assert say("a.b", rep=rep_name("lena"), count=2) == say("a.b", count=2, rep=rep_name("lena"))


def test_every_kind_of_argument_is_plain_json() -> None:
    message = say(
        "a.b",
        at=datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Europe/Berlin")),
        balance=Fraction(1, 2),
        day=date(2026, 11, 25),
        length=timedelta(hours=2),
        number=Decimal("1.50"),
        rep=rep_name("lena"),
        inner=say("c.d"),
        several=("x", 1, True, None),
    )
    assert message.as_json() == {
        "key": "a.b",
        "args": {
            "at": {"at": "2026-11-25T09:00:00+00:00", "zone": "Europe/Berlin"},
            "balance": {"balance": "1/2"},
            "day": {"on": "2026-11-25"},
            "inner": {"key": "c.d", "args": {}},
            "length": {"seconds": 7200.0},
            "number": {"number": "1.50"},
            "rep": {"rep": "lena"},
            "several": ["x", 1, True, None],
        },
    }
