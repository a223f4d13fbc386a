"""Hypothesis strategies for conditions: every operator, other fields, names, scores, times; small enough to collide."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
COUNTRIES = ["DE", "AT", "CH", "FR"]
SOURCES = ["form", "ad", "demo_form"]
LANGUAGES = ["de", "en"]
MESSAGES = ["Our BUDGET is set", "budgets, no price", "a demo of C++, please", "price", ""]
HOSTS = [
    "acme.example",
    "www.ACME.example",
    "https://shop.acme.example/x?y",
    "anna@bolt.example",
    "notacme.example",
    "?",
]
INSTANTS = [NOW + timedelta(hours=hours) for hours in (-1000, -24, -4, -1, 0, 1, 4, 1000)]
SPANS = ["1h", "4h", "1d", "30d"]
PATTERNS = ["^D", "form$", "(?i)DEMO", "[ab]c|d", "^$"]
PHRASES = ["budget", "Price", "demo of", "c++", "list:money"]

SEGMENTS = {
    "dach": {"owner": "Board", "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]}},
    "hot": {"owner": "Board", "when": {"any": [{"segment": "dach"}, {"field": "lead.score", "gte": 70}]}},
    "german": {"owner": "Board", "when": {"all": [{"segment": "dach"}, {"field": "lead.language", "equals": "de"}]}},
}
ICPS = {"big": {"owner": "Board", "when": {"field": "company.employees", "gte": 50}}}
PERSONAS = {"chief": {"owner": "Board", "when": {"field": "lead.title", "matches": "^C.O$"}}}
SCORES = {
    "score.fit": {
        "owner": "Board",
        "base": 10,
        "points": [
            {"when": {"icp": "big"}, "points": 40},
            {"when": {"segment": "dach"}, "points": 30},
            {"when": {"not": {"field": "lead.language", "equals": "de"}}, "points": -50},
        ],
    },
    "score.total": {
        "owner": "Board",
        "points": [
            {"when": {"field": "score.fit", "gte": 50}, "points": 60},
            {"when": {"field": "lead.created_at", "within_last": "4h"}, "points": 60},
        ],
        "lowest": 5,
        "highest": 70,
    },
}
GROUPS = {"OURS": ["FR", "CH"], "BENELUX": ["FR"]}
LISTS = {"money": ["budget", "price"]}
NAMES: dict[str, Any] = {
    "fields": {"custom.vip": "boolean", "custom.tags": "list", "custom.site": "text"},
    "segments": SEGMENTS,
    "icps": ICPS,
    "personas": PERSONAS,
    "scores": SCORES,
    "country_groups": GROUPS,
    "word_lists": LISTS,
}

numbers = st.sampled_from([0, 1, 2.5, 50, 70])
texts = st.sampled_from(COUNTRIES + SOURCES)
scalars: st.SearchStrategy[object] = st.one_of(texts, numbers, st.booleans())
tags = st.lists(texts, max_size=3).map(tuple)

_KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "lead.country": st.sampled_from(COUNTRIES),
    "lead.source": st.sampled_from(SOURCES),
    "lead.score": numbers,
    "lead.title": st.sampled_from(["CEO", "CFO", "Head of C++"]),
    "lead.message": st.sampled_from(MESSAGES),
    "lead.created_at": st.sampled_from(INSTANTS),
    "lead.language": st.sampled_from(LANGUAGES),
    "company.domain": st.sampled_from(["acme.example", "bolt.example"]),
    "company.country": st.sampled_from(COUNTRIES),
    "company.employees": numbers,
    "custom.vip": st.booleans(),
    "custom.tags": tags,
    "custom.site": st.sampled_from(HOSTS),
}
fields = st.sampled_from([*_KNOWN, "clock.now", "score.fit"])
facts = st.fixed_dictionaries({}, optional=_KNOWN)
_anything = st.one_of(scalars, tags, st.sampled_from(INSTANTS), st.sampled_from(MESSAGES + HOSTS))
#: Facts of any type under any name, as no lead has them: conditions have to bear them all the same.
odd_facts = st.one_of(
    facts,
    st.dictionaries(fields, _anything, max_size=5),
    st.tuples(facts, st.just({"clock.now": NOW}), st.dictionaries(fields, _anything, max_size=3)).map(
        lambda parts: {**parts[0], **parts[1], **parts[2]}
    ),
)

_refs = fields.map(lambda name: {"field": name})
_dates = st.sampled_from([*(moment.isoformat() for moment in INSTANTS), "2026-03-04"])
_bounds = st.one_of(numbers, _dates)
_ranges = st.one_of(st.tuples(numbers, numbers), st.tuples(_dates, _dates)).map(list)


def _several(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=1, max_size=3)


OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    "equals": st.one_of(scalars, _refs),
    "not_equals": st.one_of(scalars, _refs),
    "in": st.one_of(_several(scalars), _refs),
    "not_in": st.one_of(_several(scalars), _refs),
    "gte": st.one_of(_bounds, _refs),
    "gt": st.one_of(_bounds, _refs),
    "lte": st.one_of(_bounds, _refs),
    "lt": st.one_of(_bounds, _refs),
    "between": _ranges,
    "present": st.booleans(),
    "contains": st.sampled_from(["D", "form", "DE"]),
    "starts_with": st.sampled_from(["D", "form", "DE"]),
    "ends_with": st.sampled_from(["D", "form", "DE"]),
    "matches": st.sampled_from(PATTERNS),
    "mentions": _several(st.sampled_from(PHRASES)),
    "in_group": _several(st.sampled_from(["DACH", "OURS", "BENELUX"])),
    "under_domain": _several(st.sampled_from(["acme.example", "bolt.example", "example"])),
    "contains_any": _several(texts),
    "contains_all": _several(texts),
    "contains_none": _several(texts),
    "within_last": st.sampled_from(SPANS),
    "within_next": st.sampled_from(SPANS),
    "older_than": st.sampled_from(SPANS),
    "further_than": st.sampled_from(SPANS),
}
#: The fields that an operator is usually asked of; other fields are drawn too, but more seldom.
USUAL = {
    "mentions": "lead.message",
    "matches": "lead.source",
    "in_group": "lead.country",
    "under_domain": "custom.site",
    **dict.fromkeys(("contains_any", "contains_all", "contains_none"), "custom.tags"),
    **dict.fromkeys(("within_last", "within_next", "older_than", "further_than"), "lead.created_at"),
}


@st.composite
def leaf(draw: st.DrawFn) -> dict[str, Any]:
    operator = draw(st.sampled_from(sorted(OPERANDS)))
    usual = [st.just(USUAL[operator])] * 2 if operator in USUAL else []
    return {"field": draw(st.one_of(*usual, fields)), operator: draw(OPERANDS[operator])}


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: {"all": parts}),
        several.map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    )


_equality = st.one_of(
    st.fixed_dictionaries({"field": st.just("lead.country"), "equals": st.sampled_from(COUNTRIES)}),
    st.fixed_dictionaries({"field": st.just("lead.source"), "in": _several(st.sampled_from(SOURCES))}),
    st.fixed_dictionaries({"field": st.just("score.total"), "gte": st.sampled_from([5, 60, 70])}),
)
names = st.sampled_from(
    [{"segment": "dach"}, {"segment": "hot"}, {"segment": "german"}, {"icp": "big"}, {"persona": "chief"}]
)
conditions = st.recursive(st.one_of(leaf(), leaf(), _equality, names), _nest, max_leaves=8)
