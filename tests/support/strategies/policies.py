"""Hypothesis strategies: policies that use the whole language, few words each, so that two of them often meet."""

from typing import Any

from hypothesis import strategies as st

from pointsman.domain.policy.document import DistributionMethod

NAMES = ["dach", "hot", "core"]
REPS = ["lena", "max", "anna"]
COUNTRIES = ["DE", "AT", "NO"]
_spans = st.sampled_from(["30d", "4h", "60m"])
_texts = st.sampled_from(["demo", "NO", "1e3", "ä"])
_numbers = st.sampled_from([0, 1, 1.0, 2.5, 70])
_refs = st.sampled_from(["rep.languages", "lead.source"]).map(lambda name: {"field": name})
_scalars = st.one_of(_texts, _numbers, st.booleans())
_bounds = st.one_of(_numbers, st.sampled_from(["2026-01-31", "2026-02-01T09:00:00+01:00"]))
_several = st.lists(_texts, min_size=1, max_size=3)
OPERANDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(["equals", "not_equals"], st.one_of(_scalars, _refs)),
    **dict.fromkeys(["in", "not_in"], st.one_of(st.lists(_scalars, min_size=1, max_size=3), _refs)),
    **dict.fromkeys(["gte", "gt", "lte", "lt"], st.one_of(_bounds, _refs)),
    "between": st.sampled_from([[0, 70], [1, 70], ["2026-01-31", "2026-03-01"]]),
    "present": st.booleans(),
    **dict.fromkeys(["contains", "starts_with", "ends_with", "matches"], _texts),
    **dict.fromkeys(["mentions", "under_domain", "contains_any", "contains_all", "contains_none"], _several),
    "in_group": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
    **dict.fromkeys(["within_last", "within_next", "older_than", "further_than"], _spans),
}
_operations = st.sampled_from(sorted(OPERANDS)).flatmap(lambda name: st.tuples(st.just(name), OPERANDS[name]))


def _leaves(*fields: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.sampled_from(fields), _operations).map(lambda d: {"field": d[0], d[1][0]: d[1][1]})


_named = st.tuples(st.sampled_from(["segment", "icp", "persona"]), st.sampled_from(NAMES)).map(lambda p: {p[0]: p[1]})


def _nest(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda parts: {"all": parts}),
        several.map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    )


conditions = st.recursive(st.one_of(_leaves("lead.country", "lead.score", "score.fit"), _named), _nest, max_leaves=5)
_plain = st.recursive(
    _leaves("lead.country", "lead.score"), _nest, max_leaves=3
)  # definitions: they name none, so no circle arises


def part(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def named(values: st.SearchStrategy[Any], *, all_of_them: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    if all_of_them:
        return st.fixed_dictionaries(dict.fromkeys(NAMES, values))
    return st.dictionaries(st.sampled_from(NAMES), values, max_size=3)


_definition = part({"owner": st.sampled_from(["Board", "Ops"]), "when": _plain}, description=_texts)
_members = st.lists(
    st.one_of(st.sampled_from(REPS), st.builds(lambda rep, weight: {"rep": rep, "weight": weight},
                                               st.sampled_from(REPS), st.integers(1, 2))),
    max_size=3, unique_by=lambda member: member if isinstance(member, str) else member["rep"],
)  # fmt: skip
_match = st.builds(
    lambda lead, rep: {"lead": lead, "rep": rep}, st.just("lead.language"), st.sampled_from(["languages", "products"])
)
_pool = part(
    {"work": st.sampled_from(["qualification", "closing"]), "members": _members},
    method=st.sampled_from([method.value for method in DistributionMethod]),
    match=st.lists(_match, max_size=2),
    immediate=st.booleans(),
    time_zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    booking=part({}, duration=st.sampled_from(["30m", "45m"]), slots_shown=st.integers(5, 6)),
    invitations=part(
        {"by": st.sampled_from(["mail", "calendar", "nobody"]), "connection": st.sampled_from(["post", "mail"])},
        reminders=st.lists(
            st.sampled_from(["1d", "24h", "2h"]), max_size=2, unique_by=lambda s: s.replace("24h", "1d")
        ),
        sender=_texts,
        texts=st.dictionaries(
            st.sampled_from(["confirmation", "reminder"]),
            st.dictionaries(st.sampled_from(["de", "en"]), part({}, subject=_texts, body=_texts), max_size=2),
            max_size=2,
        ),
    ),
    ledger=st.sampled_from(NAMES),
    requires=_plain,
    ranking=part(
        {},
        max_turns_ahead=st.integers(2, 3),
        max_turns_behind=st.integers(2, 3),
        prefer=st.lists(_match.map(lambda m: {**m, "points": 2}), max_size=2),
    ),
    ramp_up=st.sampled_from(
        [[], [{"after": "0d", "percent": 50}], [{"after": "0d", "percent": 25}, {"after": "4w", "percent": 50}]]
    ),
    shares=st.sampled_from([{}, {"callwerk": 40, "in-house": 60}, {"callwerk": 100}]),
    description=_texts,
)
_task = part({"subject": st.sampled_from(["Call", "Call back"])}, due_in=_spans, text=_texts)
_actions = part(
    {"set": st.dictionaries(st.sampled_from(["status", "stage"]), st.sampled_from(["x", "", 1, True]), min_size=1)},
    connection=st.sampled_from(NAMES),
    tasks=st.lists(_task, max_size=2, unique_by=lambda task: task["subject"]),
    lists=st.lists(st.sampled_from(["1", "2", "3"]), max_size=2, unique=True),
)
_rule = st.one_of(
    part({"name": st.sampled_from(["a", "b", "c", "d"]), "work": st.just("nurture")}, when=conditions),
    part(
        {
            "name": st.sampled_from(["a", "b", "c", "d"]),
            "work": st.sampled_from(["qualification", "closing"]),
            "pool": st.sampled_from(NAMES),
        },
        when=conditions,
        category=st.sampled_from(NAMES),
        alert_after=_spans,
        crm=_actions,
        description=_texts,
        **{"else": st.sampled_from(["hold", "next", "nurture", "pool:hot"])},
    ),
)
_supplier = part(
    {},
    time_zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    capacity=st.sampled_from(
        [[], [{"from": "2026-01-01", "per_day": 4}], [{"from": "2026-01-01"}, {"from": "2026-02-01", "open_load": 9}]]
    ),
    barred_domains=_several,
)
_score = part(
    {"owner": st.just("Board"), "points": st.lists(part({"when": _plain, "points": st.integers(4, 5)}), min_size=1, max_size=2)},
    base=st.integers(0, 1), highest=st.sampled_from([50, 100]),
)  # fmt: skip

policies = part(
    {
        "segments": named(_definition, all_of_them=True),
        "icps": named(_definition, all_of_them=True),
        "personas": named(_definition, all_of_them=True),
        "country_groups": named(st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=3), all_of_them=True),
        "pools": named(_pool, all_of_them=True),
        "scores": st.fixed_dictionaries({"score.fit": _score}, optional={"score.other": _score}),
    },
    rules=st.lists(_rule, max_size=4),
    description=_texts,
    fields=st.dictionaries(st.sampled_from(["custom.a", "custom.b"]), st.sampled_from(["text", "number"]), max_size=2),
    word_lists=named(_several),
    gates=st.fixed_dictionaries(
        {},
        optional={
            "closing": part(
                {},
                require=st.lists(st.sampled_from(["qualified", "motivated.intent"]), max_size=2),
                when=_plain,
                expires_after=_spans,
                on_fail=part({}, missing=st.sampled_from(["qualification", "nurture"])),
            )
        },
    ),
    suppliers=named(_supplier),
    nurture=part({}, re_enter=_plain, cool_off=_spans),
    matching=part(
        {},
        free_mail_domains_extra=st.lists(st.sampled_from(["post.example", "mail.example"]), max_size=2),
        shared_hosts_extra=st.lists(st.sampled_from(["pages.example", "shops.example"]), max_size=2),
        company_domains=st.lists(st.sampled_from(["test.de", "sky.com"]), max_size=2),
        placeholder_names_extra=st.lists(st.sampled_from(["Laufkunde", "-frei-"]), max_size=2),
        names=part({}, link_at=st.integers(90, 91)),
    ),
    ownership=part(
        {}, order=st.permutations(["contact", "account", "parent"]), tie=st.sampled_from(["latest", "best_tier"])
    ),
    owner_changes=st.sampled_from(["accept", "revert"]),
    holds=part({}, alert_after=_spans),
)
