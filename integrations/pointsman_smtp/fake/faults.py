"""Faults of the mail server: one after the other as they were asked for, or by a plan."""

from collections import deque
from dataclasses import dataclass, field

from pointsman_sdk.fakes import Fault, FaultPlan, Turn

STAGES = ("GREETING", "EHLO", "STARTTLS", "AUTH", "NOOP", "MAIL", "RCPT", "DATA", "END", "QUIT")
"""What the server answers: its first words, a command, or the end of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What befalls the answer at one stage: it says something else, hangs up, or stays silent.

    `takes`: at END the message is kept all the same.
    """

    at: str
    say: str | None = None
    cut: bool = False
    silent: bool = False
    takes: bool = False

    def __post_init__(self) -> None:
        if self.at not in STAGES:
            raise ValueError(f"no stage: {self.at}")


@dataclass(slots=True)
class Troubles:
    """Those that were asked for come first, each in one talk; then the plan has its turn with each message.

    `down`: every talk ends at once.
    """

    plan: FaultPlan = field(default_factory=FaultPlan)
    asked: deque[Trouble] = field(default_factory=deque)
    down: bool = False

    def of_talk(self) -> list[Trouble]:
        """What befalls the talk that begins."""
        if self.down:
            return [Trouble(at="GREETING", say="421 4.3.2 not in service")]
        if self.asked:
            return [self.asked.popleft()]
        return []

    def of_message(self) -> tuple[Trouble | None, Turn]:
        """What befalls the message that begins, and the turn that it is."""
        turn = self.plan.turn()
        match turn.fault:
            case Fault.THROTTLED:
                return Trouble(at="MAIL", say="421 4.7.0 too many messages, try again later"), turn
            case Fault.FAILED:  # an answer to a message counts, so that it was not taken
                return Trouble(at="END", say="451 4.3.0 local error in processing"), turn
            case Fault.LOST:
                return Trouble(at="END", silent=True, takes=True), turn
            case Fault.RESET:
                return Trouble(at="END", cut=True, takes=turn.acts), turn
            case _:
                return None, turn
