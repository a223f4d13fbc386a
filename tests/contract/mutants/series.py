"""Connectors that misread what owners make of our events: series, of which times were deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from contract.mutants.base import fails
from pointsman_memory.appointments import MemoryAppointments
from pointsman_memory.client import Client
from pointsman_memory.series import SeriesTimes
from pointsman_memory.shape import record
from pointsman_sdk import Appointment, RemoteRecord, Slot, Standing
from pointsman_sdk.testing import at


class _OtherTimes(MemoryAppointments):
    """The reference's, with a mistake about the times of a series."""

    times: ClassVar[type[SeriesTimes]]

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._series = self.times(client)


class _FromItsBegin(SeriesTimes):
    async def seen(self, row: Any) -> RemoteRecord:
        return record(row)


@fails("test_owner_s_series_stands_at_its_first_time_left")
class BelievesWhereASeriesBegins(_OtherTimes):
    """It goes on to say that it begins where it did, also once its first time was deleted."""

    times = _FromItsBegin


class _UntilItsFirst(SeriesTimes):
    async def seen(self, row: Any) -> RemoteRecord:
        found = await super().seen(row)
        return found if found.slot == record(row).slot else replace(found, standing=Standing.CANCELLED)


@fails("test_owner_s_series_stands_at_its_first_time_left")
class TakesADeletedFirstTimeForTheEnd(_OtherTimes):
    """What its owner keeps from the next week on is told as called off."""

    times = _UntilItsFirst


@fails("test_owner_s_series_stands_at_its_first_time_left")
class ListsASeriesAsAnEventThatWasMoved(MemoryAppointments):
    """A host would follow it to its next time."""

    async def ours(self, place: str, window: Slot) -> Sequence[RemoteRecord]:
        return [replace(one, repeats=False) for one in await super().ours(place, window)]


@fails("test_late_state_of_a_series_answers_what_stands")
class AnswersALateStateWithWhereASeriesBegan(MemoryAppointments):
    """The host would write down a time at which nothing stands."""

    async def put(self, thing: Appointment) -> RemoteRecord:
        found = await super().put(thing)
        return replace(found, slot=at(9)) if found.repeats else found


def _alone(row: Any) -> Mapping[str, Any]:
    return {"weeks": 1, "left_out": []} if record(row).repeats else {}


class _LeftInItsPlace(SeriesTimes):
    async def mended(self, row: Any, to: Slot) -> Mapping[str, Any]:
        return {} if record(row).slot == to else await super().mended(row, to)


@fails("test_put_makes_a_single_event_of_a_broken_series")
class LeavesABrokenSeriesAsItIs(_OtherTimes):
    """The host's time is put there, and nothing stands at it."""

    times = _LeftInItsPlace


class _EndedInItsPlace(SeriesTimes):
    async def mended(self, row: Any, to: Slot) -> Mapping[str, Any]:
        return _alone(row) if record(row).slot == to else await super().mended(row, to)


@fails("test_put_makes_a_single_event_of_a_broken_series")
class EndsASeriesThatStands(_OtherTimes):
    """One that its owner may keep, too."""

    times = _EndedInItsPlace


class _TakenAnywhere(SeriesTimes):
    async def mended(self, row: Any, to: Slot) -> Mapping[str, Any]:
        return await super().mended(row, record(row).slot or to)


@fails("test_series_leaves_its_day_as_a_single_event")
class TakesASeriesToAnotherDay(_OtherTimes):
    """Its rule may name the day on which it began."""

    times = _TakenAnywhere


class _EndedByAMove(SeriesTimes):
    async def mended(self, row: Any, to: Slot) -> Mapping[str, Any]:
        return await super().mended(row, to) if record(row).slot == to else _alone(row)


@fails("test_series_leaves_its_day_as_a_single_event")
class EndsASeriesThatMoves(_OtherTimes):
    """By an hour, too."""

    times = _EndedByAMove
