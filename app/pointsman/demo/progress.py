"""What the demo is busy with: a moving line on a terminal, one line for each step elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from pointsman.domain.messages.message import Arg, say
from pointsman.services.wording.rendering import MessageReader, render


class ProgressLine:
    """By keys: `begin` names the step, `update` says how far it is. The moving line is gone when the block ends."""

    def __init__(self, out: Console, reader: MessageReader) -> None:
        self._out, self._reader = out, reader
        self._line = out.status("")
        self._step = ""

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def begin(self, key: str) -> None:
        self._step = step = render(say(key), self._reader)
        if self._out.is_terminal:
            self._line.update(Text(step))
        else:
            self._out.print(step, highlight=False)

    def update(self, key: str, /, **args: Arg) -> None:
        text = render(say(key, **args), self._reader)
        self._line.update(Text.assemble(f"{self._step} ", (text, "dim")))
