"""The world as it was fetched for one decision: all that a decision depends on beside the plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """A pool's ledger, and when each member had their last turn of it: since then they wait (None or absent: never)."""

    ledger: Ledger = field(default_factory=Ledger)
    waiting_since: Mapping[str, datetime | None] = field(default_factory=dict)
    pending_skips: frozenset[str] = frozenset()  # reps whose next turn is passed over once


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A rep who owns the lead: by which tie, and that told; None says that the rep owns the account."""

    rep: str
    by: str  # contact, account, parent, colleague
    reason: Message | None = None

    @property
    def told(self) -> Message:
        """How the rep owns the lead, as a sentence."""
        return self.reason or say("routing.owns-account", rep=rep_name(self.rep))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedTime:
    """The time of an appointment that is asked for: the rep who gets the lead must be free then.

    `obstacles` has a sentence for each rep who is not free; `appointments` counts those that lie ahead, by rep, for pools
    whose offer is balanced.
    """

    start: datetime
    end: datetime
    obstacles: Mapping[str, Message] = field(default_factory=dict)
    appointments: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingInputs:
    """Everything beside the plan that a decision depends on; `owners` in the order in which they are asked."""

    roster: Roster
    now: datetime
    seed: str
    pools: Mapping[str, PoolState] = field(default_factory=dict)  # by pool; pools that share a ledger hold the same one
    loads: Mapping[str, RepLoad] = field(default_factory=dict)
    calendars: Mapping[str, CalendarState] = field(default_factory=dict)
    past_holders: frozenset[str] = frozenset()
    overrides: frozenset[tuple[str, Work]] = frozenset()
    owners: tuple[Owner, ...] = ()
    category_loads: Mapping[str, Mapping[str, RepLoad]] = field(default_factory=dict)  # by category, then rep
    supplier_loads: Mapping[str, RepLoad] = field(default_factory=dict)  # by supplier; periods by the supplier's clock
    earliest_starts: Mapping[str, Mapping[str, datetime]] = field(
        default_factory=dict
    )  # by pool, rep: first bookable slot
    requested_time: RequestedTime | None = None

    def pool_state(self, pool: str) -> PoolState:
        """The pool's ledger and queue; an untouched one for a pool that never gave a turn."""
        return self.pools.get(pool) or PoolState()
