"""FaultyDial: a vendor without HTTP that works, until a check makes it fail in one particular way.

It stands between the connector's connection and the vendor's, and reads along: the bench's configuration has to have the
connector speak without TLS.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from pointsman_sdk import Dial, Retryable, Scope
from pointsman_sdk.testing.dialogue import Answer, Dialogue, Line, Then
from pointsman_sdk.testing.flood import Flood

_PAGE = b"<!DOCTYPE html><html><body>Please sign in to the network\xff\x00</body>"
_TURNS = 20  # of the loop, in which a connection that was closed goes

Break = Callable[[Line, bytes | None], Awaitable[Answer]]
"""What is answered to a question, or in the place of the greeting."""
Befalls = Callable[[Line], bool]


@dataclass(slots=True)
class _Fault:
    befalls: Befalls
    apply: Break
    left: int
    skip: int = 0


def _writes(line: Line) -> bool:
    return line.dialogue.writes()


def _any(_: Line) -> bool:
    return True


class FaultyDial:
    """See `Wire`; `dial` is what the bench lends, and `vendor` leads to the vendor."""

    tells_waits = False

    def __init__(self, vendor: Dial, dialogue: Callable[[], Dialogue]) -> None:
        self._vendor, self._dialogue = vendor, dialogue
        self._fault: _Fault | None = None
        self._refused = 0
        self._lines: list[Line] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: list[object] = []
        self.floods: list[Flood] = []
        self.largest = 0

    async def dial(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        """See `pointsman_sdk.Dial`."""
        if self._refused > 0:
            self._refused -= 1
            raise Retryable("nobody answers at this host and port", scope=Scope.CONNECTION)
        there = await self._vendor(host, port, plain=plain)
        theirs, here = socket.socketpair()
        for one in (theirs, here):
            one.settimeout(0)
        line = Line(theirs=theirs, here=here, there=there, plain=plain, dialogue=self._dialogue())
        self._lines.append(line)
        self._tasks.append(asyncio.create_task(line.carry(self._answer)))
        return theirs

    async def aclose(self) -> None:
        """Hang up everywhere. Raises what the bench found wrong with the way in which the connector speaks."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for line in self._lines:
            line.theirs.close()
        for one in ended:
            if isinstance(one, BaseException) and not isinstance(one, asyncio.CancelledError):
                raise one

    # -- what went over it

    def shown(self) -> list[str]:
        return [word for line in self._lines for word in line.shown]

    def sent(self) -> list[str]:
        return [repr(one) for one in self.seen]

    def told(self) -> Sequence[object]:
        return self.seen

    async def left_open(self) -> int | None:
        """See `Wire`."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return sum(line.theirs.fileno() != -1 for line in self._lines)

    def in_clear(self) -> int | None:
        return sum(bool(line.shown) and not line.plain for line in self._lines)

    # -- faults

    def answer(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002  # there are none
        body: bytes = b"{}",
        writes_only: bool = False,  # noqa: ARG002  # the protocol knows to what a status is an answer
        times: int = 1,
        skip: int = 0,
    ) -> None:
        if not self._dialogue().says(status):
            pytest.skip(f"excused: the protocol of this vendor has no answer like {status}")

        def said(line: Line) -> bytes | None:
            return line.dialogue.said(status, b" ".join([body, *(word.encode() for word in line.shown)]))

        async def apply(line: Line, _: bytes | None) -> Answer:
            # A vendor that was not told the write still waits for it, and would answer nothing else.
            then = Then.HANG_UP if line.dialogue.writes() else Then.GO_ON
            return Answer(content=said(line) or b"", then=then)

        self._arm(apply, lambda line: said(line) is not None, times=times, skip=skip)

    def say(self, body: bytes, *, times: int = 1) -> None:
        async def apply(line: Line, _: bytes | None) -> Answer:
            return Answer(content=body + line.dialogue.end) if body else Answer(then=Then.HANG_UP)

        self._arm(apply, times=times)

    def stall(self, *, times: int = 1) -> None:
        async def apply(_: Line, __: bytes | None) -> Answer:
            return Answer(then=Then.BE_SILENT)

        self._arm(apply, times=times)

    def refuse(self, *, writes_only: bool = False, times: int = 1) -> None:  # noqa: ARG002  # whatever it is for, it is dialled
        self._refused = times

    def lose_answer(self, *, times: int = 1) -> None:
        self._after_the_act(Then.BE_SILENT, times=times)

    def reset(self, *, times: int = 1) -> None:
        self._after_the_act(Then.HANG_UP, times=times)

    def fail_after(self, status: int, *, times: int = 1) -> None:  # noqa: ARG002  # see `Wire`
        pytest.skip("excused: no gateway answers for this vendor")

    def before_write(self, act: Callable[[], object]) -> None:
        async def apply(line: Line, question: bytes | None) -> Answer:
            act()
            return Answer(content=await line.ask(question))

        self._arm(apply, _writes, times=1)

    def truncate(self, *, writes_only: bool = False, times: int = 1) -> None:
        async def apply(line: Line, question: bytes | None) -> Answer:
            whole = await line.ask(question)
            return Answer(content=whole[: len(whole) // 2], then=Then.HANG_UP)

        self._arm(apply, _writes if writes_only else _any, times=times)

    def alter(self, change: Callable[[bytes], bytes], *, writes_only: bool = False, times: int = 1) -> None:
        async def apply(line: Line, question: bytes | None) -> Answer:
            changed = change(await line.ask(question))
            self.largest = max(self.largest, len(changed))
            return Answer(content=changed + line.dialogue.end) if changed else Answer(then=Then.HANG_UP)

        self._arm(apply, _writes if writes_only else _any, times=times)

    def garble(self, *, times: int = 1) -> None:
        self.say(_PAGE, times=times)

    def flood(self, *, times: int = 1) -> None:
        async def apply(_: Line, __: bytes | None) -> Answer:
            self.floods.append(Flood())
            return Answer(flood=self.floods[-1])

        self._arm(apply, times=times)

    def heal(self) -> None:
        self._fault, self._refused = None, 0

    def _after_the_act(self, then: Then, *, times: int) -> None:
        async def apply(line: Line, question: bytes | None) -> Answer:
            await line.ask(question)
            return Answer(then=then)

        self._arm(apply, _writes, times=times)

    def _arm(self, apply: Break, befalls: Befalls = _any, *, times: int, skip: int = 0) -> None:
        self._fault = _Fault(befalls, apply, times, skip)

    async def _answer(self, line: Line, question: bytes | None) -> Answer:
        if question is not None:
            self.seen.append(question)
        await asyncio.sleep(0)
        fault = self._fault
        if fault is None or fault.left <= 0 or not fault.befalls(line):
            return Answer(content=await line.ask(question))
        if fault.skip > 0:
            fault.skip -= 1
            return Answer(content=await line.ask(question))
        fault.left -= 1
        return await fault.apply(line, question)
