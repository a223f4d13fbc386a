"""A pool's balances as JSON, and what corrects them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from pointsman.api.http.reason_text import ReasonText
from pointsman.api.routing.decision_schemas import BalanceDoc
from pointsman.services.ports.routing.ledgers import SkipRow
from pointsman.services.routing.ledger import PoolLedger
from pointsman.services.routing.ledger_audit import LedgerVerification
from pointsman.services.wording.english import english_words


class MemberBalanceDoc(BaseModel):
    """How one member stands: above 0 is owed turns, below 0 has had more than their share."""

    rep: str
    balance: BalanceDoc
    turns: int
    credits: int
    waiting_since: datetime | None = Field(description="The last turn; null means never had one.")


class SkipDoc(BaseModel):
    """A turn that is to be passed over, once."""

    id: UUID
    rep: str
    reason: str
    costs_turn: bool
    asked_by: str
    created_at: datetime
    used_at: datetime | None
    decision_id: UUID | None = Field(description="The decision that used it.")
    cancelled_at: datetime | None

    @staticmethod
    def of(skip: SkipRow) -> "SkipDoc":
        return SkipDoc(
            id=skip.id,
            rep=skip.rep,
            reason=skip.reason,
            costs_turn=skip.costs_turn,
            asked_by=skip.asked_by,
            created_at=skip.created_at,
            used_at=skip.used_at,
            decision_id=skip.decision_id,
            cancelled_at=skip.cancelled_at,
        )


class LedgerDoc(BaseModel):
    """A pool's balances; they sum to 0. Pools that share a ledger share the balances."""

    pool: str
    ledger: str = Field(description="The name of the ledger: that of the pool, unless several pools share it.")
    shared_with: list[str] = Field(description="The other pools of this ledger.")
    entries: int
    members: list[MemberBalanceDoc]
    skips: list[SkipDoc] = Field(description="Reps whose next turn is passed over.")

    @staticmethod
    def of(ledger: PoolLedger) -> "LedgerDoc":
        return LedgerDoc(
            pool=ledger.pool,
            ledger=ledger.ledger,
            shared_with=list(ledger.shared_with),
            entries=ledger.seq,
            members=[
                MemberBalanceDoc(
                    rep=m.rep,
                    balance=BalanceDoc.of(m.balance),
                    turns=m.turns,
                    credits=m.credits,
                    waiting_since=m.waiting_since,
                )
                for m in ledger.members
            ],
            skips=[SkipDoc.of(skip) for skip in ledger.skips],
        )


class AdjustmentIn(BaseModel):
    """A correction of one balance: "1", "-2", "1/2" or "0.5" turns; the other members bear it evenly."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "lena", "amount": "1", "reason": "two duplicates in one day"}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    amount: Annotated[str, StringConstraints(pattern=r"^[+-]?[0-9]{1,7}(/[1-9][0-9]{0,6}|\.[0-9]{1,6})?$")]
    reason: ReasonText


class SkipIn(BaseModel):
    """Pass over a rep's next turn once, and say why. With `costs_turn` the turn counts as taken."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rep": "lena", "reason": "took a walk-in by hand", "costs_turn": True}]},
    )

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: ReasonText
    costs_turn: StrictBool = False


class RebuildIn(BaseModel):
    """Why the stored balances are replaced by those that the history leads to."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "restored from a backup of last night"}]}
    )

    reason: ReasonText


class LedgerVerificationDoc(BaseModel):
    """Whether the stored balances are those that the history leads to; `faults` say what is not."""

    pool: str
    ledger: str
    agrees: bool
    faults: list[str]
    entries: int
    stored: dict[str, str]
    rebuilt: dict[str, str]

    @staticmethod
    def of(found: LedgerVerification) -> "LedgerVerificationDoc":
        return LedgerVerificationDoc(
            pool=found.pool,
            ledger=found.ledger,
            agrees=found.agrees,
            faults=[english_words(fault, {}) for fault in found.faults],
            entries=found.entries,
            stored={rep: str(found.stored.balance(rep)) for rep in sorted(found.stored.balances)},
            rebuilt={rep: str(found.rebuilt.balance(rep)) for rep in sorted(found.rebuilt.balances)},
        )
