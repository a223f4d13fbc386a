"""Connectors that double, lose or overwrite what they keep at the vendor."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from contract.mutants.base import Call, OtherClient, fails
from pointsman_memory.appointments import MemoryAppointments
from pointsman_memory.client import Changed
from pointsman_memory.outreach import MemoryNotices, MemoryProgrammes
from pointsman_sdk import (
    AmbiguousOutcome,
    Appointment,
    ConnectorError,
    Membership,
    Notice,
    PlaceGone,
    Rejected,
    RemoteRecord,
    Retryable,
    Slot,
)
from pointsman_sdk.testing import ADA


@fails("test_put_keeps_what_was_asked")
class AnswersWhatItSent(MemoryAppointments):
    """The record as it was asked for, not as the vendor has it."""

    async def put(self, thing: Appointment) -> RemoteRecord:
        await super().put(thing)
        return RemoteRecord(key=thing.key, place=thing.place, id="", version="", slot=thing.slot)


@fails("test_put_again_keeps_one")
class DropsAndMakesAgain(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        await self.drop(thing.place, thing.key)
        return await super().put(thing)


@fails("test_simultaneous_puts_keep_one")
class LooksBeforeItMakes(MemoryNotices):
    """A look-up before the write, and a name of its own for what is new: nothing at the vendor keeps it single."""

    number = 0

    async def put(self, thing: Notice) -> RemoteRecord:
        found = [one async for one in self._mine(thing)]
        if found:
            return await super().put(replace(thing, key=found[0]))
        self.number += 1
        made = await super().put(replace(thing, key=f"{thing.key}-{self.number}"))
        return replace(made, key=thing.key)

    async def _mine(self, thing: Notice) -> Any:
        for number in range(1, 5):
            key = f"{thing.key}-{number}"
            if await self._client.call("GET", "messages", key, absent_is_none=True) is not None:
                yield key


@fails(
    "test_lost_answer_keeps_one",
    "test_gateway_s_failure_after_the_act_keeps_one",
)
class TakesATimeoutForANo(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except AmbiguousOutcome as error:
            raise Rejected("time-out") from error


@fails("test_unreadable_answer_to_a_write_keeps_one")
class TakesAnUnreadableAnswerForANo(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except AmbiguousOutcome as error:
            if "cannot be read" in str(error):
                raise Rejected("unreadable") from error
            raise


@fails("test_newer_state_takes_the_older_one_s_place")
class MovesByCopy(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return replace(await super().put(replace(thing, key=f"{thing.key}-{thing.sequence}")), key=thing.key)


@fails("test_late_state_changes_nothing")
class ForgetsTheSequence(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return await super().put(replace(thing, sequence=99))


@fails("test_what_vanished_is_made_anew")
class MakesAtFirstAlone(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        if thing.sequence and await self.get(thing.place, thing.key) is None:
            raise Rejected("no such event")
        return await super().put(thing)


class _Overwrites(MemoryAppointments):
    """Writes the whole event as the host has it."""

    async def put(self, thing: Appointment) -> RemoteRecord:
        if await self.get(thing.place, thing.key) is not None:
            body = {
                "start": thing.slot.utc().start.isoformat(),
                "end": thing.slot.utc().end.isoformat(),
                "title": thing.title,
                "guests": [],
                "sequence": thing.sequence,
                "status": "confirmed",
            }
            await self._client.call("PUT", "calendars", thing.place, "events", thing.key, body=body)
            found = await self.get(thing.place, thing.key)
            assert found is not None
            return found
        return await super().put(thing)


fails("test_owner_s_edits_are_kept")(_Overwrites)


@fails("test_update_of_others_is_not_lost")
class WritesWithoutACondition(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        headers = {name: value for name, value in (rest.get("headers") or {}).items() if name != "If-Match"}
        return await call(*args, **{**rest, "headers": headers})


@fails("test_unknown_key_is_none")
class FindsAnything(MemoryAppointments):
    async def get(self, place: str, key: str) -> RemoteRecord | None:  # the mistake
        return await super().get(place, "check-g1")


@fails("test_failed_look_up_is_not_none")
class SwallowsFailedLookUps(MemoryAppointments):
    async def get(self, place: str, key: str) -> RemoteRecord | None:
        try:
            return await super().get(place, key)
        except ConnectorError:
            return None


@fails("test_drop_is_idempotent")
class DropsOnlyWhatIsThere(MemoryAppointments):
    async def drop(self, place: str, key: str) -> None:
        if await self.get(place, key) is None:
            raise Rejected("no such event")
        await super().drop(place, key)


@fails("test_failed_drop_is_not_done")
class DropsAtBestEffort(MemoryAppointments):
    async def drop(self, place: str, key: str) -> None:
        try:
            await super().drop(place, key)
        except ConnectorError:
            return


@fails("test_place_that_is_gone_says_so")
class TakesALostPlaceForDone(MemoryAppointments):
    async def drop(self, place: str, key: str) -> None:
        try:
            await super().drop(place, key)
        except PlaceGone:
            return


@fails("test_strangers_words_are_only_text")
class CutsTheTitleToNothing(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return await super().put(replace(thing, title=thing.title.split('"')[0]))


@fails("test_put_ends_as_the_fault_says")
class ForgetsThatAllMustWait(OtherClient):
    """A throttled connection is told as one call that failed."""

    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except AmbiguousOutcome:
            raise
        except Retryable as error:
            raise Retryable(str(error), retry_after=error.retry_after) from error


@fails("test_put_ends_as_the_fault_says")
class CallsEveryFailureUncertain(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except Changed:
            raise
        except Retryable as error:
            raise AmbiguousOutcome("perhaps", retry_after=error.retry_after, scope=error.scope) from error


@fails("test_get_and_drop_end_as_the_fault_says")
class LosesTheWait(MemoryAppointments):
    async def drop(self, place: str, key: str) -> None:
        try:
            await super().drop(place, key)
        except Retryable as error:
            raise type(error)(str(error), scope=error.scope) from error


@fails("test_appointment_keeps_its_instant")
class SendsLocalTimeAsUtc(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        wall = Slot(thing.slot.start.replace(tzinfo=UTC), thing.slot.end.replace(tzinfo=UTC))
        return await super().put(replace(thing, slot=wall))


@fails("test_person_in_the_programme_is_not_started_again")
class StartsEveryKeyAnew(MemoryProgrammes):
    async def put(self, thing: Membership) -> RemoteRecord:
        number = thing.key.rpartition("-")[2]
        person = replace(thing.person, email=thing.person.email.replace("@", f"+{number}@"))
        return await super().put(replace(thing, person=person))


@fails("test_drop_takes_out_one_person_alone")
class EmptiesTheProgramme(MemoryProgrammes):
    async def drop(self, place: str, key: str) -> None:
        for number in range(1, 10):
            await super().drop(place, f"{key.rpartition('-')[0]}-{number}")


@fails("test_another_key_is_another_message")
class SendsTheSameWordsOnce(MemoryNotices):
    async def put(self, thing: Notice) -> RemoteRecord:
        return replace(await super().put(replace(thing, key=f"words-{len(thing.text)}")), key=thing.key)


@fails("test_appointment_with_nobody_to_invite_stands")
class InvitesSomebodyInAnyCase(MemoryAppointments):
    async def put(self, thing: Appointment) -> RemoteRecord:
        return await super().put(replace(thing, guests=thing.guests or (ADA,)))
