"""A floor behind the service with its booking page, and links to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from fastapi import FastAPI

from pointsman.api.booking_page.rendering import PageRenderer
from pointsman.connectors.mail.invitations import IcalendarInvitations
from pointsman.connectors.vault import Vault
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.booking.book import book
from pointsman.services.policies.lifecycle import add_draft, publish_policy
from pointsman.services.ports import Actor
from pointsman.services.roster.change_roster import put_roster
from pointsman.services.signed_links.tokens import SignedLink, sign_link
from support.floors.booking_floor import Floor
from support.floors.use_case_env import POLICY, floor_given
from support.http.keys import SECRET
from support.http.service import serve_floor

ORGANISATION = "Example Works"
PURPOSE = {"de": "Kostenlose Erstberatung", "en": "Free first consultation"}


def policy_with_purpose() -> dict[str, Any]:
    """The floor's policy, which also says what its appointments are for."""
    policy = deepcopy(POLICY)
    policy["pools"]["closers-mid-market"]["booking"] = {"purpose": PURPOSE}
    return policy


@dataclass(slots=True, kw_only=True)
class Page:
    """The booking page over a floor. Its secrets are the real ones: links are judged as in service."""

    app: FastAPI
    floor: Floor

    async def lead(self, **facts: Any) -> UUID:
        """A lead that may be booked."""
        lead_id = await self.floor.lead(**facts)
        await self.floor.hand_over(lead_id)
        return lead_id

    def path(self, lead_id: UUID, *, life: timedelta = timedelta(days=3), **over: str | None) -> str:
        """The path of a new link for any lead, whatever may be booked for it."""
        now = self.floor.env.clock()
        expires_at: datetime = (now + life).replace(microsecond=0)
        link = SignedLink(id=self.floor.env.new_id(), expires_at=expires_at, **over)
        url = self.floor.world.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url) as connection:
            connection.execute(
                "insert into booking_links (id, lead_id, made_by, created_at, expires_at) values (%s, %s, 'test', %s, %s)",
                (link.id, lead_id, now, expires_at),
            )
        return f"/book/{sign_link(self.floor.env.secrets, link)}"

    async def was_with(self, lead_id: UUID, rep: str) -> None:
        """This rep had the lead before."""
        await self.floor.world.rows(
            "insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)"
            " select gen_random_uuid(), :lead, id, 'prospecting', now() - interval '2 days', now() - interval '1 day',"
            " 'test' from reps where key = :rep",
            lead=lead_id,
            rep=rep,
        )

    async def somebody_takes(self, lead_id: UUID, start: str) -> None:
        """Another lead books the closer of this one then."""
        held = "select rep_id from assignments where lead_id = :lead and ended_at is null"
        mine = await self.floor.world.value(held, lead=lead_id)
        other = await self.lead()
        while await self.floor.world.value(held, lead=other) != mine:
            other = await self.lead()
        await book(
            self.floor.env, other, datetime.fromisoformat(start), actor=Actor(name="test", kind=CallerKind.ADMIN)
        )

    async def name_everybody(self, name: str) -> None:
        """Call all reps that."""
        reps = tuple(replace(rep, name=name) for rep in floor_given().reps)
        await put_roster(self.floor.env, floor_given(reps=reps), actor=Actor(name="test", kind=CallerKind.ADMIN))

    async def name_all_rules(self, name: str) -> None:
        """Publish the same policy with this name for its rules and for what appointments are for.

        A rule's name takes no sign that acts on a screen, so these are left out of it.
        """
        document = policy_with_purpose()
        shown = "".join(sign for sign in name if sign.isprintable())
        for number, rule in enumerate(document["rules"]):
            rule["name"] = f"{shown} {number}"
        document["pools"]["closers-mid-market"]["booking"] = {"purpose": {"de": name, "en": name}}
        admin = Actor(name="test", kind=CallerKind.ADMIN)
        draft = await add_draft(self.floor.env, document, note="a test", actor=admin)
        await publish_policy(self.floor.env, draft.policy.version, note="a test", actor=admin, check_expected=False)


@asynccontextmanager
async def open_page(floor: Floor, *, public_url: str = "http://pointsman.test") -> AsyncIterator[Page]:
    floor.env = replace(
        floor.env,
        secrets=Vault([SECRET]),
        invitations=IcalendarInvitations(),
        public_url=public_url,
        organisation=ORGANISATION,
    )
    with serve_floor(floor.env) as app:
        app.state.booking_pages = PageRenderer(organisation=ORGANISATION)
        yield Page(app=app, floor=floor)
