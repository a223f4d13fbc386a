"""What a command is lent. It starts fast: vendors and secrets are imported when a use case first asks for them."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.db.engine.engine import make_engine
from pointsman.db.engine.errors import DRIVER_ERRORS
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.domain.ids import uuid7
from pointsman.services.ports import Env
from pointsman.settings import Settings


class StatementRefused(Exception):
    """The database refuses a statement for a reason that no use case expects; the message is the database's."""


class _OnUse:
    """Stands for a part until it is asked for the first time."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _part(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


class _Rest:
    """The parts of `pointsman.wiring`, which import what speaks to vendors: half a second that most commands do not need."""

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self._engine, self._settings = engine, settings

    @cached_property
    def wired(self) -> Any:
        return import_module("pointsman.wiring").wire_over(self._engine, self._settings)

    def part(self, name: str) -> Any:
        return _OnUse(lambda: getattr(self.wired.env, name))

    async def aclose(self) -> None:
        if "wired" in self.__dict__:
            await self.wired.gateway.aclose()


@asynccontextmanager
async def command_env(settings: Settings) -> AsyncIterator[Env]:
    """As `pointsman.wiring.wire(...).env`, closed at the end of the block."""
    engine = make_engine(
        settings.database_url, pool_size=2, statement_timeout_ms=settings.statement_timeout_ms, name="pointsman-cli"
    )
    rest = _Rest(engine, settings)
    try:
        yield _env(engine, rest, settings)
    except DRIVER_ERRORS as error:
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise StatementRefused(said.splitlines()[0]) from error
    finally:
        await rest.aclose()
        await engine.dispose()


def _env(engine: AsyncEngine, rest: _Rest, settings: Settings) -> Env:
    return Env(
        uow=SqlUnitOfWork(engine),
        clock=lambda: datetime.now(UTC),
        new_id=lambda: uuid7(datetime.now(UTC), os.urandom(10)),
        calendars=rest.part("calendars"),
        crm=rest.part("crm"),
        intake=rest.part("intake"),
        notices=rest.part("notices"),
        invitations=rest.part("invitations"),
        readers=rest.part("readers"),
        secrets=rest.part("secrets"),
        signatures=rest.part("signatures"),
        sign_ins=rest.part("sign_ins"),
        buyer_acts_per_day=settings.booking_link_acts_per_day,
        organisation=settings.organisation,
        public_url=settings.public_url,
    )
