"""`pointsman init`: asks a few things or takes flags, writes two files, and shows where a first lead goes."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
    refuse_unknown_calendar_reps,
    require_floor,
)
from pointsman.cli.init.files import Files, keep_organisation, parse_texts, policy_text, roster_text
from pointsman.cli.init.questions import Questioner, ask_calendar, ask_reps
from pointsman.cli.init.steps import SetUp, SetUpRefused, set_up
from pointsman.cli.output import EXIT_MISUSED, end_with, err, out
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.roster_files import read_roster_file
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.found_environment import PREFIX, is_database_set, state_for
from pointsman.cli.terminal.locality import machine_zone, terminal_language
from pointsman.domain.messages.message import Arg, rep_name, say
from pointsman.services.ports import Env
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

PASSWORD = "CALDAV_PASSWORD"  # noqa: S105  # the name of a variable
_QUIET = {f"{PREFIX}LOG_LEVEL": "warning"}

RepOption = Annotated[
    list[str] | None,
    typer.Option("--rep", help="help.init.rep"),
]


def init(
    folder: Annotated[Path, typer.Argument(help="help.init.folder")] = Path(),
    *,
    organisation: Annotated[str | None, typer.Option("--organisation", "-o", help="help.init.organisation")] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", "-z", help="help.init.time-zone")] = None,
    language: Annotated[str | None, typer.Option("--language", "-l", help="help.init.language")] = None,
    rep: RepOption = None,
    calendar: Annotated[str | None, typer.Option(help="help.init.calendar")] = None,
    calendar_user: Annotated[str | None, typer.Option(help="help.init.calendar-user")] = None,
    calendar_of: Annotated[list[str] | None, typer.Option(help="help.init.calendar-of")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="help.init.yes")] = False,
    force: Annotated[bool, typer.Option("--force", help="help.init.force")] = False,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            help="help.init.state",
        ),
    ] = None,
) -> None:
    """Start: write a roster and a policy, publish them, send a first lead, and show its journey."""
    spoken = _language(language)
    state = state or state_for(folder)
    reader = MessageReader(language=spoken)
    files = Files(folder=folder)
    asks = None if yes or not sys.stdin.isatty() else _questioner(reader)
    given = (calendar, calendar_user, calendar_of)
    closing = ExitStack()
    try:
        files.refuse_folders()
        if not force and files.are_there():
            _say(reader, "init.files-kept", **files.named())
            _name_dropped(reader, {"--organisation": organisation, "--time-zone": time_zone, "--rep": rep})
            roster, policy = read_roster_file(files.roster), read_policy_file(files.policy)
            account = _calendar(asks, *given)
            refuse_unknown_calendar_reps(account, [one.key for one in roster.reps])
            prepare = keep = _nothing
        else:
            answers = _answers(asks, spoken, organisation, time_zone, rep, given)
            account = answers.calendar
            texts = roster_text(answers), policy_text(answers)
            roster, policy = parse_texts(*texts)

            pending = closing.enter_context(files.pending(*texts))
            prepare = pending.prepare

            def keep() -> None:
                pending.keep()
                keep_organisation(state, answers.organisation)
                _say(reader, "init.files-written", **files.named())
                if runs and os.environ.get("POINTSMAN_ORGANISATION") != answers.organisation:
                    _say(reader, "init.organisation-next-start", organisation=answers.organisation)

        with closing, _database(state, reader) as runs:
            note = render(say("init.note"), reader)

            async def steps(env: Env) -> SetUp:
                return await set_up(
                    env, roster, policy, account, note=note, language=spoken, prepare_files=prepare, keep_files=keep
                )

            done = run_with_env(steps)
    except WrongAnswer as wrong:
        end_with(render_sentence(wrong.message, reader), code=EXIT_MISUSED)
    except SetUpRefused as refused:
        names = {rep_name(one.key): one.name for one in roster.reps}
        named = MessageReader(language=spoken, names=names)
        found = [f"{finding.path}: {render(finding.message, named)}" for finding in refused.findings]
        end_with(render_sentence(refused.message, reader), *found)
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
        given.append(read_rep(text, given))
    if given:
        require_floor(given)
    elif asks is None:
        raise WrongAnswer(say("init.no-reps"))
    floor = tuple(given) or (ask_reps(asks) if asks else ())
    account = _calendar(asks, *calendar)
    if account is None and asks is not None and not given:
        account = ask_calendar(asks, floor)
    refuse_unknown_calendar_reps(account, [one.key for one in floor])
    return Answers(
        organisation=read_name(organisation),
        zone=read_zone(time_zone),
        language=language,
        reps=floor,
        calendar=account,
    )


def _calendar(
    asks: Questioner | None, url: str | None, user: str | None, paths: list[str] | None
) -> CalendarAnswer | None:
    if url is None:
        if user is not None or paths:
            raise WrongAnswer(say("init.no-calendar-server"))
        return None
    if user is None or not paths or any("=" not in path for path in paths):
        raise WrongAnswer(say("init.wrong-calendar"))
    password = os.environ.get(PASSWORD)
    if not password:
        if asks is None:
            raise WrongAnswer(say("init.no-password", name=PASSWORD))
        password = asks.ask_secret(render(say("init.ask-calendar-password"), asks.reader))
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
        end_with(render_sentence(wrong.message, MessageReader()), code=EXIT_MISUSED)


@contextmanager
def _database(state: Path, reader: MessageReader) -> Iterator[bool]:
    """The configured database, the one of a `run` with that state, or an embedded one while the block lasts.

    True where a service may run on it already.
    """
    from pointsman.cli import local  # noqa: PLC0415  # the servers are seldom needed, and take a second to import

    if is_database_set() or local.take_environment_of(state):
        yield True
        return
    _say(reader, "init.starts-database")
    with local.running_service(state, command="init", port=local.free_port(), extra=_QUIET):
        yield False


def _name_dropped(reader: MessageReader, flags: Mapping[str, object]) -> None:
    """Flags that change nothing are said: who gave them believes that they did."""
    if dropped := tuple(name for name, given in flags.items() if given):
        err.print(render(say("init.flags-dropped", flags=dropped, count=len(dropped)), reader), soft_wrap=True)


def _nothing() -> None:
    pass


def _show(done: SetUp, reader: MessageReader, zone: str) -> None:
    for finding in done.findings:
        told = render(finding.message, MessageReader(language=reader.language, names=done.reader.names))
        out.print(f"{finding.path}: {told}", highlight=False)
    _say(reader, "init.published" if done.published else "init.live-already", version=done.version)
    if done.calendars:
        _say(reader, "init.calendars", count=done.calendars)
    out.print()
    _say(reader, "init.journey" if done.sent else "init.journey-again")
    local = MessageReader(language=reader.language, zone=zone, names=done.reader.names)
    for entry in done.journey.entries:
        when = render(say("init.time", at=entry.at), local)
        out.print(f"  {when}  {render_sentence(entry.text, local)}", highlight=False, soft_wrap=True)
    out.print()
    if done.waits_for_calendar:
        _say(reader, "init.no-calendar")
    _say(reader, "init.next")


def _say(reader: MessageReader, key: str, **args: Arg) -> None:
    out.print(render(say(key, **args), reader), highlight=False, soft_wrap=True)
