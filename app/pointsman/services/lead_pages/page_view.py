"""The page of a lead as its link's reader has it: as much as that reader may know, and what that reader may do."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentAction, RejectCode, allowed_actions
from pointsman.domain.errors import Conflict, NotFound, PointsmanError
from pointsman.domain.leads.evidence import Evidence, with_ends
from pointsman.domain.permissions.callers import CallerKind, Scope, kind_of_key
from pointsman.services.appointments.actions import accept, reject
from pointsman.services.appointments.transitions import refuse_ended_lead_link
from pointsman.services.handover.gate_check import gate_seen_by
from pointsman.services.lead_pages.journey import Journey, load_journey
from pointsman.services.leads.facts import shown_company
from pointsman.services.leads.fields import known_fields
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.leads.lead_links import LeadLinkRow
from pointsman.services.roster.names import roster_names
from pointsman.services.signed_links.lead_page import SEAL_CONTEXT
from pointsman.services.signed_links.tokens import SignedLink, link_expired, read_link
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE

_SCOPES = frozenset({Scope.READ, Scope.BOOKING})
_CLOSERS_ACTS = frozenset({AppointmentAction.ACCEPT, AppointmentAction.REJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPage:
    """One lead for one reader, at one moment.

    `evidence` is what the reader may know of it, and `labels` what the policy calls each of it by language; times are read in
    `zone`. `missing` are the kinds of evidence that the gate of closing lacks, None while
    it is passed or not asked of this lead.
    """

    actor: Actor
    journey: Journey
    company: str | None
    holder: str | None  # the rep's key
    work: str | None
    appointment: AppointmentRow | None  # that the reader may see, the standing one
    acts: frozenset[AppointmentAction]  # of accept and reject, what this reader may do now
    evidence: Sequence[Evidence]
    labels: Mapping[str, Mapping[str, str]]
    zone: str
    missing: Sequence[str] | None
    lacks_condition: bool


def read_lead_link(env: Env, token: str) -> SignedLink:
    """What the token says. Raises NotFound and LinkExpired, as `read_link`."""
    return read_link(env.secrets, token, now=env.clock(), context=SEAL_CONTEXT)


async def open_lead_page(env: Env, link: SignedLink) -> LeadPage:
    """Raises NotFound for a link that was never made; LinkExpired for one that is over, whatever ended it."""
    async with env.uow() as tx:
        actor, lead_id = await _reader(env, tx, link)
    try:
        journey = await load_journey(env, lead_id, actor=actor)
    except NotFound:  # the key does not see the lead any more
        raise link_expired(link) from None
    async with env.uow() as tx:
        known = await load_routing_config(env, tx)
        lists = (await known_fields(env, tx)).lists
        holder = await tx.decisions.current_assignment(lead_id)
        appointment = await tx.appointments.active_for_lead(lead_id)
        if appointment is not None and await tx.appointments.get(appointment.id, sees=actor.sees) is None:
            appointment = None
        evidence = await tx.gates.evidence(lead_id)
        ends = await tx.gates.evidence_ends(lead_id)
    now, reader = env.clock(), (await roster_names(env)).reader(actor, FALLBACK_LANGUAGE)
    current = [with_ends(item, ends) for item in evidence]
    is_merged = journey.lead.merged_into is not None  # no hand-over of this one comes to the gate any more
    gate = gate_seen_by(actor, known, current, journey.lead, lists, now)
    return LeadPage(
        actor=actor,
        journey=journey,
        company=shown_company(journey.lead, lists.placeholder_keys),
        holder=holder.rep if holder else None,
        work=holder.work if holder else None,
        appointment=appointment,
        acts=_acts(appointment, actor, now),
        evidence=[item for item in current if reader.reads_source(item.source)],
        labels={item.name: known.policy.policy.evidence.labels(item.name) for item in current},
        zone=reader.zone or "UTC",
        missing=None if gate.passed or is_merged else [item.what for item in (*gate.missing, *gate.refused)],
        lacks_condition=bool(gate.failed_conditions),
    )


async def accept_by_link(env: Env, page: LeadPage, appointment_id: UUID) -> None:
    """Raises as `accept`, and Conflict "not-this-one" for another appointment than the page shows."""
    _require_shown(page, appointment_id)
    async with _while_link_leads_here(env, page.actor):
        await accept(env, appointment_id, actor=page.actor)


async def reject_by_link(env: Env, page: LeadPage, appointment_id: UUID, *, code: RejectCode, reason: str) -> None:
    """Raises as `reject`, and Conflict "not-this-one" for another appointment than the page shows."""
    _require_shown(page, appointment_id)
    async with _while_link_leads_here(env, page.actor):
        await reject(env, appointment_id, code=code, reason=reason, actor=page.actor)


@asynccontextmanager
async def _while_link_leads_here(env: Env, actor: Actor) -> AsyncIterator[None]:
    """Once the link has ended, it is the end of the link that is told, whatever the act was refused for: the lead moved on."""
    try:
        yield
    except PointsmanError:
        async with env.uow() as tx:
            await refuse_ended_lead_link(env, tx, actor)
        raise


def _require_shown(page: LeadPage, appointment_id: UUID) -> None:
    if page.appointment is None or page.appointment.id != appointment_id or page.actor.lead_link is None:
        raise Conflict("This page shows another appointment by now.", code="not-this-one")


async def _reader(env: Env, tx: Tx, link: SignedLink) -> tuple[Actor, UUID]:
    """The reader behind the link, and the lead."""
    row = await tx.lead_links.get(link.id)
    if row is None:
        raise NotFound("This link is not valid.", code="no-such-link")
    actor = await _rep(tx, row) if row.assignment_id is not None else await _key(env, tx, row)
    if row.is_over(env.clock()) or actor is None:
        raise link_expired(link)
    return actor, row.lead_id


async def _rep(tx: Tx, row: LeadLinkRow) -> Actor | None:
    assert row.assignment_id is not None, "the caller asked"
    found = await tx.lead_links.rep_of(row.assignment_id)
    if found is None or not found.active:
        return None
    kind = CallerKind.REP if found.partner is None else CallerKind.PARTNER_REP
    return Actor(
        name=f"lead-link:{row.id}", kind=kind, supplier=found.partner, rep=found.rep, scopes=_SCOPES, lead_link=row.id
    )


async def _key(env: Env, tx: Tx, row: LeadLinkRow) -> Actor | None:
    key = await tx.api_keys.get(row.key_id or "")
    if key is None or key.revoked_at is not None or not key.rep_active:
        return None
    if key.expires_at is not None and key.expires_at <= env.clock():
        return None
    kind = kind_of_key(scopes=key.scopes, supplier=key.supplier, rep=key.rep)
    return Actor(name=f"key:{key.id}", kind=kind, supplier=key.supplier, rep=key.rep, scopes=key.scopes)


def _acts(appointment: AppointmentRow | None, actor: Actor, now: datetime) -> frozenset[AppointmentAction]:
    """By a rep's link alone, and of the appointment that this rep leads."""
    if appointment is None or actor.lead_link is None or appointment.rep_key != actor.rep:
        return frozenset()
    return frozenset(allowed_actions(appointment.state, now)) & _CLOSERS_ACTS
