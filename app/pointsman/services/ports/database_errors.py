"""What a transaction may meet, in words that the use cases understand."""


class LostRace(Exception):
    """A deadlock or serialisation failure: nothing was written, the same transaction may be run again."""


class RosterOutdated(LostRace):
    """The rows of the reps refuse what the newest version of the roster allows; `str(error)` names the rep.

    Another attempt reads a newer version, if there is one; if there is none, the difference lasts.
    """


class ConstraintRefused(Exception):
    """A rule of the database said no.

    `constraint` is its name, or the SQLSTATE of one of our own triggers ("PM001": role or gate,
    with `detail` "role", "gate" or "rep-inactive").
    """

    def __init__(self, constraint: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint
        self.detail = detail


class DatabaseUnavailable(Exception):
    """The database does not answer: nothing may be acknowledged."""


class SchemaUnusable(Exception):
    """The database lacks a table, column or function that a statement names, or this role has no right to it."""


class DatabaseBusy(Exception):
    """The database answers, but not in time: nothing was written, and the same may succeed a moment later.

    No outage: `str(error)` says what was waited for, in words for the caller, and `code` is stable.
    """

    code = "database-busy"


class LockTimedOut(DatabaseBusy):
    """Another transaction kept a lock for longer than a statement may wait for one."""

    code = "lock-timeout"


class StatementTimedOut(DatabaseBusy):
    """A statement ran for longer than it may."""

    code = "statement-timeout"


class StatementCancelled(DatabaseBusy):
    """An administrator of the database cancelled the statement."""

    code = "statement-cancelled"


class DatabasePoolExhausted(DatabaseBusy):
    """Others kept every connection of this process for as long as a caller may wait for one."""

    code = "connections-busy"
