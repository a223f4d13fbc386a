"""Statements on appointments, and on the time that they own."""

from sqlalchemy import UUID as UUID_TYPE
from sqlalchemy import Text, bindparam, delete, exists, func, insert, literal_column, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import (
    alerts,
    appointment_companions,
    appointment_events,
    appointments,
    reps,
    reservations,
)
from pointsman.db.tables.base import INSTANT
from pointsman.db.tables.visibility import SEES_REP, is_seen

FIXED = ("id", "lead_id", "work", "title", "setter_rep_id", "booked_by", "created_at")
CHANGING = (
    "rep_id", "pool", "category", "status", "confirm_by", "accepted_at", "reject_code", "outcome", "outcome_at", "conflict",
    "starts_at", "ends_at", "assignment_id", "gate_check_id", "override_id", "gate_snapshot", "sequence",
    "cancelled_at", "cancelled_by", "cancel_reason",
)  # fmt: skip

_appointment = appointments.alias("a")
_leader = reps.alias("r")
_setter = reps.alias("s")
_companion = appointment_companions.alias("c")
_companion_rep = reps.alias("p")
_own_time = reservations.alias("v")
_companions = (
    select(
        func.coalesce(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_object(
                        literal_column("'rep_id'"),
                        _companion.c.rep_id,
                        literal_column("'rep_key'"),
                        _companion_rep.c.key,
                        literal_column("'work'"),
                        _companion.c.work,
                        literal_column("'pool'"),
                        _companion.c.pool,
                        literal_column("'reason'"),
                        _companion.c.reason,
                    ),
                    _companion_rep.c.key,
                )
            ),
            literal_column("'[]'"),
        )
    )
    .where(_companion_rep.c.id == _companion.c.rep_id, _companion.c.appointment_id == _appointment.c.id)
    .scalar_subquery()
)
_select = select(
    _appointment,
    _leader.c.key.label("rep_key"),
    _setter.c.key.label("setter_key"),
    func.coalesce(_own_time.c.buffer_before, literal_column("interval '0'")).label("buffer_before"),
    func.coalesce(_own_time.c.buffer_after, literal_column("interval '0'")).label("buffer_after"),
    _companions.label("companions"),
).select_from(
    _appointment.join(_leader, _leader.c.id == _appointment.c.rep_id)
    .outerjoin(_setter, _setter.c.id == _appointment.c.setter_rep_id)
    .outerjoin(
        _own_time,
        (_own_time.c.appointment_id == _appointment.c.id)
        & (_own_time.c.rep_id == _appointment.c.rep_id)
        & _own_time.c.active,
    )
)
_takes_part = exists().where(
    appointment_companions.c.appointment_id == _appointment.c.id,
    reps.c.id == appointment_companions.c.rep_id,
    reps.c.key == SEES_REP,
)
#: A rep sees, beside the appointments of their own leads, those that they set or take part in.
_is_seen = or_(is_seen(_appointment.c.lead_id), _setter.c.key == SEES_REP, _takes_part)
# Not as parameters, which would hide from the planner that a partial index covers them.
_is_active = _appointment.c.status.in_([literal_column("'requested'"), literal_column("'confirmed'")])

GET = _select.where(_appointment.c.id == bindparam("appointment"), _is_seen)
# Only the lock: what is joined is read after the wait.
LOCK = select(appointments.c.id).where(appointments.c.id == bindparam("appointment")).with_for_update()
ACTIVE_FOR_LEAD = _select.where(_appointment.c.lead_id == bindparam("lead"), _is_active)
LEADS_WITH_STANDING = PreparedStatement("""
    select lead_id from appointments
    where lead_id = any(cast(:leads as uuid[])) and status in ('requested', 'confirmed')
""")
WITHOUT_RESULT = (
    _select.where(
        _is_active,
        _appointment.c.ends_at <= bindparam("ended_by"),
        ~exists().where(
            alerts.c.code == bindparam("code"),
            alerts.c.subject == literal_column("'appointment:'", Text) + _appointment.c.id.cast(Text),
            alerts.c.resolved_at.is_(None),
        ),
    )
    .order_by(_appointment.c.ends_at, _appointment.c.id)
    .limit(bindparam("limit"))
)
_ended_by = bindparam("ended_by", type_=INSTANT)
_after_at = bindparam("after_at", type_=INSTANT)
PAGE = (
    _select.where(
        _is_seen,
        or_(bindparam("lead", type_=UUID_TYPE).is_(None), _appointment.c.lead_id == bindparam("lead")),
        or_(bindparam("rep", type_=Text).is_(None), _leader.c.key == bindparam("rep")),
        or_(bindparam("status", type_=Text).is_(None), _appointment.c.status == bindparam("status")),
        or_(_ended_by.is_(None), _is_active & (_appointment.c.ends_at <= _ended_by)),
        or_(
            _after_at.is_(None),
            tuple_(_appointment.c.starts_at, _appointment.c.id)
            < tuple_(_after_at, bindparam("after_id", type_=UUID_TYPE)),
        ),
    )
    .order_by(_appointment.c.starts_at.desc(), _appointment.c.id.desc())
    .limit(bindparam("limit"))
)
ADD = insert(appointments)
SAVE = (
    update(appointments)
    .where(appointments.c.id == bindparam("appointment"))
    .values({name: bindparam(name) for name in CHANGING})
)
UNCONFIRMED = PreparedStatement("""
    select confirm_by as at, id from appointments
    where status = 'requested' and confirm_by <= :before
      and (cast(:after_at as timestamptz) is null or (confirm_by, id) > (:after_at, cast(:after_id as uuid)))
    order by confirm_by, id limit :limit
""")
HAS_OTHER_ATTENDED = PreparedStatement("""
    select exists (
        select from appointments where assignment_id = :assignment and status = 'attended' and id <> :besides)
""")
COUNT_BY_REP = PreparedStatement("""
    select x.rep_id, count(*) as n from (
        select id, rep_id from appointments
        where rep_id = any(cast(:reps as uuid[])) and status in ('requested','confirmed','attended')
          and starts_at >= :start and starts_at < :end
        union all
        select a.id, c.rep_id from appointment_companions c join appointments a on a.id = c.appointment_id
        where c.rep_id = any(cast(:reps as uuid[])) and a.status in ('requested','confirmed','attended')
          and a.starts_at >= :start and a.starts_at < :end) x
    group by 1
""")

ADD_COMPANION = insert(appointment_companions)
DROP_COMPANIONS = delete(appointment_companions).where(
    appointment_companions.c.appointment_id == bindparam("appointment")
)
ADD_EVENT = insert(appointment_events)
NTH_LATEST_ACT = (
    select(appointment_events.c.at)
    .join(appointments, appointments.c.id == appointment_events.c.appointment_id)
    .where(appointments.c.lead_id == bindparam("lead"), appointment_events.c.actor == bindparam("actor"))
    .order_by(appointment_events.c.at.desc())
    .offset(bindparam("before"))
    .limit(1)
)
HISTORY = (
    select(appointment_events)
    .where(appointment_events.c.appointment_id == bindparam("appointment"))
    .order_by(appointment_events.c.at, appointment_events.c.id)
)

# Not FOR UPDATE: rows that merely refer to the rep may still be written meanwhile.
LOCK_REPS = PreparedStatement("select 1 from reps where id = any(cast(:reps as uuid[])) order by id for no key update")
#: A hold that has run out holds nothing.
BUSY_RESERVATIONS = PreparedStatement("""
    select t.rep_id, lower(t.during) as starts, upper(t.during) as ends, t.buffer_before, t.buffer_after, t.lead_id,
        t.appointment_id, t.slot_hold_id, a.category
    from reservations t left join appointments a on a.id = t.appointment_id
    where t.rep_id = any(cast(:reps as uuid[])) and t.active and t.during && tstzrange(:start, :end, '[)')
      and (t.expires_at is null or t.expires_at > statement_timestamp())
    order by lower(t.during)
""")
RESERVE_TIME = PreparedStatement("""
    insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, appointment_id, lead_id, work, active)
    values (:id, :rep, tstzrange(:start, :end, '[)'), :before, :after, 'appointment', :appointment, :lead, :work, true)
""")
RELEASE_TIME = (
    update(reservations)
    .where(reservations.c.appointment_id == bindparam("appointment"), reservations.c.active)
    .values(active=False)
)
