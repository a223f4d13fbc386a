"""The rows of a lead's journey: three statements over the tables that hold them, whatever the number of rows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.permissions.callers import Visibility
from pointsman.services.ports.leads.journeys import JourneyRow

_RECORDS = PreparedStatement("""
    select l.id from leads l
    where (l.id = :lead or l.merged_into = :lead)
      and (cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
        select from assignments seen join reps seeing on seeing.id = seen.rep_id
        where seen.lead_id = l.id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
          and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))))
    order by l.id = :lead desc, l.merged_at desc, l.id limit :most
""")

#: What came in, and what it did to the lead itself. Lines of the audit say so of API calls too, which leave no event.
_ARRIVALS = PreparedStatement("""
    select * from (
        select a.at, k.kind, a.id, cast(substr(a.subject, 6) as uuid) as lead_id, jsonb_build_object(
            'actor', a.actor, 'key_name', c.name, 'title', n.title, 'fields', jsonb_array_length(a.after -> 'changed'),
            'person', a.after -> 'match' -> 'person', 'account', a.after -> 'match' -> 'account',
            'cause', a.after -> 'cause', 'until', a.after -> 'until') as about
        from audit a
        join (values ('lead.created', 'created'), ('lead.changed', 'news'), ('lead.nurture', 'nurture'),
                     ('lead.won', 'won'), ('lead.closed', 'closed'), ('lead.contact-ended', 'contact-ended'),
                     ('lead.contact-allowed', 'contact-allowed')) k (action, kind) on k.action = a.action
        left join api_keys c on a.actor like 'key:%' and c.id = substr(a.actor, 5)
        left join intakes n on a.actor like 'intake:%' and n.key = substr(a.actor, 8)
        where a.subject = any(array(select 'lead:' || one from unnest(cast(:leads as uuid[])) one))
        union all
        select i.received_at, 'event', i.id, i.lead_id, jsonb_build_object(
            'intake', n.key, 'title', n.title, 'status', i.status)
        from inbox i left join intakes n on n.id = i.intake_id
        where i.lead_id = any(:leads)
        union all
        select l.merged_at, 'merged', l.id, l.merged_into, jsonb_build_object('lead', l.id, 'into', l.merged_into)
        from leads l where l.merged_into is not null and (l.merged_into = any(:leads) or l.id = any(:leads))
        union all
        select e.created_at, 'evidence', (array_agg(e.id order by e.id))[1], e.lead_id, jsonb_build_object(
            'source', e.source, 'affirmed', e.affirmed, 'names', jsonb_agg(distinct e.name),
            'kinds', jsonb_agg(distinct e.kind),
            'denied', jsonb_agg(distinct e.kind || '.' || e.name) filter (where not e.affirmed))
        from evidence e where e.lead_id = any(:leads)
        group by e.lead_id, e.created_at, e.source, e.affirmed
    ) found
    order by at desc, id desc limit :most
""")

#: What was decided, and why the lead waited; gate and overrides.
_ROUTING = PreparedStatement("""
    select * from (
        select d.at, 'decided' as kind, d.id, d.lead_id, jsonb_build_object(
            'outcome', d.outcome, 'work', d.work, 'rule', d.rule, 'pool', d.pool, 'rep', p.key,
            'reason', d.hold_reason, 'summary', d.summary, 'policy_version', d.policy_version) as about
        from decisions d left join reps p on p.id = d.rep_id
        where d.lead_id = any(:leads)
        union all
        select a.assigned_at, 'assigned', a.id, a.lead_id, jsonb_build_object('work', a.work, 'rep', p.key)
        from assignments a join reps p on p.id = a.rep_id
        where a.lead_id = any(:leads) and a.decision_id is null
        union all
        select h.held_at, 'held', h.id, h.lead_id, jsonb_build_object(
            'work', h.work, 'pool', h.pool, 'reason', h.reason, 'due_at', h.due_at, 'decision', h.decision_id)
        from holds h where h.lead_id = any(:leads)
        union all
        select h.released_at, 'released', h.id, h.lead_id, jsonb_build_object(
            'pool', h.pool, 'release', h.release, 'decision', h.decision_id, 'held_at', h.held_at)
        from holds h where h.lead_id = any(:leads) and h.released_at is not null
        union all
        select g.checked_at, 'gate', g.id, g.lead_id, jsonb_build_object(
            'work', g.work, 'passed', g.passed, 'setter', p.key, 'expires_at', g.expires_at,
            'revoked_at', g.revoked_at, 'policy_version', g.policy_version,
            'kinds', jsonb_path_query_array(g.result, '$.evidence[*].kind'),
            'missing', jsonb_path_query_array(g.result, '$.missing[*].what'),
            'refused', jsonb_path_query_array(g.result, '$.refused[*].what'),
            'failed', jsonb_path_query_array(g.result, '$.failed[*].field'))
        from gate_checks g left join reps p on p.id = g.setter_rep_id
        where g.lead_id = any(:leads)
        union all
        select o.created_at, 'override', o.id, o.lead_id, jsonb_build_object(
            'work', o.work, 'rep', p.key, 'expires_at', o.expires_at)
        from overrides o join reps p on p.id = o.rep_id
        where o.lead_id = any(:leads)
    ) found
    order by at desc, id desc limit :most
""")

#: What became of its appointments, each act with the rep of that time, who was told of them, and the buyer's links. What is
#: still to be done stands where it is due; mail that was overtaken before anybody tried to send it stands nowhere, nor
#: does a reminder of what was called off, or a lead's record that a later one told, or that was no news.
_BOOKING = PreparedStatement("""
    select * from (
        select v.at, 'appointment' as kind, v.id, a.lead_id, jsonb_build_object(
            'appointment', a.id, 'act', v.act, 'by', v.by,
            'rep', p.key, 'start', v.detail #> '{after,start}',
            'code', v.detail #> '{after,reject_code}', 'outcome', v.detail #> '{after,outcome}',
            'join_url', v.detail #> '{after,join_url}') as about
        from appointments a join appointment_events v on v.appointment_id = a.id join reps p on p.id = v.rep_id
        where a.lead_id = any(:leads)
        union all
        select
            coalesce(d.done_at, greatest(d.created_at, case d.status when 'pending' then d.next_attempt_at end)),
            'delivery', d.id, d.lead_id, jsonb_build_object(
            'appointment', d.appointment_id, 'status', d.status, 'connection', c.key, 'rep', p.key,
            'what', case
                when d.kind = 'notice' and d.key like '%-reminder-%' then 'reminder'
                when d.kind = 'notice' and d.key like '%-farewell-%' then 'farewell'
                else d.kind end || '-' || d.wanted,
            'said', d.said,
            case when d.status = 'done' then 'maybe_twice' else 'maybe_sent' end,
            nullif(d.kind = 'notice' and d.unsure > cast(d.lease is not null as integer), false),
            'invites', nullif(
                d.kind = 'appointment' and d.rep_id = a.rep_id and a.invited_by = 'calendar' and l.email is not null
                and (d.status <> 'done' or d.told is not null), false))
        from deliveries d join leads l on l.id = d.lead_id join connections c on c.id = d.connection_id
        left join appointments a on a.id = d.appointment_id left join reps p on p.id = d.rep_id
        where d.lead_id = any(:leads) and (d.kind <> 'person' or d.status <> 'superseded') and not (
            d.kind = 'notice' and d.status in ('pending', 'superseded') and d.said is null and exists (
                select from deliveries newer
                where newer.appointment_id = d.appointment_id and newer.key = d.key and newer.sequence > d.sequence))
            and not (d.key like '%-reminder-%' and d.status = 'pending' and a.status in ('cancelled', 'rejected'))
        union all
        select t.raised_at, 'untold', t.id, a.lead_id, jsonb_build_object(
            'appointment', a.id, 'rep', p.key, 'resolved_at', t.resolved_at)
        from appointments a join alerts t on t.subject = 'appointment:' || a.id and t.code = 'buyer-untold'
        join reps p on p.id = a.rep_id
        where a.lead_id = any(:leads)
        union all
        select c.at, 'owner-changed', c.id, c.lead_id, jsonb_build_object(
            'connection', k.key, 'outcome', c.outcome, 'rep', p.key, 'summary', c.message)
        from owner_changes c join connections k on k.id = c.connection_id left join reps p on p.id = c.rep_id
        where c.lead_id = any(:leads) and c.decision_id is null
        union all
        select b.created_at, 'booking-link', b.id, b.lead_id, jsonb_build_object(
            'expires_at', b.expires_at, 'revoked_at', b.revoked_at)
        from booking_links b where b.lead_id = any(:leads)
    ) found
    order by at desc, id desc limit :most
""")


class SqlJourneys:
    """See `pointsman.services.ports.leads.journeys.Journeys`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def records(self, lead_id: UUID, *, sees: Visibility, most: int) -> Sequence[UUID]:
        given = {"lead": lead_id, "most": most, **visibility_values(sees)}
        found: list[UUID] = await _RECORDS.scalars(self._connection, given)
        return found if found[:1] == [lead_id] else []

    async def rows(self, records: Sequence[UUID], *, most: int) -> Sequence[JourneyRow]:
        given = {"leads": list(records), "most": most}
        found: list[JourneyRow] = []
        for statement in (_ARRIVALS, _ROUTING, _BOOKING):
            found += await statement.records(self._connection, JourneyRow, given)
        return found
