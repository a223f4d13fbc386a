"""A lead's body, read as what its caller may say."""

from datetime import datetime

from pointsman.api.intake.lead_schemas import LeadIn
from pointsman.services.intake.api_lead import ParsedLead, load_surroundings, parse_lead_input
from pointsman.services.leads.fields import known_fields
from pointsman.services.ports import Actor, Env, Tx


async def read_lead(env: Env, tx: Tx, body: LeadIn, actor: Actor, *, at: datetime | None = None) -> ParsedLead:
    """What of the body its caller may say, who said it `at` that time (default: now). Invalid names the path of each fault."""
    return parse_lead_input(
        actor=actor,
        around=await load_surroundings(env, tx, names_a_system=body.source_system is not None),
        person={
            "email": body.email,
            "first_name": body.first_name,
            "last_name": body.last_name,
            "phone": body.phone,
        },
        external_id=body.external_id,
        source_system=body.source_system,
        fields=body.fields,
        evidence=[item.given() for item in body.evidence],
        occurred_at=body.occurred_at,
        known=await known_fields(env, tx),
        now=at or env.clock(),
    )
