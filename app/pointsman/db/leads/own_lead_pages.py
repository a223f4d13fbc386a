"""The leads that some reps have or had, for callers who see no others, by all that is no name of one."""

from pointsman.db.engine.prepared_statement import PreparedStatement

#: What names a lead finds few, of which those of other reps fall out; only all else is asked here.
NAMES = ("email_key", "phone_key", "external_id", "words")

# From each rep's own leads in the order of the list, since of all leads they may be few or most: from the newest lead on, a page
# of a partner with few passed all that others have. A rep may have had a lead twice, so each is taken once.
PAGE_OF_OWN = PreparedStatement(
    """
    select own.lead_id as id
    from (
        select distinct each.lead_created_at, each.lead_id
        from reps seeing cross join lateral (
            select distinct a.lead_created_at, a.lead_id
            from assignments a join leads l on l.id = a.lead_id
            where a.rep_id = seeing.id and l.merged_into is null
              and (coalesce(cast(:rep as text), :work, :pool, :rule) is null or exists (
                  select from assignments s
                  where s.lead_id = a.lead_id and s.ended_at is null
                    and (cast(:rep as text) is null or s.rep_id = (select id from reps where key = :rep))
                    and (cast(:work as text) is null or s.work = :work)
                    and (cast(:pool as text) is null or s.pool = :pool)
                    and (cast(:rule as text) is null or s.rule = :rule)))
              and (cast(:stage as text) is null or l.stage = :stage)
              and (cast(:account as uuid) is null or l.account_id = :account)
              and (cast(:source as text) is null or l.facts ->> 'lead.source' = :source)
              and (cast(:since as timestamptz) is null or a.lead_created_at >= :since)
              and (cast(:until as timestamptz) is null or a.lead_created_at < :until)
              and (cast(:changed_since as timestamptz) is null or l.updated_at >= :changed_since)
              and (cast(:changed_until as timestamptz) is null or l.updated_at < :changed_until)
              and (cast(:after_at as timestamptz) is null
                   or (a.lead_created_at, a.lead_id) < (:after_at, cast(:after_id as uuid)))
            order by a.lead_created_at desc, a.lead_id desc limit :limit) each
        where (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
          and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))
    ) own
    order by own.lead_created_at desc, own.lead_id desc limit :limit
    """,
    replan=True,
)
