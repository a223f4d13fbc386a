"""Authentication: a bearer API key, and the scope that a route needs."""

from typing import Annotated, Any, cast

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pointsman.domain.errors import Unauthenticated
from pointsman.domain.permissions.callers import Scope
from pointsman.services.operations.api_keys import ApiKeyAuthenticator, Caller, require_scope

__all__ = ["Caller", "needs"]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="`Authorization: Bearer pm_…`. Make one with `pointsman keys create` or POST /v1/keys.",
)


def needs(*scopes: str) -> Any:
    """`caller: Annotated[Caller, needs("booking")]`: a valid key that has one of `scopes` (or `admin`)."""
    unknown = set(scopes) - {scope.value for scope in Scope}
    assert not unknown, f"unknown scopes: {unknown}"

    async def resolve(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        if credentials is None:
            raise Unauthenticated("Send your API key as `Authorization: Bearer pm_…`.")
        ring = cast("ApiKeyAuthenticator", request.app.state.keys)
        caller = await ring.authenticate(credentials.credentials)
        structlog.contextvars.bind_contextvars(caller=caller.key_id)
        require_scope(caller, *scopes)
        return caller

    return Depends(resolve)
