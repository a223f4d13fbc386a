"""A gate's condition as the database asks it of a stored lead: what a forged pass fails by (decision 6).

It answers whether a condition may be true, or may be false: certain where it asks by equals, not_equals, in, not_in, gte, gt,
lte, lt, between and present what stands in the lead's own row, whatever all, any, not and named conditions make of it; both
where the database cannot know. So it never refuses what the service may pass.
"""

from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None

FUNCTIONS = r"""
create function pointsman_counting_evidence(
    p_lead uuid, p_at timestamptz, p_span interval, p_until timestamptz, p_document json
) returns setof evidence language sql stable as $$
    -- Affirmed, unexpired at p_at, lasting until p_until, and not denied since, by senders that the policy lets supply it.
    -- A pass stands no longer than what it rests on, and so gains nothing by an earlier date.
    select e.* from evidence e
    where e.lead_id = p_lead and e.affirmed
      and pointsman_may_supply(p_document::jsonb, e.origin, e.kind, e.name)
      and coalesce(e.expires_at, least(e.observed_at, p_at) + p_span) > p_at
      and coalesce(e.expires_at, least(e.observed_at, p_at) + p_span) >= p_until
      and not exists (
          select 1 from evidence n
          where n.lead_id = e.lead_id and n.name = e.name and not n.affirmed
            and pointsman_may_supply(p_document::jsonb, n.origin, n.kind, n.name)
            and least(n.observed_at, p_at) >= least(e.observed_at, p_at))
$$;

create function pointsman_answer(p_value jsonb, p_operator text, p_operand jsonb)
returns boolean language plpgsql immutable as $$
declare
    v_kind text := jsonb_typeof(p_value);
    v_number float8;
    v_found boolean;
begin
    -- True, false or unknown (null), as `domain/conditions/predicates.py` answers of a value that is there.
    if p_operator in ('equals', 'not_equals', 'in', 'not_in') then
        if v_kind not in ('string', 'number', 'boolean') then
            return null;
        end if;
        -- A value of another kind than all that it is compared with is unknown.
        select bool_or(case v_kind
                when 'number' then (w #>> '{}')::float8 = (p_value #>> '{}')::float8
                else w = p_value end)
            into v_found
            from jsonb_array_elements(
                case when p_operator in ('equals', 'not_equals') then jsonb_build_array(p_operand) else p_operand end) w
            where jsonb_typeof(w) = v_kind;
        return v_found = (p_operator in ('equals', 'in'));
    end if;
    if v_kind <> 'number' then
        return null;
    end if;
    v_number := (p_value #>> '{}')::float8;
    return case p_operator
        when 'gte' then v_number >= (p_operand #>> '{}')::float8
        when 'gt' then v_number > (p_operand #>> '{}')::float8
        when 'lte' then v_number <= (p_operand #>> '{}')::float8
        when 'lt' then v_number < (p_operand #>> '{}')::float8
        when 'between' then v_number between (p_operand ->> 0)::float8 and (p_operand ->> 1)::float8
    end;
end $$;

create function pointsman_known(
    p_lead uuid, p_at timestamptz, p_span interval, p_until timestamptz, p_document json
) returns jsonb language sql stable as $$
    -- The values that each field may have: of the lead's own row the one that it has; of qualification.* each piece of
    -- evidence that counts, since which of them was used up by an earlier appointment is the service's to say.
    select coalesce((
            select jsonb_object_agg(f.key, jsonb_build_array(f.value))
            from leads l, jsonb_each(l.facts || jsonb_strip_nulls(jsonb_build_object(
                'lead.email', l.email, 'lead.first_name', l.first_name, 'lead.last_name', l.last_name,
                'lead.phone', coalesce(l.phone_key, l.phone)))) f
            where l.id = p_lead and not starts_with(f.key, 'qualification.')), '{}')
        || coalesce((
            select jsonb_object_agg(c.name, c.candidates)
            from (select 'qualification.' || e.name as name, jsonb_agg(e.value) as candidates
                  from pointsman_counting_evidence(p_lead, p_at, p_span, p_until, p_document) e group by 1) c), '{}')
$$;

create function pointsman_may(p_when jsonb, p_wanted boolean, p_known jsonb, p_document json)
returns boolean language plpgsql stable as $$
declare
    v_every boolean;
    v_part jsonb;
    v_field text;
    v_operator text;
    v_operand jsonb;
    v_values jsonb;
begin
    if p_when ?| array['all', 'any'] then
        -- Every part decides whether "all" may be true or "any" false; one part is enough for the others.
        v_every := (p_when ? 'all') = p_wanted;
        for v_part in select jsonb_array_elements(coalesce(p_when -> 'all', p_when -> 'any')) loop
            if pointsman_may(v_part, p_wanted, p_known, p_document) <> v_every then
                return not v_every;
            end if;
        end loop;
        return v_every;
    elsif p_when ? 'not' then
        return pointsman_may(p_when -> 'not', not p_wanted, p_known, p_document);
    elsif p_when ?| array['segment', 'icp', 'persona'] then
        v_part := coalesce(
            p_document -> 'segments' -> (p_when ->> 'segment') -> 'when',
            p_document -> 'icps' -> (p_when ->> 'icp') -> 'when',
            p_document -> 'personas' -> (p_when ->> 'persona') -> 'when')::jsonb;
        return v_part is null or pointsman_may(v_part, p_wanted, p_known, p_document);
    end if;
    v_field := p_when ->> 'field';
    v_values := p_known -> v_field;
    select key, value into v_operator, v_operand from jsonb_each(p_when) where key <> 'field' and value <> 'null' limit 1;
    -- Reckoned, or of other rows than the lead's, which may change before this commits.
    if v_field in ('clock.now', 'lead.created_at') or starts_with(v_field, 'account.') or starts_with(v_field, 'score.')
       or (v_values is null and v_field in ('company.domain', 'company.name')) then
        return true;
    end if;
    if v_operator = 'present' then
        return case when v_operand = to_jsonb(p_wanted) then v_values is not null
            else v_values is null or starts_with(v_field, 'qualification.') end;
    end if;
    if v_values is null then
        return false;  -- unknown, whatever is asked of it
    end if;
    if v_operator not in ('equals', 'not_equals', 'in', 'not_in', 'gte', 'gt', 'lte', 'lt', 'between')
       or jsonb_typeof(v_operand) = 'object' then
        return true;
    end if;
    if v_operator in ('gte', 'gt', 'lte', 'lt', 'between')
       and jsonb_typeof(case v_operator when 'between' then v_operand -> 0 else v_operand end) = 'string' then
        -- A date: unknown of all but instants, which are left to the service.
        return exists (select from jsonb_array_elements(v_values) v where jsonb_typeof(v) = 'object');
    end if;
    return exists (
        select from jsonb_array_elements(v_values) v where pointsman_answer(v, v_operator, v_operand) = p_wanted);
end $$;
"""

DROPPED = (
    "pointsman_may(jsonb, boolean, jsonb, json)",
    "pointsman_known(uuid, timestamptz, interval, timestamptz, json)",
    "pointsman_answer(jsonb, text, jsonb)",
    "pointsman_counting_evidence(uuid, timestamptz, interval, timestamptz, json)",
)


def upgrade() -> None:
    op.execute(FUNCTIONS.replace(":", r"\:"))


def downgrade() -> None:
    for function in DROPPED:
        op.execute(f"drop function {function}")
