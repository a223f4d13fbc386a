"""A process of its own that submits leads, as an API process does."""

import asyncio

from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from support.floors.use_case_env import make_env

COUNTRIES = ("DE", "FR")
TASKS = 4


def submit_leads(database_url: str, sender: int, count: int) -> int:
    """Submit `count` new leads from four tasks at once; how many were taken."""
    return asyncio.run(_submit(database_url, sender, count))


async def _submit(database_url: str, sender: int, count: int) -> int:
    env, engine = make_env(database_url, pool_size=TASKS)
    left = iter(range(count))

    async def task() -> int:
        taken = 0
        for i in left:
            await submit_lead(env, _lead(sender, i), actor=Actor(name=f"sender:{sender}", kind=CallerKind.WEBHOOK))
            taken += 1
        return taken

    try:
        return sum(await asyncio.gather(*(task() for _ in range(TASKS))))
    finally:
        await engine.dispose()


def _lead(sender: int, number: int) -> LeadInput:
    return LeadInput(
        email=f"lead{number}@sender{sender}.example",
        external_id=None,
        source_system=None,
        first_name=None,
        last_name=None,
        phone=None,
        facts={"lead.country": COUNTRIES[number % 2]},
        evidence=(),
        occurred_at=None,
    )
