"""Taking stored decisions again from their stored inputs: the same bytes come out, or where they differ. Nothing is written."""

from asyncio import to_thread
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.errors import NotFound, PointsmanError
from pointsman.domain.messages.message import say
from pointsman.domain.replay.record_diff import (
    FirstDifference,
    PathDifference,
    RecordComparison,
    compare_records,
    path_difference,
)
from pointsman.domain.replay.recorded_inputs import RecordedInputs, replay
from pointsman.domain.roster.reps import Roster
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decision import Decision, canonical_json
from pointsman.domain.routing.manual_assignment import MANUAL_KEY, ManualAssignment
from pointsman.services.policies.cache import load_compiled_policy, load_roster
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.decisions import DecisionFilter, DecisionRow

_PAGE = 100
#: What the row says beside the record, for lists and reports: it has to say the same.
_COLUMNS = ("outcome", "work", "rule", "pool", "rep", "hold_reason", "policy_version", "roster_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """A decision taken again: `same` means byte for byte; `differing_parts` names those that do not agree.

    `first_byte` is that of the record that differs, `paths` where: in the record, `inputs.` or `columns.`; `inputs` alone where
    they were changed since and the decision does not depend on what was changed.
    """

    decision_id: UUID
    same: bool
    rep: str | None
    replayed_rep: str | None
    differing_parts: tuple[str, ...]
    first_byte: FirstDifference | None = None
    paths: tuple[PathDifference, ...] = ()
    more_paths: int = 0


async def replay_decision(env: Env, decision_id: UUID) -> ReplayResult:
    """Take a decision again from its stored inputs, with the policy and the roster of that time. NotFound."""
    async with env.uow() as tx:
        row = await tx.decisions.get(decision_id)
        if row is None:
            raise NotFound("There is no such decision.", told=say("refusal.no-decision"))
        return await _replayed(env, tx, row, await tx.decisions.with_changed_inputs([row.id]))


async def replay_many(env: Env, *, since: datetime | None, last: int | None) -> AsyncIterator[ReplayResult]:
    """The newest decisions first: the `last` so many, none from before `since`; None is no bound."""
    before: tuple[datetime, UUID] | None = None
    left = last
    while left is None or left > 0:
        limit = _PAGE if left is None else min(_PAGE, left)
        async with env.uow() as tx:
            rows = await tx.decisions.page(DecisionFilter(since=since), before=before, limit=limit)
            changed = await tx.decisions.with_changed_inputs([row.id for row in rows])
            done = [await _replayed(env, tx, row, changed) for row in rows]
        for replayed in done:
            yield replayed
        if len(done) < limit:
            return
        before = (rows[-1].at, rows[-1].id)
        left = None if left is None else left - len(done)


async def _replayed(env: Env, tx: Tx, row: DecisionRow, changed: Collection[UUID]) -> ReplayResult:
    try:
        roster = await load_roster(env, tx, row.roster_version)
        policy = None if MANUAL_KEY in row.inputs else await load_compiled_policy(env, tx, row.policy_version)
        # In a thread: a hundred decisions among many reps are long enough for others to notice.
        return await to_thread(_compared, row, policy, roster, is_changed=row.id in changed)
    except (PointsmanError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # Stored data that no program of ours wrote can fail in any way: the answer is that it cannot be taken again.
        why = str(error) if isinstance(error, PointsmanError) else f"they cannot be read ({type(error).__name__})"
        found = (path_difference("inputs", "as stored", why),)
        return ReplayResult(
            decision_id=row.id, same=False, rep=row.rep, replayed_rep=None, differing_parts=("inputs",), paths=found
        )


def _compared(row: DecisionRow, policy: CompiledPolicy | None, roster: Roster, *, is_changed: bool) -> ReplayResult:
    again, inputs = _again(row, policy, roster)
    record = compare_records(canonical_json(row.record), again.to_json())
    paths = (
        *record.paths,
        *_prefixed("inputs", compare_records(canonical_json(row.inputs), inputs)),
        *_columns(row, again),
    )
    if is_changed and not paths:
        paths = (path_difference("inputs", "as stored", "they or their lead are not as they were written"),)
    names = (*record.differing_parts, *dict.fromkeys(p.path.partition(".")[0] for p in paths[len(record.paths) :]))
    return ReplayResult(
        decision_id=row.id,
        same=not paths and record.is_same,
        rep=row.rep,
        replayed_rep=again.rep,
        differing_parts=tuple(dict.fromkeys(names)),
        first_byte=record.first_difference,
        paths=paths,
        more_paths=record.unlisted,
    )


def _again(row: DecisionRow, policy: CompiledPolicy | None, roster: Roster) -> tuple[Decision, str]:
    """The decision taken again, and its inputs written again; one by hand needs no policy."""
    if policy is None:
        said = ManualAssignment.from_json(row.inputs)
        return said.to_decision(roster.reps[said.rep]), said.to_json()
    stored = canonical_json(row.inputs)
    read = RecordedInputs.from_json(stored, roster)
    plan = read.plan(policy)
    return replay(stored, policy, roster), RecordedInputs.of(plan, read.routing_inputs).to_json()


def _prefixed(part: str, found: RecordComparison) -> tuple[PathDifference, ...]:
    return tuple(
        PathDifference(path=f"{part}.{p.path}", before=p.before, after=p.after, hidden=p.hidden) for p in found.paths
    )


def _columns(row: DecisionRow, again: Decision) -> tuple[PathDifference, ...]:
    pairs = [(name, getattr(row, name), getattr(again, name)) for name in _COLUMNS]
    pairs.append(("summary", row.summary, again.summary.as_json()))
    differing = [pair for pair in pairs if canonical_json(pair[1]) != canonical_json(pair[2])]  # 3 is not 3.0
    found = [path_difference(f"columns.{name}", had, has) for name, had, has in differing]
    if str(row.id) != again.seed:
        found.append(path_difference("columns.id", str(row.id), again.seed))
    if row.at != again.now:
        found.append(path_difference("columns.at", row.at.isoformat(), again.now.isoformat()))
    return tuple(found)
