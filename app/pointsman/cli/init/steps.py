"""The first hour's steps on the database: roster, policy, calendar, one lead, and its journey."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pointsman.api.policies.policy_text import SubmittedPolicy
from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.init.answers import CalendarAnswer
from pointsman.cli.init.one_transaction import run_as_one
from pointsman.cli.session import CLI_ACTOR
from pointsman.demo.own_floor import is_floor_of_demo
from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.parsing import plain_document
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.domain.policy_check.run import is_publishable
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars, list_calendars
from pointsman.services.connections.connections import get_connection, list_connections, save_connection
from pointsman.services.intake.submit_lead import LeadInput, submit_lead
from pointsman.services.lead_pages.journey import Journey, load_journey
from pointsman.services.lead_pages.journey_reader import journey_reader
from pointsman.services.leads.find_lead import find_lead
from pointsman.services.policies import lifecycle as policies
from pointsman.services.policies.checking import check_document
from pointsman.services.ports import Env, Tx
from pointsman.services.roster.change_roster import RosterState, get_roster, put_roster
from pointsman.services.wording.rendering import MessageReader

CONNECTION = "team-calendars"
#: Nobody's address: the domain is one that no one can register.
FIRST_EMAIL = "erika.beispiel@musterbau.example"
FIRST_LEAD = LeadInput(
    email=FIRST_EMAIL,
    first_name="Erika",
    last_name="Beispiel",
    facts={"lead.source": "demo_form", "lead.country": "DE", "company.name": "Musterbau AG"},
)


class SetUpRefused(Exception):
    """The service cannot be set up so; `message` says why, and `findings` what is wrong with the policy."""

    def __init__(self, message: Message, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message.key)
        self.message, self.findings = message, findings


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What the steps did; what stood there already was not done again."""

    version: int
    published: bool
    findings: Sequence[Finding]
    calendars: int
    waits_for_calendar: bool  # no calendar server is connected, now or before
    sent: bool
    journey: Journey
    reader: MessageReader


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    version: int
    is_new: bool
    findings: Sequence[Finding]


async def set_up(
    env: Env,
    roster: RosterIn,
    policy: SubmittedPolicy,
    calendar: CalendarAnswer | None,
    *,
    note: str,
    language: str,
    prepare_files: Callable[[], None],
    keep_files: Callable[[], None],
) -> SetUp:
    """All steps. Again, they change nothing.

    Roster and policy are written in one transaction, before whose end `prepare_files` writes what belongs on the disk, and
    after which `keep_files` gives it its name: where another floor is live, or one of the steps or the commit fails, nothing
    is. Raises SetUpRefused; otherwise as each step's own use case.
    """

    async def publish(joined: Env, tx: Tx) -> _Published:
        await tx.roster.lock()  # two at once set up one after the other, and the second finds the first one's floor
        await tx.policies.lock()
        done = await _publish(joined, roster, policy, note)
        prepare_files()
        return done

    done = await run_as_one(env, publish)
    keep_files()
    bound = await _connect(env, calendar, roster) if calendar is not None else 0
    lead, sent = await _first_lead(env)
    return SetUp(
        version=done.version,
        published=done.is_new,
        findings=done.findings,
        calendars=bound,
        waits_for_calendar=not await list_connections(env, after=None, limit=1),
        sent=sent,
        journey=await load_journey(env, lead, actor=CLI_ACTOR),
        reader=await journey_reader(env, CLI_ACTOR, language=language),
    )


async def _publish(env: Env, roster: RosterIn, policy: SubmittedPolicy, note: str) -> _Published:
    """Roster and policy live; SetUpRefused where others are."""
    stood = await get_roster(env)
    is_empty = not stood.reps and not stood.roles
    if not is_empty and not _keeps_roles(stood, roster):  # asked first: who has leads keeps the role, says the database
        raise await _other_roster(env, stood)
    changed = await put_roster(env, roster.given(), actor=CLI_ACTOR, reason=say("init.note"))
    if changed.changed and not is_empty:
        raise await _other_roster(env, stood)
    try:
        live = await policies.published_policy(env)
    except NotFound:
        live = None
    if live is not None:
        if live.document != plain_document(policy.document):
            raise SetUpRefused(say("init.other-policy", version=live.version))
        return _Published(version=live.version, is_new=False, findings=await check_document(env, live.document))
    draft = await policies.add_draft(env, policy.document, source=policy.source, note=note, actor=CLI_ACTOR)
    if not is_publishable(draft.findings):
        errors = [finding for finding in draft.findings if finding.severity is Severity.ERROR]
        raise SetUpRefused(say("init.policy-faults", count=len(errors)), errors)
    row = await policies.publish_policy(env, draft.policy.version, note=note, actor=CLI_ACTOR)
    return _Published(version=row.version, is_new=True, findings=draft.findings)


def _keeps_roles(stood: RosterState, roster: RosterIn) -> bool:
    """Whether all reps of the file are there, each in the same role, and the roles may do the same."""
    works = {role.name: frozenset(role.works) for role in stood.roles}
    role_of = {rep.key: rep.role.name for rep in stood.reps}
    return all(role_of.get(rep.key) == rep.role for rep in roster.reps) and all(
        works.get(role.name) == frozenset(role.works) for role in roster.roles
    )


async def _other_roster(env: Env, stood: RosterState) -> SetUpRefused:
    if await is_floor_of_demo(env):
        return SetUpRefused(say("init.floor-of-demo"))
    there = sorted(rep.key for rep in stood.reps) or sorted(role.name for role in stood.roles)
    return SetUpRefused(say("init.other-roster", there=tuple(there[:5]), count=len(there)))


async def _first_lead(env: Env) -> tuple[UUID, bool]:
    """The first lead, and whether it was sent now."""
    try:
        return await find_lead(env, FIRST_EMAIL, actor=CLI_ACTOR, path="lead"), False
    except NotFound:
        return (await submit_lead(env, FIRST_LEAD, actor=CLI_ACTOR)).lead.id, True


async def _connect(env: Env, calendar: CalendarAnswer, roster: RosterIn) -> int:
    """The calendars bound; SetUpRefused where server, login or a calendar is not what was said."""
    names = {rep.key: rep.name for rep in roster.reps}
    await _refuse_other_calendars(env, calendar, names)
    account = {"base_url": calendar.url, "username": calendar.user, "password": calendar.password}
    try:
        await save_connection(env, CONNECTION, connector="caldav", config=account, active=True, actor=CLI_ACTOR)
    except Invalid as error:
        key = "init.calendar-login" if error.code == "credentials-refused" else "init.calendar-server"
        raise SetUpRefused(say(key, url=calendar.url, user=calendar.user)) from error
    except Unavailable as error:
        raise SetUpRefused(say("init.calendar-no-answer", url=calendar.url)) from error
    for rep, path in calendar.paths.items():
        bound = CalendarBindingInput(connection=CONNECTION, calendar=path, writes=True)
        try:
            await bind_calendars(env, rep, [bound], actor=CLI_ACTOR)
        except Invalid as error:
            if any(fault.code == "unknown-calendar" for fault in error.faults):
                raise SetUpRefused(say("init.calendar-not-there", path=path, name=names[rep])) from error
            if any(fault.code == "events-unreadable" for fault in error.faults):
                raise SetUpRefused(say("init.calendar-events-unreadable", path=path, name=names[rep])) from error
            raise
    return len(calendar.paths)


async def _refuse_other_calendars(env: Env, calendar: CalendarAnswer, names: Mapping[str, str]) -> None:
    """SetUpRefused where a rep has other calendars, or the server of that name is another: both may be in use."""
    try:
        server = await get_connection(env, CONNECTION)
    except NotFound:
        server = None
    url = "" if server is None else str(server.config.get("base_url"))
    if server is not None and url.rstrip("/") != calendar.url.rstrip("/"):
        raise SetUpRefused(say("init.other-server", connection=CONNECTION, url=url))
    for rep, path in calendar.paths.items():
        there = [(one.connection.key, one.calendar) for one, _ in await list_calendars(env, rep)]
        if there and there != [(CONNECTION, path)]:
            raise SetUpRefused(say("init.other-calendars", name=names[rep], there=tuple(path for _, path in there[:5])))
