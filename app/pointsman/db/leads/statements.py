"""What a new or known person costs: one statement finds and locks, one creates, one changes; one locks a lead by id."""

from pointsman.db.engine.prepared_statement import PreparedStatement

#: The account of a person (`named` to `account`, here and in `CHANGE`): by domain, else by name; made when neither is
#: known. Two who make one at the same moment: the later gets no row from `account`, which the caller takes for a lost
#: race. A person who is known already changes nothing, nor does one whose account, known by the name `:learn_key` alone, is
#: to get the domain first: written later, the lead's own lock on the account would be in its way. What is said of an
#: account that is known: `TELL_ACCOUNT`.
#: `phones` are the leads that have the number, a merged one as the lead that it is now, and are read until two differ: then it
#: names neither. `:seen_match` leaves a caller that does not see all leads those that it brought in. `phone_sharer` is
#: judged at the moment at which `known` is: of two who see no lead with the number, the later is refused. Each name is asked for
#: apart, here and in `FIND`: with `or` between them, a plan that was made while there were few leads reads all leads of a day.
CREATE = PreparedStatement("""
    with phones as (
        select coalesce(merged_into, id) id from leads
        where phone_key = :sought and match @> cast(:seen_match as jsonb)
    ),
    known as (
        select from leads where email_key = :email_key
        union all
        select from leads where shown_email_key = :own_email_key
        union all
        select from lead_identities
        where sender = :sender and source = :source_system and external_id = :external_id
        union all
        select from (select id i from phones limit 1) x where not exists (select from phones where id <> i)
        union all
        select from accounts where name_key = :learn_key and domain is null and merged_into is null
            and not exists (select from accounts where domain = :named_domain)
    ),
    named as (
        select coalesce(merged_into, id) id, created_at c from accounts where id = cast(:keep_account as uuid)
        union
        select coalesce(merged_into, id), created_at from accounts where domain = :named_domain
        union
        select coalesce(merged_into, id), created_at from accounts where name_key = :named_key
    ),
    found as (select id from named order by c, id limit 1),
    given as (select id, key from reps where key = :account_owner),
    made as (
        insert into accounts (id, name, name_key, name_blocks, domain, status, owner_rep_id, created_at)
        select cast(:account_id as uuid), :company_name, :company_key, cast(:name_blocks as text[]), :domain,
            coalesce(:account_status, 'prospect'), (select id from given), :at
        where coalesce(:domain, :company_key) is not null
          and not exists (select from named) and not exists (select from known)
        on conflict do nothing
        returning id, name, domain, status
    ),
    audited as (
        insert into audit (id, at, actor, action, subject, after)
        select cast(:account_audit_id as uuid), :at, :actor, 'account.created', 'account:' || id,
            jsonb_build_object('name', name, 'domain', domain, 'status', status, 'owner', (select key from given))
        from made
    ),
    ties as (
        select array_agg(id order by c, id) ids
        from (select id, min(c) c from named group by id order by 2, 1 limit 10) x
    ),
    account as (select id from found union all select id from made),
    lead as (
        insert into leads (id, email, email_key, first_name, last_name, phone, phone_key, phone_sharer, facts,
            known_at, stage, account_id, match, version, created_at, updated_at)
        select cast(:id as uuid), :email, :email_key, :first_name, :last_name, :phone, :phone_key,
            (select cast(:id as uuid) from leads where phone_key = :phone_key limit 1), cast(:facts as jsonb),
            cast(:known_at as jsonb), 'new', (select id from account),
            jsonb_strip_nulls(jsonb_build_object('person', 'new', 'account', case
                    when exists (select from account) then coalesce(:domain_from, 'name') else 'none' end,
                'account_ties', (select to_jsonb(ids) from ties where cardinality(ids) > 1)))
                || cast(:match_more as jsonb),
            1, :at, :at
        where not exists (select from known)
        on conflict do nothing
        returning *
    ),
    alias as (
        insert into lead_identities (sender, source, external_id, lead_id)
        select :sender, :source_system, :external_id, id from lead where :external_id is not null
        on conflict do nothing
        returning lead_id
    ),
    line as (
        insert into audit (id, at, actor, action, subject, after)
        select cast(:audit_id as uuid), :at, :actor, 'lead.created', 'lead:' || id,
            jsonb_build_object('account_id', account_id, 'match', match) from lead
    )
    select l.*, (select count(*) from alias) identities,
        coalesce(made.name, a.name) account_name,
        coalesce(made.domain, a.domain) account_domain,
        coalesce(made.status, a.status) account_status,
        case when made.id is null then r.key else (select key from given) end account_owner,
        p.id parent_id, coalesce(p.name, p.domain) parent_name, p.domain parent_domain, q.key parent_owner,
        (select version from policies where state = 'published') policy_version,
        (select max(version) from roster_versions) roster_version
    from lead l
    left join made on made.id = l.account_id
    left join accounts a on a.id = l.account_id
    left join reps r on r.id = a.owner_rep_id
    left join accounts p on p.id = a.parent_id
    left join reps q on q.id = p.owner_rep_id
""")

#: The lead is locked. No row where its new number (`:sought`, which named no lead) names another by now; `phones` as in
#: `CREATE`.
CHANGE = PreparedStatement("""
    with phones as (
        select coalesce(merged_into, id) id from leads
        where phone_key = :sought and match @> cast(:seen_match as jsonb)
    ),
    named as (
        select coalesce(merged_into, id) id, created_at c from accounts where id = cast(:keep_account as uuid)
        union
        select coalesce(merged_into, id), created_at from accounts where domain = :named_domain
        union
        select coalesce(merged_into, id), created_at from accounts where name_key = :named_key
    ),
    found as (select id from named order by c, id limit 1),
    given as (select id, key from reps where key = :account_owner),
    made as (
        insert into accounts (id, name, name_key, name_blocks, domain, status, owner_rep_id, created_at)
        select cast(:account_id as uuid), :company_name, :company_key, cast(:name_blocks as text[]), :domain,
            coalesce(cast(:account_status as text), 'prospect'), (select id from given), :at
        where coalesce(cast(:domain as text), :company_key) is not null
          and not exists (select from named)
        on conflict do nothing
        returning id, name, domain, status
    ),
    account_line as (
        insert into audit (id, at, actor, action, subject, after)
        select cast(:account_audit_id as uuid), :at, :actor, 'account.created', 'account:' || id,
            jsonb_build_object('name', name, 'domain', domain, 'status', status, 'owner', (select key from given))
        from made
    ),
    ties as (
        select array_agg(id order by c, id) ids
        from (select id, min(c) c from named group by id order by 2, 1 limit 10) x
    ),
    account as (select id from found union all select id from made),
    old as (select account_id from leads where id = cast(:id as uuid)),
    lead as (
        update leads l set
            email = :new_email, email_key = :new_email_key, shown_email_key = :shown_email_key,
            shown_email_since = case when l.shown_email_key = :shown_email_key then l.shown_email_since
                when :shown_email_key is not null then :at end,
            first_name = :first_name, last_name = :last_name, phone = :phone,
            other_names = with_former_names(
                l.other_names, l.first_name, l.last_name, l.email, :first_name, :last_name, :new_email),
            phone_key = :phone_key,
            phone_sharer = case when l.phone_key = :phone_key then l.phone_sharer
                else (select l.id from leads where phone_key = :phone_key limit 1) end,
            facts = cast(:facts as jsonb), known_at = cast(:known_at as jsonb),
            account_id = coalesce((select id from account), l.account_id),
            match = cast(:match as jsonb),
            version = l.version + 1, updated_at = :at
        where l.id = cast(:id as uuid) and not exists (
            select from (select id i from phones limit 1) x where not exists (select from phones where id <> i)
        )
        returning l.id, l.account_id
    ),
    identity as (
        insert into lead_identities (sender, source, external_id, lead_id)
        select :sender, :source_system, :external_id, id from lead where :add_identity
        on conflict do nothing
        returning lead_id
    ),
    line as (
        insert into audit (id, at, actor, action, subject, before, after)
        select cast(:audit_id as uuid), :at, :actor, 'lead.changed', 'lead:' || lead.id,
            case when lead.account_id is distinct from old.account_id
                then jsonb_build_object('account_id', old.account_id) end,
            cast(:audit_after as jsonb) || case when lead.account_id is distinct from old.account_id
                then jsonb_build_object('account_id', lead.account_id) else '{}' end
        from lead, old
    )
    select lead.account_id, (select count(*) from identity) as identities from lead
""")

#: What is newly said of an account that is known, with its audit line. Another name than its own is kept to be found by.
#: The row is locked first, so that the line has what it was.
TELL_ACCOUNT = PreparedStatement("""
    with given as (select id from reps where key = :account_owner),
    old as (
        select a.id, name, domain, status, owner_rep_id, other_names, is_other_name
        from accounts a cross join lateral (
            select name_key <> cast(:company_key as text)
                and not coalesce(cast(:company_name as text) = any(other_names), false)
                and exists (select from accounts d where d.domain = :named_domain and coalesce(d.merged_into, d.id) = a.id)
        ) x (is_other_name)
        where a.id = cast(:account_id as uuid) and (
            (name is null and domain is not null and cast(:company_name as text) is not null)
            or is_other_name
            or status <> cast(:account_status as text)
            or owner_rep_id is distinct from coalesce((select id from given), owner_rep_id))
        for no key update of a
    ),
    new as (
        update accounts a set
            name = coalesce(a.name, :company_name),
            name_key = case when a.name is null then :company_key else a.name_key end,
            name_blocks = case when a.name is null then cast(:name_blocks as text[]) else a.name_blocks end,
            other_names = case
                when old.is_other_name then with_name(a.other_names, cast(:company_name as text)) else a.other_names end,
            status = coalesce(cast(:account_status as text), a.status),
            owner_rep_id = coalesce((select id from given), a.owner_rep_id)
        from old
        where a.id = old.id
        returning a.id, a.name, a.domain, a.status, a.owner_rep_id, a.other_names
    )
    insert into audit (id, at, actor, action, subject, before, after)
    select cast(:account_audit_id as uuid), :at, :actor, 'account.changed', 'account:' || new.id,
        jsonb_build_object('name', old.name, 'domain', old.domain, 'status', old.status,
            'owner', (select key from reps where id = old.owner_rep_id)) || case
                when new.other_names is distinct from old.other_names
                then jsonb_build_object('other_names', old.other_names) else '{}' end,
        jsonb_build_object('name', new.name, 'domain', new.domain, 'status', new.status,
            'owner', (select key from reps where id = new.owner_rep_id)) || case
                when new.other_names is distinct from old.other_names
                then jsonb_build_object('other_names', new.other_names) else '{}' end
    from new join old on old.id = new.id
""")

#: The leads that the email, the external id and the phone number name; `phones` as in `CREATE`. Of a caller that does not see
#: all leads, `:own_email_key` is the email: its own lead that shows the address counts before the one that goes by it, as if
#: there were no such lead, and what others' leads show counts last.
FIND = PreparedStatement("""
    with phones as (
        select coalesce(merged_into, id) id from leads
        where phone_key = :phone_key and match @> cast(:seen_match as jsonb)
    ),
    named as materialized (
        select (
                select t.id from (
                    select * from leads where email_key = :email_key
                    union all
                    select * from leads where shown_email_key = :own_email_key
                ) w cross join lateral (select * from leads where id = coalesce(w.merged_into, w.id) limit 1) t
                left join assignments s on s.lead_id = t.id and s.ended_at is null left join reps p on p.id = s.rep_id
                order by case when p.key is null then t.match ->> 'brought_by' = cast(:brought_by as text)
                        else (cast(:supplier as text) is null or p.supplier = cast(:supplier as text))
                            and (cast(:sees_rep as text) is null or p.key = cast(:sees_rep as text)) end desc nulls last,
                    w.email_key is null, w.shown_email_since, w.id
                limit 1
            ) as by_email,
            (select coalesce(m.merged_into, m.id) from lead_identities i join leads m on m.id = i.lead_id
             where i.sender = :sender and i.source = :source_system and i.external_id = :external_id) as by_external_id,
            (select i from (select id i from phones limit 1) x where not exists (select from phones where id <> i)) as by_phone
    )
    select
        l.id, l.email, l.email_key, l.shown_email_key, l.first_name, l.last_name, l.phone, l.phone_key, l.facts, l.stage,
        a.id as account_id, l.match, l.nurture_cause, l.nurture_since, l.nurture_until, l.nurture_reason,
        l.do_not_contact_at, l.do_not_contact_by,
        l.version, l.created_at, l.updated_at, l.known_at, l.merged_into, l.merged_at,
        a.name as account_name, a.domain as account_domain, a.status as account_status, r.key as account_owner,
        p.id as parent_id, coalesce(p.name, p.domain) as parent_name, p.domain as parent_domain,
        q.key as parent_owner,
        coalesce(l.id = named.by_external_id, false) as by_external_id, coalesce(l.id = named.by_email, false) as by_email,
        coalesce(l.id = named.by_phone, false) as by_phone,
        exists (select from lead_identities i
            where i.lead_id = l.id and not starts_with(i.sender, 'telephone')) as has_external_id,
        exists (select from lead_identities i
            where i.lead_id = l.id and i.sender = :sender and i.source = :source_system) as has_id_of_source
    from named,
    leads l
    left join accounts b on b.id = l.account_id left join accounts a on a.id = coalesce(b.merged_into, b.id)
    left join reps r on r.id = a.owner_rep_id left join accounts p on p.id = a.parent_id
    left join reps q on q.id = p.owner_rep_id
    where l.id = any(array[named.by_email, named.by_external_id, named.by_phone])
    order by l.id
    for update of l
""")

#: A lead whose row is locked.
LOCKED = PreparedStatement("""
    select
        l.id, l.email, l.email_key, l.shown_email_key, l.first_name, l.last_name, l.phone, l.phone_key, l.facts, l.stage,
        a.id as account_id, l.match, l.nurture_cause, l.nurture_since, l.nurture_until, l.nurture_reason,
        l.do_not_contact_at, l.do_not_contact_by,
        l.version, l.created_at, l.updated_at, l.known_at, l.merged_into, l.merged_at,
        a.name as account_name, a.domain as account_domain, a.status as account_status, r.key as account_owner,
        p.id as parent_id, coalesce(p.name, p.domain) as parent_name, p.domain as parent_domain,
        q.key as parent_owner
    from leads l
    left join accounts b on b.id = l.account_id left join accounts a on a.id = coalesce(b.merged_into, b.id)
    left join reps r on r.id = a.owner_rep_id left join accounts p on p.id = a.parent_id
    left join reps q on q.id = p.owner_rep_id
    where l.id = :id
""")
