"""A hand-over on a snapshot: what it would write lies over what it reads, so that no row is locked and none is written.

Evidence, gate check, decision and turns are read again by the steps that follow, and are kept here for them. Nothing looks again
at what else a hand-over writes: appointment, deliveries, jobs, alerts and audit lines are let go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.text.strict_json import parse_json
from pointsman.services.overlay import Overlay, overlaid
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import BusyReservation
from pointsman.services.ports.booking.slot_holds import SlotHoldRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import AssignmentRow, GatePass, LoadQuery, RoutingContext, RoutingWrite
from pointsman.services.ports.routing.gates import CurrentAssignment, GateCheckRow
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow

#: Locks, and writes that no later step of a hand-over reads.
_LET_GO: Mapping[str, tuple[str, ...]] = {
    "alerts": ("put", "resolve"),
    "audit": ("add",),
    "booking_links": ("add",),
    "deliveries": ("add", "owe_record", "reopen"),
    "holds": ("make_due", "set_releases"),
    "jobs": ("defer", "defer_once"),
}


def with_nothing_written(tx: Tx) -> Tx:
    """The transaction, a snapshot, in which the hand-over of one lead sees what it has done and does nothing."""
    seen = _Unwritten()
    over: dict[str, object] = {name: _Quiet(getattr(tx, name), methods) for name, methods in _LET_GO.items()}
    over["leads"] = _Leads(tx.leads, ("set_stage",))
    over["gates"] = _Gates(tx, seen)
    over["decisions"] = _Decisions(tx, seen)
    over["ledgers"] = _Ledgers(tx.ledgers, seen)
    over["appointments"] = _Appointments(tx.appointments, seen)
    over["slot_holds"] = _SlotHolds(tx.slot_holds, seen)
    return overlaid(tx, over)


@dataclass(slots=True)
class _Unwritten:
    """What the hand-over would have written so far."""

    evidence: list[Evidence] = field(default_factory=list)
    check: GateCheckRow | None = None
    shut_gates: set[str] = field(default_factory=set)  # works whose passes are revoked
    ended: UUID | None = None  # the assignment of the database that is over
    given: list[AssignmentRow] = field(
        default_factory=list
    )  # by the decisions of this hand-over; the last one is active
    is_routed: bool = False
    ledgers: dict[str, LedgerRow] = field(default_factory=dict)
    turns: dict[UUID, LedgerEntryRow] = field(default_factory=dict)
    credited: dict[UUID, bool] = field(default_factory=dict)
    slot_hold_over: bool = False


class _Quiet(Overlay):
    """A repository of which these methods do nothing."""

    def __init__(self, real: Any, quiet: Sequence[str]) -> None:
        super().__init__(real)
        self._quiet = quiet

    def __getattr__(self, name: str) -> Any:
        return _nothing if name in self._quiet else getattr(self._real, name)


async def _nothing(*_args: object, **_given: object) -> None:
    return None


class _Leads(_Quiet):
    async def get(self, lead_id: UUID, *, lock: bool = False) -> LeadRow | None:  # noqa: ARG002  # never locked
        row: LeadRow | None = await self._real.get(lead_id)
        return row


class _Gates(_Quiet):
    def __init__(self, tx: Tx, seen: _Unwritten) -> None:
        super().__init__(tx.gates, ("end_assignment_and_hold",))
        self._tx, self._seen = tx, seen

    async def add_evidence(self, _lead_id: UUID, items: Sequence[Evidence], *, at: datetime) -> None:  # noqa: ARG002  # the port's name
        self._seen.evidence += items

    async def add_check(self, check: GateCheckRow) -> None:
        self._seen.check = check

    async def revoke_passes(self, _lead_id: UUID, work: str, *, at: datetime) -> None:  # noqa: ARG002  # the port's name
        self._seen.shut_gates.add(work)

    async def last_setter(self, lead_id: UUID, work: str) -> UUID | None:
        check = self._seen.check
        if check is not None and check.passed and check.work == work:
            return check.setter_rep_id
        found: UUID | None = await self._real.last_setter(lead_id, work)
        return found

    async def current_assignment(self, lead_id: UUID, *, at: datetime) -> CurrentAssignment | None:
        stored: CurrentAssignment | None = await self._real.current_assignment(lead_id, at=at)
        if not self._seen.is_routed:
            return stored
        if not self._seen.given:
            return None
        row = self._seen.given[-1]
        rep = next(rep for rep in await self._tx.roster.reps() if rep.id == row.rep_id)
        checks = (self._seen.check, stored.gate_check if stored else None)
        return CurrentAssignment(
            assignment_id=row.id,
            rep_id=row.rep_id,
            rep_key=rep.key,
            rep_name=rep.name,
            supplier=rep.supplier,
            work=row.work,
            pool=row.pool,
            category=row.category,
            decision_id=row.decision_id,
            gate_check_id=row.gate_check_id,
            override_id=row.override_id,
            gate_check=next((check for check in checks if check is not None and check.id == row.gate_check_id), None),
            has_override=row.override_id is not None,
        )


class _Decisions(_Quiet):
    def __init__(self, tx: Tx, seen: _Unwritten) -> None:
        super().__init__(tx.decisions, ("lock_reps", "lock_suppliers"))
        self._tx, self._seen = tx, seen

    async def routing_context(self, lead_id: UUID, *, at: datetime) -> RoutingContext:
        stored: RoutingContext = await self._real.routing_context(lead_id, at=at)
        seen, check = self._seen, self._seen.check
        passes = [row for row in stored.gate_passes if row.work not in seen.shut_gates]
        if check is not None and check.passed and check.expires_at is not None:
            passes = [row for row in passes if row.work != check.work]
            given = GatePass(id=check.id, work=check.work, expires_at=check.expires_at, checked_at=check.checked_at)
            passes.append(given)
        found = replace(stored, gate_passes=passes, evidence=[*stored.evidence, *seen.evidence])
        if not seen.is_routed:
            return found
        return replace(found, current_assignment=seen.given[-1] if seen.given else None, hold=None)

    async def end_assignment(self, assignment_id: UUID, *, at: datetime, reason: str) -> None:  # noqa: ARG002  # the port's name
        if all(row.id != assignment_id for row in self._seen.given):
            self._seen.ended = assignment_id
        self._seen.slot_hold_over = True  # it ends with the work of the rep who has the lead

    async def write(self, write: RoutingWrite) -> None:
        seen = self._seen
        seen.is_routed = True
        if write.rep_id is not None and write.assignment_id is not None and write.work is not None:
            rep = next(rep.key for rep in await self._tx.roster.reps() if rep.id == write.rep_id)
            seen.given.append(_assignment(write, write.assignment_id, write.rep_id, rep, write.work))
        else:
            seen.given.clear()
        if write.ledger is not None:
            seen.ledgers[write.ledger.pool] = write.ledger
            if write.entry is not None:
                seen.turns[write.decision_id] = _turn(write, write.ledger, parse_json(write.entry.encode()))

    async def loads(self, asks: Sequence[LoadQuery], *, ending_assignment: UUID | None) -> Sequence[RepLoad]:
        found = await self._real.loads(asks, ending_assignment=self._seen.ended or ending_assignment)
        return [self._with_given(ask, load) for ask, load in zip(asks, found, strict=True)]

    def _with_given(self, ask: LoadQuery, load: RepLoad) -> RepLoad:
        """The load with the turns of this hand-over, each of which is over as soon as another decision is asked for."""
        count = sum(row.rep_id in ask.reps and ask.category in (None, row.category) for row in self._seen.given)
        return replace(load, hour=load.hour + count, day=load.day + count, week=load.week + count)


def _assignment(write: RoutingWrite, assignment_id: UUID, rep_id: UUID, rep: str, work: str) -> AssignmentRow:
    return AssignmentRow(
        id=assignment_id,
        lead_id=write.lead_id,
        rep_id=rep_id,
        rep=rep,
        work=work,
        pool=write.pool,
        decision_id=write.decision_id,
        gate_check_id=write.gate_check_id,
        override_id=write.override_id,
        assigned_at=write.at,
        ended_at=None,
        end_reason=None,
        category=write.category,
    )


def _turn(write: RoutingWrite, ledger: LedgerRow, entry: Mapping[str, Any]) -> LedgerEntryRow:
    return LedgerEntryRow(
        pool=ledger.pool,
        seq=ledger.seq,
        kind="assign",
        decision_id=write.decision_id,
        rep_id=write.rep_id,
        entry=entry,
        reason=None,
        at=write.at,
    )


class _Ledgers(Overlay):
    def __init__(self, real: Any, seen: _Unwritten) -> None:
        super().__init__(real)
        self._seen = seen

    async def get_existing(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found = dict(await self._real.get_existing(names))
        return found | {name: row for name, row in self._seen.ledgers.items() if name in names}

    async def lock(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found, new = await self.get_existing(names), Ledger().as_json()
        return {name: found.get(name) or LedgerRow(pool=name, seq=0, ledger=new, waiting_since={}) for name in names}

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        self._seen.ledgers[ledger.pool] = ledger
        if entry.decision_id is not None and entry.kind in ("credit", "restore"):
            self._seen.credited[entry.decision_id] = entry.kind == "credit"

    async def turn_entry(self, decision_id: UUID) -> LedgerEntryRow | None:
        found: LedgerEntryRow | None = self._seen.turns.get(decision_id) or await self._real.turn_entry(decision_id)
        return found

    async def is_credited(self, decision_id: UUID) -> bool:
        known = self._seen.credited.get(decision_id)
        return bool(await self._real.is_credited(decision_id)) if known is None else known


class _Appointments(_Quiet):
    def __init__(self, real: Any, seen: _Unwritten) -> None:
        super().__init__(real, ("lock_reps", "add", "add_event"))
        self._seen = seen

    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        found: Sequence[BusyReservation] = await self._real.busy_reservations(rep_ids, window)
        if not self._seen.slot_hold_over:
            return found
        leads = {row.lead_id for row in self._seen.given}
        return [item for item in found if not (item.slot_hold_id and item.lead_id in leads)]


class _SlotHolds(_Quiet):
    def __init__(self, real: Any, seen: _Unwritten) -> None:
        super().__init__(real, ("expire",))
        self._seen = seen

    async def open_for_lead(self, lead_id: UUID, *, lock: bool = False) -> SlotHoldRow | None:  # noqa: ARG002  # the port's name
        found: SlotHoldRow | None = None if self._seen.slot_hold_over else await self._real.open_for_lead(lead_id)
        return found

    async def release(self, _hold_id: UUID, *, at: datetime, reason: str) -> None:  # noqa: ARG002  # the port's name
        self._seen.slot_hold_over = True
