"""The condition of a gate in SQL against the domain's evaluator: never stricter, and the same where decision 6 says so."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.db.leads.lead_rows import facts_json
from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.conditions.evaluator import ConditionCompiler, compile_condition
from pointsman.domain.conditions.scores import compile_scores, reachable_fields, with_scores
from pointsman.domain.leads.facts import NOW_FIELD, FactValue
from pointsman.domain.policy.parsing import parse_policy
from support.databases.roles import as_owner, for_libpq
from support.strategies.conditions import NAMES, NOW, OPERANDS, conditions, facts, numbers, scalars

#: What a condition may be, and may not be, of a stored lead's facts.
ASK = (
    "select pointsman_may(c.condition, true, k.known, c.document), pointsman_may(c.condition, false, k.known, c.document)"
    " from (select %(condition)s::jsonb as condition, %(document)s::json as document) c, lateral ("
    " select coalesce(jsonb_object_agg(key, jsonb_build_array(value)), '{}') as known from jsonb_each(%(facts)s)) k"
)
HELD = ("equals", "not_equals", "in", "not_in", "gte", "gt", "lte", "lt", "between", "present")
STORED = ("lead.country", "lead.source", "lead.score", "company.employees", "custom.vip", "custom.tags", "lead.title")

several = st.lists(scalars, min_size=1, max_size=3)
held_leaves = st.one_of(
    *(
        st.fixed_dictionaries({"field": st.sampled_from(STORED), name: operand})
        for name, operand in {
            "equals": scalars,
            "not_equals": scalars,
            "in": several,
            "not_in": several,
            **dict.fromkeys(("gte", "gt", "lte", "lt"), numbers),
            "between": st.tuples(numbers, numbers).map(list),
            "present": st.booleans(),
        }.items()
    )
)


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.lists(inner, min_size=1, max_size=3)
    kinds = (parts.map(lambda several: {"all": several}), parts.map(lambda several: {"any": several}))
    return st.one_of(*kinds, inner.map(lambda part: {"not": part}))


held_conditions = st.recursive(held_leaves, nested, max_leaves=8)
stored_facts = facts.map(lambda known: {name: value for name, value in known.items() if name != "lead.created_at"})


@pytest.fixture(scope="module")
def connection(shared_database_url: str) -> Iterator[psycopg.Connection]:
    """The owner's: who else asks these functions is a guard."""
    with psycopg.connect(for_libpq(as_owner(shared_database_url)), autocommit=True) as opened:
        yield opened


def in_sql(connection: psycopg.Connection, condition: object, known: Mapping[str, FactValue]) -> tuple[bool, bool]:
    values = {"condition": json.dumps(condition), "document": json.dumps(NAMES), "facts": facts_json(known)}
    row = connection.execute(ASK.replace("%(facts)s", "%(facts)s::jsonb"), values).fetchone()
    assert row is not None
    return row


def in_domain(condition: object, known: Mapping[str, FactValue]) -> bool | None:
    document = {**NAMES, "gates": {"closing": {"when": condition}}}
    policy = parse_policy(document)
    definitions, when = Definitions.of(policy), policy.gates["closing"].when  # type: ignore[index]  # a Work is its text
    assert when is not None
    scores = compile_scores(reachable_fields(when, definitions), definitions, ConditionCompiler(definitions))
    return compile_condition(when, definitions)(with_scores({**known, NOW_FIELD: NOW}, scores))


@given(condition=held_conditions, known=stored_facts)
def test_what_the_database_holds_it_answers_as_the_domain_does(
    connection: psycopg.Connection, condition: dict[str, Any], known: dict[str, FactValue]
) -> None:
    answer = in_domain(condition, known)
    assert in_sql(connection, condition, known) == (answer is True, answer is False)


@given(condition=conditions, known=facts)
def test_of_no_condition_whatever_is_the_database_stricter(
    connection: psycopg.Connection, condition: dict[str, Any], known: dict[str, FactValue]
) -> None:
    answer = in_domain(condition, known)
    may_be_true, may_be_false = in_sql(connection, condition, known)
    assert answer is not True or may_be_true
    assert answer is not False or may_be_false


@pytest.mark.parametrize("operator", sorted(set(OPERANDS) - {"present"}))
def test_whatever_is_asked_of_a_field_that_is_not_there_is_no_pass(
    connection: psycopg.Connection, operator: str
) -> None:
    operand: Any = {"between": [1, 2], "contains_any": ["x"], "contains_all": ["x"], "contains_none": ["x"]}.get(
        operator, 1
    )
    assert in_sql(connection, {"field": "custom.site", operator: operand}, {}) == (False, False)


def test_the_tables_of_what_is_held_and_of_the_operators_agree() -> None:
    assert set(HELD) <= set(OPERANDS)
