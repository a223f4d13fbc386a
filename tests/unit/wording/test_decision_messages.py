"""Whatever is decided, its messages have a text in each language, name people by name, and show times in the reader's zone."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given

from pointsman.domain.explain.explanation import explain_decision
from pointsman.domain.messages.message import Message, message_from_json, rep_name
from pointsman.domain.routing.decide import decide
from pointsman.domain.routing.hold_releases import find_releases
from pointsman.domain.routing.manual_assignment import ManualAssignment
from pointsman.domain.routing.plan import plan_routes
from pointsman.services.wording.catalogue import LANGUAGES, load_catalogue
from pointsman.services.wording.rendering import MessageReader, render
from support.hypothesis_profiles import examples
from support.roster import NOW, SDR, rep
from support.strategies.routing import REPS, Situation, situations

NAMES = ("Lena", "Jonas", "Sofia", "Mia", "Paul", "Anna", "Ben", "Clara", "Eva", "Max")
READERS = [
    MessageReader(
        language=language,
        zone="Asia/Kolkata",
        names={rep_name(key): name for key, name in zip([*REPS, "ghost"], NAMES, strict=False)},
    )
    for language in LANGUAGES
]
OTHER_CLOCKS = re.compile(r"\((UTC|GMT|CET|CEST|MEZ|MESZ|EST|EDT|GMT[+-]\d+)\)|\d{4}-\d\d-\d\d")
KEYS = re.compile(r"\b(" + "|".join([*REPS, "ghost"]) + r")\b")


def messages_in(value: Any) -> Iterator[Message]:
    """Every message that stands in a decision or an explanation, but for those inside others."""
    if isinstance(value, Message):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from messages_in(getattr(value, part.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from messages_in(item)


def parts_of(message: Message) -> Iterator[Message]:
    """The message and all that are inside it."""
    yield message
    for _, arg in message.args:
        for item in arg if isinstance(arg, tuple) else (arg,):
            if isinstance(item, Message):
                yield from parts_of(item)


def quotes(message: Message) -> bool:
    """Whether what a condition or a vendor says stands in it."""
    return any(part.key.startswith(("text.as-written", "answer.", "goal.")) for part in parts_of(message))


def told_of(case: Situation) -> list[Message]:
    plan = plan_routes(
        case.ready,
        case.facts,
        purpose=case.purpose,
        gates=case.gates,
        now=NOW,
        overridden=frozenset(work for _, work in case.world.overrides),
    )
    decision = decide(plan, case.world)
    explanation = explain_decision(plan, case.world, decision)
    releases = find_releases(decision, case.ready.policy, case.world)
    return list(messages_in([decision, explanation, releases]))


@examples(80)
@given(situations())
def test_every_message_of_a_decision_has_a_text_and_names_people_by_name(case: Situation) -> None:
    texts = load_catalogue("en").texts
    for message in told_of(case):
        assert {part.key for part in parts_of(message)} <= set(texts)
        assert message_from_json(message.as_json()) == message
        for reader in READERS:
            said = render(message, reader)
            assert KEYS.search(said) is None, said
            assert quotes(message) or OTHER_CLOCKS.search(said) is None, said


@pytest.mark.parametrize("approver", [None, "Eva Klein"])
def test_a_lead_given_by_hand_is_told_by_name(approver: str | None) -> None:
    said = ManualAssignment(
        rep=REPS[0],
        work=next(iter(SDR.works)),
        reason="speaks Danish",
        approver=approver,
        seed="a",
        now=NOW,
        policy_version=1,
        roster_version=1,
    ).to_decision(rep(REPS[0]))
    for reader in READERS:
        assert "Lena" in render(said.summary, reader)
        assert KEYS.search(render(said.summary, reader)) is None
