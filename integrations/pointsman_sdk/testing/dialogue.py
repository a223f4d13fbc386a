"""What is said on one connection to a vendor without HTTP, carried between connector and vendor, turn by turn."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from pointsman_sdk.testing.flood import Flood

_PIECE = 65_536


class Dialogue(Protocol):
    """One connection in a protocol of turns: the vendor greets, then answers each question. It remembers the last one."""

    end: bytes  # of an answer

    def asked(self, received: bytes) -> int:
        """How many bytes of it the first question has; 0 while it is not whole."""
        ...

    def answered(self, received: bytes) -> bool:
        """Whether this is the whole answer to the last question, or the greeting."""
        ...

    def writes(self) -> bool:
        """Whether the vendor acts upon the last question."""
        ...

    def shown(self, question: bytes) -> Sequence[str]:
        """The credentials in a question, as they stand there."""
        ...

    def says(self, status: int) -> bool:
        """Whether the protocol can say at all what this status of HTTP means."""
        ...

    def said(self, status: int, words: bytes) -> bytes | None:
        """The answer that means this status, with these words in it; None where it is none to the last question."""
        ...


class Then(Enum):
    """What the vendor does once it has answered."""

    GO_ON = auto()
    HANG_UP = auto()
    BE_SILENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes in the place of an answer; a flood comes for as long as it is read."""

    content: bytes = b""
    flood: Flood | None = None
    then: Then = Then.GO_ON


@dataclass(slots=True, kw_only=True)
class Line:
    """One connection. `theirs` is the connector's end, `here` and `there` are the bench's ends to it and to the vendor."""

    theirs: socket.socket
    here: socket.socket
    there: socket.socket
    plain: bool
    dialogue: Dialogue
    shown: list[str] = field(default_factory=list)

    async def carry(self, answer: Callable[["Line", bytes | None], Awaitable[Answer]]) -> None:
        """Pass on what is said, with `answer` in the vendor's place, until one of them hangs up."""
        try:
            with suppress(OSError):
                if await self._say(await answer(self, None)):
                    while (question := await self._heard()) is not None:
                        self.shown += self.dialogue.shown(question)
                        if not await self._say(await answer(self, question)):
                            break
        finally:
            self.here.close()
            self.there.close()

    async def ask(self, question: bytes | None) -> bytes:
        """The vendor's own answer. ConnectionError where it hangs up."""
        loop, received = asyncio.get_running_loop(), b""
        if question is not None:
            await loop.sock_sendall(self.there, question)
        while not self.dialogue.answered(received):
            piece = await loop.sock_recv(self.there, _PIECE)
            if not piece:
                raise ConnectionError("the vendor hung up")
            received += piece
        return received

    async def _heard(self) -> bytes | None:
        """The next question; None where the connector hung up."""
        loop, received = asyncio.get_running_loop(), b""
        while not (size := self.dialogue.asked(received)):
            piece = await loop.sock_recv(self.here, _PIECE)
            if not piece:
                return None
            received += piece
        if size != len(received):
            raise AssertionError("the connector asks on before it was answered: say it in turns on the bench")
        return received

    async def _say(self, answer: Answer) -> bool:
        """Whether the talk goes on."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.here, answer.content)
        if answer.flood is not None:
            async for piece in answer.flood:
                await loop.sock_sendall(self.here, piece)
        if answer.then is Then.BE_SILENT:
            while await loop.sock_recv(self.here, _PIECE):
                pass
        return answer.then is Then.GO_ON
