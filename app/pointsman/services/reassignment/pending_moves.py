"""What a dry run has moved so far, laid over a snapshot of the database: the next lead sees it as if it were written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger, Turn, reverse_turn
from pointsman.domain.policy.document import Policy
from pointsman.domain.roster.ownership import Colleague
from pointsman.domain.roster.reps import Rep
from pointsman.domain.routing.decision import Decision
from pointsman.services.overlay import Overlay, overlaid
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.appointments import AppointmentRow, BusyReservation
from pointsman.services.ports.routing.decisions import AssignmentRow, LoadQuery
from pointsman.services.ports.routing.ledgers import LedgerEntryRow, LedgerRow, Ledgers
from pointsman.services.routing.fetch_inputs import ledger_name
from pointsman.services.routing.write_decision import ledger_row_after


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMove:
    """A lead that would go from its rep to another one (None: it waits, or goes to nurture), with its appointment."""

    account_id: UUID | None
    before: AssignmentRow
    rep: Rep | None
    category: str | None
    at: datetime
    appointment: AppointmentRow | None = None
    participant_ids: tuple[UUID, ...] = ()


@dataclass(slots=True)
class PendingMoves:
    """The moves so far, and the ledgers as they leave them, by name."""

    moves: list[PendingMove] = field(default_factory=list)
    ledgers: dict[str, LedgerRow] = field(default_factory=dict)
    turns: dict[UUID, tuple[LedgerEntryRow | None, bool]] = field(default_factory=dict)

    def over(self, tx: Tx) -> Tx:
        """The transaction, in which these moves have happened as far as routing and booking look."""
        return overlaid(
            tx,
            {
                "ledgers": _Ledgers(tx.ledgers, self),
                "decisions": _Decisions(tx.decisions, self),
                "appointments": _Appointments(tx.appointments, self),
                "accounts": _Accounts(tx.accounts, self),
            },
        )

    async def add(self, tx: Tx, move: PendingMove, decision: Decision, policy: Policy) -> None:
        """Take the old turn back, give the new one, and remember the move; `tx` is the snapshot itself."""
        old = move.before.decision_id
        booked, credited = await self.turn(tx.ledgers, old) if old else (None, False)
        if booked is not None and not credited:
            row = await self._ledger(tx, booked.pool)
            back = reverse_turn(Ledger.from_json(row.ledger), Turn.from_json(booked.entry))
            self.ledgers[row.pool] = replace(row, ledger=back.as_json())
        if decision.pool is not None:
            row = await self._ledger(tx, ledger_name(policy, decision.pool))
            self.ledgers[row.pool] = ledger_row_after(decision, row, move.at) or row
        self.moves.append(move)

    async def turn(self, ledgers: Ledgers, decision_id: UUID) -> tuple[LedgerEntryRow | None, bool]:
        """The turn of a decision in the snapshot, and whether it was taken back; asked for once."""
        if decision_id not in self.turns:
            self.turns[decision_id] = (await ledgers.turn_entry(decision_id), await ledgers.is_credited(decision_id))
        return self.turns[decision_id]

    async def _ledger(self, tx: Tx, name: str) -> LedgerRow:
        if name in self.ledgers:
            return self.ledgers[name]
        found = await tx.ledgers.get_existing([name])
        return found.get(name) or LedgerRow(pool=name, seq=0, ledger=Ledger().as_json(), waiting_since={})


class _OverMoves(Overlay):
    """A repository whose answers are corrected by the moves."""

    def __init__(self, real: object, pending: PendingMoves) -> None:
        super().__init__(real)
        self._pending = pending


class _Ledgers(_OverMoves):
    async def get_existing(self, names: Sequence[str]) -> Mapping[str, LedgerRow]:
        found = dict(await self._real.get_existing(names))
        return found | {name: row for name, row in self._pending.ledgers.items() if name in names}

    async def turn_entry(self, decision_id: UUID) -> LedgerEntryRow | None:
        return (await self._pending.turn(self._real, decision_id))[0]

    async def is_credited(self, decision_id: UUID) -> bool:
        return (await self._pending.turn(self._real, decision_id))[1]


class _Decisions(_OverMoves):
    async def loads(self, asks: Sequence[LoadQuery], *, ending_assignment: UUID | None) -> Sequence[RepLoad]:
        found = await self._real.loads(asks, ending_assignment=ending_assignment)
        return [self._corrected(ask, load) for ask, load in zip(asks, found, strict=True)]

    def _corrected(self, ask: LoadQuery, load: RepLoad) -> RepLoad:
        for move in self._pending.moves:
            if move.before.rep_id in ask.reps and ask.category in (None, move.before.category):
                load = replace(load, open=load.open - 1)
            if move.rep is not None and move.rep.id in ask.reps and ask.category in (None, move.category):
                load = RepLoad(open=load.open + 1, hour=load.hour + 1, day=load.day + 1, week=load.week + 1)
        return load


class _Appointments(_OverMoves):
    async def busy_reservations(self, rep_ids: Sequence[UUID], window: Interval) -> Sequence[BusyReservation]:
        moved = {move.appointment.id for move in self._pending.moves if move.appointment}
        leads = {move.before.lead_id for move in self._pending.moves}
        kept = [
            item
            for item in await self._real.busy_reservations(rep_ids, window)
            # A slot hold ends with the work of the rep who has the lead.
            if item.appointment_id not in moved and not (item.slot_hold_id and item.lead_id in leads)
        ]
        for move in self._pending.moves:
            row = move.appointment
            if row is not None and row.starts_at < window.end and row.ends_at > window.start:
                kept += [
                    BusyReservation(
                        rep_id=rep_id,
                        interval=row.interval,
                        buffer_before=row.buffer_before,
                        buffer_after=row.buffer_after,
                        lead_id=row.lead_id,
                        appointment_id=row.id,
                        slot_hold_id=None,
                        category=move.category,
                    )
                    for rep_id in move.participant_ids
                    if rep_id in rep_ids
                ]
        return sorted(kept, key=lambda item: item.interval.start)

    async def count_by_rep(self, rep_ids: Sequence[UUID], window: Interval) -> Mapping[UUID, int]:
        counts = dict(await self._real.count_by_rep(rep_ids, window))
        for move in self._pending.moves:
            row = move.appointment
            if row is None or not window.start <= row.starts_at < window.end:
                continue
            before = {row.rep_id, *(companion.rep_id for companion in row.companions)}
            for rep_id in counts:
                counts[rep_id] += (rep_id in move.participant_ids) - (rep_id in before)
        return counts


class _Accounts(_OverMoves):
    async def colleagues(self, account_id: UUID, *, but: UUID) -> Sequence[Colleague]:
        found = {one.rep: one for one in await self._real.colleagues(account_id, but=but)}
        for move in self._pending.moves:
            if move.account_id != account_id:
                continue
            if (one := found.get(move.before.rep)) is not None:
                found[one.rep] = replace(one, lead_count=one.lead_count - 1)
            if move.rep is not None:
                count = found[move.rep.key].lead_count if move.rep.key in found else 0
                found[move.rep.key] = Colleague(rep=move.rep.key, lead_count=count + 1, latest_at=move.at)
        return [one for one in found.values() if one.lead_count > 0]
