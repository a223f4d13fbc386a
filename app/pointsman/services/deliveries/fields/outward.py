"""Mapped facts of a lead on their way into its record: what changed here since it was last compared.

The record is read before it is written, so that what a human changed there meanwhile is not overwritten where it is to stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.field_mapping.choosing import Act, FieldChoice, Seen, Side, choose, is_to_write
from pointsman.domain.field_mapping.forms import mark
from pointsman.domain.field_mapping.mapped import CrmFieldType, MappedField
from pointsman.domain.leads.facts import FieldType
from pointsman.services.deliveries.fields.sides import fact_types, our_side, their_side, type_of
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.crm_records import CrmRecordRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmField, CrmReceipt, CrmRecord
from pointsman.services.transactions import run_in_transaction

TAKE_IN_TASK = "crm.take_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedFields:
    """The mapped fields of a lead's record, as they stand here and were last seen there."""

    connection_id: UUID
    lead_id: UUID
    rows: tuple[MappedField, ...]
    ours: Mapping[str, tuple[Side, object]]
    types: Mapping[str, FieldType | None]
    known: CrmRecordRow | None
    told_at: datetime | None

    @property
    def are_news(self) -> bool:
        """Whether something may have to be written; a record that was never looked at may have something to tell, too."""
        if (self.known is None or self.known.revision == 0) and any(row.goes_in for row in self.rows):
            return True
        return any(is_to_write(row, self.ours[row.field][0], self.seen(row)) for row in self.rows)

    def seen(self, row: MappedField) -> Seen | None:
        return self.known.seen.get(row.field) if self.known is not None else None

    def choices(self, there: CrmRecord | None, *, now: datetime) -> dict[str, FieldChoice]:
        """What becomes of each field of the record as it stands there; None: there is none yet."""
        found = {}
        for row in self.rows:
            raw = there.fields.get(row.field) if there is not None else None
            theirs, _ = their_side(row, raw, self.types[row.field], at=self.told_at or now)
            found[row.field] = choose(row, self.ours[row.field][0], theirs, self.seen(row) if there else None)
        return found

    def written(self, choices: Mapping[str, FieldChoice]) -> dict[str, object]:
        """The values that are to be written, by the CRM's names."""
        return {name: self.ours[name][1] for name, one in choices.items() if one.act is Act.WRITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsReceipt(CrmReceipt):
    """The answer to a write with mapped fields, and what was chosen before it."""

    owed: OwedFields = field(repr=False)
    choices: Mapping[str, FieldChoice] = field(repr=False)
    left_out: frozenset[str] = frozenset()  # what the CRM refused to have written

    @staticmethod
    def of(
        receipt: CrmReceipt, owed: OwedFields, choices: Mapping[str, FieldChoice], *, left_out: frozenset[str]
    ) -> "FieldsReceipt":
        told: dict[str, Any] = {name: getattr(receipt, name) for name in _TOLD}
        kept = {name: one for name, one in choices.items() if name not in left_out}
        return FieldsReceipt(**told, owed=owed, choices=kept, left_out=left_out)


_TOLD = ("vendor_id", "version", "sequence", "owner_id", "fields")


async def owed_fields(
    env: Env, tx: Tx, connection_id: UUID, rows: tuple[MappedField, ...], lead: LeadRow, record_id: str | None
) -> OwedFields | None:
    """The mapped fields of this lead's record in the CRM; None where none is mapped."""
    if not rows:
        return None
    known = await tx.crm_records.get(connection_id, record_id) if record_id is not None else None
    types = await fact_types(env, tx)
    return OwedFields(
        connection_id=connection_id,
        lead_id=lead.id,
        rows=rows,
        ours={row.field: our_side(row, lead) for row in rows},
        types={row.field: type_of(row.fact, types) for row in rows},
        known=known,
        told_at=known.told_at if known is not None else None,
    )


async def note_fields(env: Env, receipt: FieldsReceipt) -> None:
    """Remember what was written, and what was seen beside it; what is to be taken in is read by a job of its own.

    Where somebody else has written down what they saw since, only what was written counts: the rest is read anew.
    """
    owed, record_id = receipt.owed, receipt.vendor_id

    async def work(tx: Tx) -> None:
        now = env.clock()
        there = await tx.crm_records.get(owed.connection_id, record_id, lock=True)
        revision = there.revision if there is not None else 0
        known = owed.known if owed.known is not None and owed.known.record_id == record_id else None
        is_current = revision == (known.revision if known is not None else 0)
        seen = dict(there.seen) if there is not None else {}
        for row in owed.rows:
            choice = receipt.choices.get(row.field)
            if choice is None:
                continue
            if choice.act is Act.WRITE:
                seen[row.field] = _written(row, choice.seen, receipt.fields)
            elif choice.act is Act.NOTHING and is_current:
                seen[row.field] = choice.seen
        takes = any(one.act is Act.TAKE for one in receipt.choices.values())
        is_to_read = any(row.goes_in for row in owed.rows) and (takes or not is_current)
        due_at = now if is_to_read else there.due_at if there is not None else None
        kept = CrmRecordRow(
            connection_id=owed.connection_id,
            record_id=record_id,
            lead_id=owed.lead_id,
            seen=seen,
            revision=revision + 1,
            told_at=there.told_at if there is not None and due_at is not None else None,
            due_at=due_at,
        )
        await tx.crm_records.put(kept)
        if receipt.left_out:
            await tx.connections.look_at_fields(owed.connection_id, at=now)
        if is_to_read:
            await defer_reading(tx, owed.connection_id, record_id)

    await run_in_transaction(env, work)


def refused_fields(values: Mapping[str, object], listed: Sequence[CrmField] | None) -> frozenset[str]:
    """Those of the values that no CRM with the `listed` fields would have: it refuses all of a write for one of them."""
    if listed is None:
        return frozenset()
    known = {one.name: one for one in listed}
    return frozenset(name for name, value in values.items() if not _may_be_written(known.get(name), value))


def _may_be_written(there: CrmField | None, value: object) -> bool:
    if there is None or not there.writable:
        return False
    is_choice = there.type is CrmFieldType.CHOICE and there.options
    return not is_choice or str(value) in there.options


async def defer_reading(tx: Tx, connection_id: UUID, record_id: str) -> None:
    """Have the record read, and what its mapped fields say taken in."""
    args = {"connection_id": str(connection_id), "record_id": record_id}
    await tx.jobs.defer(TAKE_IN_TASK, args, lock=f"crm-record:{connection_id}:{record_id}"[:200], calls_vendor=True)


def _written(row: MappedField, seen: Seen, answered: Mapping[str, object]) -> Seen:
    """What the CRM made of our value is what it has from now on: a program there may write it in another way."""
    return replace(seen, theirs=mark(row, answered[row.field])) if answered.get(row.field) is not None else seen
