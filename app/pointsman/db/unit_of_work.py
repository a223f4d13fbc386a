"""The unit of work over PostgreSQL: the only place that commits."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pointsman.db.booking.appointments import SqlAppointments
from pointsman.db.booking.booking_links import SqlBookingLinks
from pointsman.db.booking.calendars import SqlCalendars
from pointsman.db.booking.connections import SqlConnections
from pointsman.db.booking.deliveries import SqlDeliveries
from pointsman.db.booking.slot_holds import SqlSlotHolds
from pointsman.db.engine.errors import DRIVER_ERRORS, is_closed_at_checkout, is_outdated_statement, port_error
from pointsman.db.engine.jobs import SqlJobs
from pointsman.db.intake.idempotency import SqlIdempotency
from pointsman.db.intake.inbox import SqlInbox
from pointsman.db.intake.intakes import SqlIntakes
from pointsman.db.leads.accounts import SqlAccounts
from pointsman.db.leads.journeys import SqlJourneys
from pointsman.db.leads.lead_links import SqlLeadLinks
from pointsman.db.leads.lead_search import SqlLeadSearch
from pointsman.db.leads.leads import SqlLeads
from pointsman.db.leads.merges import SqlMerges
from pointsman.db.operations.alerts import SqlAlerts
from pointsman.db.operations.api_keys import SqlApiKeys
from pointsman.db.operations.audit import SqlAudit
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
from pointsman.services.ports import DatabasePoolExhausted, DatabaseUnavailable, LostRace


class SqlTx:
    """One open transaction; repositories are made when first used."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def rollback(self) -> None:
        await self.connection.rollback()

    leads = cached_property(lambda self: SqlLeads(self.connection))
    lead_search = cached_property(lambda self: SqlLeadSearch(self.connection))
    journeys = cached_property(lambda self: SqlJourneys(self.connection))
    lead_links = cached_property(lambda self: SqlLeadLinks(self.connection))
    accounts = cached_property(lambda self: SqlAccounts(self.connection))
    merges = cached_property(lambda self: SqlMerges(self.connection))
    intakes = cached_property(lambda self: SqlIntakes(self.connection))
    inbox = cached_property(lambda self: SqlInbox(self.connection))
    idempotency = cached_property(lambda self: SqlIdempotency(self.connection))
    policies = cached_property(lambda self: SqlPolicies(self.connection))
    roster = cached_property(lambda self: SqlRoster(self.connection))
    decisions = cached_property(lambda self: SqlDecisions(self.connection))
    history = cached_property(lambda self: SqlHistory(self.connection))
    ledgers = cached_property(lambda self: SqlLedgers(self.connection))
    holds = cached_property(lambda self: SqlHolds(self.connection))
    overrides = cached_property(lambda self: SqlOverrides(self.connection))
    gates = cached_property(lambda self: SqlGates(self.connection))
    appointments = cached_property(lambda self: SqlAppointments(self.connection))
    booking_links = cached_property(lambda self: SqlBookingLinks(self.connection))
    slot_holds = cached_property(lambda self: SqlSlotHolds(self.connection))
    calendars = cached_property(lambda self: SqlCalendars(self.connection))
    connections = cached_property(lambda self: SqlConnections(self.connection))
    deliveries = cached_property(lambda self: SqlDeliveries(self.connection))
    jobs = cached_property(lambda self: SqlJobs(self.connection))
    audit = cached_property(lambda self: SqlAudit(self.connection))
    alerts = cached_property(lambda self: SqlAlerts(self.connection))
    api_keys = cached_property(lambda self: SqlApiKeys(self.connection))
    sealed_secrets = cached_property(lambda self: SqlSealedSecrets(self.connection))
    system = cached_property(lambda self: SqlSystem(self.connection))


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
