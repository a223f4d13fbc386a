"""Stored decisions taken again: the same bytes, or where they differ, whatever somebody did to the tables."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from pointsman.db.tables import decisions
from pointsman.domain.roster.roles import Work
from pointsman.services.explain.explain import explain_stored
from pointsman.services.explain.replays import ReplayResult, replay_decision, replay_many
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, put_roster
from support.floors.use_case_env import ADMIN, POLICY, World, rep_given
from support.wording import english_sentence

pytestmark = pytest.mark.anyio


TAMPERED: list[tuple[str, list[str] | None]] = [
    ("record = jsonb_set(record, '{rep}', '\"mallory\"')", ["rep"]),
    ("record = jsonb_set(record, '{steps,0,sentence}', '\"x\"')", ["steps[0].sentence"]),
    ("record = jsonb_set(record, '{ledger_after,denominator}', '\"7\"')", ["ledger_after.denominator"]),
    ("record = record - 'tie_break'", ["tie_break"]),
    ("inputs = jsonb_set(inputs, '{seed}', '\"other\"')", None),
    ("inputs = jsonb_set(inputs, '{facts,lead.country}', '\"AT\"')", None),
    ("inputs = jsonb_set(inputs, '{facts,lead.smuggled}', '1')", ["inputs.facts.lead.smuggled"]),
    ("inputs = inputs - 'gates'", ["inputs"]),
    ("inputs = '[]'", ["inputs"]),
    ("inputs = jsonb_set(inputs, '{now}', '\"yesterday\"')", ["inputs"]),
    ("summary = '\"all is well\"'", ["columns.summary"]),
    ("pool = 'other'", ["columns.pool"]),
    ("outcome = 'held'", ["columns.outcome"]),
    ("work = 'closing'", ["columns.work"]),
    ("rule = 'other'", ["columns.rule"]),
    ("hold_reason = 'no-rep'", ["columns.hold_reason"]),
    ("policy_version = 99", ["inputs"]),
    ("roster_version = 99", ["inputs"]),
    ("lead_id = gen_random_uuid()", ["inputs"]),
    ("inputs_digest = null", ["inputs"]),
    ("at = at - interval '1 day'", ["columns.at"]),
    ("rep_id = (select id from reps where key = 'eva')", ["columns.rep"]),
]


async def tampered(world: World, decision: UUID, change: str, **given: Any) -> ReplayResult:
    """The decision taken again after a superuser changed its row past the triggers."""
    await world.owner_rows(f"update decisions set {change} where id = :id", past_guards=True, id=decision, **given)
    return await replay_decision(world.env, decision)


async def routed(world: World, **facts: Any) -> UUID:
    return (await world.route(await world.lead(**{"lead__country": "DE", **facts}))).decision_id


async def test_an_untouched_decision_is_the_same_to_the_byte(world: World) -> None:
    found = await replay_decision(world.env, await routed(world))
    assert (found.same, found.first_byte, found.paths, found.differing_parts) == (True, None, (), ())


@pytest.mark.parametrize(("change", "paths"), TAMPERED)
async def test_whatever_was_tampered_with_is_found_and_pointed_to(
    world: World, change: str, paths: list[str] | None
) -> None:
    found = await tampered(world, await routed(world), change)
    assert not found.same
    if paths is not None:
        assert [path.path for path in found.paths] == paths
    if "record" in change:
        assert found.first_byte is not None


async def test_a_decision_that_took_another_s_id_is_found(world: World) -> None:
    decision = await routed(world)
    given = {"id": decision, "other": uuid4()}
    await world.owner_rows("update decisions set id = :other where id = :id", past_guards=True, **given)
    found = await replay_decision(world.env, given["other"])
    assert [path.path for path in found.paths] == ["columns.id"]


def test_each_column_of_a_decision_is_tampered_with_here() -> None:
    tampered_with = {change.partition(" ")[0] for change, _ in TAMPERED} | {"id"}
    assert {column.name for column in decisions.columns} == tampered_with


async def test_a_tampered_record_shows_its_first_byte_with_what_stands_around_it(world: World) -> None:
    decision = await routed(world)
    rep = await world.value("select record ->> 'rep' from decisions")
    found = await tampered(world, decision, "record = jsonb_set(record, '{rep}', '\"mallory\"')")
    assert found.first_byte is not None
    assert f'"rep":"{rep}"' in (found.first_byte.after or "")
    assert '"rep":"mallory"' in (found.first_byte.before or "")
    assert [(p.before, p.after) for p in found.paths] == [('"mallory"', f'"{rep}"')]


async def test_decisions_by_hand_and_by_reassignment_are_taken_again_too(world: World) -> None:
    lead = await world.lead(lead__country="DE")
    first = await world.route(lead)
    others = {"lena", "jonas", "sofia"} - {first.decision.rep}
    moved = await assign_manually(
        world.env, lead, rep=min(others), work=Work.QUALIFICATION, override_id=None, reason="Danish", actor=ADMIN
    )
    again = await reassign(world.env, lead, reason="ill", actor=ADMIN)
    await put_roster(world.env, RosterInput(reps=(rep_given(min(others), name="Somebody Else"),)), actor=ADMIN)
    found = [await replay_decision(world.env, r.decision_id) for r in (first, moved, again)]
    assert [(r.same, r.paths) for r in found] == [(True, ())] * 3
    faked = await tampered(world, moved.decision_id, "inputs = jsonb_set(inputs, '{manual,reason}', '\"bribed\"')")
    assert {path.path for path in faked.paths} == {
        "summary.args.reason",
        "steps[0].sentence.args.reason",
        "columns.summary",
    }


async def test_the_latest_are_taken_again_newest_first_within_their_bounds(world: World) -> None:
    made = [await routed(world) for _ in range(7)]
    everything = [r.decision_id async for r in replay_many(world.env, since=None, last=None)]
    assert everything == made[::-1]
    assert [r.decision_id async for r in replay_many(world.env, since=None, last=3)] == made[:-4:-1]
    moment = await world.value("select at from decisions where id = :id", id=made[4])
    assert [r.decision_id async for r in replay_many(world.env, since=moment, last=None)] == made[:3:-1]


async def test_a_stored_decision_is_explained_as_it_was_whatever_changed_since(world: World) -> None:
    decision = await routed(world)
    before = await explain_stored(world.env, decision)
    await world.publish({**POLICY, "rules": POLICY["rules"][:1]})
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", name="Somebody Else"),)), actor=ADMIN)
    after = await explain_stored(world.env, decision)
    assert after == before
    assert [other.turns for other in after.explanation.why_not] == [1, 2]
    assert {miss.rule for miss in after.explanation.near_misses.nearest} == {
        "Customers to customer care", "Mid-market closing", "Cold lists to the partner", "Newsletter to nurture",
    }  # fmt: skip


async def test_a_decision_by_hand_is_explained_by_what_was_said(world: World) -> None:
    lead = await world.lead(lead__country="DE")
    moved = await assign_manually(
        world.env, lead, rep="lena", work=Work.QUALIFICATION, override_id=None, reason="Danish", actor=ADMIN
    )
    told = (await explain_stored(world.env, moved.decision_id)).explanation
    assert told.why_rep is not None
    assert (told.why_rep.code, english_sentence(told.summary)) == (
        "manual",
        "Lena gets this lead for qualification by hand: Danish.",
    )


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each value that is no object or list, with where it stands; of empty ones, themselves."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for name, item in items for leaf in _leaves(item, (*path, str(name)))]
    yield from found or [(path, value)]


def _other(leaf: Any) -> Any:
    """What differs from it as little as may be: 3.0 for 3."""
    match leaf:
        case bool():
            return not leaf
        case int():
            return float(leaf)
        case str():
            return f"{leaf}x"
        case _:
            return "x"


async def test_no_leaf_of_a_stored_decision_changes_unseen(world: World) -> None:
    decision = await routed(world, lead__score=45)
    (stored,) = await world.rows("select inputs, summary from decisions where id = :id", id=decision)
    unseen, count = [], 0
    for column in ("inputs", "summary"):  # the record is compared as a whole
        whole, change = (
            getattr(stored, column),
            f"{column} = jsonb_set(cast(:whole as jsonb), :path, cast(:new as jsonb))",
        )
        for path, leaf in _leaves(whole):
            count += 1
            given = {"whole": json.dumps(whole), "path": [*path], "new": json.dumps(_other(leaf))}
            unseen += [(column, path)] if (await tampered(world, decision, change, **given)).same else []
        await tampered(world, decision, f"{column} = cast(:whole as jsonb)", whole=json.dumps(whole))
    assert (count > 30, unseen) == (True, [])
    assert (await replay_decision(world.env, decision)).same


async def test_inputs_that_were_changed_where_the_decision_does_not_depend_on_them_are_pointed_to(world: World) -> None:
    change = "inputs = jsonb_set(inputs, '{gates,closing,open}', 'true')"
    found = await tampered(world, await routed(world), change)
    assert (found.same, found.differing_parts, found.first_byte) == (False, ("inputs",), None)
