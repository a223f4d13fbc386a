"""Random conditions with every operator over few fields and values, so that they often meet, and leads to try them on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
DEFINED: dict[str, Any] = {
    "segments": {"dach": {"owner": "Board", "when": {"field": "lead.country", "in_group": ["DACH"]}}},
    "word_lists": {"rivals": ["DE", "acme"]},
    "country_groups": {"HOME": ["DE", "FR"]},
    "fields": {"custom.tags": "list", "custom.home": "text", "custom.score": "number", "custom.vip": "boolean"},
}

_codes = st.sampled_from(["DE", "AT", "FR", "DEAT"])
_some = st.lists(_codes, min_size=1, max_size=3, unique=True)
_texts = st.sampled_from(["lead.country", "custom.home", "custom.tags"])
_numbers = st.sampled_from([0, 1, 1.5, 2, 3])
_dates = st.sampled_from(["2026-03-01", "2026-03-04T09:30:00+00:00", "2026-03-06"])
_spans = st.sampled_from(["1d", "3d", "5d"])


DRAWN: set[str] = set()  # the operators


def _leaf(fields: st.SearchStrategy[str], operators: list[str], operands: st.SearchStrategy[Any]) -> Any:
    DRAWN.update(operators)
    return st.builds(
        lambda field, op, operand: {"field": field, op: operand}, fields, st.sampled_from(operators), operands
    )


def _other(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.sampled_from(names).map(lambda name: {"field": name})


_leaves = st.one_of(
    _leaf(_texts, ["equals", "not_equals", "contains", "starts_with", "ends_with", "matches"], _codes),
    _leaf(_texts, ["in", "not_in", "mentions", "contains_any", "contains_all", "contains_none"], _some),
    _leaf(st.just("custom.tags"), ["contains_any", "contains_all", "contains_none"], _some),
    _leaf(_texts, ["in_group"], st.lists(st.sampled_from(["DACH", "HOME", "EU"]), min_size=1, max_size=2)),
    _leaf(_texts, ["mentions"], st.just(["list:rivals"])),
    _leaf(_texts, ["under_domain"], st.just(["de"])),
    _leaf(st.sampled_from(["lead.score", "custom.score"]), ["equals", "gte", "gt", "lte", "lt"], _numbers),
    _leaf(
        st.sampled_from(["lead.score", "custom.vip"]),
        ["in", "not_in"],
        st.lists(st.sampled_from([1, 2, True]), min_size=1, max_size=3),
    ),
    _leaf(st.just("lead.score"), ["between"], st.tuples(_numbers, _numbers).map(list)),
    _leaf(st.just("lead.created_at"), ["gte", "gt", "lte", "lt"], _dates),
    _leaf(st.just("lead.created_at"), ["within_last", "within_next", "older_than", "further_than"], _spans),
    _leaf(st.just("lead.score"), ["equals", "gte", "lt"], _other("custom.score", "custom.vip")),
    _leaf(st.just("lead.country"), ["in", "not_in"], _other("custom.tags", "custom.home")),
    _leaf(
        st.sampled_from(["lead.country", "lead.score", "custom.tags", "lead.created_at"]), ["present"], st.booleans()
    ),
    st.just({"segment": "dach"}),
)


def _nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: {"all": parts}),
        several.map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    )


anything = st.recursive(_leaves, _nest, max_leaves=6)

leads = st.fixed_dictionaries(
    {"clock.now": st.just(NOW)},
    optional={
        "lead.country": _codes,
        "custom.home": _codes,
        "custom.tags": st.lists(_codes, max_size=2).map(tuple),
        "lead.score": st.sampled_from([0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4]),
        "custom.score": _numbers,
        "custom.vip": st.booleans(),
        "lead.created_at": st.sampled_from([-5, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 5]).map(
            lambda days: NOW + timedelta(days=days)
        ),
    },
)
