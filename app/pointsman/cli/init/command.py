"""`pointsman init`: asks a few things or takes flags, writes two files, and shows where a first lead goes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.init.answers import (
    Answers,
    CalendarAnswer,
    RepAnswer,
    WrongAnswer,
    read_language,
    read_name,
    read_rep,
    read_zone,
    require_floor,
)
from pointsman.cli.init.files import policy_text, roster_text
from pointsman.cli.init.questions import Questioner, ask_calendar, ask_reps
from pointsman.cli.init.steps import SetUp, set_up
from pointsman.cli.output import EXIT_MISUSED, fail, out
from pointsman.cli.policy.files import read_policy_file, write_file
from pointsman.cli.roster_files import read_roster_file
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.found_environment import PREFIX, is_database_set, running_state
from pointsman.cli.terminal.reading import machine_zone, terminal_language
from pointsman.domain.messages.message import Arg, say
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

PASSWORD = "CALDAV_PASSWORD"  # noqa: S105  # the name of a variable
_QUIET = {f"{PREFIX}LOG_LEVEL": "warning"}
_ROSTER, _POLICY = "roster.yaml", "policy.yaml"

RepOption = Annotated[
    list[str] | None,
    typer.Option("--rep", help='"Name, address, SDR | Closer | Founder[, 09:00-17:00]". Repeat for more.'),
]


def init(
    folder: Annotated[Path, typer.Argument(help="Where roster.yaml and policy.yaml are written.")] = Path(),
    *,
    organisation: Annotated[str | None, typer.Option("--organisation", "-o", help="Its name.")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", "-z", help="As Europe/Berlin.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Of questions and comments: de or en.")
    ] = None,
    rep: RepOption = None,
    calendar: Annotated[
        str | None, typer.Option(help=f"A CalDAV server's URL; the password comes from {PASSWORD}, or is asked for.")
    ] = None,
    calendar_user: Annotated[str | None, typer.Option(help="The login there.")] = None,
    calendar_of: Annotated[
        list[str] | None, typer.Option(help="KEY=PATH: the calendar of a rep. Repeat for more.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: flags and defaults alone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write the two files anew, though they are there.")] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            help="Folder of the embedded database. Without it: of what runs here or above, else .pointsman here.",
        ),
    ] = None,
) -> None:
    """Start: write a roster and a policy, publish them, send a first lead, and show its journey."""
    spoken = _language(language)
    state = state or running_state() or Path(".pointsman")
    reader = MessageReader(language=spoken)
    files = folder / _ROSTER, folder / _POLICY
    there = [file for file in files if file.exists()]
    account: CalendarAnswer | None = None
    try:
        if there and not force:
            if len(there) == 1:
                fail(_said(reader, "init.half-there", file=str(there[0])), code=EXIT_MISUSED)
            out.print(_said(reader, "init.files-kept", roster=str(files[0]), policy=str(files[1])), highlight=False)
            account = _calendar(calendar, calendar_user, calendar_of)
        else:
            asks = None if yes or not sys.stdin.isatty() else _questioner(reader)
            answers = _answers(asks, spoken, organisation, time_zone, rep, (calendar, calendar_user, calendar_of))
            account = answers.calendar
            folder.mkdir(parents=True, exist_ok=True)
            write_file(files[0], roster_text(answers))
            write_file(files[1], policy_text(answers))
            _keep_organisation(state, answers.organisation)
            out.print(_said(reader, "init.files-written", roster=str(files[0]), policy=str(files[1])), highlight=False)
    except WrongAnswer as wrong:
        fail(render_sentence(wrong.message, reader), code=EXIT_MISUSED)
    roster, policy = read_roster_file(files[0]), read_policy_file(files[1])
    with _database(state, reader):
        note = render(say("init.note"), reader)
        done = run_with_env(lambda env: set_up(env, roster, policy, account, note=note, language=spoken))
    zone = roster.reps[0].time_zone if roster.reps else "UTC"
    _show(done, reader, zone)


def _answers(
    asks: Questioner | None,
    language: str,
    organisation: str | None,
    time_zone: str | None,
    reps: list[str] | None,
    calendar: tuple[str | None, str | None, list[str] | None],
) -> Answers:
    guess = machine_zone()
    if organisation is None:
        organisation = asks.until_right("init.ask-organisation", read_name) if asks else "Pointsman"
    if time_zone is None:
        time_zone = asks.until_right("init.ask-zone", read_zone, guess) if asks else guess
    given: list[RepAnswer] = []
    for text in reps or ():
        given.append(read_rep(text, [one.key for one in given]))
    if given:
        require_floor(given)
    elif asks is None:
        raise WrongAnswer(say("init.no-reps"))
    floor = tuple(given) or (ask_reps(asks) if asks else ())
    account = _calendar(*calendar)
    if account is None and asks is not None and not given:
        account = ask_calendar(asks, floor)
    if account and (unknown := sorted(account.paths.keys() - {one.key for one in floor})):
        raise WrongAnswer(say("init.wrong-calendar-rep", given=unknown[0], known=tuple(one.key for one in floor)))
    return Answers(
        organisation=read_name(organisation),
        zone=read_zone(time_zone),
        language=language,
        reps=floor,
        calendar=account,
    )


def _calendar(url: str | None, user: str | None, paths: list[str] | None) -> CalendarAnswer | None:
    if url is None:
        return None
    if user is None or not paths or any("=" not in path for path in paths):
        raise WrongAnswer(say("init.wrong-calendar"))
    password = os.environ.get(PASSWORD) or typer.prompt(PASSWORD, hide_input=True)
    found = dict(path.split("=", 1) for path in paths)
    return CalendarAnswer(url=url, user=user, password=password, paths=found)


def _questioner(reader: MessageReader) -> Questioner:
    return Questioner(
        ask=lambda question, default: str(typer.prompt(question, default=default, show_default=bool(default))),
        ask_secret=lambda question: str(typer.prompt(question, hide_input=True)),
        tell=lambda words: out.print(words, highlight=False),
        reader=reader,
    )


def _language(given: str | None) -> str:
    if given is None:
        return terminal_language()
    try:
        return read_language(given)
    except WrongAnswer as wrong:
        fail(render_sentence(wrong.message, MessageReader()), code=EXIT_MISUSED)


@contextmanager
def _database(state: Path, reader: MessageReader) -> Iterator[None]:
    """The configured database, the one of a `run` with that state, or an embedded one while the block lasts."""
    from pointsman.cli import local  # noqa: PLC0415  # the servers are seldom needed, and take a second to import

    if is_database_set() or local.take_environment_of(state):
        yield
        return
    out.print(_said(reader, "init.starts-database"), highlight=False)
    with local.running_service(state, command="init", port=local.free_port(), extra=_QUIET):
        yield


def _keep_organisation(state: Path, organisation: str) -> None:
    """For the next start of the service here, which shows it to buyers."""
    from pointsman.local.kept_file import write_kept_file  # noqa: PLC0415  # likewise

    state.mkdir(parents=True, exist_ok=True)
    write_kept_file(state / "organisation", organisation + "\n")


def _show(done: SetUp, reader: MessageReader, zone: str) -> None:
    for finding in done.findings:
        told = render(finding.message, MessageReader(language=reader.language, names=done.reader.names))
        out.print(f"{finding.path}: {told}", highlight=False)
    key = "init.published" if done.published else "init.live-already"
    out.print(_said(reader, key, version=done.version), highlight=False)
    if done.calendars:
        out.print(_said(reader, "init.calendars", count=done.calendars), highlight=False)
    out.print("\n" + _said(reader, "init.journey"), highlight=False)
    local = MessageReader(language=reader.language, zone=zone, names=done.reader.names)
    for entry in done.journey.entries:
        when = render(say("init.time", at=entry.at), local)
        out.print(f"  {when}  {render_sentence(entry.text, local)}", highlight=False, soft_wrap=True)
    out.print("\n" + _said(reader, "init.next"), highlight=False, soft_wrap=True)


def _said(reader: MessageReader, key: str, **args: Arg) -> str:
    return render(say(key, **args), reader)
