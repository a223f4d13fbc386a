"""Wiring: the parts that every process of the service is made of. Nothing here knows HTTP, so that commands start fast."""

import gc
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.intake import ConnectorIntake
from pointsman.connectors.mail.invitations import IcalendarInvitations
from pointsman.connectors.mail.notices import ConnectorNotices
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sign_in.sign_ins import OAuthSignIns
from pointsman.connectors.signatures import SdkSignatureSchemes
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.connectors.vault import Vault
from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlUnitOfWork, import_repositories
from pointsman.domain.ids import uuid7
from pointsman.services.ports import Env
from pointsman.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    return uuid7(utc_now(), os.urandom(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """Everything that a process of the service is made of; `aclose` when it ends."""

    env: Env
    engine: AsyncEngine
    connectors: ConnectorRegistry
    gateway: ConnectorGateway

    async def aclose(self) -> None:
        await self.gateway.aclose()
        await self.engine.dispose()


def wire(settings: Settings, *, name: str, pool_size: int | None = None) -> Wired:
    """The same parts for the API, the worker and the command line. Nothing is opened yet."""
    engine = make_engine(
        settings.database_url,
        pool_size=pool_size or settings.pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
        name=name,
    )
    return wire_over(engine, settings)


def wire_over(engine: AsyncEngine, settings: Settings) -> Wired:
    """The same over an engine that is there already."""
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    connectors = ConnectorRegistry.discover()
    uow = SqlUnitOfWork(engine)
    keeping = Keeping(uow=uow, vault=vault, new_id=new_id)
    contexts = ContextFactory(clock=utc_now, allowed=settings.private_networks, keeping=keeping)
    gate = PaceGate(uow=uow, clock=utc_now)
    gateway = ConnectorGateway(registry=connectors, vault=vault, contexts=contexts, gate=gate)
    env = Env(
        uow=uow,
        clock=utc_now,
        new_id=new_id,
        calendars=gateway,
        crm=ConnectorCrm(gateway=gateway, registry=connectors),
        intake=ConnectorIntake(gateway=gateway, registry=connectors),
        notices=ConnectorNotices(gateway=gateway, registry=connectors),
        invitations=IcalendarInvitations(),
        readers=ChildTextReaders(),
        secrets=vault,
        signatures=SdkSignatureSchemes(),
        sign_ins=OAuthSignIns(
            registry=connectors, vault=vault, contexts=contexts, clock=utc_now, public_url=settings.public_url
        ),
        buyer_acts_per_day=settings.booking_link_acts_per_day,
        language=settings.language,
        organisation=settings.organisation,
        public_url=settings.public_url,
    )
    return Wired(env=env, engine=engine, connectors=connectors, gateway=gateway)


def settle_memory() -> None:
    """For a process that serves or works from now on: what exists by now stays, so the collector need not look at it.

    Looking at all modules again and again took a tenth of a decision's time.
    """
    import_repositories()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
