"""From a sender's body to its events: each is taken or refused by itself."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pointsman.domain.errors import Fault, Invalid, PointsmanError, TooLarge
from pointsman.domain.text.marked_json import MarkedJson
from pointsman.domain.text.strict_json import canonical_bytes
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.intake.inbox_errors import refusal_of
from pointsman.services.intake.mapping.event_json import read_marked_event_body, read_mended_event_json
from pointsman.services.intake.mapping.events import NO_OBJECT, NOT_AN_OBJECT, dedupe_key, split_events
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.ports import Env
from pointsman.services.ports.intake.inbox import NewEvent

#: What the `result` of a refused item says was refused.
EVENT, BODY = "event", "body"
#: Characters of names and values that are kept with each refused event of a body that has several.
MAX_HEADERS_OF_A_PART = 500
_CUT = ("too-deep", "too-many-values", "too-many-keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """Events to be stored; `as_sent`: the body is its only event, byte for byte."""

    events: Sequence[NewEvent]
    as_sent: bool

    @property
    def refused(self) -> Sequence[NewEvent]:
        return [event for event in self.events if event.error is not None]


async def read_events(
    env: Env, mapping: IntakeMapping, headers: Mapping[str, str], body: bytes, *, mend: bool = False
) -> ReadEvents:
    """The events in `body`, those refused that cannot be taken; with `mend`, without what cannot be kept of them.

    A form is one event, unless the mapping finds several in it; it and JSON of another charset are stored as JSON in UTF-8.
    Raises Invalid or TooLarge where no event can be told from another, UnsupportedMedia for a kind of body that is not read.
    """
    marked, is_foreign = await read_marked_event_body(env, body, headers.get("content-type", ""))
    if mend:
        marked = MarkedJson(marked.mended(marked.value))
    evaluation = Evaluation(len(body))
    try:
        found = split_events(marked.value, mapping, evaluation)
    except Invalid as nothing:
        flaws = marked.flaws(marked.value)
        if nothing.code == "no-events" and flaws:
            raise Invalid(f"{flaws[0].message} It hides the events.", code=flaws[0].code, faults=flaws) from None
        raise
    if len(found) == 1 and (cut := [flaw for flaw in marked.flaws(found[0]) if not flaw.path and flaw.code in _CUT]):
        raise TooLarge(cut[0].message, code=cut[0].code)  # it may be the list of all events
    batch = isinstance(marked.value, list) or len(found) > 1
    as_sent = not is_foreign and not batch and found != [] and found[0] is marked.value and not mend
    events: list[NewEvent] = []
    for position, event in enumerate(found):
        part = evaluation.lend(len(found) - position)
        written = body if as_sent else None
        try:
            _require_event(marked, event)
            key = dedupe_key(event, position, mapping, headers, batch=batch, evaluation=part)
        except Invalid as why:
            refused = _refused(env, written or marked.written(event), why, EVENT)
            events.append(replace(refused, result={**(refused.result or {}), **({"place": position} if batch else {})}))
        else:
            events.append(NewEvent(id=env.new_id(), dedupe_key=key, body=written or canonical_bytes(event)))
        evaluation.take_back(part)
    return ReadEvents(events=events, as_sent=as_sent)


def refused_body(env: Env, headers: Mapping[str, str], body: bytes, why: PointsmanError) -> ReadEvents:
    """A body of which no event can be taken, to be kept as one refused item with those of its `headers`."""
    event = _refused(env, body, why, BODY)
    kept = {**(event.result or {}), "headers": dict(headers)}
    return ReadEvents(events=[replace(event, result=kept)], as_sent=True)


def with_kept_headers(read: ReadEvents, headers: Mapping[str, str]) -> ReadEvents:
    """The same, each refused event with those of `headers` that may name it once it is taken up; of many, the first few."""
    left = MAX_HEADERS_OF_A_PART
    few: dict[str, str] = {}
    for name, value in headers.items():
        left -= len(name) + len(value)
        if left < 0 and not read.as_sent:
            break
        few[name] = value

    def kept(event: NewEvent) -> NewEvent:
        return event if event.error is None else replace(event, result={**(event.result or {}), "headers": few})

    return replace(read, events=list(map(kept, read.events)))


async def read_refused_event(env: Env, mapping: IntakeMapping, result: Mapping[str, Any], body: bytes) -> ReadEvents:
    """The event that was refused, under the name that its sender's next delivery has; `result` as it was refused with.

    Without what cannot be kept of it. Raises Invalid where it is no event, or the mapping cannot name it.
    """
    event = await read_mended_event_json(env, body)
    require_object(event)
    place: int | None = result.get("place")
    key = dedupe_key(
        event,
        place or 0,
        mapping,
        result.get("headers", {}),
        batch=place is not None,
        evaluation=Evaluation(len(body)),
    )
    named = NewEvent(id=env.new_id(), dedupe_key=key, body=canonical_bytes(event))
    return ReadEvents(events=[named], as_sent=False)


def require_object(event: Any) -> None:
    """Invalid ("no-object") for what no mapping can be asked of."""
    if not isinstance(event, dict):
        raise Invalid(NOT_AN_OBJECT, code=NO_OBJECT)


def _require_event(marked: MarkedJson, event: Any) -> None:
    if flaws := marked.flaws(event):
        raise Invalid(flaws[0].message, code=flaws[0].code, faults=flaws)
    require_object(event)


def _refused(env: Env, body: bytes, why: PointsmanError, what: str) -> NewEvent:
    """One that comes again is known by its bytes: what it says of itself cannot be trusted."""
    return NewEvent(
        id=env.new_id(),
        dedupe_key="refused-sha256:" + hashlib.sha256(body).hexdigest(),
        body=body,
        error=refusal_of(why),
        result={"refused": what, "faults": [_told(fault) for fault in why.faults[:10]]},
    )


def _told(fault: Fault) -> dict[str, str]:
    return {"path": safe_error_text(fault.path), "code": fault.code}
