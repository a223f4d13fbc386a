"""What is kept for one connection is sealed to it: a row that is copied to another connection does not open there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pointsman.connectors.sign_in.token_values import token_context
from pointsman.connectors.vault import Vault
from pointsman.domain.errors import Unavailable
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, LostRace, SchemaUnusable, UnitOfWork
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman_sdk import ReauthRequired, Retryable

_UNREADABLE = "the connection was changed since its sign-in: sign in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedStore:
    """The database and the keys, for one connection."""

    uow: UnitOfWork = field(repr=False)
    vault: Vault = field(repr=False)
    connection: ConnectionRef

    def token_context(self, subject: str) -> str:
        return token_context(self.connection, subject)

    def memory_context(self, name: str) -> str:
        return f"memory:{self.connection.id}:{name}"

    @contextmanager
    def in_connectors_words(self) -> Iterator[None]:
        """What goes wrong on our side, as a connector's error."""
        try:
            yield
        except (DatabaseUnavailable, DatabaseBusy, LostRace, SchemaUnusable) as error:
            raise Retryable(f"the host cannot use its database now ({type(error).__name__})") from error
        except Unavailable as error:
            raise Retryable(f"the host cannot open what it kept for the connection ({error.code})") from error

    def open_token(self, sealed: bytes, subject: str) -> bytes:
        """Raises ReauthRequired where it belongs to something else, or the connection was changed since."""
        try:
            return self.vault.open(sealed, context=self.token_context(subject))
        except Unavailable as error:
            if error.code == "secret-unreadable":
                raise ReauthRequired(_UNREADABLE) from error
            raise
