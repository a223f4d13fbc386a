"""The unit of work over PostgreSQL: the only place that commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pointsman.db.engine.errors import DRIVER_ERRORS, is_closed_at_checkout, is_outdated_statement, port_error
from pointsman.services.ports import DatabasePoolExhausted, DatabaseUnavailable, LostRace

if TYPE_CHECKING:
    from pointsman.db.booking.appointments import SqlAppointments
    from pointsman.db.booking.booking_links import SqlBookingLinks
    from pointsman.db.booking.buyer_mail import SqlBuyerMail
    from pointsman.db.booking.calendars.calendars import SqlCalendars
    from pointsman.db.booking.connections import SqlConnections
    from pointsman.db.booking.crm_records import SqlCrmRecords
    from pointsman.db.booking.deliveries.crm_owners import SqlCrmOwners
    from pointsman.db.booking.deliveries.deliveries import SqlDeliveries
    from pointsman.db.booking.deliveries.existing_leads import SqlExistingLeads
    from pointsman.db.booking.pace.pace import SqlPaces
    from pointsman.db.booking.reminders import SqlReminders
    from pointsman.db.booking.rep_users import SqlRepUsers
    from pointsman.db.booking.sign_in import SqlSignInStore
    from pointsman.db.booking.slot_holds import SqlSlotHolds
    from pointsman.db.booking.unheard import SqlUnheard
    from pointsman.db.engine.jobs import SqlJobs
    from pointsman.db.intake.events import SqlEventStore
    from pointsman.db.intake.feeds import SqlFeeds
    from pointsman.db.intake.idempotency import SqlIdempotency
    from pointsman.db.intake.inbox import SqlInbox
    from pointsman.db.intake.intakes import SqlIntakes
    from pointsman.db.intake.refused_words import SqlRefusedWords
    from pointsman.db.leads.accounts import SqlAccounts
    from pointsman.db.leads.journeys import SqlJourneys
    from pointsman.db.leads.lead_links import SqlLeadLinks
    from pointsman.db.leads.lead_search import SqlLeadSearch
    from pointsman.db.leads.leads import SqlLeads
    from pointsman.db.leads.merges import SqlMerges
    from pointsman.db.operations.alerts import SqlAlerts
    from pointsman.db.operations.api_keys import SqlApiKeys
    from pointsman.db.operations.audit import SqlAudit
    from pointsman.db.operations.names import SqlNames
    from pointsman.db.operations.sealed_secrets import SqlSealedSecrets
    from pointsman.db.operations.system import SqlSystem
    from pointsman.db.roster.roster import SqlRoster
    from pointsman.db.routing.decisions import SqlDecisions
    from pointsman.db.routing.gates import SqlGates
    from pointsman.db.routing.history import SqlHistory
    from pointsman.db.routing.holds import SqlHolds
    from pointsman.db.routing.ledgers import SqlLedgers
    from pointsman.db.routing.overrides import SqlOverrides
    from pointsman.db.routing.policies import SqlPolicies

_PLACES: list[str] = []


def _on_use(module: str, name: str) -> cached_property[Any]:
    """A repository, imported when it is first used: all together take half a second, a command needs two."""
    _PLACES.append(module)
    made_by: list[Any] = []  # the class, once it is imported: looking it up again costs each transaction

    def make(tx: SqlTx) -> Any:
        if not made_by:
            made_by.append(getattr(import_module(module), name))
        return made_by[0](tx.connection)

    return cached_property(make)


def import_repositories() -> None:
    """Import all of them: for a process that serves, whose first request should not wait for it."""
    for place in _PLACES:
        import_module(place)


class SqlTx:
    """One open transaction; repositories are made when first used."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def rollback(self) -> None:
        await self.connection.rollback()

    leads: cached_property[SqlLeads] = _on_use("pointsman.db.leads.leads", "SqlLeads")
    lead_search: cached_property[SqlLeadSearch] = _on_use("pointsman.db.leads.lead_search", "SqlLeadSearch")
    journeys: cached_property[SqlJourneys] = _on_use("pointsman.db.leads.journeys", "SqlJourneys")
    lead_links: cached_property[SqlLeadLinks] = _on_use("pointsman.db.leads.lead_links", "SqlLeadLinks")
    accounts: cached_property[SqlAccounts] = _on_use("pointsman.db.leads.accounts", "SqlAccounts")
    merges: cached_property[SqlMerges] = _on_use("pointsman.db.leads.merges", "SqlMerges")
    intakes: cached_property[SqlIntakes] = _on_use("pointsman.db.intake.intakes", "SqlIntakes")
    inbox: cached_property[SqlInbox] = _on_use("pointsman.db.intake.inbox", "SqlInbox")
    events: cached_property[SqlEventStore] = _on_use("pointsman.db.intake.events", "SqlEventStore")
    feeds: cached_property[SqlFeeds] = _on_use("pointsman.db.intake.feeds", "SqlFeeds")
    refused_words: cached_property[SqlRefusedWords] = _on_use("pointsman.db.intake.refused_words", "SqlRefusedWords")
    idempotency: cached_property[SqlIdempotency] = _on_use("pointsman.db.intake.idempotency", "SqlIdempotency")
    policies: cached_property[SqlPolicies] = _on_use("pointsman.db.routing.policies", "SqlPolicies")
    roster: cached_property[SqlRoster] = _on_use("pointsman.db.roster.roster", "SqlRoster")
    decisions: cached_property[SqlDecisions] = _on_use("pointsman.db.routing.decisions", "SqlDecisions")
    history: cached_property[SqlHistory] = _on_use("pointsman.db.routing.history", "SqlHistory")
    ledgers: cached_property[SqlLedgers] = _on_use("pointsman.db.routing.ledgers", "SqlLedgers")
    holds: cached_property[SqlHolds] = _on_use("pointsman.db.routing.holds", "SqlHolds")
    overrides: cached_property[SqlOverrides] = _on_use("pointsman.db.routing.overrides", "SqlOverrides")
    gates: cached_property[SqlGates] = _on_use("pointsman.db.routing.gates", "SqlGates")
    appointments: cached_property[SqlAppointments] = _on_use("pointsman.db.booking.appointments", "SqlAppointments")
    booking_links: cached_property[SqlBookingLinks] = _on_use("pointsman.db.booking.booking_links", "SqlBookingLinks")
    slot_holds: cached_property[SqlSlotHolds] = _on_use("pointsman.db.booking.slot_holds", "SqlSlotHolds")
    calendars: cached_property[SqlCalendars] = _on_use("pointsman.db.booking.calendars.calendars", "SqlCalendars")
    connections: cached_property[SqlConnections] = _on_use("pointsman.db.booking.connections", "SqlConnections")
    crm_owners: cached_property[SqlCrmOwners] = _on_use("pointsman.db.booking.deliveries.crm_owners", "SqlCrmOwners")
    existing_leads: cached_property[SqlExistingLeads] = _on_use(
        "pointsman.db.booking.deliveries.existing_leads", "SqlExistingLeads"
    )
    rep_users: cached_property[SqlRepUsers] = _on_use("pointsman.db.booking.rep_users", "SqlRepUsers")
    crm_records: cached_property[SqlCrmRecords] = _on_use("pointsman.db.booking.crm_records", "SqlCrmRecords")
    paces: cached_property[SqlPaces] = _on_use("pointsman.db.booking.pace.pace", "SqlPaces")
    sign_ins: cached_property[SqlSignInStore] = _on_use("pointsman.db.booking.sign_in", "SqlSignInStore")
    deliveries: cached_property[SqlDeliveries] = _on_use("pointsman.db.booking.deliveries.deliveries", "SqlDeliveries")
    buyer_mail: cached_property[SqlBuyerMail] = _on_use("pointsman.db.booking.buyer_mail", "SqlBuyerMail")
    reminders: cached_property[SqlReminders] = _on_use("pointsman.db.booking.reminders", "SqlReminders")
    unheard: cached_property[SqlUnheard] = _on_use("pointsman.db.booking.unheard", "SqlUnheard")
    jobs: cached_property[SqlJobs] = _on_use("pointsman.db.engine.jobs", "SqlJobs")
    audit: cached_property[SqlAudit] = _on_use("pointsman.db.operations.audit", "SqlAudit")
    alerts: cached_property[SqlAlerts] = _on_use("pointsman.db.operations.alerts", "SqlAlerts")
    names: cached_property[SqlNames] = _on_use("pointsman.db.operations.names", "SqlNames")
    api_keys: cached_property[SqlApiKeys] = _on_use("pointsman.db.operations.api_keys", "SqlApiKeys")
    sealed_secrets: cached_property[SqlSealedSecrets] = _on_use(
        "pointsman.db.operations.sealed_secrets", "SqlSealedSecrets"
    )
    system: cached_property[SqlSystem] = _on_use("pointsman.db.operations.system", "SqlSystem")


class SqlUnitOfWork:
    """Opens transactions on an engine; see `pointsman.services.ports.UnitOfWork`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")  # the same pool
        self._snapshots = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[SqlTx]:
        with _in_the_ports_words():
            async with self._engine.connect() as connection, connection.begin():
                yield SqlTx(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqlTx]:
        with _in_the_ports_words():
            async with self._snapshots.connect() as connection, connection.begin():
                yield SqlTx(connection)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[SqlTx]:
        # Saves the round trips of BEGIN and COMMIT: PostgreSQL commits the statement itself.
        with _in_the_ports_words():
            async with self._autocommit.connect() as connection:
                try:
                    yield SqlTx(connection)
                except (*DRIVER_ERRORS, LostRace) as error:
                    # No rollback follows after which the driver would prepare it anew.
                    if is_outdated_statement(error):
                        await connection.invalidate()
                    raise


@contextmanager
def _in_the_ports_words() -> Iterator[None]:
    try:
        yield
    except DRIVER_ERRORS as error:
        raise port_error(error) from error
    except PoolTimeout as error:
        raise DatabasePoolExhausted(
            "Every connection to the database is in use: too many requests at once, or some that wait for a lock."
        ) from error
    except InvalidRequestError as error:
        if not is_closed_at_checkout(error):
            raise
        raise DatabaseUnavailable("the database closes each connection") from error
