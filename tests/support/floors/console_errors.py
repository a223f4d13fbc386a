"""One request for each error that an operation documents, made of the request that it answers well."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from starlette.types import Message

from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.operations.api_keys import create_key
from pointsman.services.ports import Actor
from support.floors.console_floor import Served, served_in_process

HOOK = "POST /v1/hooks/{connection}"
NO_ID = "00000000-0000-7000-8000-000000000000"
JSON = {"Content-Type": "application/json"}

#: By what is not there, these lists do not narrow.
FILTERS = {
    "/v1/leads": "rep=unknown",
    "/v1/accounts": "owner=unknown",
    "/v1/deliveries": "connection=unknown",
    "/v1/pools": "rep=unknown",
}
#: Where a name in the body may be of something that is not there.
BODY = {"/v1/policies/rollback": {"version": 999}}

#: A request as a path and what httpx adds to it.
Asked = tuple[str, dict[str, Any]]


def refusals(
    served: Served, name: str, operation: dict[str, Any], asked: Asked
) -> Iterator[tuple[str, httpx.Response]]:
    """Status and answer of each error that can be had without changing anything."""
    method, template = name.split(" ")
    path, parts = asked
    has_body = "requestBody" in operation
    tries: dict[str, Callable[[], Asked | None]] = {
        "400": lambda: (path, {"content": "{", "headers": JSON}) if has_body else (f"{path}?note=%00", {}),
        "401": lambda: (path, {**parts, "headers": {"Authorization": "Bearer pm_0_wrong"}}),
        "403": lambda: (path, {**parts, "headers": {"Authorization": f"Bearer {other_key(served, name)}"}}),
        "404": lambda: _unknown(operation, template, path, parts),
        "413": lambda: (path, {"content": "{}", "headers": {**JSON, "Content-Length": "999999999"}}),
        "415": lambda: (path, {"content": "{}", "headers": {"Content-Type": "text/plain", "Content-Encoding": "gzip"}}),
        "422": lambda: _misspelt(path, parts, has_body=has_body),
    }
    for status, make in tries.items():
        if status in operation["responses"] and (made := make()) is not None:
            where, more = made
            yield status, served.client.request(method, where, **more)


def other_key(served: Served, name: str) -> str:
    """A key that may do little, and not this."""
    scope = "read" if name == "GET /metrics" else "metrics"
    kept: dict[str, str] = served.answers.setdefault("keys", {})
    if scope not in kept:
        made = served.portal.call(
            lambda: create_key(
                served.app.state.env, name=scope, scopes=[scope], actor=Actor(name="test", kind=CallerKind.ADMIN)
            )
        )
        kept[scope] = made.token
    return kept[scope]


def _unknown(operation: dict[str, Any], template: str, path: str, parts: dict[str, Any]) -> Asked | None:
    """The same of something that is not there: in the path, or else in the body."""
    if template in BODY and parts:
        return path, {"json": {**parts["json"], **BODY[template]}}
    named = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
    if not named:
        if any(parameter["name"] == "lead" for parameter in operation.get("parameters", ())):
            return f"{path}?lead=mara@nordlicht.example", {}
        if template in FILTERS:
            return f"{path}?{FILTERS[template]}", {}
        body = parts.get("json")
        if isinstance(body, dict) and "lead_id" in body:
            return path, {"json": {**body, "lead_id": NO_ID}}
        return None
    segments = template.split("/")
    last = max(index for index, segment in enumerate(segments) if segment.startswith("{"))
    real = path.split("/")
    kind = next(p["schema"] for p in named if f"{{{p['name']}}}" == segments[last])
    real[last] = "999" if kind.get("type") == "integer" else NO_ID if segments[last].endswith("_id}") else "unknown"
    return "/".join(real), parts


def _misspelt(path: str, parts: dict[str, Any], *, has_body: bool) -> Asked:
    body = parts.get("json")
    if isinstance(body, dict):
        return path, {"json": {**body, "remark": "Call after five."}}
    if has_body:
        return path, {"json": []}
    return f"{path}?limti=5", parts


def shared_refusals(served: Served) -> dict[str, httpx.Response]:
    """Errors that come before an operation is reached, each from a service to which it happens."""
    told = {"Authorization": "Bearer pm_0_wrong"}
    with served_in_process("postgresql://127.0.0.1:9/none", refused_requests_per_minute=1) as (_, _, client):
        unreachable = client.get("/v1/leads", headers={"Authorization": served.client.headers["Authorization"]})
        while (often := client.get("/v1/leads", headers={"Authorization": "x"})).status_code == 401:
            pass
    slow = served.portal.call(_send_slowly, served, told)
    return {"408": slow, "429": often, "503": unreachable}


async def _send_slowly(served: Served, _told: dict[str, str]) -> httpx.Response:
    """A sender of whom the service has waited for as long as it does."""
    heard: list[Message] = []

    async def receive() -> Message:
        raise TimeoutError

    async def send(message: Message) -> None:
        heard.append(message)

    key = served.client.headers["Authorization"].encode()
    headers = [(b"host", b"pointsman.test"), (b"authorization", key), (b"content-length", b"9")]
    scope = {"type": "http", "method": "POST", "path": "/v1/leads", "raw_path": b"/v1/leads", "query_string": b""}
    about = {"http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("pointsman.test", 80)}
    await served.app({**scope, **about, "headers": headers, "root_path": ""}, receive, send)
    body = b"".join(message.get("body", b"") for message in heard)
    return httpx.Response(heard[0]["status"], json=json.loads(body))
