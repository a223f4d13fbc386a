"""A HubSpot user changes the owner of a lead's contact: what the policy says becomes of it, over webhooks that come twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.health import connection_health
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.hooks.fetch import fetch_events
from pointsman.services.intake.intakes import IntakeInput, create_intake, load_intake
from pointsman.services.intake.receive import process_item
from pointsman.services.owner_changes.judge import MOST_A_DAY
from pointsman.services.owner_changes.look import look_at_owners
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman_hubspot.fake import HubSpotVendor, Owner
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import IN_THE_CRM, OTHERS, CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN, POLICY

pytestmark = pytest.mark.anyio
KEY = "hubspot"
ROUNDS = 40
MAPPING = {
    "external_id": "id",
    "source_system": "hubspot",
    "fields": {"lead.email": "email", "lead.last_name": "lastname"},
    "constants": {"lead.source": "crm"},
}
SAMPLE = {"id": "1", "email": "sam@sample.example", "lastname": "Sample"}
EMAILS = {**IN_THE_CRM, **{key: f"{key}@example.com" for key in OTHERS}}


@dataclass(slots=True, kw_only=True)
class Account:
    """A HubSpot account beside the floor, whose app calls an intake of ours."""

    crm: CrmFloor
    env: Env
    vendor: HubSpotVendor
    intake: UUID
    bot: tuple[str, str] | None = None  # a contact, and the owner that a workflow sets with each change

    def user(self, rep: str) -> str:
        return next(one.id for one in self.vendor.owners if one.email == EMAILS[rep])

    def owner(self, lead_id: UUID) -> str | None:
        owner = self.contact(lead_id).get("hubspot_owner_id")
        email = next((one.email for one in self.vendor.owners if one.id == owner), None)
        return next((rep for rep, address in EMAILS.items() if address == email), None)

    def contact(self, lead_id: UUID) -> dict[str, str]:
        (found,) = [one for one in self.vendor.standing()["contacts"] if one["email"] == f"{lead_id}@lead.example"]
        return dict(found)

    async def lead(self) -> tuple[UUID, str]:
        lead_id = await self.crm.floor.world.lead(lead__country="DE")
        routed = await self.crm.floor.world.route(lead_id)
        assert routed.rep is not None
        await self.settle()
        assert self.owner(lead_id) == routed.rep.key
        return lead_id, routed.rep.key

    def human(self, lead_id: UUID, rep: str) -> None:
        self.vendor.edit("contacts", self.contact(lead_id)["id"], hubspot_owner_id=self.user(rep))

    async def settle(self) -> None:
        world = self.crm.floor.world
        for _ in range(ROUNDS):
            worked = await self.crm.floor.work()
            if self.bot is not None and worked:
                self.vendor.edit("contacts", self.bot[0], hubspot_owner_id=self.bot[1])
            hooks = self.vendor.hooks.send()
            for hook in hooks:
                request = SignedRequest(method=hook.method, uri=hook.url, headers=hook.headers, body=hook.body)
                await answer_hook(self.env, await load_intake(self.env, KEY), request)
            await fetch_events(self.env, self.intake)
            items = await world.rows("select id from inbox where status = 'received' order by id")
            for item in items:
                await process_item(self.env, item.id, asks_vendors=True)
            world.clock.advance(timedelta(seconds=15))
            looked = await look_at_owners(self.env)
            left = await world.value(
                "select (select count(*) from inbox where status = 'unread')"
                " + (select count(*) from crm_owners where look_at is not null)"
            )
            if not (worked or hooks or items or looked or left):
                return
        raise AssertionError("it does not come to an end")

    async def holder(self, lead_id: UUID) -> str | None:
        async with self.env.uow() as tx:
            current = await tx.decisions.current_assignment(lead_id)
        return current.rep if current else None

    async def outcomes(self) -> list[str]:
        return [row.outcome for row in await self.crm.floor.world.rows("select outcome from owner_changes order by at")]


@pytest.fixture(params=["refuse", "accept", "revert"])
async def account(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Account]:
    async with open_crm_floor(database_url, policy={**POLICY, "owner_changes": request.param}) as crm:
        await crm.connect(sync_owners=False)  # the memory vendor hears of nothing
        env = replace(crm.env, intake=ConnectorIntake(gateway=crm.gateway, registry=ConnectorRegistry.discover()))
        crm.env = crm.floor.env = env
        vendor = HubSpotVendor(clock=env.clock)
        vendor.owners += [
            Owner(id=str(80 + number), email=f"{key}@example.com", first_name=key, last_name="Rep")
            for number, key in enumerate(OTHERS)
        ]
        crm.crashing.inner = vendor.transport
        config = {"token": vendor.token, "webhook_secret": vendor.app_secret, "url": "https://hubspot.example"}
        await save_connection(
            replace(env, calendars=crm.gateway),
            KEY,
            connector="hubspot",
            config=config,
            active=True,
            sync_owners=True,
            actor=SETTER,
        )
        given = IntakeInput(
            title=KEY,
            kind="lead",
            verifier={},
            secrets=None,
            mapping=MAPPING,
            sample=SAMPLE,
            active=True,
            connection=KEY,
        )
        row = await create_intake(env, KEY, given, actor=ADMIN)
        vendor.hooks.callback = f"http://127.0.0.1:8000/v1/hooks/{KEY}"
        vendor.hooks.doubled = vendor.hooks.shuffled = True
        yield Account(crm=crm, env=env, vendor=vendor, intake=row.id)


async def _policy(account: Account) -> str:
    return str(await account.crm.floor.world.value("select document ->> 'owner_changes' from policies"))


async def test_a_users_change_of_owner_ends_as_the_policy_says_and_our_own_writes_are_none(account: Account) -> None:
    lead_id, ours = await account.lead()
    assert await account.outcomes() == []
    theirs = next(one for one in ("lena", "jonas", "sofia") if one != ours)
    account.human(lead_id, theirs)
    await account.settle()
    stands = (await account.outcomes(), await account.holder(lead_id), account.owner(lead_id))
    assert (
        stands
        == {
            "refuse": (["refused"], ours, theirs),
            "accept": (["accepted"], theirs, theirs),
            "revert": (["reverted"], ours, ours),
        }[await _policy(account)]
    )
    found = (await connection_health(account.env, KEY)).owner_changes
    assert found is not None
    assert len(found.differences) == (stands[1] != stands[2])


async def test_a_workflow_that_sets_its_owner_with_each_write_of_ours_ends(account: Account) -> None:
    lead_id, ours = await account.lead()
    theirs = next(one for one in ("lena", "jonas", "sofia") if one != ours)
    account.human(lead_id, theirs)
    account.bot = (account.contact(lead_id)["id"], account.user(theirs))
    await account.settle()
    outcomes = await account.outcomes()
    assert account.owner(lead_id) == theirs
    match await _policy(account):
        case "refuse":
            assert outcomes == ["refused"]
        case "accept":
            assert outcomes == ["accepted"]
        case _:
            assert outcomes == ["reverted"] * MOST_A_DAY + ["given-up"]
