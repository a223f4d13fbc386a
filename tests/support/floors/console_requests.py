"""The requests that the console shows, with the ids that only this floor knows."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import yaml

from support.floors.console_floor import Served

#: Changes after all reading; in this order, so that what one needs is not yet gone. The others come before these.
LAST = [
    "GET /v1/overrides/{override_id}",
    "GET /v1/slot-holds/{slot_hold_id}",
    "DELETE /v1/slot-holds/{slot_hold_id}",
    "POST /v1/leads/{lead_id}/reassign",
    "POST /v1/leads/reassign",
    "POST /v1/reps/{key}/reassign",
    "POST /v1/appointments/{appointment_id}/reassign",
    "POST /v1/appointments/{appointment_id}/cancel",
    "POST /v1/overrides/{override_id}/revoke",
    "DELETE /v1/reps/{key}/time-off/{time_off_id}",
    "POST /v1/policies",
    "POST /v1/policies/{version}/publish",
    "POST /v1/policies/rollback",
    "POST /v1/intakes/{key}/deactivate",
    "POST /v1/reps/{key}/deactivate",
    "POST /v1/leads/{lead_id}/merge",
    "POST /v1/accounts/{account_id}/merge",
    "DELETE /v1/booking-links/{link_id}",
    "DELETE /v1/leads/{lead_id}/booking-links",
    "DELETE /v1/keys/{key_id}",
]

#: Ids that only this floor knows, by operation ("" for all) and name: in a path, or at the top of a body.
REAL: dict[tuple[str, str], Callable[[Served], Any]] = {
    ("", "lead_id"): lambda it: it.lead("Egger"),
    ("", "account_id"): lambda it: it.first("/v1/accounts"),
    ("", "inbox_id"): lambda it: it.first("/v1/inbox"),
    ("", "decision_id"): lambda it: it.first("/v1/decisions"),
    ("", "hold_id"): lambda it: it.first("/v1/holds"),
    ("", "delivery_id"): lambda it: it.first("/v1/deliveries"),
    ("", "appointment_id"): lambda it: it.first("/v1/appointments"),
    ("", "override_id"): lambda it: it.answered("POST /v1/overrides", "id"),
    ("", "time_off_id"): lambda it: it.answered("POST /v1/reps/{key}/time-off", "id"),
    ("", "slot_hold_id"): lambda it: it.answered("POST /v1/slot-holds", "id"),
    ("", "link_id"): lambda it: it.answered("POST /v1/leads/{lead_id}/booking-links", "id"),
    ("", "skip_id"): lambda it: it.answered("POST /v1/pools/{pool}/skips", "id"),
    ("DELETE /v1/links/{link_id}", "link_id"): lambda it: it.answered("POST /v1/leads/{lead_id}/links", "id"),
    ("", "key_id"): lambda it: it.answered("POST /v1/keys", "id"),
    ("GET /v1/leads/{lead_id}/slots", "lead_id"): lambda it: it.lead("Schulz"),
    ("POST /v1/leads/{lead_id}/assign", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/{lead_id}/reassign", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/reassign", "lead_ids"): lambda it: [it.lead("Pohl")],
    ("POST /v1/leads/{lead_id}/merge", "lead_id"): lambda it: it.lead("Pohl"),
    ("POST /v1/leads/{lead_id}/merge", "into"): lambda it: it.lead("Egger"),
    ("PUT /v1/accounts/{account_id}/parent", "parent"): lambda it: list(it.api.iter_items("/v1/accounts"))[1]["id"],
    ("POST /v1/accounts/{account_id}/merge", "into"): lambda it: list(it.api.iter_items("/v1/accounts"))[1]["id"],
    ("POST /v1/slot-holds", "start"): lambda it: it.slot(),
    ("POST /v1/appointments", "start"): lambda it: it.slot(),
    ("POST /v1/appointments/{appointment_id}/reschedule", "start"): lambda it: it.later_slot(),
    ("POST /v1/overrides", "lead_id"): lambda it: it.lead("Egger"),
    ("POST /v1/policies/{version}/publish", "version"): lambda it: it.answered("POST /v1/policies", "version"),
}


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Reading first, then changes, then what ends something."""
    found = {f"{m.upper()} {path}": op for path, ops in description["paths"].items() for m, op in ops.items()}
    assert set(LAST) <= found.keys()
    names = sorted(found, key=lambda name: (LAST.index(name) if name in LAST else -1, not name.startswith("GET")))
    return [(name, found[name]) for name in names]


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """What the console fills in: the example of the whole, or one of each part that has one or must be there."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    for word in ("examples", "enum"):
        if word in schema:
            return schema[word][0]
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    parts, required = schema["properties"], schema.get("required", [])
    shown = [name for name in parts if name in required or "examples" in parts[name]]
    return {name: example_of(parts[name], schemas) for name in shown}


def real(served: Served, operation: str, name: str, example: Any) -> Any:
    find = REAL.get((operation, name)) or REAL.get(("", name))
    return example if find is None else find(served)


def request_of(
    served: Served, name: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The example once for each form that its body may have."""
    path = name.partition(" ")[2]
    for parameter in operation.get("parameters", ()):
        if parameter["required"]:
            value = real(served, name, parameter["name"], parameter.get("example"))
            assert value is not None, f"{name}: {parameter['name']} has no example"
            path = path.replace(f"{{{parameter['name']}}}", str(value))
    if "requestBody" not in operation:
        yield path, {}
        return
    for kind, content in operation["requestBody"]["content"].items():
        shown = content["example"] if "example" in content else example_of(content["schema"], schemas)
        if kind == "application/json":
            shown = {part: real(served, name, part, value) for part, value in shown.items()}
            yield path, {"json": shown}
        else:
            yaml.safe_load(shown)
            yield path, {"content": shown, "headers": {"Content-Type": kind}}


def sent(served: Served, name: str, path: str, parts: dict[str, Any]) -> httpx.Response:
    if name != "POST /v1/hooks/{connection}":
        return served.client.request(name.partition(" ")[0], path, **parts)
    content = httpx.Request("POST", "http://pointsman", json=parts["json"]).content
    sender = served.senders[path.rsplit("/", 1)[-1]]
    return sender.send(served.api, content, event_id="example", now=served.app.state.env.clock())
