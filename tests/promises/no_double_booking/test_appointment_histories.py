"""Many lives of appointments, drawn at random: whatever is done in whatever order, the books agree."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import AppointmentAction, allowed_actions
from pointsman.domain.errors import PointsmanError
from pointsman.services.appointments.overdue import alert_missing_results, lapse_requests
from pointsman.services.booking.book import book
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.routing.ledger_audit import verify_all_ledgers
from support.deep import every
from support.floors.appointment_states import DO
from support.floors.booking_floor import SETTER, Floor, open_floor

pytestmark = pytest.mark.anyio

STEPS = 100


@pytest.mark.parametrize("seed", every(2, {f"{seed}": seed for seed in range(4)}))
async def test_after_every_act_the_books_agree(database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    done: list[str] = []
    async with open_floor(database_url) as floor:
        leads = [await floor.lead() for _ in range(3)]
        for _ in range(STEPS):
            lead_id = chance.choice(leads)
            done.append(await step(floor, lead_id, chance))
            await the_books_agree(floor, done)
    assert {"hand over", "book"} <= {word for word in done if word}
    assert len(set(done)) > 8, done


async def step(floor: Floor, lead_id: UUID, chance: random.Random) -> str:
    """Do one act that is open to some actor now; return what was done."""
    ids = await floor.world.rows("select id from appointments where lead_id = :id order by starts_at", id=lead_id)
    rows = []
    async with floor.env.uow() as tx:
        for found in ids:
            row = await tx.appointments.get(found.id)
            assert row is not None
            rows.append(row)
    may = [(row, key) for row in rows for key in DO if key[0] in allowed_actions(row.state, floor.env.clock())]
    word = chance.choice(
        ["act", "act", "act", "act", "again", "again", "news", "time", "request"] if may else ["again", "news"]
    )
    try:
        match word:
            case "act":
                row, key = chance.choice(may)
                await DO[key](floor, row.id)
                return "-".join(part for part in (key[0].value, key[1]) if part)
            case "again":
                return await hand_over_and_book(floor, lead_id)
            case "news":
                email = await floor.world.value("select email from leads where id = :id", id=lead_id)
                await submit_lead(floor.env, LeadInput(email=email), actor=SETTER)
            case "time":
                await to_the_end(floor, max(row.ends_at for row, _ in may) - floor.env.clock())
            case "request":
                await floor.world.rows(
                    "update appointments set status = 'requested', confirm_by = starts_at - interval '1 hour'"
                    " where lead_id = :id and status = 'confirmed' and starts_at > :now and accepted_at is null",
                    id=lead_id,
                    now=floor.env.clock(),
                )
    except PointsmanError as refused:
        return f"{word}: {refused.code}"
    return word


async def hand_over_and_book(floor: Floor, lead_id: UUID) -> str:
    handed = await floor.hand_over(lead_id)
    if not handed.slots:
        return "hand over"
    await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    return "book"


async def to_the_end(floor: Floor, span: timedelta) -> None:
    """Time goes by, but not so far that all evidence is stale."""
    if timedelta() < span < timedelta(days=3):
        floor.world.clock.advance(span + timedelta(hours=1))
    await lapse_requests(floor.env)
    await alert_missing_results(floor.env)


async def the_books_agree(floor: Floor, done: list[str]) -> None:
    assert all(found.agrees for found in await verify_all_ledgers(floor.env)), done
    wrong_stage = (
        "select l.stage, a.work, h.id, b.status from leads l"
        " left join assignments a on a.lead_id = l.id and a.ended_at is null"
        " left join holds h on h.lead_id = l.id and h.released_at is null"
        " left join appointments b on b.lead_id = l.id and b.status in ('requested','confirmed')"
        " where l.stage <> case when b.id is not null then 'booked' when a.work = 'closing' then 'closing'"
        "  when a.id is not null then 'working' when h.id is not null then 'held'"
        "  when l.stage in ('new','nurture','won','closed') then l.stage else 'nowhere' end"
    )
    assert await floor.world.rows(wrong_stage) == [], done
    unanswered = "select code from alerts w join appointments a on w.subject = 'appointment:' || a.id where w.resolved_at is null"
    assert await floor.world.rows(f"{unanswered} and a.status not in ('requested','confirmed')") == [], done
    turns = (
        "select decision_id from ledger_entries where decision_id is not null group by decision_id"
        " having count(*) filter (where kind = 'credit') - count(*) filter (where kind = 'restore') not in (0, 1)"
    )
    assert await floor.world.rows(turns) == [], done
    given_back_while_booked = (
        "select b.id from appointments b join assignments s on s.id = b.assignment_id join ledger_entries e"
        " on e.decision_id = s.decision_id where b.status in ('requested','confirmed') group by b.id"
        " having count(*) filter (where e.kind = 'credit') > count(*) filter (where e.kind = 'restore')"
    )
    assert await floor.world.rows(given_back_while_booked) == [], done


def test_the_acts_that_are_drawn_are_those_that_callers_may_ask_for() -> None:
    assert {key[0] for key in DO} == set(AppointmentAction) - {
        AppointmentAction.BOOK,
        AppointmentAction.LAPSE,
        AppointmentAction.RESCHEDULE,
        AppointmentAction.REASSIGN,
    }
