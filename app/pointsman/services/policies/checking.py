"""Checking a policy against what is around it: the present roster, the evidence that comes in, and what can send mail.

Reading and checking large documents takes long enough to be done beside the event loop.
"""

from asyncio import to_thread
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.leads.normalise import email_key
from pointsman.domain.messages.form_faults import fault_words
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.invitations import Inviter
from pointsman.domain.policy.parsing import parse_policy, plain_document
from pointsman.domain.policy.pools import CREATE_MEETING, Pool
from pointsman.domain.policy_check.bookings import RepCalendar
from pointsman.domain.policy_check.conditions import unknown_fields
from pointsman.domain.policy_check.crm.actions import CrmConnection
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import MAX_FINDINGS, check_policy
from pointsman.domain.roster.reps import Roster
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import domain_of_fact, host_to_ascii, matching_lists
from pointsman.services.policies.cache import load_roster
from pointsman.services.policies.previews import Preview, preview_policy
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow, in_order_of_connecting
from pointsman.services.wording.texts import check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySurroundings:
    """What a policy is checked against; None: not known, and what depends on it is left out.

    `intakes` has the evidence that each intake maps, by its key; `sends_mail` finds which connections send mail, by theirs,
    `calendars` what those of the reps can do, and `connections` what each can do as a CRM, in the order of connecting.
    """

    roster: Roster | None = None
    intakes: Mapping[str, Collection[str]] | None = None
    sends_mail: Callable[[], Mapping[str, bool]] | None = None
    calendars: Callable[[], Mapping[str, RepCalendar]] | None = None
    connections: Callable[[], Sequence[CrmConnection]] | None = None


async def surroundings(env: Env, tx: Tx) -> PolicySurroundings:
    """All of it, as it is now."""
    version = (await tx.policies.live_versions()).roster
    connectors, written = await tx.connections.connectors(), await tx.calendars.writing_connectors()
    crms = await tx.connections.owner_keeping_crms()
    return PolicySurroundings(
        roster=None if version is None else await load_roster(env, tx, version),
        intakes={row.key: _mapped_evidence(row.mapping) for row in await tx.intakes.list()},
        sends_mail=lambda: {key: env.notices.sends_mail(connector) for key, connector in connectors.items()},
        calendars=lambda: {rep: _calendar(env, connector) for rep, connector in written.items()},
        connections=lambda: _crms(env, connectors, crms),
    )


async def check_document(env: Env, document: object) -> tuple[Finding, ...]:
    """What the check finds against what is there now; nothing is written. Faults of form are findings too."""
    async with env.uow() as tx:
        around = await surroundings(env, tx)
    return await to_thread(check_offline, document, around)


async def check_and_preview(env: Env, document: object) -> tuple[tuple[Finding, ...], Preview]:
    """The same, and what buyers would read; nothing of a document that cannot be read."""
    async with env.uow() as tx:
        around = await surroundings(env, tx)
    return await to_thread(_checked_and_previewed, env, document, around)


def check_offline(document: object, around: PolicySurroundings | None = None) -> tuple[Finding, ...]:
    """What the check finds, of what is given alone; what depends on what is not given is left out."""
    with gc_paused():  # until the policy is gone again
        return _read_and_checked(document, around or PolicySurroundings())[1]


def check(policy: Policy, around: PolicySurroundings) -> tuple[Finding, ...]:
    """What the check finds in a policy that was read."""
    # Connectors are imported for it: not where no pool asks.
    is_asked = any(pool.invitations.connection is not None for pool in policy.pools.values())
    asks_crms = any(rule.crm is not None for rule in policy.rules)
    leaves_to_calendars = any(map(_leaves_to_calendars, policy.pools.values()))
    return check_policy(
        policy,
        around.roster,
        around.intakes,
        names=CODE_NAMES,
        domain_of=partial(domain_of_fact, lists=matching_lists(policy.matching)),
        texts=check_text,
        is_address=_is_address,
        sends_mail=around.sends_mail() if is_asked and around.sends_mail is not None else None,
        calendars=around.calendars() if leaves_to_calendars and around.calendars is not None else None,
        connections=around.connections() if asks_crms and around.connections is not None else None,
    )


def _checked_and_previewed(
    env: Env, document: object, around: PolicySurroundings
) -> tuple[tuple[Finding, ...], Preview]:
    with gc_paused():
        policy, findings = _read_and_checked(document, around)
        return findings, Preview() if policy is None else preview_policy(env, policy, around.roster)


def _read_and_checked(document: object, around: PolicySurroundings) -> tuple[Policy | None, tuple[Finding, ...]]:
    try:
        policy = parse_policy(document)
    except PolicyInvalid as invalid:
        of_form = [
            Finding(path=f.path, code=f.code, severity=Severity.ERROR, message=fault_words(f)) for f in invalid.faults
        ]
        return None, (*of_form, *islice(_unknown_fields(document), MAX_FINDINGS - len(of_form)))
    return policy, check(policy, around)


def _unknown_fields(document: object) -> Iterator[Finding]:
    try:
        plain = plain_document(document) if isinstance(document, Mapping) else {}
    except PolicyInvalid:  # too large to be walked
        return
    yield from unknown_fields(plain)


def _leaves_to_calendars(pool: Pool) -> bool:
    given = pool.invitations
    return (given.by is Inviter.CALENDAR and given.connection is None) or pool.booking.conference == CREATE_MEETING


def _calendar(env: Env, connector: str) -> RepCalendar:
    return RepCalendar(invites=env.calendars.invites_guests(connector), meets=env.calendars.makes_meetings(connector))


def _crms(env: Env, connectors: Mapping[str, str], crms: Sequence[ConnectionRow]) -> Sequence[CrmConnection]:
    hearing = [
        CrmConnection(key=row.key, hears_of_leads=True, abilities=env.crm.abilities(row.connector))
        for row in in_order_of_connecting(crms)
    ]
    known = {row.key for row in crms}
    return [*hearing, *(CrmConnection(key=key, hears_of_leads=False) for key in connectors if key not in known)]


def _is_address(text: str) -> bool:
    return email_key(text, host_to_ascii) is not None


def _mapped_evidence(mapping: Mapping[str, Any]) -> Collection[str]:
    """The names of evidence that a stored mapping gives."""
    return dict.fromkeys(part["name"] for part in mapping.get("evidence", ()))
