"""Write roles, suppliers, reps and time off as the admin gave them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.dates.public_holidays import region_fault
from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.messages.message import say
from pointsman.domain.roster.days_off import DaysOff, dates_as_span, days_as_dates
from pointsman.domain.roster.reps import IN_HOUSE, Rep
from pointsman.domain.roster.roles import Role, Work
from pointsman.domain.text.suggestions import suggest
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.roster import RoleRow, TimeOffRow
from pointsman.services.roster.addresses import shared_addresses
from pointsman.services.roster.roster_input import AWAY, RepInput, RosterInput, TimeOffInput

_NO_ID = UUID(int=0)
_MOST_NAMED = 10  # of the names that a message offers


async def put_roster_rows(env: Env, tx: Tx, given: RosterInput) -> None:
    """Write the roster as given: what is not in it stays. Raises Invalid for roles and suppliers that it does not name."""
    _refuse_another_kind_of_in_house(given)
    # By key, as those do who give work: see `services.loads` for the order of locks.
    for supplier in sorted(given.suppliers, key=lambda supplier: supplier.key):
        await tx.roster.put_supplier(supplier)
    for role in given.roles:
        await tx.roster.put_role(RoleRow(id=env.new_id(), name=role.name, works=frozenset(role.works)))
    roles = {row.name: row for row in await tx.roster.roles()}
    suppliers = {row.key for row in await tx.roster.suppliers()}
    known = {r.key: r for r in await tx.roster.reps()}
    if faults := _unknown(given, roles, suppliers):
        raise Invalid("The roster names what does not exist.", faults=faults, told=say("refusal.roster-names-unknown"))
    if faults := shared_addresses(given, known):
        raise Invalid(
            "A mail address is one rep's: owners of leads are named by it.",
            faults=faults,
            told=say("refusal.address-of-two"),
        )
    for i, wanted in sorted(enumerate(given.reps), key=lambda item: item[1].key):
        before = known.get(wanted.key)
        made = _rep_of_input(wanted, roles[wanted.role], before.id if before else env.new_id(), before)
        if before is None or _without_absences(before) != _without_absences(made):
            await tx.roster.put_rep(made, at=env.clock())
        there = await tx.roster.time_off(made.key) if wanted.time_off is not None else ()
        if before is not None and before.time_zone != made.time_zone:
            await _move_days_off(tx, made)
        if wanted.time_off is not None:
            await put_time_off(env, tx, made, wanted.time_off, there, path=f"{given.path('reps', i)}.time_off")
    for role in given.roles:  # last, so that a rep may leave a work in the call that takes it out of their old role
        await tx.roster.remove_role_works(RoleRow(id=roles[role.name].id, name=role.name, works=frozenset(role.works)))


async def put_time_off(
    env: Env, tx: Tx, rep: Rep, wanted: tuple[TimeOffInput, ...], read: Sequence[TimeOffRow], *, path: str
) -> None:
    """Make the rep's time off exactly this. `read` is what stood before the call; `path` is where the body lists it."""
    there = await tx.roster.time_off(rep.key)
    rows = [
        _by_the_zone_of_now(known_by_date(time_off_row(env, rep, one, path=f"{path}[{i}]"), read), rep)
        for i, one in enumerate(wanted)
    ]
    if {_but_id(row) for row in there} == {_but_id(row) for row in rows}:
        return
    await tx.roster.clear_time_off(rep.key)
    for row in {_but_id(row): row for row in rows}.values():  # what is there twice is one
        await tx.roster.add_time_off(row)


def time_off_row(env: Env, rep: Rep, absence: TimeOffInput, *, path: str) -> TimeOffRow:
    """The absence between instants, by the rep's zone of now. Raises Invalid when its last day lies before its first."""
    span, first, last = absence.span, None, absence.last_day
    if isinstance(span, DaysOff):
        found = days_as_dates(span, rep.time_zone, env.clock())
        if found is None:
            message = "The last day must not lie before the first."
            raise Invalid(
                message,
                faults=[
                    Fault(
                        path=f"{path}.last_day",
                        code="ends-before-it-starts",
                        message=message,
                        told=say("refusal.last-day-before-first"),
                    )
                ],
                told=say("refusal.last-day-before-first"),
            )
        first, last = found
        span = dates_as_span(first, last, rep.time_zone)
    return TimeOffRow(
        id=env.new_id(),
        rep=rep.key,
        starts_at=span.start,
        ends_at=span.end,
        first_day=first,
        last_day=last,
        reason=absence.reason,
    )


def known_by_date(row: TimeOffRow, there: Sequence[TimeOffRow]) -> TimeOffRow:
    """With the days of the one that stands there already, where its instants are sent back as they were read."""
    if row.last_day is None:
        for one in there:
            if _but_id(replace(one, first_day=None, last_day=None)) == _but_id(row):
                return replace(row, first_day=one.first_day, last_day=one.last_day)
    return row


def says_again(row: TimeOffRow, there: TimeOffRow) -> bool:
    """Whether an absence is the one that is there: for its time, and its reason or none; "today" is said later each time."""
    if row.reason not in {AWAY, there.reason}:
        return False
    if row.last_day is not None and row.first_day is None:
        return there.last_day == row.last_day and there.starts_at <= row.starts_at
    return _but_id(replace(there, reason=row.reason)) == _but_id(row)


def _but_id(row: TimeOffRow) -> TimeOffRow:
    return replace(row, id=_NO_ID)


async def _move_days_off(tx: Tx, rep: Rep) -> None:
    """What was given by date, to these dates of the zone that the rep has now."""
    for row in await tx.roster.time_off(rep.key):
        if (moved := _by_the_zone_of_now(row, rep)) != row:
            await tx.roster.move_time_off(moved)


def _by_the_zone_of_now(row: TimeOffRow, rep: Rep) -> TimeOffRow:
    """What was given by date, between the instants of these dates; what began at an instant keeps it."""
    if row.last_day is None:
        return row
    days = dates_as_span(row.first_day or row.last_day, row.last_day, rep.time_zone)
    start = days.start if row.first_day else row.starts_at
    is_over = start >= days.end  # by the new calendar
    return row if is_over else replace(row, starts_at=start, ends_at=days.end)


def _refuse_another_kind_of_in_house(given: RosterInput) -> None:
    """A rep without a supplier is in-house, so that what stands under this key can be no partner."""
    for i, supplier in enumerate(given.suppliers):
        if supplier.key == IN_HOUSE and supplier.kind != "in-house":
            message = "The supplier 'in-house' is the organisation itself: give the partner a key of its own."
            fault = Fault(path=f"{given.path('suppliers', i)}.kind", code="in-house-is-no-partner", message=message)
            raise Invalid(message, faults=[fault], told=say("refusal.in-house-is-no-partner"))


def _unknown(given: RosterInput, roles: Collection[str], suppliers: Collection[str]) -> list[Fault]:
    faults: list[Fault] = []
    seen = set[str]()
    for i, r in enumerate(given.reps):
        path = given.path("reps", i)
        if r.role not in roles:
            way = "PUT /v1/roles/{name} adds one" if given.single else "add it under roles"
            message = f"there is no role '{r.role}': {_or_one_of(r.role, way, roles)}"
            faults.append(Fault(path=f"{path}.role", code="unknown-role", message=message))
        if r.supplier not in suppliers:
            way = "PUT /v1/suppliers/{key} adds one" if given.single else "add it under suppliers"
            message = f"there is no supplier '{r.supplier}': {_or_one_of(r.supplier, way, suppliers)}"
            faults.append(Fault(path=f"{path}.supplier", code="unknown-supplier", message=message))
        if r.holidays is not None and (unknown := region_fault(r.holidays)):
            faults.append(Fault(path=f"{path}.holidays", code="unknown-region", message=unknown))
        if r.key in seen:
            faults.append(Fault(path=f"{path}.key", code="duplicate-rep", message=f"'{r.key}' is here twice"))
        seen.add(r.key)
    return faults


def _or_one_of(given: str, way: str, known: Collection[str]) -> str:
    found = suggest(given, known)
    if found is not None and found.are_alike:
        return f"did you mean '{found.names[0]}'? Else {way}"
    return f"{way}, or use one of {', '.join(sorted(known)[:_MOST_NAMED])}" if known else way


def _rep_of_input(given: RepInput, role: RoleRow, rep_id: UUID, before: Rep | None) -> Rep:
    changes = given.day_changes if given.day_changes is not None else before.day_changes if before else ()
    return Rep(
        id=rep_id,
        key=given.key,
        name=given.name,
        email=given.email,
        role=Role(name=role.name, works=frozenset(Work(work) for work in role.works)),
        role_id=role.id,
        tier=given.tier,
        time_zone=given.time_zone,
        working_hours=given.working_hours,
        day_changes=changes,
        holidays=given.holidays,
        skills=given.skills,
        caps=given.caps,
        weight=given.weight,
        supplier=given.supplier,
        active=given.active,
        started_on=given.started_on,
    )


def _without_absences(found: Rep) -> Rep:
    """What `put_rep` writes of a rep."""
    return replace(found, time_off=(), barred_domains=frozenset())
