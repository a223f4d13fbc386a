"""Connectors that are right until two do one thing at a time, or a failure comes late."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from contract.mutants.base import MANIFEST, Call, OtherClient, fails
from pointsman_memory import MemoryConnector
from pointsman_memory.calendars import MemoryBusy
from pointsman_memory.directory import MemoryFields
from pointsman_memory.intake import MemoryIntake
from pointsman_memory.people import MemoryPeople
from pointsman_memory.watches import MemoryWatches
from pointsman_sdk import (
    BusyTimes,
    CalendarRef,
    Capability,
    ConnectorError,
    Missed,
    Page,
    Per,
    PersonState,
    Prepared,
    Rejected,
    RemoteRecord,
    Retryable,
    Scope,
    Slot,
    Unreadable,
    WantedField,
    Watch,
)


@fails("test_overtaken_state_changes_nothing")
class WritesOverWhatOvertookIt(OtherClient):
    """Reads the sequence, and writes whatever became of the thing meanwhile."""

    async def behave(call: Call, *args: Any, headers: Mapping[str, str] | None = None, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        return await call(*args, headers=headers if "If-None-Match" in (headers or {}) else None, **rest)


@fails("test_errors_of_a_put_keep_secrets")
class NamesThePersonInItsErrors(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        try:
            return await super().put(thing)
        except Rejected as error:
            raise Rejected(f"{thing.email}: {error}") from error


class _CountsSubjects(MemoryConnector):
    """Its vendor counts each place by itself."""

    manifest = replace(MANIFEST, limits=replace(MANIFEST.limits, per=Per.SUBJECT))

    def subject_of(self, capability: Capability, place: str | None) -> str | None:  # as the Protocol says
        return place


@fails("test_throttled_subject_is_named")
class HoldsEverybodyForOneSubject(_CountsSubjects):
    """A 429 of one is taken for the whole connection's."""


@fails("test_throttled_subject_is_named")
class HoldsAnotherSubject(_CountsSubjects):
    """Names who was throttled by another name than before the call."""

    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        call = self._client.call

        async def named(*args: Any, **rest: Any) -> Any:
            try:
                return await call(*args, **rest)
            except Retryable as error:
                if error.scope is Scope.CONNECTION and "asks for fewer" in str(error):
                    raise Retryable(
                        str(error), retry_after=error.retry_after, scope=Scope.SUBJECT, subject="another"
                    ) from error
                raise

        self._client.call = named  # type: ignore[method-assign]  # the mistake


@fails("test_throttled_subject_is_named")
class HoldsASubjectOfNone(HoldsAnotherSubject):
    """Its vendor counts over the connection, it says, and one subject is held."""

    manifest = MANIFEST

    subject_of = None  # type: ignore[assignment]  # none is named


@fails("test_refused_put_is_never_done")
class TakesARefusalForDone(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        try:
            return await super().put(thing)
        except Rejected:
            return RemoteRecord(key=thing.key, place=thing.place, id=thing.key, version="1")


class _LosesLaterPages(MemoryConnector):
    """What was read before a failure is taken for all."""

    def __init__(self, config: Any, context: Any) -> None:
        super().__init__(config, context)
        page, call = self._client.page, self._client.call

        async def lost_page(*path: str, cursor: str | None, **rest: Any) -> Page[Any]:
            try:
                return await page(*path, cursor=cursor, **rest)
            except ConnectorError:
                if cursor is None:
                    raise
                return Page(items=())

        async def lost_change(method: str, *path: str, **rest: Any) -> Any:
            try:
                return await call(method, *path, **rest)
            except Retryable:
                if path[-1] != "changes" or not rest.get("params"):
                    raise
                return {"items": [], "sync": rest["params"]["cursor"], "next": None}

        self._client.page = lost_page  # type: ignore[method-assign]  # the mistake
        self._client.call = lost_change  # type: ignore[method-assign]  # the mistake


fails("test_ours_that_break_off_raise", "test_fields_that_break_off_raise", "test_changes_that_break_off_raise")(
    _LosesLaterPages
)


@fails("test_busy_times_that_break_off_are_not_free")
class KeepsWhatItReadOfADay(MemoryBusy):
    """Asks hour by hour, and goes on where one hour cannot be read."""

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        found: dict[str, BusyTimes | Unreadable] = {}
        half = window.start + (window.end - window.start) / 2
        for part in (Slot(window.start, half), Slot(half, window.end)):
            try:
                read = await super().read(asked, part)
            except ConnectorError:
                if not found:
                    raise
                continue
            for name, one in read.items():
                before = found.get(name)
                both = isinstance(one, BusyTimes) and isinstance(before, BusyTimes)
                found[name] = replace(one, times=[*before.times, *one.times]) if both else one  # type: ignore[union-attr, type-var]  # looked at above
        return found


@fails("test_watch_begins_and_ends")
class EndsAWatchOnce(MemoryWatches):
    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._begun: set[str] = set()

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        begun = await super().watch(place, callback, secret)
        self._begun |= {begun.state} if begun else set()
        return begun

    async def unwatch(self, place: str, state: str) -> None:
        if state not in self._begun:
            raise Rejected("there is no such watch")
        self._begun.remove(state)
        await super().unwatch(place, state)


@fails("test_watch_begins_and_ends")
class TakesTheBeginForTheEnd(MemoryWatches):
    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        begun = await super().watch(place, callback, secret)
        return begun and replace(begun, renew_at=begun.renew_at and begun.renew_at - timedelta(days=400))


@fails("test_wanted_field_is_made_once_or_named")
class SaysThatAllIsThere(MemoryFields):
    async def prepare(self, wanted: Sequence[WantedField]) -> Prepared:
        return Prepared()


@fails("test_failed_catching_up_raises")
class TellsThatNothingHappened(MemoryIntake):
    async def since(self, cursor: str | None) -> Missed:
        try:
            return await super().since(cursor)
        except ConnectorError:
            return Missed(events=(), cursor=cursor)


@fails("test_unknown_cursor_of_events_is_not_complete")
class BeginsAnewAtAnUnknownCursor(MemoryIntake):
    async def since(self, cursor: str | None) -> Missed:
        found = await super().since(cursor)
        return found if found.complete else await super().since(None)
