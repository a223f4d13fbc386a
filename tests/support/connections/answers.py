"""A person at the terminal who has written down all answers beforehand."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class WrittenAnswers:
    """Answers one question after the other; yes and no are `True` and `False`. `asked` are the questions."""

    answers: list[str | bool]
    asked: list[str] = field(default_factory=list)

    @staticmethod
    def of(answers: Iterable[str | bool]) -> "WrittenAnswers":
        return WrittenAnswers(list(answers))

    def text(self, question: str, default: str | None) -> str:
        typed = self._next(question)
        assert isinstance(typed, str), f"{question} is no question for yes or no"
        return typed or default or ""

    def secret(self, question: str) -> str:
        typed = self._next(question)
        assert isinstance(typed, str), f"{question} is no question for yes or no"
        return typed

    def confirm(self, question: str, *, default: bool) -> bool:
        typed = self._next(question)
        assert isinstance(typed, bool), f"{question} ({default}) is a question for yes or no"
        return typed

    def _next(self, question: str) -> str | bool:
        self.asked.append(question)
        assert self.answers, f"no answer is left for {question!r}"
        return self.answers.pop(0)
