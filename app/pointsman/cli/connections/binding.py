"""Calendars of reps: proposed by address, confirmed one by one, or as a document says."""

from collections.abc import Mapping, Sequence

from pointsman.cli.connections.asking import Asks, ask_yes, read_number
from pointsman.cli.connections.given import GivenCalendar, GivenSetUp
from pointsman.cli.connections.host import Host
from pointsman.cli.output import show_table, table, tell, word
from pointsman.cli.terminal.told_errors import fault_lines, refusal_words
from pointsman.domain.errors import Invalid, NotFound
from pointsman.domain.roster.reps import Rep
from pointsman.services.connections.calendar_bindings import CalendarBindingInput
from pointsman.services.connections.calendar_matching import match_calendars
from pointsman.services.ports.vendors.calendars import VendorCalendar


def show_calendars(calendars: Sequence[VendorCalendar]) -> None:
    """A numbered table."""
    listed = table(
        word("cli-connections.number"),
        word("cli-connections.calendar-name"),
        word("cli-connections.owner"),
        word("cli-connections.calendar"),
        word("cli-connections.writable"),
    )
    for number, one in enumerate(calendars, start=1):
        can_write = word("cli-connections.yes" if one.writable else "cli-connections.no")
        listed.add_row(str(number), one.name, one.owner_email or "-", one.id, can_write)
    show_table(listed)


async def choose_and_bind(
    host: Host, asks: Asks | None, key: str, calendars: Sequence[VendorCalendar], given: GivenSetUp
) -> bool:
    """Which calendar is whose, and whether each could be bound.

    Without anyone to ask: what the document names, and with `match` what is matched. What a person chose is bound at once,
    so that who leaves at a later question has nothing to choose again.
    """
    reps = await host.reps()
    chosen = list(given.calendars)
    named = {one.rep for one in chosen} | {rep.key for rep in reps if await _has(host, rep, key)}
    free = [rep for rep in reps if rep.key not in named]
    proposed = match_calendars(calendars, free)
    if asks is None and given.match:
        chosen += [GivenCalendar(rep=rep, calendar=one.id) for rep, one in proposed.items()]
    works = await bind(host, key, chosen)
    if asks is None:
        return works
    others = []
    for rep in free:
        one = proposed.get(rep.key)
        if one is None or not _confirmed(asks, rep, one):
            others.append(rep)
        else:
            works = await bind(host, key, [GivenCalendar(rep=rep.key, calendar=one.id)]) and works
    if others and ask_yes(asks, "cli-connections.ask-others", default=False, count=len(others)):
        for rep in others:
            await _pick_and_bind(host, asks, key, rep, calendars)
    return works


async def bind(host: Host, key: str, chosen: Sequence[GivenCalendar]) -> bool:
    """Bind each beside what the rep has; False where that went wrong for some, which is told of each."""
    works = True
    wanted: dict[str, list[GivenCalendar]] = {}
    for one in chosen:
        wanted.setdefault(one.rep, []).append(one)
    for rep, calendars in wanted.items():
        try:
            await _bind_one(host, key, rep, calendars)
        except (Invalid, NotFound) as error:
            works = False
            why = "; ".join(
                [refusal_words(error), *(line.partition(": ")[2] or line for line in fault_lines(error.faults))]
            )
            tell("cli-connections.not-bound", style="red", name=rep, calendar=calendars[0].calendar, why=why)
    return works


async def _bind_one(host: Host, key: str, rep: str, calendars: Sequence[GivenCalendar]) -> None:
    there = [
        CalendarBindingInput(connection=bound.connection.key, calendar=bound.calendar, writes=bound.writes)
        for bound, _ in await host.bound(rep)
    ]
    joined = _joined(key, there, calendars)
    if joined != there:
        await host.bind(rep, joined)


def _joined(
    key: str, there: Sequence[CalendarBindingInput], added: Sequence[GivenCalendar]
) -> list[CalendarBindingInput]:
    """All calendars of a rep; the first one to write to is that which says so, else the one that was, else the first new."""
    of: Mapping[str, GivenCalendar] = {one.calendar: one for one in added}
    writer = next(((key, one.calendar) for one in added if one.writes), None)
    writer = writer or next(((one.connection, one.calendar) for one in there if one.writes), None)
    writer = writer or next(((key, one.calendar) for one in added if one.writes is None), None)
    places = [(one.connection, one.calendar) for one in there]
    places += [(key, calendar) for calendar in of if (key, calendar) not in places]
    return [
        CalendarBindingInput(connection=connection, calendar=calendar, writes=(connection, calendar) == writer)
        for connection, calendar in places
    ]


async def _has(host: Host, rep: Rep, key: str) -> bool:
    return any(bound.connection.key == key for bound, _ in await host.bound(rep.key))


def _confirmed(asks: Asks, rep: Rep, one: VendorCalendar) -> bool:
    return ask_yes(
        asks,
        "cli-connections.ask-match",
        default=True,
        name=rep.name,
        address=rep.email,
        title=one.name or one.id,
        calendar=one.id,
    )


async def _pick_and_bind(host: Host, asks: Asks, key: str, rep: Rep, calendars: Sequence[VendorCalendar]) -> None:
    """By number, or by its name at the vendor, which may list fewer than we may use. Asked until one is bound, or none named."""
    while answer := asks.text(word("cli-connections.ask-calendar", name=rep.name), "").strip():
        number = read_number(answer, len(calendars))
        if number is None and answer.isascii() and answer.isdigit():
            tell("cli-connections.wrong-number", most=len(calendars))
            continue
        name = answer if number is None else calendars[number].id
        if await bind(host, key, [GivenCalendar(rep=rep.key, calendar=name)]):
            return
