"""A decision costs a fixed small number of SQL statements, however many rules, routes, pools and members there are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from pointsman.domain.roster.reps import Caps
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.skips import skip_next_turn
from support.floors.use_case_env import ADMIN, World, rep_given

pytestmark = pytest.mark.anyio

#: The lead's lock, the lead, its context, the ledgers' lock, the write, and what CRMs are owed of it.
PLAIN = 6
COUNT, LOCK_REPS, LOCK_SUPPLIERS = 1, 1, 1
CALENDARS, RESERVATIONS = 1, 1


def rule(name: str, pool: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "work": "qualification", "pool": pool, "else": "next", **more}


def pool(members: list[str], **more: Any) -> dict[str, Any]:
    return {"work": "qualification", **more, "members": members}


SDRS = ["lena", "jonas", "sofia"]
PARTNERS = ["mia", "paul"]
CAPPED = Caps(per_day=100, open_load=100, categories={"big": Caps(per_week=100)})
CAPACITY = {"callwerk": {"capacity": [{"from": "2020-01-01", "per_day": 100, "open_load": 100}]}}
FULL = Caps(open_load=0)

#: What a policy asks for, and how many statements a decision is by it.
CASES: Mapping[str, tuple[dict[str, Any], int]] = {
    "plain fair": ({"pools": {"a": pool(SDRS)}, "rules": [rule("1", "a")]}, PLAIN),
    "ranked": (
        {
            "pools": {
                "a": pool(SDRS, method="ranked", ranking={"prefer": [{"lead": "lead.language", "rep": "languages"}]})
            },
            "rules": [rule("1", "a")],
        },
        PLAIN,
    ),
    "least loaded": ({"pools": {"a": pool(SDRS, method="least_loaded")}, "rules": [rule("1", "a")]}, PLAIN + COUNT),
    "capped": ({"pools": {"a": pool(["tom", "tina"])}, "rules": [rule("1", "a")]}, PLAIN + COUNT),
    "category and capacity": (
        {
            "pools": {"a": pool(["tom", "tina", *PARTNERS])},
            "rules": [rule("1", "a", category="big")],
            "suppliers": CAPACITY,
        },
        PLAIN + LOCK_SUPPLIERS + COUNT,
    ),
    "capped and in two pools": (
        {
            "pools": {"a": pool(["tom", *PARTNERS]), "b": pool(["tom", *PARTNERS])},
            "rules": [rule("1", "a", category="big"), rule("2", "b")],
            "suppliers": CAPACITY,
        },
        PLAIN + LOCK_SUPPLIERS + LOCK_REPS + COUNT,
    ),
    "shared ledger": (
        {
            "pools": {"a": pool(SDRS, ledger="c"), "b": pool(PARTNERS, ledger="c")},
            "rules": [rule("1", "a"), rule("2", "b")],
        },
        PLAIN,
    ),
    "five routes": (
        {
            "pools": {**{f"p{i}": pool(["full", f"full-{i}"]) for i in range(5)}, "last": pool(SDRS)},
            "rules": [*[rule(f"{i}", f"p{i}", category="big") for i in range(5)], rule("last", "last")],
        },
        PLAIN + LOCK_REPS + COUNT,
    ),
    "soonest": (
        {
            "pools": {"a": pool(["eva"], method="soonest", work="customer_service"), "b": pool(SDRS)},
            "rules": [rule("1", "a", work="customer_service"), rule("2", "b")],
        },
        PLAIN + CALENDARS + RESERVATIONS,
    ),
    "five hundred members": (
        {"pools": {"a": pool([f"sdr-{i}" for i in range(500)])}, "rules": [rule("1", "a", category="big")]},
        PLAIN + COUNT,
    ),
}


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All that is said to the database meanwhile."""
    said: list[str] = []
    execute = psycopg.AsyncCursor.execute  # what SQLAlchemy's statements and our own hot ones both come through

    async def heard(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        said.append(query.decode() if isinstance(query, bytes) else str(query))
        return await execute(self, query, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", heard)
        yield said


async def put_floor(world: World, *, members: int) -> None:
    """Some with caps, some full, and as many more with caps as a pool is to have."""
    capped = [rep_given(key, caps=CAPPED) for key in ("tom", "tina", *(f"sdr-{i}" for i in range(members)))]
    full = [rep_given(key, caps=FULL) for key in ("full", *(f"full-{i}" for i in range(5)))]
    await put_roster(world.env, RosterInput(reps=(*capped, *full)), actor=ADMIN)


@pytest.mark.parametrize("name", CASES)
async def test_a_decision_is_so_many_statements(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    document, number = CASES[name]
    await put_floor(world, members=500 if "hundred" in name else 0)
    await world.publish(document)
    await world.route(await world.lead(lead__language="de"))  # caches and the ledgers' rows exist from here on
    lead = await world.lead(lead__language="de")
    with listening(monkeypatch) as said:
        routed = await world.route(lead)
    assert routed.rep is not None
    assert len(said) == number, [statement.split("\n")[0][:120] for statement in said]


async def test_skips_cost_no_statement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.publish(CASES["plain fair"][0])
    first, *_ = [await world.route(await world.lead()) for _ in range(3)]
    assert first.rep is not None
    await skip_next_turn(world.env, "a", first.rep.key, reason="x", costs_turn=False, actor=ADMIN)
    lead = await world.lead()
    with listening(monkeypatch) as said:
        routed = await world.route(lead)
    assert (routed.decision.skipped, len(said)) == ((first.rep.key,), PLAIN), said


async def test_ten_times_the_rules_and_pools_cost_no_statement(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = set()
    for size in (5, 50):
        pools = {f"p{i}": pool(["tom", "tina", *PARTNERS], ledger=f"c{i % 3}") for i in range(size)}
        rules = [rule(f"r{i}", f"p{i}", category="big") for i in range(size)]
        await put_floor(world, members=0)
        await world.publish({"pools": pools, "rules": rules, "suppliers": CAPACITY})
        await world.route(await world.lead())
        lead = await world.lead()
        with listening(monkeypatch) as said:
            assert (await world.route(lead)).rep is not None
        counts.add(len(said))
    assert counts == {PLAIN + LOCK_SUPPLIERS + LOCK_REPS + COUNT}
