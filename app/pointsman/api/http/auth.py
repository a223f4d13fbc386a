"""Authentication and permission: a bearer API key, and the operation that an endpoint is.

`front_door` asks a route's guard before anything else of the request is read; the route then takes the answer from there.
"""

from collections.abc import Callable
from typing import Annotated, Any, cast

import structlog
from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Scope as AsgiScope

from pointsman.domain.errors import Unauthenticated
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.api_keys import ApiKeyAuthenticator, Caller

__all__ = ["OPERATION_FIELD", "Caller", "Guard", "describe_operation", "may", "operation_of", "without_key"]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="APIKey",  # OpenAPI 3.1 takes letters, digits and "._-" alone
    description="`Authorization: Bearer pm_…`. Make one with `pointsman keys create` or POST /v1/keys.",
)

#: Where the description of an endpoint names its operation.
OPERATION_FIELD = "x-operation"


class Guard:
    """The condition that a route's caller meets: a valid key, which the table of permissions allows to do `operation`."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    async def admit(self, keys: ApiKeyAuthenticator, scope: AsgiScope) -> Caller:
        """The caller of this request. Raises Unauthenticated and Forbidden."""
        given = Headers(scope=scope).getlist("authorization")
        only = given[0] if len(given) == 1 else ""  # of two, each party on the way takes another
        kind, _, token = only.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated("Send your API key as `Authorization: Bearer pm_…`.")
        caller = await keys.authenticate(token.strip())
        structlog.contextvars.bind_contextvars(caller=caller.key_id)
        caller.actor.require(self.operation)
        return caller

    async def __call__(
        self, request: Request, _described: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        """The caller that the front door let in."""
        return cast("Caller", request.state.caller)


class Keyless:
    """The mark of a route that asks for no key, and the operation that it is."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    async def __call__(self) -> None:
        """Let everybody in."""


def may(operation: Operation) -> Any:
    """`caller: Annotated[Caller, may(Operation.LEAD_READ)]`: a valid key, which the table allows to do this."""
    return Depends(Guard(operation))


def without_key(operation: Operation) -> Any:
    """`dependencies=[without_key(…)]`: an endpoint that asks for no key; a signature or a link may prove its caller."""
    return Depends(Keyless(operation))


def operation_of(route: BaseRoute) -> Operation:
    """The operation that an endpoint is. Raises LookupError for one that names none, or several."""
    assert isinstance(route, APIRoute), route
    named = {call.operation for call in _calls(route.dependant) if isinstance(call, Guard | Keyless)}
    if len(named) != 1:
        raise LookupError(f"{route.path} must name its one operation: `may(…)` or `without_key(…)`")
    return named.pop()


def describe_operation(route: BaseRoute) -> None:
    """Put the endpoint's operation into its description. Raises LookupError as `operation_of`."""
    operation = operation_of(route)
    assert isinstance(route, APIRoute), route
    route.openapi_extra = {**(route.openapi_extra or {}), OPERATION_FIELD: operation.value}


def _calls(dependant: Dependant) -> list[Callable[..., Any]]:
    own = [dependant.call] if dependant.call is not None else []
    return own + [call for below in dependant.dependencies for call in _calls(below)]
