"""Attempts at an inbox item: taking it for a while, locking it, and how the attempt ended."""

from pointsman.db.engine.prepared_statement import PreparedStatement

CLAIM = PreparedStatement("""
    update inbox i set attempts = i.attempts + 1, next_attempt_at = :lease_until, leased_until = :lease_until,
        tried_since = coalesce(i.tried_since, cast(:at as timestamptz)),
        unended_attempts = i.unended_attempts + (i.leased_until is not null)::int
    from intakes n
    where i.id = :id and i.status = 'received' and (i.leased_until is null or i.leased_until <= :at)
      and n.id = i.intake_id
    returning i.id, i.intake_id, n.key as intake_key, n.kind as intake_kind, n.version as intake_version,
        i.dedupe_key, i.batch_id, i.body, i.status, i.attempts, i.error_code, i.error, i.lead_id, i.result,
        i.received_at, i.done_at, i.next_attempt_at, i.tried_since, i.unended_attempts,
        i.about, i.version, i.occurred_at
""")

LOCK = PreparedStatement("""
    select i.id, i.intake_id, n.key as intake_key, n.kind as intake_kind, n.version as intake_version,
        i.dedupe_key, i.batch_id, i.body, i.status, i.attempts, i.error_code, i.error, i.lead_id, i.result,
        i.received_at, i.done_at, i.next_attempt_at, i.tried_since, i.unended_attempts,
        i.about, i.version, i.occurred_at
    from inbox i join intakes n on n.id = i.intake_id
    where i.id = :id and i.status = 'received'
    for update of i skip locked
""")

FINISH = PreparedStatement("""
    update inbox set status = 'done', done_at = :at, lead_id = coalesce(:lead_id, lead_id),
        result = cast(:result as jsonb), error_code = null, error = null, next_attempt_at = null, leased_until = null
    where id = :id
""")

FAIL = PreparedStatement("""
    update inbox set error_code = :error_code, error = cast(:error as jsonb),
        next_attempt_at = :retry_at, leased_until = null, unended_attempts = 0,
        status = case when cast(:retry_at as timestamptz) is null then 'dead' else 'received' end
    where id = :id and status = 'received' and leased_until = :leased_until
""")

GIVE_BACK = PreparedStatement("""
    update inbox set attempts = attempts - 1, next_attempt_at = :retry_at, leased_until = null, unended_attempts = 0
    where id = :id and status = 'received' and leased_until = :leased_until
""")

REOPEN = PreparedStatement("""
    update inbox i set attempts = 0,
        status = case when i.body = '' and n.connection is not null then 'unread' else 'received' end,
        next_attempt_at = null, leased_until = null,
        tried_since = null, unended_attempts = 0
    from intakes n
    where i.id = :id and i.status in ('dead', 'refused') and n.id = i.intake_id
    returning i.id, i.intake_id, n.key as intake_key, n.kind as intake_kind, n.version as intake_version,
        i.dedupe_key, i.batch_id, i.body, i.status, i.attempts, i.error_code, i.error, i.lead_id, i.result,
        i.received_at, i.done_at, i.next_attempt_at, i.tried_since, i.unended_attempts,
        i.about, i.version, i.occurred_at
""")

#: Each kind from an index of its own, so that what is to be tried later is not looked through.
CLAIM_OVERDUE = PreparedStatement(
    """
    with due as (
        select id, next_attempt_at as since from inbox
        where status = 'received' and next_attempt_at <= :at
        order by next_attempt_at limit :limit for update skip locked
    ), untouched as (
        select id, received_at as since from inbox
        where status = 'received' and next_attempt_at is null and received_at <= :untouched_since
        order by received_at limit :limit for update skip locked
    )
    update inbox set next_attempt_at = :lease_until
    where id = any(array(
        select id from (select * from due union all select * from untouched) found order by since, id limit :limit))
    returning id
    """,
    replan=True,
)
