"""What must be true after a replay: read from the tables and the calendar server, not from the service's answers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import psycopg
from funnel import Funnel
from psycopg.rows import dict_row

Counts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise: `found` faults, of which none may be."""

    promise: str
    found: tuple[str, ...]
    seen: int  # how much was looked at: a check that saw nothing proves nothing

    def __str__(self) -> str:
        mark = "ok  " if not self.found else "FAIL"
        first = "" if not self.found else f" -- {len(self.found)} faults: {'; '.join(self.found[:3])}"
        return f"{mark} {self.promise} ({self.seen} looked at){first}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What became of one hand-off."""

    mql_id: str
    outcome: str  # booked | held | refused | nothing
    missing: frozenset[str]
    reason: str | None


class Records:
    """Reads a deployment's tables."""

    def __init__(self, libpq_url: str) -> None:
        self._connection = psycopg.connect(libpq_url, autocommit=True, row_factory=dict_row)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        return self._connection.execute(query.encode(), values).fetchall()

    def number(self, query: str, *values: object) -> int:
        return int(next(iter(self.rows(query, *values)[0].values())))

    def close(self) -> None:
        self._connection.close()


def backlog(records: Records) -> dict[str, int]:
    """What the service still owes."""
    return {
        "events": records.number("select count(*) from inbox where status = 'received'"),
        "deliveries": records.number("select count(*) from deliveries where status = 'pending'"),
    }


def worked_through(records: Records) -> set[str]:
    """The senders' ids of all events that are done, or dead."""
    rows = records.rows("select dedupe_key from inbox where status <> 'received'")
    return {row["dedupe_key"].removeprefix("key:") for row in rows}


def handovers(records: Records, funnel: Funnel, source: str) -> list[Handover]:
    """Each hand-off of the data with what the tables say about its lead."""
    found = {row["mql_id"]: row for row in records.rows(HANDOVERS, source)}
    return [_handover(event.mql_id, found.get(event.mql_id)) for event in funnel.handovers]


HANDOVERS = """
select i.external_id as mql_id, c.passed, c.result, a.id is not null as booked, h.reason as hold
from lead_identities i
join lateral
  (select passed, result from gate_checks where lead_id = i.lead_id order by checked_at desc, id desc limit 1) c on true
left join appointments a on a.lead_id = i.lead_id and a.status = 'confirmed'
left join holds h on h.lead_id = i.lead_id and h.released_at is null
where i.source = %s
"""


def _handover(mql_id: str, row: Mapping[str, Any] | None) -> Handover:
    if row is None:
        return Handover(mql_id=mql_id, outcome="nothing", missing=frozenset(), reason=None)
    missing = frozenset(item["what"].rpartition(".")[2] for item in row["result"].get("missing", ()))
    outcome = "booked" if row["booked"] else "held" if row["passed"] and row["hold"] else ""
    outcome = outcome or ("nothing" if row["passed"] else "refused")
    return Handover(mql_id=mql_id, outcome=outcome, missing=missing, reason=row["hold"])


def all_sent(funnel: Funnel, acknowledged: Iterable[str]) -> Check:
    got = set(acknowledged)
    faults = [f"{event.id} was never acknowledged" for event in funnel.events if event.id not in got]
    return Check(promise="every event was acknowledged in the end", found=tuple(faults), seen=len(funnel.events))


def nothing_lost(records: Records, acknowledged: Iterable[str]) -> Check:
    status = {row["dedupe_key"]: row["status"] for row in records.rows("select dedupe_key, status from inbox")}
    ids = list(acknowledged)
    found = ((key, status.get(f"key:{key}", "not in the inbox")) for key in ids)
    lost = [f"{key} is {state}" for key, state in found if state != "done"]
    return Check(promise="every acknowledged event is in the inbox and done", found=tuple(lost), seen=len(ids))


def every_lead_once(records: Records, funnel: Funnel, source: str) -> Check:
    rows = records.rows("select external_id, lead_id from lead_identities where source = %s", source)
    known = {row["external_id"] for row in rows}
    faults = [f"{event.mql_id} became no lead" for event in funnel.leads if event.mql_id not in known]
    if (leads := len({row["lead_id"] for row in rows})) != len(funnel.leads):
        faults.append(f"{len(funnel.leads)} people became {leads} leads")
    return Check(promise="every person of the data is exactly one lead", found=tuple(faults), seen=len(rows))


def each_handover_answered(funnel: Funnel, found: Sequence[Handover]) -> Check:
    expected = {event.mql_id: event.missing for event in funnel.handovers}
    faults = []
    for handover in found:
        lacks = expected[handover.mql_id]
        if handover.outcome == "nothing":
            faults.append(f"{handover.mql_id} is neither booked, held nor refused")
        elif bool(lacks) != (handover.outcome == "refused") or handover.missing != lacks:
            faults.append(f"{handover.mql_id} lacks {sorted(lacks)}, is {handover.outcome}: {sorted(handover.missing)}")
    promise = "every hand-off is booked, held or refused, refused exactly for the evidence that the data lacks"
    return Check(promise=promise, found=tuple(faults), seen=len(found))


#: Promise -> a query of what breaks it, and one of how much there is to look at.
ABSOLUTE = {
    "no rep has work outside their role": (
        """select a.id from assignments a join reps r on r.id = a.rep_id where a.override_id is null
           and not exists (select from role_works w where w.role_id = r.role_id and w.work = a.work)""",
        "select count(*) from assignments",
    ),
    "no closing, and no appointment, without a passed gate": (
        """select a.id from assignments a where a.work = 'closing' and a.override_id is null and not exists
           (select from gate_checks c where c.id = a.gate_check_id and c.lead_id = a.lead_id and c.work = a.work
            and c.passed and c.checked_at <= a.assigned_at and c.expires_at > a.assigned_at)
           union all
           select p.id from appointments p where p.override_id is null and not exists
           (select from gate_checks c where c.id = p.gate_check_id and c.lead_id = p.lead_id and c.passed)""",
        "select count(*) from assignments where work = 'closing'",
    ),
    "no two appointments of a rep overlap": (
        """select a.id from reservations a join reservations b
           on a.rep_id = b.rep_id and a.id < b.id and a.during && b.during where a.active and b.active""",
        "select count(*) from reservations where active",
    ),
    "no two appointments of a rep are closer than the longer of their buffers": (
        """select a.id from reservations a join reservations b
           on a.rep_id = b.rep_id and upper(a.during) <= lower(b.during)
           and lower(b.during) < upper(a.during) + greatest(a.buffer_after, b.buffer_before) where a.active and b.active""",
        "select count(*) from reservations where active",
    ),
    "every lead is with one rep, held, or in nurture, and with a decision that says why": (
        """select l.id from leads l
           where (select count(*) from assignments a where a.lead_id = l.id and a.ended_at is null)
               + (select count(*) from holds h where h.lead_id = l.id and h.released_at is null)
               + (l.stage = 'nurture')::int <> 1
              or not exists (select from decisions d where d.lead_id = l.id)""",
        "select count(*) from leads",
    ),
    "nothing is stuck: no event and no delivery is open or dead": (
        """select id from inbox where status <> 'done'
           union all select id from deliveries where status in ('pending', 'dead')""",
        "select (select count(*) from inbox) + (select count(*) from deliveries)",
    ),
    "a pool's turns are as many as its assignments": (
        """select coalesce(a.pool, e.pool) as id from
             (select pool, count(*) n from assignments
              where decision_id is not null and pool is not null group by pool) a
           full join (select pool, count(*) n from ledger_entries where kind = 'assign' group by pool) e
             on a.pool = e.pool where a.n is distinct from e.n""",
        "select count(*) from ledger_entries",
    ),
}


def absolute(records: Records) -> list[Check]:
    return [
        Check(promise=promise, found=tuple(str(row["id"]) for row in records.rows(broken)), seen=records.number(size))
        for promise, (broken, size) in ABSOLUTE.items()
    ]


def ledgers_balance(records: Records) -> Check:
    rows = records.rows("select pool, ledger from pool_ledgers")
    sums = {row["pool"]: sum(int(parts) for parts in row["ledger"]["balances"].values()) for row in rows}
    faults = [f"{pool} sums to {total}" for pool, total in sums.items() if total != 0]
    return Check(promise="every pool's ledger sums to 0", found=tuple(faults), seen=len(rows))


def calendars_agree(records: Records, events: Mapping[str, Sequence[tuple[str, str]]]) -> Check:
    """`events`: calendar -> (UID, start in UTC as ISO text) as the calendar server itself gives them."""
    owed = Counter(
        (row["calendar"], f"{row['key']}@pointsman", row["starts_at"].astimezone(UTC).isoformat())
        for row in records.rows(
            """select distinct d.calendar, d.key, a.starts_at from appointments a
               join deliveries d on d.appointment_id = a.id where a.status = 'confirmed'"""
        )
    )
    there = Counter((calendar, *event) for calendar, found in events.items() for event in found)
    without = records.number(
        """select count(*) from appointments a where a.status = 'confirmed'
           and not exists (select from deliveries d where d.appointment_id = a.id and d.status = 'done')"""
    )
    faults = [f"{' '.join(event)} is missing" for event in (owed - there).elements()]
    faults += [f"{' '.join(event)} is one too many" for event in (there - owed).elements()]
    faults += [f"{without} appointments were never delivered"] if without else []
    promise = "the calendar server holds exactly one event for each appointment, and none else"
    return Check(promise=promise, found=tuple(faults), seen=there.total())


def counts(records: Records, found: Sequence[Handover]) -> Counts:
    """What two runs must have in common, however many processes there were. Who of a pool has which lead is not."""
    held = Counter(handover.reason for handover in found if handover.outcome == "held")
    return {
        "leads": records.number("select count(*) from leads"),
        "held by role and work": {
            f"{row['role']}: {row['work']}": row["n"]
            for row in records.rows(
                """select o.name as role, a.work, count(*) n from assignments a join reps r on r.id = a.rep_id
                   join roles o on o.id = r.role_id where a.ended_at is null group by 1, 2 order by 1, 2"""
            )
        },
        "in nurture": records.number("select count(*) from leads where stage = 'nurture'"),
        "held by reason": {
            row["reason"]: row["n"]
            for row in records.rows(
                "select reason, count(*) n from holds where released_at is null group by 1 order by 1"
            )
        },
        "hand-offs": dict(sorted(Counter(handover.outcome for handover in found).items())),
        "hand-offs held because": dict(sorted((str(reason), n) for reason, n in held.items())),
        "hand-offs refused for want of": dict(
            sorted(Counter(" + ".join(sorted(h.missing)) for h in found if h.outcome == "refused").items())
        ),
        "appointments": records.number("select count(*) from appointments where status = 'confirmed'"),
    }
