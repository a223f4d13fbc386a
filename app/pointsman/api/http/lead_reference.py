"""A lead as callers name it: by its id, its email address, or `source:external id`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import Field, StringConstraints

from pointsman.api.http.auth import Caller
from pointsman.api.http.deps import EnvDep
from pointsman.services.leads.find_lead import MAX_LEAD_REFERENCE, find_lead
from pointsman.services.ports import Env

_SAID = "The lead: its id, its email address, or `source:external id` such as `crm:4711`."
_EXAMPLE = "0198c0de-0000-7000-8000-000000000001"

#: A lead in a body; `meant_lead` says which it is.
LeadReference = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_LEAD_REFERENCE), Field(description=_SAID, examples=[_EXAMPLE])
]


async def meant_lead(env: Env, given: str, caller: Caller, path: str) -> UUID:
    """See `find_lead`; `path` is where it stands in the request."""
    return await find_lead(env, given, actor=caller.actor, path=path)


async def _of_path(
    env: EnvDep,
    request: Request,
    lead_id: Annotated[str, Path(max_length=MAX_LEAD_REFERENCE, description=_SAID, examples=[_EXAMPLE])],
) -> UUID:
    return await meant_lead(env, lead_id, request.state.caller, "path.lead_id")


async def _of_query(
    env: EnvDep,
    request: Request,
    lead: Annotated[
        str | None, Query(min_length=1, max_length=MAX_LEAD_REFERENCE, description=f"Only of one. {_SAID}")
    ] = None,
) -> UUID | None:
    return None if lead is None else await meant_lead(env, lead, request.state.caller, "query.lead")


#: `lead_id: LeadPath` is the lead that the path's `{lead_id}` means, `lead_id: LeadQuery` the one that the query's `lead` does.
LeadPath = Annotated[UUID, Depends(_of_path)]
LeadQuery = Annotated[UUID | None, Depends(_of_query)]
