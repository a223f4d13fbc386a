"""Humans change owners at random beside our acts: both sides agree at the end as the policy says, after finitely many writes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from pointsman.domain.errors import PointsmanError
from pointsman.services.owner_changes.judge import MOST_A_DAY
from support.scenes.crm_owners import OwnerFloor, open_owner_floor

pytestmark = pytest.mark.anyio

SDRS = ("lena", "jonas", "sofia")
STEPS = 30
SEEDS = pytest.mark.parametrize(
    "seed", [pytest.param(3, id="one"), *(pytest.param(one, marks=pytest.mark.deep) for one in range(10, 16))]
)


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[OwnerFloor]:
    async with open_owner_floor(database_url) as floor:
        crm = floor.crm.crm.crm
        crm.users = [replace(one, active=True) for one in crm.users]
        yield floor


@dataclass(slots=True, kw_only=True)
class Model:
    """What is to stand: who has each lead here, and who owns its record, each change being followed before the next one."""

    policy: str
    here: dict[UUID, str] = field(default_factory=dict)
    there: dict[UUID, str] = field(default_factory=dict)
    followed: dict[UUID, int] = field(default_factory=dict)  # within a day

    def ours(self, lead_id: UUID, rep: str) -> None:
        """The lead goes to another rep here."""
        self.here[lead_id] = self.there[lead_id] = rep

    def theirs(self, lead_id: UUID, rep: str) -> None:
        """A human gives the record to the user of this rep."""
        if rep == self.there[lead_id]:
            return
        self.there[lead_id] = rep
        if rep == self.here[lead_id] or self.policy == "refuse":
            return
        if self.policy == "accept" and rep not in SDRS:
            return  # the role forbids it
        if self.followed.get(lead_id, 0) >= MOST_A_DAY:
            return
        self.followed[lead_id] = self.followed.get(lead_id, 0) + 1
        if self.policy == "accept":
            self.here[lead_id] = rep
        else:
            self.there[lead_id] = self.here[lead_id]


@SEEDS
@pytest.mark.parametrize("policy", ["refuse", "accept", "revert"])
async def test_both_sides_stand_as_a_model_says(floor: OwnerFloor, policy: str, seed: int) -> None:
    await floor.policy(policy)
    dice, model = Random(seed), Model(policy=policy)
    for _ in range(3):
        lead_id = await floor.lead(rep := dice.choice(SDRS))
        model.ours(lead_id, rep)
    for _ in range(STEPS):
        lead_id = dice.choice(list(model.here))
        match dice.choice(("human", "human", "human", "assign", "day")):
            case "human":
                rep = dice.choice((*SDRS, "anna"))
                floor.human(lead_id, rep)
                model.theirs(lead_id, rep)
            case "assign":
                rep = dice.choice(SDRS)
                if rep != model.here[lead_id]:
                    await floor.assign(lead_id, rep)
                    model.ours(lead_id, rep)
            case _:
                floor.crm.floor.world.clock.advance(timedelta(hours=25))
                model.followed.clear()
        await floor.settle()
        assert {one: (await floor.holder(one), floor.owner(one)) for one in model.here} == {
            one: (model.here[one], model.there[one]) for one in model.here
        }


@SEEDS
@pytest.mark.parametrize("policy", ["refuse", "accept", "revert"])
async def test_all_at_once_and_out_of_order_it_ends_and_the_difference_is_known(
    floor: OwnerFloor, policy: str, seed: int
) -> None:
    """What humans and we do is told late, doubled and shuffled, while the CRM fails now and then."""
    await floor.policy(policy)
    dice = Random(seed)
    leads = [await floor.lead(dice.choice(SDRS)) for _ in range(4)]
    told = len(floor.crm.crm.hooks.events)
    begun = floor.writes()
    acts = 0
    for _ in range(STEPS):
        lead_id = dice.choice(leads)
        if dice.random() < 0.6:
            floor.human(lead_id, dice.choice((*SDRS, "anna")))
        else:
            acts += await _assigned(floor, lead_id, dice.choice(SDRS))
        if dice.random() < 0.3:
            if dice.random() < 0.5:
                floor.crm.wire.answer(503, times=dice.randint(1, 2))
            events = floor.crm.crm.hooks.events[told:]
            dice.shuffle(events)
            await floor.tell(events[: len(events) // 2])
            await floor.take_in()
            await floor.crm.floor.work()
            floor.crm.wire.heal()
    floor.crm.floor.world.clock.advance(timedelta(hours=2))
    await floor.settle()
    assert floor.writes() - begun <= 2 * acts + (MOST_A_DAY + 1) * len(leads)
    found = (await floor.health()).owner_changes
    assert found is not None
    known = {one.lead_id: (one.ours, one.theirs) for one in found.differences}
    for lead_id in leads:
        stands = (await floor.holder(lead_id), floor.owner(lead_id))
        if stands[0] != stands[1]:
            assert known[lead_id] == stands
            assert policy != "revert" or (await floor.outcomes(lead_id))[-1] == "given-up"
        else:
            assert lead_id not in known


async def _assigned(floor: OwnerFloor, lead_id: UUID, rep: str) -> bool:
    try:
        await floor.assign(lead_id, rep)
    except PointsmanError:
        return False
    return True
