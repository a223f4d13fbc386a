"""What a query, or a path, may say."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, StringConstraints

from pointsman.api.http.auth import Caller
from pointsman.api.http.timestamps import Timestamp
from pointsman.domain.errors import Fault, Forbidden, Invalid
from pointsman.domain.permissions.callers import SEES_ALL
from pointsman.domain.permissions.readings import Reading
from pointsman.services.operations.known_names import require_known_names
from pointsman.services.ports import Env
from pointsman.services.ports.operations.names import NamedThing
from pointsman.services.wording.rendering import MessageReader


def _true_or_false(given: object) -> object:
    if isinstance(given, str) and given not in {"true", "false"}:
        raise ValueError("write true or false")
    return given


#: `true` or `false`, and none of the other words that mean them elsewhere.
QueryBool = Annotated[bool, BeforeValidator(_true_or_false)]


def _digits(given: object) -> object:
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,20}", given) is None:
        raise ValueError("write digits, such as 50")
    return given


#: Digits, and none of the other forms that Python takes for a number: "1_0", "1.0", " 1".
QueryInt = Annotated[int, BeforeValidator(_digits)]

#: A key or a name that a list is narrowed by.
FilterText = Annotated[str, StringConstraints(min_length=1, max_length=200)]

#: The bounds of a list in time, by the instant that it is ordered by.
SinceQuery = Annotated[Timestamp | None, Query(description="Only from this instant on.")]
UntilQuery = Annotated[Timestamp | None, Query(description="Only before this instant.")]


def require_period(**bounds: datetime | None) -> None:
    """`since` and `until`, or two like them: raises Invalid, with the path of the second, where no instant lies between them."""
    (first, begins), (last, ends) = bounds.items()
    if begins is not None and ends is not None and ends <= begins:
        message = f"The period ends before it begins: give `{last}` after `{first}`."
        raise Invalid(message, faults=[Fault(path=f"query.{last}", code="empty-period", message=message)])


def asks_of_others(reader: MessageReader, *reps: str | None) -> bool:
    """Whether a list is asked about a rep who is not in the reader's answers: there is nothing, as of one that there is not."""
    return any(rep is not None and not reader.reads_rep(rep) for rep in reps)


def require_readable(caller: Caller, reading: Reading, parameter: str) -> None:
    """Raises Forbidden where the caller does not read what `parameter` asks about: the items found would tell it."""
    if not caller.may_read(reading):
        message = "This key does not read that, and so does not filter by it. Leave the parameter out."
        fault = Fault(path=f"query.{parameter}", code="not-readable", message=message)
        raise Forbidden(message, code="not-readable", faults=[fault])


_NAMED = {
    "rep": NamedThing.REP,
    "setter": NamedThing.REP,
    "owner": NamedThing.REP,
    "pool": NamedThing.POOL,
    "rule": NamedThing.RULE,
    "connection": NamedThing.CONNECTION,
    "intake": NamedThing.INTAKE,
    "version": NamedThing.POLICY_VERSION,
}


async def explain_nothing(env: Env, caller: Caller, **asked: str | int | None) -> None:
    """For a list's first page that is empty: raises NotFound where one of these filters names what there is not, nor was.

    A caller hears of names that it reads: a partner of its own reps alone, and of no pool.
    """
    await explain_nothing_in(env, caller, asked, part="query")


async def explain_nothing_in(env: Env, caller: Caller, asked: Mapping[str, str | int | None], *, part: str) -> None:
    """As `explain_nothing`, for a filter in this part of a request: "query" or "body"."""
    colleagues, reasons = caller.may_read(Reading.COLLEAGUES), caller.may_read(Reading.REASONS)
    named = {parameter: (_NAMED[parameter], str(name)) for parameter, name in asked.items() if name is not None}
    heard = {parameter: one for parameter, one in named.items() if reasons or one[0] is NamedThing.REP}
    if heard:
        await require_known_names(env, heard, sees=SEES_ALL if colleagues else caller.actor.sees, path=part)
