"""What a rule may have the CRM do, and the words for what it may not."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.messages.form_faults import fault_words
from pointsman.domain.policy.crm.actions import MAX_FIELDS, MAX_LISTS, MAX_TASKS, CrmActions
from pointsman.domain.policy.parsing import parse_policy
from pointsman.services.wording.rendering import MessageReader, render

CALL = {"subject": "Call back"}


def document(crm: Any) -> dict[str, Any]:
    return {
        "rules": [{"name": "inbound", "work": "qualification", "pool": "sdr", "crm": crm}],
        "pools": {"sdr": {"work": "qualification", "members": ["lena"]}},
    }


def read(crm: Any) -> CrmActions:
    found = parse_policy(document(crm)).rules[0].crm
    assert found is not None
    return found


def test_a_task_is_due_after_a_day_unless_it_is_said() -> None:
    assert [task.due_in for task in read({"tasks": [CALL, {"subject": "Write", "due_in": "4h"}]}).tasks] == [
        timedelta(days=1),
        timedelta(hours=4),
    ]


def test_a_list_may_be_named_by_its_number() -> None:
    assert read({"lists": [4711, "inbound"]}).lists == ("4711", "inbound")


_names = st.text("abc_.- ä", min_size=1, max_size=20).map(str.strip).filter(bool)
_values = st.one_of(st.booleans(), st.integers(-9, 9), st.text("xyz", max_size=9))
_tasks = st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(
    lambda subjects: [{"subject": one, "due_in": "2h"} for one in subjects]
)


@given(
    st.dictionaries(_names, _values, min_size=1, max_size=MAX_FIELDS), _tasks, st.lists(_names, max_size=3, unique=True)
)
def test_what_is_written_out_says_the_same_again(
    fields: dict[str, Any], tasks: list[dict[str, str]], lists: list[str]
) -> None:
    policy = parse_policy(document({"set": fields, "tasks": tasks, "lists": lists}))
    assert parse_policy(policy.document()) == policy
    found = policy.rules[0].crm
    assert found is not None
    assert (found.set_, list(found.lists)) == (fields, lists)
    assert {name: type(value) for name, value in found.set_.items()} == {
        name: type(value) for name, value in fields.items()
    }


@pytest.mark.parametrize(
    ("crm", "path", "code", "words"),
    [
        ({}, "", "crm-nothing", "es verlangt nichts"),
        ({"connection": "hub", "set": {}}, "", "crm-nothing", "es verlangt nichts"),
        ({"task": [CALL]}, ".task", "unknown-key", "„tasks“"),
        ({"tasks": [{**CALL, "title": "x"}]}, ".tasks[0].title", "unknown-key", "„title“"),
        ({"tasks": [{}]}, ".tasks[0].subject", "missing", ""),
        ({"tasks": [{"subject": "a\nb"}]}, ".tasks[0].subject", "second-line", "zweite Zeile"),
        ({"tasks": [{**CALL, "due_in": "367d"}]}, ".tasks[0].due_in", "due-range", "366d"),
        ({"tasks": [CALL, CALL]}, "", "task-twice", "denselben Betreff"),
        ({"tasks": [{"subject": str(i)} for i in range(MAX_TASKS + 1)]}, ".tasks", "too-many", str(MAX_TASKS)),
        ({"lists": ["1", 1]}, ".lists", "list-twice", "zweimal"),
        ({"lists": list(range(MAX_LISTS + 1))}, ".lists", "too-many", str(MAX_LISTS)),
        ({"lists": [True]}, ".lists[0]", "string-type", "Text"),
        ({"lists": [" x"]}, ".lists[0]", "malformed", "wie das CRM ihn hat"),
        ({"set": {"stage": None}}, ".set.stage", "crm-value", "kein Wert für ein Feld"),
        ({"set": {"stage": ["a"]}}, ".set.stage", "crm-value", "kein Wert für ein Feld"),
        ({"set": {"stage": 10**16}}, ".set.stage", "crm-value", "kein Wert für ein Feld"),
        ({"set": {"stage": "x" * 1_001}}, ".set.stage", "crm-value", "kein Wert für ein Feld"),
        ({"set": {str(i): 1 for i in range(MAX_FIELDS + 1)}}, ".set", "too-many", str(MAX_FIELDS)),
        ({"set": {"x" * 201: 1}}, ".set", "string-too-long", "200"),
        ({"set": {"a\nb": 1}}, ".set", "malformed", "wie das CRM ihn hat"),
        ({"connection": "hub spot", "lists": ["1"]}, ".connection", "malformed", ""),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_place_and_words(crm: Any, path: str, code: str, words: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(document(crm))
    (fault,) = refused.value.faults
    assert fault.path.startswith(f"rules[0].crm{path}"), fault.path
    assert fault.code == code
    assert words in render(fault_words(fault), MessageReader(language="de"))
