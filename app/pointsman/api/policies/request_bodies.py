"""A policy document as a request carries it and as an answer gives it back: JSON, or YAML as it lies in git."""

from typing import Annotated, Any, Literal

import yaml
from fastapi import Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from pointsman.api.http.body_limits import YAML_MEDIA_TYPES
from pointsman.api.http.query import QueryInt
from pointsman.api.policies.policy_text import SubmittedPolicy, parse_policy_yaml, policy_as_yaml
from pointsman.api.policies.yaml_reader import unreadable
from pointsman.domain.text.strict_json import reread_json
from pointsman.services.ports import Env
from pointsman.services.ports.routing.policies import PolicyRow

EXAMPLE_POLICY: dict[str, Any] = {
    "rules": [
        {
            "name": "DACH inbound",
            "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]},
            "work": "qualification",
            "pool": "sdr-dach",
            "else": "hold",
        }
    ],
    "pools": {"sdr-dach": {"work": "qualification", "members": ["lena", "jonas"]}},
}

_AS_JSON: dict[str, Any] = {
    "schema": {
        "title": "PolicyDocument",
        "type": "object",
        "additionalProperties": True,
        "description": "A policy. `GET /v1/policies/schema` is its JSON Schema.",
    },
    "example": EXAMPLE_POLICY,
}
_AS_YAML: dict[str, Any] = {
    "schema": {"type": "string", "description": "The same document as YAML, as it lies in git."},
    "example": yaml.safe_dump(EXAMPLE_POLICY, sort_keys=False),
}

#: For OpenAPI: FastAPI cannot know it, since the route reads the body itself.
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": _AS_JSON, "application/yaml": _AS_YAML, "text/yaml": _AS_YAML},
    }
}

#: For OpenAPI: what a policy is also answered as.
YAML_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/yaml": {"schema": {"type": "string"}}}}
}

VersionPath = Annotated[QueryInt, Path(ge=1, le=2**62, examples=[1])]
FormatQuery = Annotated[
    Literal["json", "yaml"] | None, Query(alias="format", description="Otherwise what `Accept` names; JSON by default.")
]
AcceptHeader = Annotated[str, Header(include_in_schema=False)]


async def read_policy_body(request: Request, env: Env) -> SubmittedPolicy:
    """The body as data. Raises Invalid for what is not YAML, or holds what JSON cannot."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if kind in YAML_MEDIA_TYPES:
        return await parse_policy_yaml(body, env.readers)
    try:
        return SubmittedPolicy(document=reread_json(body or b"null"), source=None)
    except ValueError:
        raise unreadable("the body is neither JSON nor marked as YAML (Content-Type: text/yaml)") from None


def wants_yaml(given: Literal["json", "yaml"] | None, accept: str) -> bool:
    """Whether to answer in YAML: `format` decides, else what `Accept` names first."""
    if given is not None:
        return given == "yaml"
    named = [kind.split(";")[0].strip().lower() for kind in accept.split(",")]
    return next(
        (kind in YAML_MEDIA_TYPES for kind in named if kind in YAML_MEDIA_TYPES or kind == "application/json"), False
    )


async def yaml_response(row: PolicyRow) -> Response:
    """The policy as a file to keep in git."""
    return Response(
        await run_in_threadpool(policy_as_yaml, row), media_type="application/yaml", headers={"Vary": "Accept"}
    )
