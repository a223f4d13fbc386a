"""What a CRM shows of a lead beside its owner, as the connection asks for it. Gate and evidence go into the record alone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from uuid import NAMESPACE_URL, UUID, uuid5

from pointsman.domain.leads.evidence import with_ends
from pointsman.domain.messages.message import message_from_json, say
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.lines import one_line
from pointsman.services.audit import audit
from pointsman.services.deliveries.kinds.rendering import Claimed
from pointsman.services.ports import WORKER
from pointsman.services.ports.booking.connections import RecordValue
from pointsman.services.ports.leads.lead_links import LeadLinkRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import DecisionFilter
from pointsman.services.signed_links.lead_page import (
    LIFETIMES,
    LinkReader,
    lead_page_address,
)
from pointsman.services.wording.rendering import render, render_sentence

_MOST_EVIDENCE = 30
_LONGEST_FINDING = 300
_LONGEST = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordText:
    """By the vendor's field what it is to say. `compared` has a link by its id, since its address is sealed anew each time."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    compared: Mapping[str, str] = field(default_factory=dict, repr=False)


async def record_values(claimed: Claimed, lead: LeadRow) -> RecordText:
    """What the record says of the lead now; empty where there is nothing to say."""
    values, compared = {}, {}
    for value, name in claimed.record.items():
        if value is RecordValue.LINK:
            link, language = await _link(claimed, lead), claimed.env.language
            values[name] = lead_page_address(claimed.env, link, language) if link else ""
            compared[name] = str(link.id) if link else ""
        else:
            values[name] = compared[name] = (await _TEXTS[value](claimed, lead))[:_LONGEST]
    return RecordText(values=values, compared=compared)


async def _stage(_claimed: Claimed, lead: LeadRow) -> str:
    return lead.stage


async def _work(claimed: Claimed, lead: LeadRow) -> str:
    current = await claimed.tx.decisions.current_assignment(lead.id)
    return current.work if current is not None else ""


async def _gate(claimed: Claimed, lead: LeadRow) -> str:
    check = await claimed.tx.gates.last_check(lead.id, Work.CLOSING.value)
    if check is None:
        return ""
    if check.passed and not check.is_open_at(claimed.env.clock()):
        return render_sentence(say("crm-record.gate-ended"), claimed.reader)
    return render_sentence(message_from_json(check.result["summary"]), claimed.reader)


async def _sentence(claimed: Claimed, lead: LeadRow) -> str:
    rows = await claimed.tx.decisions.page(DecisionFilter(lead_id=lead.id), before=None, limit=1)
    return render_sentence(message_from_json(rows[0].summary), claimed.reader) if rows else ""


async def _link(claimed: Claimed, lead: LeadRow) -> LeadLinkRow | None:
    """The link of the rep who has the lead, one for each CRM: anew once it has run out, and none where it was revoked."""
    current, now = await claimed.tx.decisions.current_assignment(lead.id), claimed.env.clock()
    if current is None:
        return None
    for number in count():
        link_id = uuid5(NAMESPACE_URL, f"crm-record@pointsman {current.id} {claimed.connection.id} {number}")
        there = await claimed.tx.lead_links.get(link_id)
        if there is None:
            return await _made(claimed, lead, current.id, link_id)
        if there.revoked_at is not None:
            return None
        if now < there.expires_at:
            return there
    return None


async def _made(claimed: Claimed, lead: LeadRow, assignment_id: UUID, link_id: UUID) -> LeadLinkRow:
    now, (_, longest) = claimed.env.clock(), LIFETIMES[LinkReader.HOLDER]
    row = LeadLinkRow(
        id=link_id,
        lead_id=lead.id,
        assignment_id=assignment_id,
        key_id=None,
        made_by=WORKER.name,
        created_at=now,
        expires_at=now + longest,
    )
    await claimed.tx.lead_links.add(row)
    told = {"link": str(link_id), "reader": LinkReader.HOLDER.value, "expires_at": row.expires_at.isoformat()}
    await audit(claimed.env, claimed.tx, WORKER, "lead-link.made", f"lead:{lead.id}", after=told)
    return row


async def _evidence(claimed: Claimed, lead: LeadRow) -> str:
    """A line for each that counts now, the newest first: the policy's name for it, its source and day, and what was said."""
    ends = await claimed.tx.gates.evidence_ends(lead.id)
    items = [with_ends(item, ends) for item in await claimed.tx.gates.evidence(lead.id)]
    now = claimed.env.clock()
    standing = [item for item in items if item.expires_at is None or item.expires_at > now]
    rules, language = claimed.config.policy.policy.evidence, claimed.reader.language
    lines = []
    for item in sorted(standing, key=lambda one: one.observed_at, reverse=True)[:_MOST_EVIDENCE]:
        label = rules.labels(item.name).get(language) or item.name
        answer = "" if item.affirmed else render(say("crm-record.denied"), claimed.reader) + " "
        line = one_line(f"{label} ({item.source}, {item.observed_at:%Y-%m-%d}): {answer}{item.value}")
        lines.append(line[:_LONGEST_FINDING])
    return "\n".join(lines)


_TEXTS: Mapping[RecordValue, Callable[[Claimed, LeadRow], Awaitable[str]]] = MappingProxyType(
    {
        RecordValue.STAGE: _stage,
        RecordValue.WORK: _work,
        RecordValue.GATE: _gate,
        RecordValue.SENTENCE: _sentence,
        RecordValue.EVIDENCE: _evidence,
    }
)
