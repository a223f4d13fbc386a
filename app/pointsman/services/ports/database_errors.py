"""What a transaction may meet, in words that the use cases understand."""


class LostRace(Exception):
    """A deadlock or serialisation failure: nothing was written, the same transaction may be run again."""


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


class DatabasePoolExhausted(DatabaseUnavailable):
    """The database answers, but not us: others kept every connection for as long as we may wait."""
