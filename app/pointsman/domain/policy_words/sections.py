"""What a policy that is read out is made of: sections with a heading, and one sentence for each thing that it says."""

from collections.abc import Sequence
from dataclasses import dataclass

from pointsman.domain.messages.message import Arg, Message, say


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """One sentence, and where in the document it comes from: "rules[2].else"."""

    path: str
    text: Message


@dataclass(frozen=True, slots=True)
class PolicySection:
    """One part of a policy: a rule, a pool, or what it says of a subject."""

    heading: Message
    statements: Sequence[PolicyStatement]


class Statements:
    """The sentences of one section, in the order in which they are told."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.told: list[PolicyStatement] = []

    def tell(self, step: str, text: Message) -> None:
        """Add a sentence about the part of the section's place that `step` names; "" for the whole place."""
        path = f"{self._path}.{step}" if self._path and step else self._path or step
        self.told.append(PolicyStatement(path, text))

    def tell_unless(self, step: str, value: object, default: object, key: str, **args: Arg) -> None:
        """Add a sentence, unless the value is what goes without saying."""
        if value != default:
            self.tell(step, say(key, **args))

    def section(self, heading: Message) -> PolicySection:
        """What was told so far, under a heading."""
        return PolicySection(heading, tuple(self.told))
