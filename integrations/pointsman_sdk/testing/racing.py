"""Racing checks: of two states that are put at one time the newer stands, and no error tells what it was about."""

import asyncio
import traceback
from typing import Any

import pytest
from pydantic import BaseModel

from pointsman_sdk import ConnectorError, Retryable
from pointsman_sdk.testing.bench import Bench, secrets_in
from pointsman_sdk.testing.keeping import every_kind, texts, varying
from pointsman_sdk.testing.kinds import Kind
from pointsman_sdk.testing.samples import ADA, PRIVATE
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

_TRIES = 5


async def _until_done(keeper: Any, thing: Any) -> None:
    """As the host does: a put that is Retryable is put again."""
    for _ in range(_TRIES):
        try:
            await keeper.put(thing)
        except Retryable:
            continue
        return
    raise AssertionError(f"{_TRIES} tries did not bring it there")


class RacingChecks(Bench):
    """Two workers at one thing, and errors of every kind."""

    @proves(Tier.SILVER)
    @varying
    async def test_overtaken_state_changes_nothing(self, connector: Any, vendor: Any, kind: Kind) -> None:
        """Write under the condition that what was read still stands: an older state must not land upon a newer one."""
        keeper = kind.of(connector)
        await keeper.put(kind.thing(vendor))
        await asyncio.gather(*(_until_done(keeper, kind.thing(vendor, state=state)) for state in (2, 1)))
        assert texts(vendor, kind) == [kind.text(2)]

    @proves(Tier.BRONZE)
    @every_kind
    @pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
    async def test_errors_of_a_put_keep_secrets(
        self, connector: Any, vendor: Any, config: BaseModel, wire: Wire, kind: Kind, status: int
    ) -> None:
        """An error names no credential, no person and no private text, though the vendor's answer does: it is stored."""
        planted = f'{{"error": "{ADA.email} {PRIVATE}"}}'.encode()
        wire.answer(status, body=planted, times=50)
        with pytest.raises(ConnectorError) as caught:
            await kind.of(connector).put(kind.thing(vendor))
        sent = wire.shown()
        error = caught.value
        shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert not [word for word in [*secrets_in(config), *sent, ADA.email, PRIVATE[:12]] if word and word in shown]
