"""Authentication: a bearer API key, and the scope that a route needs.

`front_door` asks a route's guard before anything else of the request is read; the route then takes the answer from there.
"""

from typing import Annotated, Any, cast

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import Scope as AsgiScope

from pointsman.domain.errors import Unauthenticated
from pointsman.domain.permissions.callers import Scope
from pointsman.services.operations.api_keys import ApiKeyAuthenticator, Caller, require_scope

__all__ = ["Caller", "Guard", "needs"]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`Authorization: Bearer pm_…`. Make one with `pointsman keys create` or POST /v1/keys.",
)


class Guard:
    """The condition that a route's caller meets: a valid key that has one of `scopes` (or `admin`)."""

    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    async def admit(self, keys: ApiKeyAuthenticator, scope: AsgiScope) -> Caller:
        """The caller of this request. Raises Unauthenticated and Forbidden."""
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Unauthenticated("Send your API key as `Authorization: Bearer pm_…`.")
        caller = await keys.authenticate(token.strip())
        structlog.contextvars.bind_contextvars(caller=caller.key_id)
        require_scope(caller, *self._scopes)
        return caller

    async def __call__(
        self, request: Request, _described: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        """The caller that the front door let in."""
        return cast("Caller", request.state.caller)


def needs(*scopes: str) -> Any:
    """`caller: Annotated[Caller, needs("booking")]`: a valid key that has one of `scopes` (or `admin`)."""
    unknown = set(scopes) - {scope.value for scope in Scope}
    assert not unknown, f"unknown scopes: {unknown}"
    return Depends(Guard(*scopes))
