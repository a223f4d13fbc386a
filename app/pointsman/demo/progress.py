"""What the demo is busy with: a moving line on a terminal, one line for each step elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text


class ProgressLine:
    """`begin` names the step, `update` says how far it is. The moving line is gone when the block ends."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._line = out.status("")
        self._step = ""

    def __enter__(self) -> Self:
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def begin(self, step: str) -> None:
        self._step = step
        if self._out.is_terminal:
            self._line.update(Text(step))
        else:
            self._out.print(step, highlight=False)

    def update(self, text: str) -> None:
        self._line.update(Text.assemble(f"{self._step} ", (text, "dim")))
