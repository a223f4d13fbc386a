"""Balances are what their history says, or are made so again: on record, and never without need."""

from fractions import Fraction

import pytest

from pointsman.domain.errors import Conflict, NotFound
from pointsman.services.routing.ledger import adjust_balance, reverse_turn_of
from pointsman.services.routing.ledger_audit import rebuild_ledger, verify_all_ledgers, verify_ledger
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_words
from support.floors.use_case_env import ADMIN, World

pytestmark = pytest.mark.anyio

POOL = "sdr-dach"
BROKEN = [
    ("""ledger = '{"denominator": "1", "balances": {"lena": "5", "jonas": "-5"}}'""", "the balances"),
    ("seq = 99", "the row counts 99 entries, the history has 6"),
    ("seq = 2", "the row counts 2 entries, the history has 6"),
    ("""waiting_since = '{"lena": "2020-01-01T00:00:00+00:00"}'""", "the times of the last turns"),
]


async def history(world: World) -> None:
    """Four turns, a credit and a correction."""
    decisions = [(await world.route(await world.lead(lead__country="DE"))).decision_id for _ in range(4)]
    await run_in_transaction(world.env, lambda tx: reverse_turn_of(world.env, tx, decisions[1], "spam"))
    await adjust_balance(world.env, POOL, "sofia", Fraction(-1, 7), reason="training", actor=ADMIN)


@pytest.mark.parametrize(("broken", "fault"), BROKEN)
async def test_a_row_that_is_not_its_history_is_found_and_mended(world: World, broken: str, fault: str) -> None:
    await history(world)
    row = "select seq, ledger, waiting_since from pool_ledgers"
    before = tuple((await world.rows(row))[0])
    await world.rows(f"update pool_ledgers set {broken}")
    verified = await verify_ledger(world.env, POOL)
    assert not verified.agrees
    assert english_words(verified.faults[0], {}).startswith(fault)
    assert [v.agrees for v in await verify_all_ledgers(world.env)] == [False]
    await rebuild_ledger(world.env, POOL, reason="restored", actor=ADMIN)
    after = tuple((await world.rows(row))[0])
    assert after[:2] == before[:2]
    assert (await verify_ledger(world.env, POOL)).agrees
    line = (
        await world.rows("select actor, subject, reason #>> '{args,text}' from audit where action = 'ledger.rebuilt'")
    )[0]
    assert tuple(line) == ("key:admin", f"pool:{POOL}", "restored")
    await world.route(await world.lead(lead__country="DE"))
    assert (await verify_ledger(world.env, POOL)).entries == 7


async def test_nothing_is_rebuilt_where_nothing_differs(world: World) -> None:
    await history(world)
    with pytest.raises(Conflict, match="what its history says"):
        await rebuild_ledger(world.env, POOL, reason="just so", actor=ADMIN)
    assert await world.value("select count(*) from audit where action = 'ledger.rebuilt'") == 0


async def test_a_pool_without_a_ledger_has_nothing_to_verify(world: World) -> None:
    for use in (verify_ledger(world.env, POOL), rebuild_ledger(world.env, POOL, reason="x", actor=ADMIN)):
        with pytest.raises(NotFound):
            await use
