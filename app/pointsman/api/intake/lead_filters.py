"""By what leads are looked for."""

from typing import Annotated

from fastapi import Query

from pointsman.api.http.query import FilterText, SinceQuery, UntilQuery, require_period
from pointsman.api.http.timestamps import Timestamp
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.roster.roles import Work
from pointsman.services.operations.lead_lists import LeadQuestion


async def asked_leads(
    *,
    email: Annotated[str | None, Query(max_length=320, description="Only of this address, in any spelling.")] = None,
    external_id: Annotated[
        str | None, Query(min_length=1, max_length=255, description="Only of this id elsewhere.")
    ] = None,
    source_system: Annotated[
        str | None,
        Query(min_length=1, max_length=100, description="The system that gave the external id; default: any."),
    ] = None,
    phone: Annotated[
        str | None, Query(max_length=100, description="Only of this number, with its country code.")
    ] = None,
    q: Annotated[
        str | None, Query(max_length=200, description="Only those with each of these words in name or address.")
    ] = None,
    stage: Annotated[LeadStage | None, Query(description="Only these.")] = None,
    account: Annotated[FilterText | None, Query(description="Only of this company: its id or domain.")] = None,
    source: Annotated[FilterText | None, Query(description="Only those whose `lead.source` this is.")] = None,
    rep: Annotated[FilterText | None, Query(description="Only those that this rep (key) has now.")] = None,
    work: Annotated[Work | None, Query(description="Only those that a rep has for this work now.")] = None,
    pool: Annotated[FilterText | None, Query(description="Only those that a rep has from this pool now.")] = None,
    rule: Annotated[FilterText | None, Query(description="Only those that a rep has by this rule now.")] = None,
    since: SinceQuery = None,
    until: UntilQuery = None,
    changed_since: Annotated[
        Timestamp | None, Query(description="Only those changed last from this instant on.")
    ] = None,
    changed_until: Annotated[
        Timestamp | None, Query(description="Only those changed last before this instant.")
    ] = None,
) -> LeadQuestion:
    require_period(since=since, until=until)
    require_period(changed_since=changed_since, changed_until=changed_until)
    return LeadQuestion(
        email=email,
        external_id=external_id,
        source_system=source_system,
        phone=phone,
        q=q,
        stage=stage,
        account=account,
        source=source,
        rep=rep,
        work=work,
        pool=pool,
        rule=rule,
        since=since,
        until=until,
        changed_since=changed_since,
        changed_until=changed_until,
    )
