"""What changed in what a rule has the CRM do, in words."""

from typing import Any

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.documents import diff_policies
from pointsman.services.wording.rendering import MessageReader, render

CALL = {"subject": "Call back", "due_in": "4h"}


def said(before: Any, after: Any, language: str = "en") -> list[str]:
    rule = {"name": "inbound", "work": "qualification", "pool": "sdr"}
    pools = {"sdr": {"work": "qualification", "members": ["lena"]}}
    one, other = (
        parse_policy({"pools": pools, "rules": [rule if crm is None else {**rule, "crm": crm}]})
        for crm in (before, after)
    )
    return [render(change.sentence, MessageReader(language=language)) for change in diff_policies(one, other)]


def test_each_action_that_is_new_is_named() -> None:
    now = {"set": {"lead_status": "OPEN"}, "tasks": [CALL], "lists": ["17"], "connection": "hub"}
    assert sorted(said(None, now)) == [
        "rule 1 'inbound' now also has task “Call back” due after 4 hours",
        "rule 1 'inbound' now also has “17” as lists in the CRM",
        "rule 1 'inbound' now has OPEN as CRM field 'lead_status', was not set",
        "rule 1 'inbound' now has hub as connection of the CRM, was not set",
    ]
    assert len(said(now, None)) == 4
    assert any("no longer has task “Call back”" in one for one in said(now, None))


def test_a_value_and_a_due_time_that_changed_are_named() -> None:
    assert said({"set": {"stage": 1}}, {"set": {"stage": 2}}) == [
        "rule 1 'inbound' now has 2 as CRM field 'stage', was 1"
    ]
    assert said({"tasks": [CALL]}, {"tasks": [{**CALL, "due_in": "2d"}]}) == [
        "rule 1 'inbound', task “Call back” now has 2 days as time until it is due, was 4 hours"
    ]
    assert "Aufgabe" in said({"tasks": [CALL]}, {"lists": ["1"]}, "de")[0]
