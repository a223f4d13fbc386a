"""Statements on who may begin a call, who waits in line, and the place of a call that runs."""

from pointsman.db.engine.prepared_statement import PreparedStatement

BEGIN = PreparedStatement("""
    with made as (
        insert into connection_pace (connection_id, subject, tokens, filled_at)
        select id, :subject, :burst, :at from connections where id = :of
        on conflict (connection_id, subject) do nothing
    )
    select exists (select from connections where id = :of)
""")
ENTER = PreparedStatement("""
    update connection_pace set
        tokens = case when cast(:rate as float8) is null then tokens else least(cast(:burst as float8), tokens
            + cast(:rate as float8) * greatest(extract(epoch from cast(:at as timestamptz) - filled_at)::float8, 0)) - 1 end,
        filled_at = greatest(filled_at, cast(:at as timestamptz)),
        calls = jsonb_build_object(cast(:lease as text), cast(:ends as float8)) || (
            select coalesce(jsonb_object_agg(call.key, call.value), '{}') from jsonb_each(calls) call
            where call.value::float8 > extract(epoch from cast(:at as timestamptz))),
        probe = case when not_before is not null then cast(:lease as text) end
    where connection_id = :of and subject = :subject
      and (not_before is null or (not_before <= cast(:at as timestamptz)
        and coalesce((calls -> probe)::float8 <= extract(epoch from cast(:at as timestamptz)), true)))
      and (cast(:rate as float8) is null or least(cast(:burst as float8), tokens
        + cast(:rate as float8) * greatest(extract(epoch from cast(:at as timestamptz) - filled_at)::float8, 0))
        >= 1 + cast(:spare as float8))
      and (select count(*) from jsonb_each(calls) call
        where call.value::float8 > extract(epoch from cast(:at as timestamptz))) < cast(:places as integer)
    returning not_before is not null as probing
""")
#: Those who are sent away come back one after another, as fast as the vendor works off; a long line starts anew.
#: While all places are taken, how long nothing has begun tells of calls that hang before the first of them has ended.
STAND_IN_LINE = PreparedStatement("""
    with place as (
        select greatest(not_before, cast(:at as timestamptz)) as front, interval '1 second' * greatest(
            greatest(mean_s, case when not_before is null and (select count(*) from jsonb_each(calls) call
                    where call.value::float8 > extract(epoch from cast(:at as timestamptz))) >= cast(:places as integer)
                then extract(epoch from cast(:at as timestamptz) - filled_at)::float8 end) / cast(:places as integer),
            1 / cast(:rate as float8), 0.01) as each
        from connection_pace where connection_id = :of and subject = :subject
    )
    update connection_pace set queue_at = place.each + case
        when queue_at > place.front and queue_at < place.front + cast(:longest as float8) * interval '1 second'
        then queue_at else place.front end
    from place where connection_id = :of and subject = :subject
    returning not_before, strikes, queue_at
""")
LOOK = PreparedStatement("""
    select not_before, strikes, greatest(not_before,
        cast(:at as timestamptz) + greatest(0.05, least(1 / cast(:rate as float8), 1)) * interval '1 second') as queue_at
    from connection_pace where connection_id = :of and subject = :subject
""")
PROLONG = PreparedStatement("""
    update connection_pace set calls = calls || jsonb_build_object(cast(:lease as text), cast(:ends as float8))
    where connection_id = :of and subject in ('', :subject) and calls ? cast(:lease as text)
""")
LET_GO = PreparedStatement("""
    update connection_pace set calls = calls - cast(:lease as text), probe = nullif(probe, cast(:lease as text)),
        tokens = tokens + cast(:back as float8)
    where connection_id = :of and subject = :subject
""")
