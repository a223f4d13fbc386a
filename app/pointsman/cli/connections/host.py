"""What the steps of a set-up ask of the service: each is one use case."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connectors.live_check import live_findings
from pointsman.cli.session import CLI_ACTOR
from pointsman.cli.terminal.locality import machine_zone, terminal_language
from pointsman.connectors.live import LiveFinding
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.form import WayToSignIn, ways_of
from pointsman.connectors.sign_in.sign_ins import CALLBACK_PATH
from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.messages.form_faults import hinted
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.domain.roster.reps import Rep
from pointsman.services.calendars.poll import poll_rep
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars, list_calendars
from pointsman.services.connections.connections import get_connection, save_connection
from pointsman.services.connections.health import ConnectionHealth, connection_health
from pointsman.services.connections.sign_in import BegunUrl, begin_sign_in
from pointsman.services.connections.trial_message import SentTrial, send_trial_message
from pointsman.services.connections.users.confirm import confirm_users
from pointsman.services.connections.users.following import look_for_users
from pointsman.services.connections.users.proposal import UserProposal, propose_users
from pointsman.services.connections.vendor_calendars import list_vendor_calendars
from pointsman.services.ports import Env
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.calendars import VendorCalendar
from pointsman.services.roster.change_roster import get_roster
from pointsman.services.wording.rendering import MessageReader
from pointsman_sdk import Capability

_GUESS = "; did you mean "
_MOST_PAGES = 40  # of a list of calendars: what lies beyond is bound by its name


class Host(Protocol):
    """The service, as a set-up sees it. Raises what the use cases raise."""

    def now(self) -> datetime: ...

    def redirect_uri(self) -> str:
        """Where a vendor sends the browser back after a sign-in."""
        ...

    def ways(self, connector: str) -> Sequence[WayToSignIn]: ...

    def has_calendars(self, connector: str) -> bool: ...

    def sends_mail(self, connector: str) -> bool: ...

    def is_crm(self, connector: str) -> bool: ...

    def faults(self, connector: str, config: Mapping[str, Any]) -> Sequence[Fault]: ...

    async def find(self, key: str) -> ConnectionRow | None: ...

    async def save(self, key: str, connector: str, given: GivenSetUp) -> ConnectionRow: ...

    async def begin_sign_in(self, key: str) -> BegunUrl: ...

    async def calendars(self, key: str) -> Sequence[VendorCalendar]: ...

    async def users(self, key: str) -> UserProposal: ...

    async def confirm_users(self, key: str, users: Mapping[str, str]) -> None: ...

    async def reps(self) -> Sequence[Rep]:
        """Those who are active, by name."""
        ...

    async def bound(self, rep: str) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]: ...

    async def read(self, rep: str) -> None:
        """Read the rep's calendars now."""
        ...

    async def bind(self, rep: str, calendars: Sequence[CalendarBindingInput]) -> None: ...

    def try_booking(self, key: str, calendar: str, zone: str) -> AsyncIterator[LiveFinding]: ...

    async def send_trial(self, key: str, to: str) -> SentTrial:
        """One test message to this address."""
        ...

    async def health(self, key: str) -> ConnectionHealth: ...


class ServiceHost:
    """The service on its database."""

    def __init__(self, env: Env, registry: ConnectorRegistry) -> None:
        self._env, self._registry = env, registry

    def now(self) -> datetime:
        return self._env.clock()

    def redirect_uri(self) -> str:
        return f"{self._env.public_url}{CALLBACK_PATH}"

    def ways(self, connector: str) -> Sequence[WayToSignIn]:
        return ways_of(self._registry.manifest(connector), terminal_language())

    def has_calendars(self, connector: str) -> bool:
        return Capability.BUSY in self._registry.manifest(connector).capabilities

    def sends_mail(self, connector: str) -> bool:
        return self._env.notices.sends_mail(connector)

    def is_crm(self, connector: str) -> bool:
        return self._env.crm.is_crm(connector)

    def faults(self, connector: str, config: Mapping[str, Any]) -> Sequence[Fault]:
        try:
            self._registry.parse_config(connector, config)
        except Invalid as error:
            return self._worded(connector, error.faults)
        return ()

    async def find(self, key: str) -> ConnectionRow | None:
        try:
            return await get_connection(self._env, key)
        except NotFound:
            return None

    async def save(self, key: str, connector: str, given: GivenSetUp) -> ConnectionRow:
        try:
            row, _ = await save_connection(
                self._env,
                key,
                connector=connector,
                config=given.config or {},
                active=True,
                sync_owners=given.sync_owners,
                on_release=given.on_release,
                record=given.record.by_value(),
                fields=given.fields,
                max_reading_age_s=given.max_reading_age_s,
                existing_leads=given.existing_leads,
                actor=CLI_ACTOR,
            )
        except Invalid as error:
            error.faults = self._worded(connector, error.faults)
            raise
        return row

    def _worded(self, connector: str, faults: Sequence[Fault]) -> tuple[Fault, ...]:
        """What the connector's own model found wrong, in the terminal's language as far as the connector has words in it."""
        words = self._registry.manifest(connector).words.get(terminal_language(), {})
        return tuple(
            replace(one, told=found) if one.told is None and (found := in_words(one.message, words)) else one
            for one in faults
        )

    async def begin_sign_in(self, key: str) -> BegunUrl:
        return await begin_sign_in(self._env, key, subject=None, actor=CLI_ACTOR)

    async def calendars(self, key: str) -> Sequence[VendorCalendar]:
        found: list[VendorCalendar] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await list_vendor_calendars(self._env, key, cursor)
            found += page.calendars
            cursor = page.cursor
            if cursor is None:
                break
        return found

    async def users(self, key: str) -> UserProposal:
        return await propose_users(self._env, key)

    async def confirm_users(self, key: str, users: Mapping[str, str]) -> None:
        await confirm_users(self._env, key, users, actor=CLI_ACTOR)
        await look_for_users(self._env, key)

    async def reps(self) -> Sequence[Rep]:
        return sorted(
            (rep for rep in (await get_roster(self._env)).reps if rep.active), key=lambda rep: (rep.name, rep.key)
        )

    async def bound(self, rep: str) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
        return await list_calendars(self._env, rep)

    async def read(self, rep: str) -> None:
        await poll_rep(self._env, rep)

    async def bind(self, rep: str, calendars: Sequence[CalendarBindingInput]) -> None:
        await bind_calendars(self._env, rep, calendars, actor=CLI_ACTOR)

    def try_booking(self, key: str, calendar: str, zone: str) -> AsyncIterator[LiveFinding]:
        return live_findings(self._env, key, calendar=calendar, zone=zone)

    async def send_trial(self, key: str, to: str) -> SentTrial:
        reader = MessageReader(language=terminal_language(), zone=machine_zone())
        return await send_trial_message(self._env, key, to=to, reader=reader, actor=CLI_ACTOR)

    async def health(self, key: str) -> ConnectionHealth:
        return await connection_health(self._env, key)


def in_words(said: str, words: Mapping[str, str]) -> Message | None:
    """What a model says in a connector's words of one language, with the guess that it makes; None where there are none."""
    head, guesses, guess = said.partition(_GUESS)
    if head not in words:
        return None
    told = as_written(words[head])
    return hinted(told, say("suggestion.did-you-mean", names=(guess.removesuffix("?"),))) if guesses else told
