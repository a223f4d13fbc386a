"""What a partner's key may not see, whatever its scopes: our rules, our people, how they stand."""

from typing import Annotated, Any

from fastapi import Depends

from pointsman.api.http.auth import Caller, needs
from pointsman.domain.errors import Forbidden


def in_house_only(*scopes: str) -> Any:
    """`caller: Annotated[Caller, in_house_only("read")]`: like `needs`, for keys that belong to no partner."""

    async def resolve(caller: Annotated[Caller, needs(*scopes)]) -> Caller:
        if caller.supplier is not None:
            raise Forbidden("A partner's key sees its own leads, not the roster, the policy or the pools.")
        return caller

    return Depends(resolve)
