"""Statements on appointments, and on the time that they own."""

from sqlalchemy import Text, bindparam, delete, exists, func, insert, literal_column, or_, select, update
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
from pointsman.db.tables.visibility import SEES_REP, is_seen

FIXED = ("id", "lead_id", "work", "company", "setter_rep_id", "booked_by", "created_at")
CHANGING = (
    "rep_id", "pool", "category", "status", "confirm_by", "accepted_at", "reject_code", "outcome", "outcome_at", "conflict",
    "starts_at", "ends_at", "assignment_id", "gate_check_id", "override_id", "gate_snapshot", "invited_by",
    "invitation_pool", "join_url", "vendor_meeting", "sequence", "cancelled_at", "cancelled_by", "cancel_reason",
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
# Not by start, which a reschedule changes: an appointment that moved past the cursor would be on no page.
PAGE = PreparedStatement(
    """
    select a.id, a.lead_id, a.rep_id, r.key as rep_key, a.work, a.pool, a.category, a.status, a.confirm_by, a.accepted_at,
        a.reject_code, a.outcome, a.outcome_at, a.conflict, a.starts_at, a.ends_at, a.company, a.assignment_id, a.gate_check_id,
        a.override_id, a.gate_snapshot, a.setter_rep_id, s.key as setter_key, a.booked_by, a.sequence, a.created_at,
        a.invited_by, a.invitation_pool, a.join_url, a.vendor_meeting, a.cancelled_at, a.cancelled_by, a.cancel_reason,
        coalesce(v.buffer_before, interval '0') as buffer_before, coalesce(v.buffer_after, interval '0') as buffer_after,
        (select coalesce(json_agg(json_build_object(
                'rep_id', c.rep_id, 'rep_key', p.key, 'work', c.work, 'pool', c.pool, 'reason', c.reason) order by p.key), '[]')
            from appointment_companions c join reps p on p.id = c.rep_id where c.appointment_id = a.id) as companions
    from appointments a
        join reps r on r.id = a.rep_id
        left join reps s on s.id = a.setter_rep_id
        left join reservations v on v.appointment_id = a.id and v.rep_id = a.rep_id and v.active
    where (cast(:supplier as text) is null and cast(:sees_rep as text) is null
           or exists (
                select from assignments seen join reps seeing on seeing.id = seen.rep_id
                where seen.lead_id = a.lead_id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
                  and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text)))
           or s.key = cast(:sees_rep as text)
           or exists (
                select from appointment_companions c join reps p on p.id = c.rep_id
                where c.appointment_id = a.id and p.key = cast(:sees_rep as text)))
      and (cast(:lead_id as uuid) is null
           or a.lead_id = any(array(select id from leads where id = :lead_id or merged_into = :lead_id)))
      and (cast(:leader as text) is null or a.rep_id = (select id from reps where key = :leader))
      and (cast(:companion as text) is null
           or a.id = any(array(
                select c.appointment_id from appointment_companions c join reps p on p.id = c.rep_id where p.key = :companion)))
      and (cast(:setter as text) is null or a.setter_rep_id = (select id from reps where key = :setter))
      and (cast(:pool as text) is null or a.pool = :pool)
      and (cast(:status as text) is null or a.status = :status)
      and (cast(:ended_by as timestamptz) is null or a.status in ('requested', 'confirmed') and a.ends_at <= :ended_by)
      and (cast(:start as timestamptz) is null or a.starts_at >= :start)
      and (cast(:end as timestamptz) is null or a.starts_at < :end)
      and (cast(:since as timestamptz) is null or a.created_at >= :since)
      and (cast(:until as timestamptz) is null or a.created_at < :until)
      and (cast(:after_at as timestamptz) is null or (a.created_at, a.id) < (:after_at, cast(:after_id as uuid)))
    order by a.created_at desc, a.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
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
