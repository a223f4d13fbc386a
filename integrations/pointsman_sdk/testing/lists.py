"""Checks of lists and change feeds: over every page, and honest about what is missing."""

from typing import Any

import pytest
from pydantic import SecretStr

from pointsman_sdk import Capability, ConnectorError, Page, all_items
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.samples import NOW, appointment, at
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

CALENDARS, WATCHES = Capability.CALENDARS, Capability.WATCHES


class ListChecks(Bench):
    """Calendars, and what changed in one."""

    @proves(Tier.SILVER, CALENDARS)
    async def test_calendars_are_listed(self, connector: Any, vendor: Any) -> None:
        """Every calendar that the connection sees is listed once, over all pages, by the place of its appointments."""
        assert isinstance(await connector.calendars.page(), Page)
        found = [calendar async for calendar in all_items(connector.calendars.page)]
        ids = [calendar.id for calendar in found]
        assert {vendor.calendar, vendor.second} <= set(ids)
        assert len(set(ids)) == len(ids)
        assert all(calendar.name.strip() for calendar in found)

    @proves(Tier.SILVER, CALENDARS)
    @pytest.mark.parametrize("status", [401, 403, 429, 500])
    async def test_failed_list_of_calendars_raises(self, connector: Any, wire: Wire, status: int) -> None:
        """A list that cannot be read is an error, not an empty list."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.calendars.page()

    @proves(Tier.SILVER, WATCHES)
    async def test_changes_are_told(self, connector: Any, vendor: Any) -> None:
        """changed() tells of what happened since the cursor, ours by key; nothing since is no change."""
        begun = await connector.watches.changed(vendor.calendar, None)
        await connector.appointments.put(appointment(vendor.calendar, key="own-1"))
        vendor.block(at(14))
        after = await connector.watches.changed(vendor.calendar, begun.cursor)
        if after.complete:
            assert "own-1" in after.keys
        assert after.others or not after.complete
        later = await connector.watches.changed(vendor.calendar, after.cursor)
        assert not later.complete or (not later.keys and not later.others)

    @proves(Tier.SILVER, WATCHES)
    async def test_watch_begins_and_ends(self, connector: Any, vendor: Any) -> None:
        """watch() answers a note and a time that lies ahead, or None; unwatch() of it twice, and of an unknown one, is fine."""
        secret = SecretStr("watch-secret-of-32-characters-ok")
        begun = await connector.watches.watch(vendor.calendar, "https://host.example/hooks/check", secret)
        if begun is None:
            pytest.skip("excused: this vendor pushes no changes")
        assert begun.state
        assert secret.get_secret_value() not in begun.state
        assert begun.renew_at is None or begun.renew_at > NOW
        for state in (begun.state, begun.state, "never-seen-1"):
            await connector.watches.unwatch(vendor.calendar, state)

    @proves(Tier.SILVER, WATCHES)
    async def test_bad_cursor_is_not_complete(self, connector: Any, vendor: Any) -> None:
        """A cursor that the vendor does not know (any more) is answered with a new one, and `complete` False."""
        found = await connector.watches.changed(vendor.calendar, "no-such-cursor")
        assert not found.complete
        assert found.cursor != "no-such-cursor"

    @proves(Tier.GOLD, WATCHES)
    @pytest.mark.parametrize("status", [401, 429, 500])
    async def test_failed_reading_of_changes_raises(self, connector: Any, vendor: Any, wire: Wire, status: int) -> None:
        """changed() that cannot read raises: "no change" would leave busy times out."""
        begun = await connector.watches.changed(vendor.calendar, None)
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.watches.changed(vendor.calendar, begun.cursor)
