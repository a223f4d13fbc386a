"""HubSpot as the floor's CRM: each lead has the owner that was decided, each appointment is one meeting that follows it."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from pointsman.domain.errors import Conflict
from pointsman.services.appointments.actions import mark_attended
from pointsman.services.booking.book import book
from pointsman.services.connections.connections import save_connection
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman_hubspot.fake import HubSpotVendor, Owner
from pointsman_hubspot.ours import KEY
from pointsman_sdk.fakes import FaultPlan, Rates
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import IN_THE_CRM, OTHERS, CrmFloor, open_crm_floor
from support.http.failing_wire import FailingWire

pytestmark = pytest.mark.anyio
RATES = Rates(lost=0.08, failed=0.08, throttled=0.05, reset=0.05)


@dataclass(slots=True, kw_only=True)
class Account:
    """A HubSpot account beside the floor."""

    crm: CrmFloor
    vendor: HubSpotVendor

    def standing(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.vendor.standing()[kind]
        return found

    def rep_of(self, row: dict[str, Any]) -> str | None:
        """The rep who owns the record."""
        owner = next((one for one in self.vendor.owners if one.id == row.get("hubspot_owner_id")), None)
        return next((rep for rep, email in emails().items() if owner is not None and email == owner.email), None)

    async def booked(self) -> AppointmentRow:
        lead_id, handed = await self.crm.floor.ready()
        return await book(self.crm.env, lead_id, handed.slots[0].start, actor=SETTER)


def emails() -> dict[str, str]:
    return {**IN_THE_CRM, **{key: f"{key}@example.com" for key in OTHERS}}


@pytest.fixture(params=["unique keys", "no unique keys"])
async def account(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Account]:
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        await crm.connect(sync_owners=False)  # the memory vendor hears of nothing
        vendor = HubSpotVendor(clock=crm.env.clock, lag=timedelta(seconds=30))
        vendor.owners += [
            Owner(id=str(80 + number), email=f"{key}@example.com", first_name=key, last_name="Rep")
            for number, key in enumerate(OTHERS)
        ]
        if request.param == "no unique keys":
            vendor.properties.refuse_unique |= {"meetings", "tasks"}
        crm.crashing.inner = vendor.transport
        await save_connection(
            replace(crm.env, calendars=crm.gateway),
            "hubspot",
            connector="hubspot",
            config={"token": vendor.token, "url": "https://hubspot.example"},
            active=True,
            sync_owners=True,
            actor=SETTER,
        )
        yield Account(crm=crm, vendor=vendor)


async def test_one_lead_from_booking_to_attended_meeting(account: Account) -> None:
    crm = account.crm
    row = await account.booked()
    await crm.floor.work_out()
    (contact,), (meeting,) = account.standing("contacts"), account.standing("meetings")
    assert account.rep_of(contact) == account.rep_of(meeting) == row.rep_key
    assert meeting["links"]["contacts"] == [contact["id"]]
    assert (meeting["hs_meeting_outcome"], meeting[KEY]) == ("SCHEDULED", f"pm-{row.id}")
    other = "ben" if row.rep_key == "anna" else "anna"
    moved = await crm.hand_to(row, other)
    await crm.floor.work_out()
    assert {account.rep_of(one) for kind in ("contacts", "meetings") for one in account.standing(kind)} == {other}
    crm.env.clock.advance(moved.ends_at - crm.env.clock() + timedelta(minutes=1))
    await mark_attended(crm.env, moved.id, actor=SETTER)
    await crm.floor.work_out()
    (meeting,) = account.standing("meetings")
    assert (meeting["hs_meeting_outcome"], account.rep_of(meeting)) == ("COMPLETED", other)
    assert len(account.standing("contacts")) == 1


async def test_over_a_wire_that_fails_each_appointment_is_one_meeting_of_its_closer(account: Account) -> None:
    crm, dice = account.crm, Random(3)
    crm.crashing.inner = FailingWire(account.vendor, FaultPlan(rates=RATES, seed=3))
    rows = []
    for _ in range(4):
        row = await account.booked()
        if dice.random() < 0.5:
            with suppress(Conflict):  # the other one may have that time
                row = await crm.hand_to(row, "ben" if row.rep_key == "anna" else "anna")
        rows.append(row)
    for _ in range(3):
        await crm.floor.work_out()
        crm.env.clock.advance(timedelta(minutes=2))
    found = {one[KEY]: account.rep_of(one) for one in account.standing("meetings")}
    assert found == {f"pm-{row.id}": row.rep_key for row in rows}
    assert len(account.standing("meetings")) == len(rows)
    assert len(account.standing("contacts")) == len({row.lead_id for row in rows})
