"""What people, senders and systems are called today, kept for a moment: messages are read with names, and hold keys alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import Arg, Named, NameKind, rep_name, supplier_name
from pointsman.domain.permissions.callers import Visibility
from pointsman.domain.permissions.readings import Reading, may_read
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.roster import RosterName
from pointsman.services.wording.rendering import MessageReader

#: How old the names of another process's roster may be.
_KEPT_FOR = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class RosterNames:
    """Names by what they name; time zone and supplier of each rep by key."""

    names: Mapping[Named, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    suppliers: Mapping[str, str] = field(default_factory=dict)

    def clock_of(self, rep: str | None, sees: Visibility) -> str | None:
        """The time zone in which a caller reads all times: the rep's own, else the zone of most reps that it sees.

        None where there is nobody yet.
        """
        if rep is not None and rep in self.zones:
            return self.zones[rep]
        if not sees.is_limited:
            return self._most_common
        return _most_common(
            zone for key, zone in self.zones.items() if sees.covers_rep(key, supplier=self.suppliers.get(key, ""))
        )

    @cached_property
    def _most_common(self) -> str | None:
        return _most_common(self.zones.values())

    def reader(self, actor: Actor, language: str) -> MessageReader:
        """The caller as a reader: on its clock (`clock_of`), and with all names or those of its own.

        What an answer says of reps, by name or by key, and of their findings, goes by this reader: it is the one place that
        decides (decision 28).
        """
        reads_all = may_read(actor.kind, Reading.COLLEAGUES)
        return MessageReader(
            language=language,
            zone=self.clock_of(actor.rep, actor.sees),
            names=self.names if reads_all else self.seen_by(actor.sees),
            hides_others=not reads_all,
        )

    def seen_by(self, sees: Visibility) -> Mapping[Named, str]:
        """The names that a caller reads: all, or those of its own reps and of its supplier."""
        if not sees.is_limited:
            return self.names
        own = [rep_name(rep) for rep, supplier in self.suppliers.items() if sees.covers_rep(rep, supplier=supplier)]
        of_supplier = {supplier_name(sees.supplier)} if sees.supplier else set()
        return {name: self.names[name] for name in (*own, *of_supplier) if name in self.names}


def _most_common(zones: Iterable[str]) -> str | None:
    """Of several that are as common the first by name, so that the clock does not change by chance."""
    counted = Counter(zones)
    return min(counted, key=lambda zone: (-counted[zone], zone), default=None)


@dataclass(slots=True)
class _KeptNames:
    """The names as they were read last, and when."""

    read_at: datetime | None = None
    found: RosterNames = field(default_factory=RosterNames)


async def roster_names(env: Env) -> RosterNames:
    """The names of today; another process's change is known two seconds later."""
    kept, now = env.cache.of(_KeptNames), env.clock()
    if kept.read_at is None or abs(now - kept.read_at) >= _KEPT_FOR:
        async with env.uow.autocommit() as tx:
            rows = await tx.roster.names()
        kept.found = RosterNames(
            names={Named(NameKind(row.kind), row.key): row.name for row in rows},
            zones={row.key: row.time_zone for row in rows if row.time_zone},
            suppliers={row.key: row.supplier for row in rows if row.supplier},
        )
        kept.read_at = now
    return kept.found


def forget_names(env: Env) -> None:
    """The roster has changed: the names are read again when they are next asked for."""
    env.cache.of(_KeptNames).read_at = None


async def appointment_words(tx: Tx, row: AppointmentRow) -> tuple[dict[str, Arg], Mapping[str, RosterName]]:
    """An appointment as a message tells it (`rep`; `start` on that rep's clock), and who is called what."""
    reps = {each.key: each for each in await tx.roster.names() if each.kind == NameKind.REP}
    found = reps.get(row.rep_key)
    zone = found.time_zone if found is not None and found.time_zone else "UTC"
    return {"rep": rep_name(row.rep_key), "start": to_local_time(row.starts_at, zone)}, reps
