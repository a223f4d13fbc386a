"""One transaction and the repositories inside it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a command that asks one repository need not import the rows of all
    from pointsman.services.ports.booking.appointments import Appointments
    from pointsman.services.ports.booking.booking_links import BookingLinks
    from pointsman.services.ports.booking.buyer_mail import BuyerMail
    from pointsman.services.ports.booking.calendars import Calendars
    from pointsman.services.ports.booking.connections import Connections
    from pointsman.services.ports.booking.crm_owners import CrmOwners
    from pointsman.services.ports.booking.crm_records import CrmRecords
    from pointsman.services.ports.booking.deliveries import Deliveries
    from pointsman.services.ports.booking.existing_leads import ExistingLeadsStore
    from pointsman.services.ports.booking.reminders import Reminders
    from pointsman.services.ports.booking.rep_users import RepUsers
    from pointsman.services.ports.booking.slot_holds import SlotHolds
    from pointsman.services.ports.booking.unheard import Unheard
    from pointsman.services.ports.intake.event_store import EventStore
    from pointsman.services.ports.intake.feeds import Feeds
    from pointsman.services.ports.intake.idempotency import IdempotencyStore
    from pointsman.services.ports.intake.inbox import Inbox
    from pointsman.services.ports.intake.intakes import Intakes
    from pointsman.services.ports.intake.refused_words import RefusedWords
    from pointsman.services.ports.leads.accounts import Accounts
    from pointsman.services.ports.leads.journeys import Journeys
    from pointsman.services.ports.leads.lead_links import LeadLinks
    from pointsman.services.ports.leads.lead_search import LeadSearch
    from pointsman.services.ports.leads.leads import Leads
    from pointsman.services.ports.leads.merges import Merges
    from pointsman.services.ports.operations.alerts import Alerts
    from pointsman.services.ports.operations.api_keys import ApiKeys
    from pointsman.services.ports.operations.audit import Audit
    from pointsman.services.ports.operations.jobs import Jobs
    from pointsman.services.ports.operations.names import Names
    from pointsman.services.ports.operations.sealed_secrets import SealedSecrets
    from pointsman.services.ports.operations.system import System
    from pointsman.services.ports.roster import RosterStore
    from pointsman.services.ports.routing.decisions import Decisions
    from pointsman.services.ports.routing.gates import Gates
    from pointsman.services.ports.routing.history import History
    from pointsman.services.ports.routing.holds import Holds
    from pointsman.services.ports.routing.ledgers import Ledgers
    from pointsman.services.ports.routing.overrides import Overrides
    from pointsman.services.ports.routing.policies import Policies
    from pointsman.services.ports.vendors.pace import Paces
    from pointsman.services.ports.vendors.sign_in import SignInStore


class Tx(Protocol):
    """An open transaction; it commits at the clean end of `async with env.uow() as tx` and rolls back otherwise."""

    async def rollback(self) -> None:
        """Undo what the transaction wrote; nothing else can be done in it afterwards."""
        ...

    @property
    def leads(self) -> Leads: ...
    @property
    def lead_search(self) -> LeadSearch: ...
    @property
    def journeys(self) -> Journeys: ...
    @property
    def lead_links(self) -> LeadLinks: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def merges(self) -> Merges: ...
    @property
    def intakes(self) -> Intakes: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def events(self) -> EventStore: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def refused_words(self) -> RefusedWords: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def roster(self) -> RosterStore: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def history(self) -> History: ...
    @property
    def ledgers(self) -> Ledgers: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def overrides(self) -> Overrides: ...
    @property
    def gates(self) -> Gates: ...
    @property
    def appointments(self) -> Appointments: ...

    @property
    def booking_links(self) -> BookingLinks: ...
    @property
    def slot_holds(self) -> SlotHolds: ...
    @property
    def calendars(self) -> Calendars: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def crm_owners(self) -> CrmOwners: ...
    @property
    def existing_leads(self) -> ExistingLeadsStore: ...
    @property
    def rep_users(self) -> RepUsers: ...
    @property
    def crm_records(self) -> CrmRecords: ...
    @property
    def paces(self) -> Paces: ...
    @property
    def sign_ins(self) -> SignInStore: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def buyer_mail(self) -> BuyerMail: ...
    @property
    def reminders(self) -> Reminders: ...
    @property
    def unheard(self) -> Unheard: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def names(self) -> Names: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def sealed_secrets(self) -> SealedSecrets: ...
    @property
    def system(self) -> System: ...


class UnitOfWork(Protocol):
    """Opens transactions. Raises `ConstraintRefused`, `LostRace`, `DatabaseBusy` or `DatabaseUnavailable`."""

    def __call__(self) -> AbstractAsyncContextManager[Tx]: ...

    def snapshot(self) -> AbstractAsyncContextManager[Tx]:
        """One moment of the whole database, read only: the database itself refuses to write or to lock a row in it."""
        ...

    def autocommit(self) -> AbstractAsyncContextManager[Tx]:
        """Each statement is a transaction of its own: for a use case of exactly one statement that is often run."""
        ...
