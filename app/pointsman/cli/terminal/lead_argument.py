"""A lead on the command line: by its id, its address, or `source:external id`."""

from typing import Annotated
from uuid import UUID

import typer

from pointsman.cli.session import CLI_ACTOR
from pointsman.domain.errors import NotFound
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.callers import SEES_ALL
from pointsman.services.leads.find_lead import find_lead
from pointsman.services.ports import Env
from pointsman.services.ports.routing.decisions import DecisionFilter

LeadArgument = Annotated[str, typer.Argument(help="help.lead")]


async def lead_id(env: Env, given: str) -> UUID:
    """The id of the lead that is meant; errors as `find_lead`."""
    return await find_lead(env, given, actor=CLI_ACTOR, path="lead")


async def decision_id(env: Env, given: str) -> UUID:
    """The id of a decision, or of the latest decision for the lead that is meant. NotFound for a lead without one."""
    found = await lead_id(env, given)
    async with env.uow() as tx:
        if await tx.decisions.get(found) is not None:
            return found
        latest = await tx.decisions.page(DecisionFilter(sees=SEES_ALL, lead_id=found), before=None, limit=1)
    if not latest:
        raise NotFound(
            "There is no decision with this id, and none for such a lead.", told=say("refusal.no-decision-nor-lead")
        )
    return latest[0].id
