"""JMESPath finds what the library finds, and comes to an end."""

from typing import Any

import jmespath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from pointsman.services.intake.mapping.expressions import (
    MAX_EXPRESSION,
    Evaluation,
    ExpressionFailedError,
    ExpressionRefusedError,
    TooCostlyError,
    compile_expression,
)
from support.hostile import bombs
from support.hypothesis_profiles import examples

NAMES = st.sampled_from(["a", "b", "c"])
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "yes", "12", "inf"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OF_ONE = [
    "length({})",
    "to_string({})",
    "to_number({})",
    "sort({})",
    "max({})",
    "keys({})",
    "values({})",
    "type({})",
    "!{}",
]
OF_ONE += ["reverse({})", "sum({})", "ceil(to_number({}))", "sort_by({}, &a)", "max_by({}, &b)", "map(&a, {})", "({})"]
OF_ONE += ["{}[]", "{}[*]", "{}[0]", "{}[::2]", "{}.*", "{}[?a]", "{}[?a == b]"]
OF_TWO = ["[{}, {}]", "{{a: {}, b: {}}}", "contains({}, {})", "not_null({}, {})", "join({}, {})"]
OF_TWO += ["{}.{}", "{} | {}", "{} || {}", "{} && {}", "{} == {}", "{} < {}"]
EXPRESSIONS = st.recursive(
    st.one_of(NAMES, st.just("@"), st.just("`1`"), st.just("'x'")),
    lambda inner: st.one_of(
        st.builds(str.format, st.sampled_from(OF_ONE), inner),
        st.builds(str.format, st.sampled_from(OF_TWO), inner, inner),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, BODIES)
@example("ceil(to_number(a))", {"a": "inf"})
@example("&a", {})
@examples(600)
def test_an_expression_finds_what_the_library_finds(expression: str, body: Any) -> None:
    try:
        compile_expression(expression)
    except ExpressionRefusedError:
        with pytest.raises((JMESPathError, RecursionError)):
            jmespath.compile(expression)
        return
    try:
        wanted = jmespath.search(expression, body)
    except (JMESPathError, TypeError, ValueError, ArithmeticError):
        wanted = ExpressionFailedError
    try:
        found: Any = Evaluation(0).search(expression, body)
    except ExpressionFailedError:
        found = ExpressionFailedError
    if repr(wanted).find("_Expression") >= 0:
        assert found is ExpressionFailedError  # a reference to an expression is no value that can be kept
    else:
        assert repr(found) == repr(wanted)


@pytest.mark.parametrize(("expression", "body"), bombs.JMESPATH.values(), ids=bombs.JMESPATH)
def test_an_expression_that_multiplies_its_body_is_stopped(expression: str, body: Any) -> None:
    assert len(expression) <= MAX_EXPRESSION
    compile_expression(expression)
    evaluation = Evaluation(0)
    with pytest.raises(TooCostlyError):
        evaluation.search(expression, body)
    with pytest.raises(TooCostlyError):  # nor has the next one anything left
        evaluation.search("a", {"a": 1})


def test_all_expressions_of_one_body_share_its_budget() -> None:
    evaluation = Evaluation(0)
    text = "x" * 1_000_000
    for _ in range(4):
        assert evaluation.search("a", {"a": text}) == text
    with pytest.raises(TooCostlyError):
        evaluation.search("a", {"a": text})


def test_a_large_body_may_be_read_whole() -> None:
    events = [{"email": f"p{n}@example.com", "note": "x" * 800} for n in range(1_000)]
    assert Evaluation(900_000).search("events[?email != null].{email: email, note: note}", {"events": events}) == events


@pytest.mark.parametrize("text", bombs.NO_EXPRESSIONS.values(), ids=bombs.NO_EXPRESSIONS)
def test_a_text_that_nests_too_deeply_or_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRefusedError):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("your-email", """quote the name: '"your-email"' in YAML, "\\"your-email\\"" in JSON"""),
        ("name[first]", "write name.first"),
        ("E-Mail Adresse", """'"E-Mail Adresse"' in YAML"""),
        ("Pr\u00e9nom", """'"Pr\u00e9nom"' in YAML"""),
        ('"a-b".c-d', """'"c-d"' in YAML"""),
        ("yes(a-b)", """'"a-b"' in YAML"""),
        ("1st", """'"1st"' in YAML"""),
    ],
)
def test_a_name_that_wants_quotes_is_refused_with_how_they_are_written(text: str, says: str) -> None:
    with pytest.raises(ExpressionRefusedError, match=r"[^,:]$") as refused:
        compile_expression(text)
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["a.", "a[", "a && b c", "]["])
def test_where_no_name_wants_quotes_none_are_advised(text: str) -> None:
    with pytest.raises(ExpressionRefusedError) as refused:
        compile_expression(text)
    assert "quote" not in str(refused.value).replace("quoted_identifier", "")
