"""The checks themselves: each is one question to the vendor, and raises NotAsPromised with what was found."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pointsman_sdk import (
    BusyTimes,
    CalendarRef,
    Capability,
    Connector,
    RecordKind,
    RemoteRecord,
    Slot,
    Unreadable,
    implemented,
)
from pointsman_sdk.live.samples import KINDS, NEED_A_PERSON, Kind, Sandbox, person_in_crm

_FIRST, _LATER = 0, 1


class NotAsPromised(Exception):
    """The vendor does not do what the contract says; the text says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCheck:
    """One check by name. `run` raises NotAsPromised, and whatever a connector raises.

    `lacks` names what the sandbox has to have for it ("calendar", "person", "programme"): then it is not to be run.
    `always`: run it also after others failed, since it takes away what they left.
    """

    name: str
    run: Callable[[Connector], Awaitable[None]]
    lacks: str | None = None
    always: bool = False


def live_checks(connector: Connector, sandbox: Sandbox) -> Sequence[LiveCheck]:
    """The checks of what this connector implements, in the order in which they are to be run, each after the other."""
    can = implemented(connector)
    found = [LiveCheck(name="sign-in: one authenticated call", run=lambda one: one.check())]
    for capability, name, run in _READING:
        if capability in can:
            lacks = "calendar" if capability is Capability.BUSY and not sandbox.calendar else None
            found.append(LiveCheck(name=f"{capability}: {name}", run=_bound(run, sandbox), lacks=lacks))
    for kind in KINDS:
        if kind.capability in can:
            found += _checks_of(kind, sandbox, busy=Capability.BUSY in can)
    return found


Read = Callable[[Connector, Sandbox], Awaitable[None]]


def _bound(run: Read, sandbox: Sandbox) -> Callable[[Connector], Awaitable[None]]:
    return lambda connector: run(connector, sandbox)


async def _calendars(connector: Connector, sandbox: Sandbox) -> None:
    """The first page names calendars; the sandbox's own, where it is on it, can be written to."""
    page = await getattr(connector, Capability.CALENDARS).page()
    _promised(bool(page.items), "no calendar is listed")
    named = [one for one in page.items if one.id == sandbox.calendar]
    _promised(all(one.writable for one in named), "the calendar can only be read")


async def _busy(connector: Connector, sandbox: Sandbox) -> None:
    """The sandbox's calendar can be read."""
    window = Slot(sandbox.now, sandbox.now + timedelta(days=7))
    asked = CalendarRef(id=sandbox.calendar or "", zone=sandbox.zone)
    found = (await getattr(connector, Capability.BUSY).read([asked], window)).get(asked.id)
    reason = found.reason if isinstance(found, Unreadable) else "the answer leaves it out"
    _promised(isinstance(found, BusyTimes), f"the calendar cannot be read: {reason}")


async def _users(connector: Connector, _sandbox: Sandbox) -> None:
    """The first page names users, and each is found by its address."""
    owners = getattr(connector, Capability.OWNERS)
    page = await owners.page()
    _promised(bool(page.items), "no user is listed")
    first = page.items[0]
    found = await owners.find(first.email)
    _promised(found is not None and found.id == first.id, "a listed user is not found by the address")


async def _fields(connector: Connector, _sandbox: Sandbox) -> None:
    """The fields of people have names, each once."""
    names = [one.name for one in await getattr(connector, Capability.FIELDS).of(RecordKind.PERSON)]
    _promised(bool(names), "no field is listed")
    _promised(len(names) == len(set(names)), "a field is listed twice")


async def _since(connector: Connector, _sandbox: Sandbox) -> None:
    """Catching up can be begun, and goes on from where it began."""
    intake = getattr(connector, Capability.INTAKE)
    begun = await intake.since(None)
    again = await intake.since(begun.cursor)
    _promised(again.complete, "the cursor that was just given is not known any more")


_READING: Sequence[tuple[Capability, str, Read]] = (
    (Capability.CALENDARS, "calendars are listed", _calendars),
    (Capability.BUSY, "busy times are read", _busy),
    (Capability.OWNERS, "users are listed and found", _users),
    (Capability.FIELDS, "fields are listed", _fields),
    (Capability.INTAKE, "catching up begins and goes on", _since),
)


def _checks_of(kind: Kind, sandbox: Sandbox, *, busy: bool) -> Sequence[LiveCheck]:
    """One life of one thing: put, put again, changed, late, found, taken away twice."""
    life = _Life(kind, sandbox)
    steps = [
        ("is put and found", life.begins),
        ("put again is the same one", life.is_put_again),
        ("a later state takes its place", life.changes),
        ("a state that comes late changes nothing", life.ignores_what_is_late),
    ]
    if kind.capability is Capability.APPOINTMENTS:
        steps.append(("is among the host's own, once", life.is_listed))
        steps += [("its time is busy", life.blocks_its_time)] if busy else []
    lacks = kind.lacks(sandbox)
    checks = [LiveCheck(name=f"{kind.capability}: {name}", run=run, lacks=lacks) for name, run in steps]
    last = LiveCheck(name=f"{kind.capability}: is taken away, twice", run=life.ends, lacks=lacks, always=True)
    return [*checks, last]


@dataclass(frozen=True, slots=True)
class _Life:
    """What is done with one thing of a kind, step by step."""

    kind: Kind
    box: Sandbox

    async def begins(self, connector: Connector) -> None:
        made, found = await self._put(connector, _FIRST), await self._standing(connector)
        _promised(found.id == made.id, "it stands under another id than the answer said")
        self._is_in(_FIRST, found, "it stands at another time than was put")

    async def is_put_again(self, connector: Connector) -> None:
        before = await self._standing(connector)
        _promised((await self._put(connector, _FIRST)).id == before.id, "put again, it is a second one")

    async def changes(self, connector: Connector) -> None:
        before = await self._standing(connector)
        await self._put(connector, _LATER)
        found = await self._standing(connector)
        _promised(found.id == before.id, "changed, it is a second one")
        self._is_in(_LATER, found, "it was not changed")

    async def ignores_what_is_late(self, connector: Connector) -> None:
        await self._put(connector, _FIRST)
        self._is_in(_LATER, await self._standing(connector), "a state that came late changed it")

    async def is_listed(self, connector: Connector) -> None:
        around = self.box.slot(_LATER)
        window = Slot(around.start - timedelta(hours=1), around.end + timedelta(hours=1))
        found = [one.key for one in await self.kind.of(connector).ours(self._place, window)].count(self.box.key)
        _promised(found == 1, f"it is listed {found} times among the host's own")

    async def blocks_its_time(self, connector: Connector) -> None:
        asked = CalendarRef(id=self._place, zone=self.box.zone)
        found = (await getattr(connector, Capability.BUSY).read([asked], self.box.slot(_LATER))).get(asked.id)
        _promised(isinstance(found, BusyTimes) and bool(found.times), "its time reads as free")

    async def ends(self, connector: Connector) -> None:
        for _ in range(2):
            await self.kind.of(connector).drop(self._place, self.box.key)
        found = await self.kind.of(connector).get(self._place, self.box.key)
        _promised(found is None, "taken away, it is still found")

    @property
    def _place(self) -> str:
        return self.kind.place(self.box)

    async def _put(self, connector: Connector, state: int) -> RemoteRecord:
        person = await person_in_crm(connector, self.box) if self.kind.capability in NEED_A_PERSON else ""
        record: RemoteRecord = await self.kind.of(connector).put(self.kind.made(self.box, person, state))
        return record

    async def _standing(self, connector: Connector) -> RemoteRecord:
        found: RemoteRecord | None = await self.kind.of(connector).get(self._place, self.box.key)
        if found is None:
            raise NotAsPromised("what was put is not found under its key")
        return found

    def _is_in(self, state: int, found: RemoteRecord, otherwise: str) -> None:
        _promised(found.slot is None or found.slot == self.box.slot(state), otherwise)


def _promised(kept: bool, found: str) -> None:  # noqa: FBT001  # as assert
    if not kept:
        raise NotAsPromised(found)
