"""What every use case is lent: transactions, time, ids, vendors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.permissions.ask import require_allowed
from pointsman.domain.permissions.callers import CallerKind, Scope, Visibility
from pointsman.domain.permissions.operations import Operation
from pointsman.services.ports.intake.signatures import SignatureSchemes
from pointsman.services.ports.intake.vendor_events import IntakeGateway
from pointsman.services.ports.process_cache import ProcessCache
from pointsman.services.ports.text_readers import TextReaders
from pointsman.services.ports.tx import UnitOfWork
from pointsman.services.ports.vendors.calendars import CalendarGateway
from pointsman.services.ports.vendors.crm import CrmGateway
from pointsman.services.ports.vendors.invitations import Invitations
from pointsman.services.ports.vendors.notices import NoticeGateway
from pointsman.services.ports.vendors.sign_in import SignInGateway

Clock = Callable[[], datetime]
IdFactory = Callable[[], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller: "key:ab12", "intake:website-form", "worker", "cli".

    `supplier` is the partner that the caller belongs to, None for the house. `rep` is the key of the rep in whose name the
    caller acts. Either limits what the caller sees. `scopes` are those of an API key, `link` is the booking link of a buyer,
    `lead_link` that of a rep to a lead's page.
    """

    name: str
    kind: CallerKind
    supplier: str | None = None
    rep: str | None = None
    scopes: frozenset[Scope] = frozenset()
    link: UUID | None = None
    lead_link: UUID | None = None

    @property
    def sees(self) -> Visibility:
        """The leads that the caller sees; a rep of a partner sees its own alone."""
        return Visibility(supplier=None if self.rep is not None else self.supplier, rep=self.rep)

    def require(self, operation: Operation) -> None:
        """Raises Forbidden unless the table of permissions allows it."""
        require_allowed(self.kind, self.scopes, operation)


#: The actor of what the service does by itself.
WORKER = Actor(name="worker", kind=CallerKind.SERVICE)


class Secrets(Protocol):
    """Encryption at rest; `context` binds a ciphertext to its owner, so it cannot be moved to another row."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...

    def open(self, sealed: bytes, *, context: str) -> bytes: ...

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Names of the keys, the newest first; they tell nothing of them."""
        ...

    def key_of(self, sealed: bytes) -> str | None:
        """The id of the key that a ciphertext is sealed under; None when it is none of ours."""
        ...

    def reseal(self, sealed: bytes) -> bytes:
        """The same secret, for the same owner, under the newest key. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Env:
    """What every use case is given. `cache` remembers what another process may remember differently for a moment."""

    uow: UnitOfWork
    clock: Clock
    new_id: IdFactory
    calendars: CalendarGateway
    crm: CrmGateway
    intake: IntakeGateway
    notices: NoticeGateway
    invitations: Invitations
    readers: TextReaders
    secrets: Secrets
    signatures: SignatureSchemes
    sign_ins: SignInGateway
    buyer_acts_per_day: int = 10  # of booking links, for one lead
    language: str = "en"  # of the catalogues: what a rep reads who says no language
    organisation: str = ""  # whose appointments they are, as buyers read it
    public_url: str  # as senders see us, no trailing slash: some signatures cover it
    cache: ProcessCache = field(default_factory=ProcessCache)
