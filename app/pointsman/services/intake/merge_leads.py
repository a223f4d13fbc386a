"""Two leads that are one person: one survives, the other stays to be read, with all that happened to it.

| what             | becomes of it                                                                                       |
|------------------|-----------------------------------------------------------------------------------------------------|
| email, ids       | find the survivor from now on; the survivor keeps its own email, if it has one                        |
| facts            | each has the value that was true last                                                               |
| employer         | account and `company.*` facts are of the one that was said last (decision 23)                       |
| evidence         | copied to the survivor, but for need, intent and the like at another employer; its own gate judges it |
| gate passes      | revoked: the pass of one record does not open closing for another                                   |
| holder           | the survivor's; where it has none, the other's takes it over, if the role allows, and keeps the turn  |
| a sale           | is the survivor's, too, unless a rep works on it; what is decided then is decided about a customer    |
| turn             | given back where the holder was not taken over                                                      |
| hold, slot holds | end                                                                                                 |
| history          | stays with the lead that it was about; decisions are listed under the survivor too                  |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound, RoleProtected
from pointsman.domain.leads.evidence import OF_THE_EMPLOYER, Evidence
from pointsman.domain.leads.facts import FactValue, LeadStage
from pointsman.domain.leads.matching import MergedValues
from pointsman.domain.leads.placeholders import company_named
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.role_guard import guard_assignment
from pointsman.services.audit import audit
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.deliveries.mail.new_address import follow_address
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.handover.former_employer import end_passes_of_former_employer
from pointsman.services.holds.retry import excluded_holders
from pointsman.services.intake.route_merged_lead import LeadPair, route_merged_lead
from pointsman.services.leads.employer_alert import ask_for_employer
from pointsman.services.leads.fields import PERSONAL_FIELDS, known_fields
from pointsman.services.leads.merged_employer import MERGED, MergedCompany, merge_facts, merged_company
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.leads.leads import LeadChange, LeadRow, LeadWrite, Person
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.decisions import AssignmentRow
from pointsman.services.routing.ledger import reverse_turn_of
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.transactions import run_in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMergeResult:
    """What became of a merge; `routed` is set where the survivor had to be routed again."""

    survivor: LeadRow
    merged: LeadRow
    holder: str | None
    routed: RoutingResult | None
    what_happens: Message


async def merge_leads(env: Env, lead_id: UUID, *, into: UUID, reason: str, actor: Actor) -> LeadMergeResult:
    """Make the lead one with `into`, which survives. NotFound; Invalid; Conflict, which says what to do instead."""

    async def attempt(calendars: Mapping[str, CalendarState]) -> LeadMergeResult:
        async def work(tx: Tx) -> LeadMergeResult:
            pair = await _locked(tx, lead_id, into)
            await _check_mergeable(tx, pair)
            return await _merge(env, tx, pair, reason, actor, calendars)

        return await run_in_transaction(env, work)

    try:
        return await with_closer_calendars(env, attempt)
    except ConstraintRefused as refused:
        if refused.constraint in ("PM001", "PM004"):
            raise Conflict(f"The leads cannot be merged as they are: {refused}", code="merge-refused") from refused
        raise


async def _locked(tx: Tx, lead_id: UUID, into: UUID) -> LeadPair:
    if lead_id == into:
        message = "A lead cannot be merged into itself: name the other one."
        raise Invalid(message, faults=[Fault(path="body.into", code="same-lead", message=message)])
    rows: dict[UUID, LeadRow] = {}
    for one in sorted((lead_id, into)):  # always in this order, so that two merges never wait for each other
        row = await tx.leads.get(one, lock=True)
        if row is None:
            raise NotFound(f"There is no lead {one}.")
        rows[one] = row
    return LeadPair(
        into=rows[into],
        other=rows[lead_id],
        into_assignment=await tx.decisions.current_assignment(into),
        other_assignment=await tx.decisions.current_assignment(lead_id),
    )


async def _check_mergeable(tx: Tx, pair: LeadPair) -> None:
    """An appointment and a closer's work rest on the gate that their own lead passed: they do not move."""
    way = f"merge {pair.into.id} into {pair.other.id} instead"
    if await tx.appointments.active_for_lead(pair.other.id) is not None:
        if await tx.appointments.active_for_lead(pair.into.id) is not None:
            raise Conflict("Both leads have an appointment. Cancel one, then merge.", code="both-have-appointments")
        raise Conflict(
            f"The lead has an appointment, which stays with it: {way}, or cancel the appointment first.",
            code="has-appointment",
        )
    other, into = pair.other_assignment, pair.into_assignment
    if other is not None and Work(other.work) in GATED_WORKS and (into is None or Work(into.work) not in GATED_WORKS):
        raise Conflict(
            f"A rep has this lead for {other.work.replace('_', ' ')} on a gate that only it has passed: {way}.",
            code="merge-other-way",
        )


async def _merge(
    env: Env, tx: Tx, pair: LeadPair, reason: str, actor: Actor, calendars: Mapping[str, CalendarState]
) -> LeadMergeResult:
    now, other, into = env.clock(), pair.other, pair.into
    lists = (await known_fields(env, tx)).lists
    company = merged_company(pair.into, other, lists)
    news = await _evidence_news(env, tx, pair, company)
    ids = await tx.merges.move_identities(other.id, into=into.id)
    await tx.booking_links.move(other.id, into=into.id)
    if other.email_key is not None and into.address_key in (None, other.email_key):
        await tx.merges.move_email(other.id, into=into.id)
        into = replace(into, email=other.email, email_key=other.email_key, shown_email_key=None)
    united = merge_facts(company, _values(pair.into, other), _values(other, pair.into), (pair.into, other))
    survivor = await _store(env, tx, into, other, united, company, reason, actor)
    await follow_address(env, tx, pair.into, survivor)
    if not company.keeps_into:
        await end_passes_of_former_employer(env, tx, into.id, actor)
    await tx.gates.add_evidence(into.id, news, at=now)
    holder = await _take_over(env, tx, pair)
    if pair.other_assignment is not None:
        await tx.decisions.end_assignment(pair.other_assignment.id, at=now, reason=MERGED)
        if holder is None and pair.other_assignment.decision_id is not None:
            await reverse_turn_of(
                env, tx, pair.other_assignment.decision_id, say("reason.merged", why=as_written(reason)), actor=actor
            )
    await tx.merges.close_open_items(other.id, at=now)
    await tx.merges.mark_merged(other.id, into=into.id, at=now)
    if holder is not None:
        await tx.merges.end_hold(into.id, at=now)
        await tx.decisions.add_assignment(replace(holder, id=env.new_id(), lead_id=into.id, assigned_at=now))
        await tx.leads.set_stage(into.id, LeadStage.WORKING.value, at=now)
    await owe_lead_record(env, tx, other.id)
    await owe_lead_record(env, tx, into.id)
    await tx.alerts.resolve(at=now, code=AlertCode.IDENTITY_CONFLICT, subject=f"lead:{into.id}")
    await ask_for_employer(env, tx, survivor)
    routed, said = await route_merged_lead(env, tx, pair, survivor, news, holder, actor, calendars)
    after = {
        "into": str(into.id),
        "fields": sorted(united.changed),
        "external_ids": [list(one) for one in ids],
        "evidence": len(news),
        "holder": holder.rep if holder else None,
    }
    before = {
        "stage": other.stage,
        "rep": pair.other_assignment.rep if pair.other_assignment else None,
        "into": {"stage": into.stage, "rep": pair.into_assignment.rep if pair.into_assignment else None},
    }
    for lead, action in ((other.id, "lead.merged"), (into.id, "lead.merged-into")):
        await audit(
            env, tx, actor, action, f"lead:{lead}", before=before, after=after | {"lead": str(other.id)}, reason=reason
        )
    survivor_now, merged = await tx.leads.get(into.id), await tx.leads.get(other.id)
    assert survivor_now is not None, "it was locked"
    assert merged is not None, "it was locked"
    now_held = await tx.decisions.current_assignment(into.id)
    return LeadMergeResult(
        survivor=survivor_now,
        merged=merged,
        holder=now_held.rep if now_held else None,
        routed=routed,
        what_happens=said,
    )


async def _evidence_news(env: Env, tx: Tx, pair: LeadPair, company: MergedCompany) -> Sequence[Evidence]:
    """The other record's evidence, as it is copied; none about the person at a company that is not the survivor's."""
    known = {_said(item) for item in await tx.gates.evidence(pair.into.id)}
    left = [end for end in await tx.gates.evidence_ends(pair.other.id) if end.kinds == OF_THE_EMPLOYER]
    return [
        replace(item, id=env.new_id())
        for item in await tx.gates.evidence(pair.other.id)
        if _said(item) not in known
        and not any(end.ends(item) for end in left)
        and (company.takes_other or item.kind not in OF_THE_EMPLOYER)
    ]


def _said(item: Evidence) -> tuple[object, ...]:
    return (
        item.kind,
        item.name,
        item.value,
        item.affirmed,
        item.source,
        item.origin,
        item.observed_at,
        item.expires_at,
    )


def _values(row: LeadRow, beside: LeadRow) -> dict[str, FactValue]:
    """All facts but the email, which is not a fact here but a name.

    A number that cannot be called is left out beside one that can, and "n/a" beside a company's name.
    """
    phone = row.phone if row.phone_key is not None or beside.phone_key is None else None
    personal = {"lead.first_name": row.first_name, "lead.last_name": row.last_name, "lead.phone": phone}
    facts = dict(row.facts)
    if _names_company(beside) and not _names_company(row):
        facts.pop("company.name", None)
    return facts | {name: value for name, value in personal.items() if value is not None}


def _names_company(row: LeadRow) -> bool:
    return company_named(row.facts.get("company.name")) is not None


async def _store(
    env: Env,
    tx: Tx,
    into: LeadRow,
    other: LeadRow,
    united: MergedValues,
    company: MergedCompany,
    reason: str,
    actor: Actor,
) -> LeadRow:
    def text(name: str) -> str | None:
        value = united.values.get(name)
        return value if isinstance(value, str) else None

    phone = text("lead.phone")
    return await tx.leads.change(
        LeadChange(
            lead_id=into.id,
            write=LeadWrite(
                id=into.id,
                account_id=env.new_id(),
                audit_id=env.new_id(),
                account_audit_id=env.new_id(),
                actor=actor.name,
                at=env.clock(),
                person=_BLANK_PERSON,
                first_name=text("lead.first_name"),
                last_name=text("lead.last_name"),
                phone=phone,
                phone_key=next((one.phone_key for one in (into, other) if one.phone == phone and one.phone_key), None),
                facts={name: value for name, value in united.values.items() if name not in PERSONAL_FIELDS},
                known_at=united.known_at,
            ),
            email=into.email,
            email_key=into.email_key,
            shown_email_key=into.shown_email_key,
            keep_account=company.account_id,
            match=company.match,
            add_identity=False,
            audit_after={
                "changed": sorted(united.changed),
                "merged": str(other.id),
                "reason": as_written(reason).as_json(),
            },
        )
    )


async def _take_over(env: Env, tx: Tx, pair: LeadPair) -> AssignmentRow | None:
    """Move the other lead's assignment to the surviving lead, where that has none and the rep may go on."""
    assignment = pair.other_assignment
    if (
        assignment is None or pair.into_assignment is not None or pair.into.stage == LeadStage.WON
    ):  # a customer is not there to be won again
        return None
    rep = (await load_routing_config(env, tx)).roster.reps.get(assignment.rep)
    if rep is None or not rep.active or rep.key in await excluded_holders(tx, pair.into.id):
        return None
    try:
        # Neither an override nor a pass was given for the survivor: the role alone has to allow it.
        guard_assignment(rep, Work(assignment.work), gate_open=False, override=False)
    except RoleProtected:
        return None
    return replace(assignment, gate_check_id=None, override_id=None)


_BLANK_PERSON = Person(
    email=None,
    email_key=None,
    external_id=None,
    domain=None,
    domain_from=None,
    company_name=None,
    company_key=None,
    account_status=None,
    account_owner=None,
)
