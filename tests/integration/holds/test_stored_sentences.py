"""Rows with a sentence that a later release or a hand wrote are answered with what can be shown."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import example, given

from pointsman.api.routing.decision_schemas import DecisionHead
from pointsman.api.routing.holds import HoldDoc, ReleaseDoc
from pointsman.services.ports.routing.decisions import DecisionRow
from pointsman.services.ports.routing.holds import HoldRow
from pointsman.services.wording.rendering import MessageReader
from support.hypothesis_profiles import examples
from support.strategies.stored_messages import LATEST, STORED

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ID = UUID(int=1)
READER = MessageReader(language="de", zone="Pacific/Kiritimati")
RELEASE = {"code": "time-off", "rep": None, "pool": None, "at": None, "needs": []}


@examples(50)
@given(stored=STORED)
@example({"key": "text.another-rep"})
@example({"key": "text.and-more", "args": ["a"]})
@example({"key": 7, "args": {}})
@example({"key": "text.as-written", "args": {"text": {"number": "NaN"}}})
@example({"key": "text.as-written", "args": {"text": {"at": LATEST}}})
def test_any_sentence_that_is_stored_is_answered(stored: Any) -> None:
    assert ReleaseDoc.of({**RELEASE, "sentence": stored}, READER).code == ReleaseDoc.of(RELEASE, READER).code
    head: dict[str, Any] = {
        "lead_id": ID,
        "outcome": "held",
        "rule": None,
        "rep": None,
        "policy_version": 1,
        "roster_version": 1,
    }
    decision = DecisionRow(
        id=ID, at=NOW, work=None, pool=None, hold_reason=None, summary=stored, record={}, inputs={}, **head
    )
    assert DecisionHead.head_of(decision, READER, partner=False).id == ID
    hold = HoldRow(
        id=ID,
        lead_id=ID,
        decision_id=ID,
        work=None,
        pool=None,
        reason="nobody-eligible",
        sentence=stored,
        held_at=NOW,
        due_at=NOW,
        released_at=None,
        release=None,
        releases=[{**RELEASE, "sentence": stored}],
    )
    assert HoldDoc.of(hold, NOW, READER, partner=False).id == ID
