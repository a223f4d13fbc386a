"""What may stand where a stored message is read: messages, and what a later release or a hand left there."""

from typing import Any

from hypothesis import strategies as st

from pointsman.services.wording.catalogue import load_catalogue

KEYS = sorted(load_catalogue("en").texts)
LATEST, EARLIEST = "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"
_TAGS = ["at", "on", "seconds", "balance", "number", "rep", "supplier", "zone", "key", "args"]
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [LATEST, EARLIEST, "2026-11-25", "NaN", "sNaN", "Infinity", "1e999999", "1e-999999", "1/0", "Asia/Tokyo"]
    )
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    tagged = st.builds(lambda tag, value: {tag: value}, st.sampled_from(_TAGS), inner)
    zoned = st.builds(lambda at, zone: {"at": at, "zone": zone}, inner, inner)
    told = st.builds(lambda key, args: {"key": key, "args": args}, st.sampled_from(KEYS) | inner, _args(inner))
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3) | tagged | zoned | told


def _args(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["count", "rep", "at", "text", "items", "what", "reason", "work", "until", "fields"])
    return inner | st.dictionaries(names, inner, max_size=4)


JSON = st.recursive(_PLAIN, _nested, max_leaves=8)
#: Any JSON, and messages of the catalogues with any arguments.
STORED = JSON | st.builds(lambda key, args: {"key": key, "args": args}, st.sampled_from(KEYS), _args(JSON))
