"""Whether a database holds the demo's floor, an empty one or somebody's own, which the demo must not touch.

The mark is in the database, so that neither lost state nor shared names mislead: the audit says that a key of the demo made
the first version of the roster, and the demo makes such a key only where it found nothing.
"""

from pointsman.domain.errors import NotFound
from pointsman.local.calendar_server import SERVICE_USER
from pointsman.services.connections.connections import get_connection, list_connections
from pointsman.services.intake.intakes import list_intakes
from pointsman.services.operations.api_keys import list_keys
from pointsman.services.policies.lifecycle import policy_page
from pointsman.services.ports import Env
from pointsman.services.ports.leads.lead_search import LeadFilter
from pointsman.services.ports.operations.audit import AuditFilter

#: What the demo's admin keys are called.
DEMO_KEY_NAME = "demo admin"


async def is_floor_of_others(env: Env, *, connection: str) -> bool:
    """Whether something stands here that the demo did not make: roster, policy, connection, intake or lead.

    `connection` is the key of the demo's own calendar server.
    """
    maker = await _roster_maker(env)
    if maker is None:
        return await _holds_anything(env)
    return not await _is_of_demo(env, maker) or await _is_another_server(env, connection)


async def is_floor_of_demo(env: Env) -> bool:
    """Whether the demo made the roster that stands here."""
    maker = await _roster_maker(env)
    return maker is not None and await _is_of_demo(env, maker)


async def _roster_maker(env: Env) -> str | None:
    """The actor who made the first version of the roster; None where the audit has none."""
    async with env.uow() as tx:
        lines = await tx.audit.page(AuditFilter(subject="roster:1"), after=None, limit=1)
    return str(lines[0]["actor"]) if lines else None


async def _is_of_demo(env: Env, maker: str) -> bool:
    return maker in {f"key:{row.id}" for row in await list_keys(env) if row.name == DEMO_KEY_NAME}


async def _holds_anything(env: Env) -> bool:
    async with env.uow() as tx:
        roster = (await tx.policies.live_versions()).roster
        leads = await tx.lead_search.page(LeadFilter(), after=None, limit=1)
    return (
        roster is not None
        or bool(leads)
        or bool(await policy_page(env, before=None, limit=1))
        or bool(await list_connections(env, after=None, limit=1))
        or bool(await list_intakes(env))
    )


async def _is_another_server(env: Env, connection: str) -> bool:
    """Whether the demo's connection leads to a server of somebody's own by now."""
    try:
        there = await get_connection(env, connection)
    except NotFound:
        return False
    return there.config.get("username") != SERVICE_USER
