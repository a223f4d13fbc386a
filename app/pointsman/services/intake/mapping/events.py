"""The events in a body, and what names each of them."""

from typing import Any

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.leads.values.identifiers import names_nothing
from pointsman.domain.text.strict_json import fingerprint
from pointsman.services.intake.mapping.asked import Asked
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.mapping_model import IntakeMapping

#: An event that no mapping can be asked of.
NO_OBJECT, NOT_AN_OBJECT = "no-object", "An event is not a JSON object."
MAX_EVENTS = 1_000
MAX_DEDUPE_KEY_LENGTH = 200


def split_events(body: Any, mapping: IntakeMapping, evaluation: Evaluation) -> list[Any]:
    """The events in a body; those that are no objects are the caller's to refuse. Invalid when there is nothing to split."""
    found = body
    if mapping.events is not None:
        found = Asked(body, evaluation).search(mapping.events, "events")
        if found is None:
            raise Invalid("The mapping's `events` finds nothing in this body.", code="no-events")
    events = found if isinstance(found, list) else [found]
    if not isinstance(found, list | dict):
        raise Invalid("The body is neither a JSON object nor a list of them.", code="no-events")
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"More than {MAX_EVENTS} events in one request: send fewer at a time.")
    return events


def fetched_event(body: Any, mapping: IntakeMapping, evaluation: Evaluation) -> Any:
    """The one event in what was fetched, read as if it had been sent; None where the mapping's `events` selects none."""
    if mapping.events is None:
        return body
    events = split_events(body, mapping, evaluation)
    if len(events) > 1:
        raise Invalid("The mapping's `events` makes several events of one that was fetched.", code="no-events")
    return events[0] if events else None


def dedupe_key(
    event: Any, position: int, mapping: IntakeMapping, headers: Any, *, batch: bool, evaluation: Evaluation
) -> str:
    """What names an event, the same when it is delivered again; without a rule, or where it finds no name, its hash.

    Nulls, zeros and words for nothing are no name, alone or in a list: all events without an id would be one.
    """
    named: Any = None
    if mapping.dedupe_header is not None:
        named = headers.get(mapping.dedupe_header)
        if batch and not names_nothing(named):
            named = f"{named}#{position}"
    elif mapping.dedupe is not None:
        named = Asked(event, evaluation).search(mapping.dedupe, "dedupe")
    if names_nothing(named):
        return "sha256:" + fingerprint(event)
    if isinstance(named, str) and len(named) <= MAX_DEDUPE_KEY_LENGTH and "\x00" not in named:
        return "key:" + named
    return "key-sha256:" + fingerprint(named)
