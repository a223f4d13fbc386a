"""The questions of `init`, asked only for what no flag has said."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from pointsman.cli.init.answers import (
    OFFICE_HOURS,
    CalendarAnswer,
    RepAnswer,
    WrongAnswer,
    make_rep,
    read_hours,
    read_name,
    read_own_email,
    read_rep,
    read_role,
    require_floor,
)
from pointsman.domain.messages.message import Arg, say
from pointsman.domain.roster.roles import Work
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioner:
    """Asks in one language. `ask` puts a question with its default (None: there is none; "": nothing is an answer too)."""

    ask: Callable[[str, str | None], str]
    ask_secret: Callable[[str], str]
    tell: Callable[[str], None]
    reader: MessageReader

    def until_right(self, key: str, read: Callable[[str], T], default: str | None = None, **args: Arg) -> T:
        """The answer once it can be read; what is wrong with another one is told."""
        while True:
            try:
                return read(self.ask(render(say(key, **args), self.reader), default))
            except WrongAnswer as wrong:
                self.tell(render_sentence(wrong.message, self.reader))


def ask_reps(asks: Questioner) -> tuple[RepAnswer, ...]:
    """One after another until an empty name; again, while no rep would take a lead that comes in."""
    reps: list[RepAnswer] = []
    while True:
        name = asks.until_right("init.ask-rep", lambda text: _read_name_or_rep(text, reps), "")
        if isinstance(name, RepAnswer):
            reps.append(name)
            continue
        if name:
            email = asks.until_right("init.ask-email", lambda text: read_own_email(text, reps), name=name)
            role = asks.until_right("init.ask-role", read_role, "SDR" if not reps else "Closer", name=name)
            hours = asks.until_right("init.ask-hours", read_hours, OFFICE_HOURS, name=name)
            reps.append(make_rep(name, email, role, hours, reps))
            continue
        try:
            require_floor(reps)
        except WrongAnswer as wrong:
            asks.tell(render_sentence(wrong.message, asks.reader))
            continue
        return tuple(reps)


def _read_name_or_rep(text: str, others: Collection[RepAnswer]) -> str | RepAnswer:
    """A name; a whole rep, where an address shows that the line is written as for `--rep`; "" where nothing is."""
    if "@" in text:
        return read_rep(text, others)
    return read_name(text) if text.strip() else ""


def ask_calendar(asks: Questioner, reps: tuple[RepAnswer, ...]) -> CalendarAnswer | None:
    """The CalDAV server of those who close; None where an empty address says that there is none yet."""
    closers = [rep for rep in reps if rep.may(Work.CLOSING)]
    url = asks.ask(render(say("init.ask-calendar-url"), asks.reader), "").strip() if closers else ""
    if not url:
        return None
    user = asks.until_right("init.ask-calendar-user", read_name)
    password = asks.ask_secret(render(say("init.ask-calendar-password"), asks.reader))
    paths = {rep.key: asks.until_right("init.ask-calendar-path", read_name, name=rep.name) for rep in closers}
    return CalendarAnswer(url=url, user=user, password=password, paths=paths)
