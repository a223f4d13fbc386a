"""A call that is not made since its connection waits is refused in words, not by the name of a message."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.connections.connections import check_connection
from pointsman.services.connections.vendor_calendars import list_vendor_calendars
from pointsman.services.ports import Actor, Env, VendorError
from support.connections.host_in_memory import other_connection

WAITS = say("vendor.waits")


def env_that_waits() -> Env:
    @asynccontextmanager
    async def uow() -> Any:
        yield SimpleNamespace(connections=SimpleNamespace(get=found))

    async def found(key: str, **_: object) -> Any:
        return other_connection(key)

    async def refused(*_: object, **__: object) -> None:
        raise VendorError(WAITS.key, told=WAITS)

    calendars = SimpleNamespace(calendar_page=refused, check=refused)
    return cast("Env", SimpleNamespace(uow=uow, calendars=calendars))


def test_a_waiting_connection_says_so_where_its_calendars_are_listed() -> None:
    with pytest.raises(Unavailable) as refused:
        asyncio.run(list_vendor_calendars(env_that_waits(), "post", None))
    assert refused.value.told == WAITS


def test_a_waiting_connection_says_so_where_it_is_tried() -> None:
    with pytest.raises(Unavailable) as refused:
        asyncio.run(check_connection(env_that_waits(), "post", actor=Actor(name="me", kind=CallerKind.SERVICE)))
    assert refused.value.told == WAITS
