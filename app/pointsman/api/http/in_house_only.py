"""What a partner's key may not see, whatever its scopes: our rules, our people, how they stand."""

from typing import Any

from fastapi import Depends
from starlette.types import Scope as AsgiScope

from pointsman.api.http.auth import Caller, Guard
from pointsman.domain.errors import Forbidden
from pointsman.services.operations.api_keys import ApiKeyAuthenticator


class InHouseGuard(Guard):
    """As `Guard`, for keys that belong to no partner."""

    async def admit(self, keys: ApiKeyAuthenticator, scope: AsgiScope) -> Caller:
        caller = await super().admit(keys, scope)
        if caller.supplier is not None:
            raise Forbidden("A partner's key sees its own leads, not the roster, the policy or the pools.")
        return caller


def in_house_only(*scopes: str) -> Any:
    """`caller: Annotated[Caller, in_house_only("read")]`: like `needs`, for keys that belong to no partner."""
    return Depends(InHouseGuard(*scopes))
