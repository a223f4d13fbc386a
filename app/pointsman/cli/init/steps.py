"""The first hour's steps on the database: roster, check, policy, calendar, one lead, and its journey."""

from collections.abc import Sequence
from dataclasses import dataclass

from pointsman.api.policies.policy_text import SubmittedPolicy
from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.init.answers import CalendarAnswer
from pointsman.cli.session import CLI_ACTOR
from pointsman.domain.errors import Conflict, Fault, NotFound, PolicyInvalid
from pointsman.domain.messages.message import rep_name
from pointsman.domain.policy.parsing import plain_document
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import is_publishable
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.intake.submit_lead import LeadInput, submit_lead
from pointsman.services.lead_pages.journey import Journey, load_journey
from pointsman.services.lead_pages.journey_reader import journey_reader
from pointsman.services.policies import lifecycle as policies
from pointsman.services.ports import Env
from pointsman.services.roster.change_roster import get_roster, put_roster
from pointsman.services.wording.rendering import MessageReader, render

CONNECTION = "team-calendars"
#: Nobody's address: the domain is one that no one can register.
FIRST_LEAD = LeadInput(
    email="erika.beispiel@musterbau.example",
    first_name="Erika",
    last_name="Beispiel",
    facts={"lead.source": "demo_form", "lead.country": "DE", "company.name": "Musterbau AG"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What the steps did; what stood there already was not done again."""

    roster_changed: bool
    version: int
    published: bool
    findings: Sequence[Finding]
    calendars: int
    journey: Journey
    reader: MessageReader


async def set_up(
    env: Env, roster: RosterIn, policy: SubmittedPolicy, calendar: CalendarAnswer | None, *, note: str, language: str
) -> SetUp:
    """All steps. Again, they change nothing. Raises Conflict, before anything is written, where another floor is live.

    PolicyInvalid with what the check finds; otherwise as each step's own use case.
    """
    live = await _live_version(env, roster, policy)
    changed = await put_roster(env, roster.given(), actor=CLI_ACTOR, reason=note)
    findings = await policies.check_document(env, policy.document)
    if not is_publishable(findings):
        names = {rep_name(rep.key): rep.name for rep in roster.reps}
        told = MessageReader(language=language, names=names)
        raise PolicyInvalid(
            "The policy has faults.",
            faults=[
                Fault(path=finding.path, code=finding.code, message=render(finding.message, told))
                for finding in findings
                if finding.severity is Severity.ERROR
            ],
        )
    version = await _publish(env, policy, note) if live is None else live
    bound = await _connect(env, calendar) if calendar is not None else 0
    submitted = await submit_lead(env, FIRST_LEAD, actor=CLI_ACTOR)
    return SetUp(
        roster_changed=changed.changed,
        version=version,
        published=live is None,
        findings=findings,
        calendars=bound,
        journey=await load_journey(env, submitted.lead.id, actor=CLI_ACTOR),
        reader=await journey_reader(env, CLI_ACTOR, language=language),
    )


async def _live_version(env: Env, roster: RosterIn, policy: SubmittedPolicy) -> int | None:
    """The live version of this very policy, None where none is live; Conflict where it is another one."""
    there = {rep.key for rep in (await get_roster(env)).reps}
    if there and there.isdisjoint(rep.key for rep in roster.reps):
        raise Conflict(
            f"The roster holds others already ({', '.join(sorted(there)[:5])}): init is for an empty service."
        )
    try:
        row = await policies.published_policy(env)
    except NotFound:
        return None
    if row.document != plain_document(policy.document):
        raise Conflict(
            f"Another policy is live already (version {row.version}). `pointsman policy publish` publishes a changed file, "
            "`pointsman policy export` writes the live one."
        )
    return row.version


async def _publish(env: Env, policy: SubmittedPolicy, note: str) -> int:
    draft = await policies.add_draft(env, policy.document, source=policy.source, note=note, actor=CLI_ACTOR)
    row = await policies.publish_policy(env, draft.policy.version, note=note, actor=CLI_ACTOR)
    return row.version


async def _connect(env: Env, calendar: CalendarAnswer) -> int:
    account = {"base_url": calendar.url, "username": calendar.user, "password": calendar.password}
    await save_connection(env, CONNECTION, connector="caldav", config=account, active=True, actor=CLI_ACTOR)
    for rep, path in calendar.paths.items():
        bound = CalendarBindingInput(connection=CONNECTION, calendar=path, writes=True)
        await bind_calendars(env, rep, [bound], actor=CLI_ACTOR)
    return len(calendar.paths)
