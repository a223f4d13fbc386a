"""The evidence that an event holds, by the mapping's names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.text.visible import is_drawn
from pointsman.services.intake.mapping.asked import Asked
from pointsman.services.intake.mapping.made_answers import advice_on_affirming
from pointsman.services.intake.mapping.mapping_model import EvidenceMapping
from pointsman.services.intake.mapping.single_values import one_text, scalar_text

MAX_EVIDENCE_LENGTH = 2_000


def evidence_of(
    asked: Asked, wanted: Sequence[EvidenceMapping], rules: EvidenceRules, source: str, at: datetime
) -> tuple[Evidence, ...]:
    found = []
    for position, part in enumerate(wanted):
        path = f"evidence[{position}]"
        raw = one_text(asked.search(part.value, path))
        if raw is None or raw in ("", [], {}):
            continue
        kind, text = rules.kind_of(part.name), scalar_text(raw)
        if kind is None:
            asked.warn(path, "unknown-evidence", f"the policy declares no evidence {part.name}: left out")
            continue
        if text is None and not isinstance(raw, str):
            asked.warn(path, "wrong-type", "is not a text or number: left out")
            continue
        value = (text or "")[:MAX_EVIDENCE_LENGTH]
        answer, unknown = _affirmed(asked, part, raw, path)
        if answer is None:
            asked.warn(path, "neither-yes-nor-no", f"{part.name}: {unknown}: left out")
            continue
        says_no = known_answer(value) is False
        if part.affirmed_if and answer and says_no:
            message = f"{part.name}: `affirmed_if` finds a yes and the value says no: left out"
            asked.warn(path, "neither-yes-nor-no", message)
            continue
        affirmed = answer and not says_no
        if rules.is_empty(value) if affirmed else not is_drawn(value):
            asked.warn(path, "says-nothing", f"{part.name}: the value says nothing: left out")
            continue
        found.append(
            Evidence(
                kind=kind, name=part.name, value=value, affirmed=affirmed, source=part.source or source, observed_at=at
            )
        )
    return tuple(found)


def _affirmed(asked: Asked, part: EvidenceMapping, raw: Any, path: str) -> tuple[bool | None, str]:
    """The answer, and why there is none. What an expression makes itself is none: `!no(ok)` is true of nothing at all."""
    if isinstance(raw, bool) and (advice := advice_on_affirming(part.value)):
        return None, advice
    if part.affirmed_if is None:
        return True, ""
    if advice := advice_on_affirming(part.affirmed_if):
        return None, advice
    found = known_answer(asked.search(part.affirmed_if, path))
    return found, "`affirmed_if` finds neither a known yes nor a known no"
