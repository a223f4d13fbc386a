"""Deliberately broken connectors, one per check of the kit. `test_kit_bites.py` runs each against its check.

Each is the reference connector with one plausible mistake, the kind an author makes on a busy day.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel

from contract.memory_vendor import CONFIG, BenchVendor
from pointsman_memory import MANIFEST, MemoryConfig, MemoryConnector
from pointsman_memory.client import Client
from pointsman_sdk import (
    AmbiguousOutcome,
    Arrival,
    Booking,
    BookingRequest,
    Capability,
    Company,
    ConnectorError,
    Contact,
    Context,
    Enrolment,
    Hook,
    Notice,
    Record,
    Rejected,
    Retryable,
    Slot,
    SlotTaken,
    User,
)
from pointsman_sdk.testing import ConnectorSuite

MUTANTS: dict[str, type[MemoryConnector]] = {}


def fails(*checks: str) -> Callable[[type[MemoryConnector]], type[MemoryConnector]]:
    """Say which checks must catch the mutant."""

    def register(mutant: type[MemoryConnector]) -> type[MemoryConnector]:
        MUTANTS.update(dict.fromkeys(checks, mutant))
        return mutant

    return register


Call = Callable[..., Awaitable[Any]]


def client_that(behave: Callable[..., Awaitable[Any]]) -> type[Client]:
    """A client whose `call` is `behave(the right call, method, *path, **rest)`."""

    class Broken(Client):
        async def call(self, method: str, *path: str, **rest: Any) -> Any:
            return await behave(super().call, method, *path, **rest)

    return Broken


class OtherClient(MemoryConnector):
    """The reference connector over a client that makes a mistake."""

    client: ClassVar[type[Client]] = Client

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._client = type(self).client(config, context)


# ── house rules ─────────────────────────────────────────────────────────────────────────────────


@fails("test_manifest_is_complete")
class WrittenForAnotherContract(MemoryConnector):
    manifest = replace(MANIFEST, contract=99)


@fails("test_declares_exactly_what_it_implements")
class DeclaresLessThanItDoes(MemoryConnector):
    manifest = replace(MANIFEST, capabilities=frozenset({Capability.CALENDAR}))


class SilentConfig(MemoryConfig):
    region: str = "eu"


@fails("test_config_explains_every_field")
class LeavesAFieldUnexplained(MemoryConnector):
    manifest = replace(MANIFEST, config=SilentConfig)


class LaxConfig(MemoryConfig, extra="ignore"):
    pass


@fails("test_config_refuses_unknown_fields")
class IgnoresMisspeltOptions(MemoryConnector):
    manifest = replace(MANIFEST, config=LaxConfig)


@fails("test_config_hides_secrets")
class KeepsTheTokenInTheOpen(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.token = config.token.get_secret_value()


@fails("test_check_asks_the_vendor")
class ChecksNothing(MemoryConnector):
    async def check(self) -> None:
        return


async def _retry_when_refused(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except ConnectorError as error:
        raise Retryable("try again") from error


@fails("test_refused_credentials_stop_the_connection")
class RetriesRefusedCredentials(OtherClient):
    client = client_that(_retry_when_refused)


@fails("test_errors_keep_secrets")
class QuotesTheToken(OtherClient):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._config = config

    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            raise Rejected(f"{error}, token was {self._config.token.get_secret_value()}") from error


async def _reject_when_busy(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except Retryable as error:
        raise Rejected("no") from error


@fails("test_busy_vendor_is_retryable")
class GivesUpOnABusyVendor(OtherClient):
    client = client_that(_reject_when_busy)


class MistakenClock(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, replace(context, clock=lambda: context.clock() - timedelta(hours=1)))


fails("test_retry_after_may_be_a_date")(MistakenClock)


class NaiveRetryAfter(Client):
    """Reads Retry-After itself, and believes it."""

    async def call(self, method: str, *path: str, **rest: Any) -> Any:
        token = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        response = await self._http.request(method, "/".join([self._base, *path]), headers=token)
        if response.status_code == 429:
            raise Retryable("busy", retry_after=timedelta(seconds=int(response.headers["Retry-After"])))
        return response.json()


@fails("test_absurd_retry_after_is_survived")
class BelievesRetryAfter(OtherClient):
    client = NaiveRetryAfter


async def _httpx_errors_escape(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except Retryable as error:
        if isinstance(error.__cause__, httpx.ConnectError):
            raise error.__cause__ from None
        raise


@fails("test_unreachable_vendor_is_retryable")
class LetsHttpxErrorsEscape(OtherClient):
    client = client_that(_httpx_errors_escape)


@fails("test_spoilt_answer_is_an_error")
class ChecksTheStatusAlone(MemoryConnector):
    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            if "not JSON" not in str(error):
                raise


@fails("test_two_connections_share_nothing")
class KeepsTheClientInTheClass(MemoryConnector):
    shared: ClassVar[list[Client]] = []

    async def check(self) -> None:
        await self.shared[-1].call("GET", "me")

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.shared.append(self._client)


# ── appointments ────────────────────────────────────────────────────────────────────────────────


def _wall_clock(slot: Slot) -> Slot:
    """The mistake of mistakes: the local time, called UTC."""
    return Slot(slot.start.replace(tzinfo=UTC), slot.end.replace(tzinfo=UTC))


@fails("test_booking_round_trips")
class SendsLocalTimeAsUtc(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        return await super().book(replace(request, slot=_wall_clock(request.slot)))


@fails("test_the_hour_that_comes_twice_is_kept_apart")
class ForgetsTheFold(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        first = request.slot.start.replace(fold=0).astimezone(UTC)
        return await super().book(replace(request, slot=Slot(first, first + request.slot.length)))


@fails("test_hostile_contact_is_only_text")
class SplitsTheTitleIntoGuests(OtherClient):
    async def _guests(call: Call, method: str, *path: str, **rest: Any) -> Any:  # noqa: N805  a call in the place of self
        body = rest.get("body") or {}
        lines = str(body.get("title", "")).splitlines()
        if "attendees" in body:
            body["attendees"] += [line.partition("mailto:")[2] for line in lines if "mailto:" in line]
        return await call(method, *path, **rest)

    client = client_that(_guests)


class FreshKeys(MemoryConnector):
    """Makes a new key for every try."""

    tries = 0

    def _fresh(self, request: BookingRequest) -> BookingRequest:
        self.tries += 1
        minutes = timedelta(minutes=30 * (self.tries - 1))
        moved = Slot(request.slot.start + minutes, request.slot.end + minutes)
        return replace(request, key=f"{request.key}-{self.tries}", slot=moved)

    async def book(self, request: BookingRequest) -> Booking:
        made = await super().book(self._fresh(request))
        return replace(made, key=request.key)


fails("test_same_key_books_once", "test_simultaneous_retries_book_once")(FreshKeys)


async def _timeout_is_final(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except AmbiguousOutcome as error:
        raise Rejected("time-out") from error


@fails(
    "test_lost_answer_books_once",
    "test_lost_answer_moves_once",
    "test_lost_answer_creates_one_person",
    "test_meetings_are_logged_once",
    "test_lost_answer_enrols_once",
    "test_lost_answer_notifies_once",
)
class TakesATimeoutForANo(OtherClient):
    client = client_that(_timeout_is_final)


fails("test_failed_write_may_be_repeated")(GivesUpOnABusyVendor)


@fails("test_taken_slot_says_so")
class MerelyRejectsATakenSlot(MemoryConnector):
    async def book(self, request: BookingRequest) -> Booking:
        try:
            return await super().book(request)
        except SlotTaken as error:
            raise Rejected("conflict") from error


@fails("test_unknown_key_is_none")
class FindsAnything(MemoryConnector):
    async def find(self, calendar: str, key: str) -> Booking | None:
        return await super().find(calendar, "check-g1")


class SwallowsFailedLookUps(MemoryConnector):
    async def find(self, calendar: str, key: str) -> Booking | None:
        try:
            return await super().find(calendar, key)
        except ConnectorError:
            return None

    async def person(self, email: str) -> Record | None:
        try:
            return await super().person(email)
        except ConnectorError:
            return None

    async def enrolled(self, enrolment: Enrolment) -> bool:
        try:
            return await super().enrolled(enrolment)
        except ConnectorError:
            return False

    async def notified(self, key: str) -> bool:
        try:
            return await super().notified(key)
        except ConnectorError:
            return False


fails(
    "test_failed_look_up_is_not_none",
    "test_failed_record_look_up_is_not_none",
    "test_failed_enrolment_look_up_raises",
    "test_failed_notice_look_up_raises",
)(SwallowsFailedLookUps)


@fails("test_move_changes_the_one_event")
class MovesByCopy(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        made = await super().book(replace(request, key=request.key + "-moved"))
        return replace(made, key=request.key)


@fails("test_vanished_event_is_created_by_move")
class MovesOnlyWhatIsThere(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        if await self.find(request.calendar, request.key) is None:
            raise Rejected("no such event")
        return await super().move(request)


@fails("test_move_again_changes_nothing")
class CancelsAndBooksAgain(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        await self.cancel(request.calendar, request.key)
        return await self.book(request)


@fails("test_late_move_does_not_undo_a_newer_one")
class ForgetsTheSequence(MemoryConnector):
    async def move(self, request: BookingRequest) -> Booking:
        return await super().move(replace(request, sequence=99))


@fails("test_cancel_is_idempotent")
class CancelsOnlyWhatIsThere(MemoryConnector):
    async def cancel(self, calendar: str, key: str) -> None:
        if await self.find(calendar, key) is None:
            raise Rejected("no such event")
        await super().cancel(calendar, key)


@fails("test_failed_cancel_is_not_done")
class CancelsAtBestEffort(MemoryConnector):
    async def cancel(self, calendar: str, key: str) -> None:
        try:
            await super().cancel(calendar, key)
        except ConnectorError:
            return


# ── busy times ──────────────────────────────────────────────────────────────────────────────────


@fails("test_other_events_are_busy")
class ReadsTheFirstPageOnly(MemoryConnector):
    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        return (await super().busy(calendar, window))[:1]


@fails("test_own_bookings_are_busy")
class LeavesOutItsOwn(MemoryConnector):
    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        own = {booking.slot for booking in await self.booked(calendar, window)}
        return [slot for slot in await super().busy(calendar, window) if slot not in own]


class SeesEverything(MemoryConnector):
    """Asks the vendor's store directly, free events included."""

    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        handler = self._client._http._transport._inner._inner.handler
        entries = handler.__self__.diary.calendars[calendar].values()
        return [entry.slot for entry in entries if entry.slot.overlaps(window)]


fails("test_free_events_are_free")(SeesEverything)


@fails("test_only_the_window_is_reported")
class IgnoresTheWindow(MemoryConnector):
    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        day = timedelta(days=1)
        return await super().busy(calendar, Slot(window.start - day, window.end + day))


@fails("test_events_over_a_clock_change_keep_their_length")
class ReadsWallClocks(MemoryConnector):
    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        return [_wall_clock(slot) for slot in await super().busy(calendar, window)]


@fails("test_unreadable_calendar_is_not_free", "test_refused_reading_is_not_free", "test_spoilt_reading_is_not_free")
class UnknownIsFree(MemoryConnector):
    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        try:
            return await super().busy(calendar, window)
        except ConnectorError:
            return []


@fails("test_own_appointments_are_read_back")
class ReadsBackInAnyOrder(MemoryConnector):
    async def booked(self, calendar: str, window: Slot) -> Sequence[Booking]:
        return list(reversed(await super().booked(calendar, window)))


# ── CRM ─────────────────────────────────────────────────────────────────────────────────────────


@fails("test_people_are_upserted_by_address")
class TellsCapitalsApart(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        prefix = "shouted+" if contact.email.isupper() or contact.email != contact.email.lower() else ""
        return await super().upsert_person(key, replace(contact, email=prefix + contact.email), company=company)


@fails("test_companies_are_upserted_by_domain")
class CreatesACompanyEachTime(MemoryConnector):
    async def upsert_company(self, key: str, company: Company) -> Record:
        return await super().upsert_company(key, replace(company, domain=f"{key}.{company.domain}"))


@fails("test_owner_is_set")
class AcceptsAnyOwner(MemoryConnector):
    async def set_owner(self, record: Record, user_id: str) -> Record:
        try:
            return await super().set_owner(record, user_id)
        except Rejected:
            return record


@fails("test_upsert_keeps_the_owner")
class TakesTheOwnerAway(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        made = await super().upsert_person(key, contact, company=company)
        return await super().set_owner(made, "user-2")


@fails("test_hostile_person_is_only_text")
class KeepsAsciiOnly(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        plain = contact.name.encode("ascii", "ignore").decode()
        return await super().upsert_person(key, replace(contact, name=plain), company=company)


@fails("test_users_are_listed")
class ListsAUserTwice(MemoryConnector):
    async def users(self) -> Sequence[User]:
        users = await super().users()
        return [*users, users[0]]


# ── intake ──────────────────────────────────────────────────────────────────────────────────────


@fails("test_signed_webhook_is_accepted")
class AcceptsNoWebhook(MemoryConnector):
    def verify(self, hook: Hook) -> None:
        raise Rejected("wrong secret")


@fails("test_tampered_webhook_is_rejected")
class AcceptsEveryWebhook(MemoryConnector):
    def verify(self, hook: Hook) -> None:
        return


@fails("test_replayed_webhook_is_rejected")
class AcceptsOldWebhooks(MemoryConnector):
    def verify(self, hook: Hook) -> None:
        try:
            super().verify(hook)
        except Rejected as error:
            if "long ago" not in str(error):
                raise


@fails("test_batched_leads_are_split")
class ReadsTheFirstLeadOnly(MemoryConnector):
    def parse(self, hook: Hook) -> Sequence[Arrival]:
        return super().parse(hook)[:1]


@fails("test_arrival_keys_are_stable")
class MakesKeysUp(MemoryConnector):
    count = 0

    def parse(self, hook: Hook) -> Sequence[Arrival]:
        self.count += 1
        return [replace(arrival, key=f"{arrival.key}-{self.count}") for arrival in super().parse(hook)]


@fails("test_malformed_webhook_is_rejected")
class TakesAnythingForEmpty(MemoryConnector):
    def parse(self, hook: Hook) -> Sequence[Arrival]:
        try:
            return super().parse(hook)
        except Rejected:
            return []


# ── nurture and notify ──────────────────────────────────────────────────────────────────────────


@fails("test_lead_is_enrolled_once")
class StartsTheLeadAgain(MemoryConnector):
    async def enrol(self, enrolment: Enrolment) -> None:
        again = replace(enrolment.contact, email=f"{enrolment.key}+{enrolment.contact.email}")
        await super().enrol(replace(enrolment, contact=again))


@fails("test_release_is_idempotent")
class ReleasesOnlyOnce(MemoryConnector):
    async def release(self, enrolment: Enrolment) -> None:
        if not await self.enrolled(enrolment):
            raise Rejected("not enrolled")
        await super().release(enrolment)


@fails("test_notice_is_delivered_once")
class DeliversEachTime(MemoryConnector):
    sent = 0

    async def notify(self, notice: Notice) -> None:
        self.sent += 1
        await super().notify(replace(notice, key=f"{notice.key}-{self.sent}"))


# ── the suites ──────────────────────────────────────────────────────────────────────────────────


class _Bench(ConnectorSuite):
    __test__ = False

    @pytest.fixture
    def vendor(self) -> BenchVendor:
        return BenchVendor()

    @pytest.fixture
    def config(self) -> BaseModel:
        return type(self).factory.manifest.config.model_validate(dict(CONFIG))


def suite_name(check: str) -> str:
    """The class that runs this check against its mutant."""
    return "Mutant" + "".join(word.capitalize() for word in check.removeprefix("test_").split("_"))


for _check, _mutant in MUTANTS.items():
    globals()[suite_name(_check)] = type(
        suite_name(_check), (_Bench,), {"factory": _mutant, "__test__": True, "__module__": __name__}
    )


class MutantNoCheckIsWeakened(_Bench):
    __test__ = True
    factory = MemoryConnector

    def test_booking_round_trips(self) -> None:
        """Passes, because it asks nothing."""
