"""Watches: hearing of changes in a calendar, by push where the vendor has it, by sync tokens where not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from pointsman_sdk.abilities.intake import Reply
from pointsman_sdk.webhooks import WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A subscription. `state` is the connector's own note, which the host keeps; the watch is renewed by `renew_at`."""

    state: str
    renew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed in a place since a cursor: the host's own `keys` among it, and whether `others` changed too.

    `complete` False: something is missing (410, a bad token), so the host reads all. The cursor is where the next begins. Of what
    begins at `until` or later nothing may be told, so that the host reads that for itself; None where all is told.
    """

    keys: Sequence[str] = ()
    others: bool = False
    cursor: str | None = None
    complete: bool = True
    until: datetime | None = None


@runtime_checkable
class Watches(Protocol):
    """Changes of the calendars that appointments stand in."""

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        """Have the vendor call `callback`, a URL, when something changes; None where the vendor has no push.

        `secret` is of 64 characters, is no part of the callback, and stays the same for it: the vendor shows it with each call.
        """
        ...

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        """Answer a call at a callback that `watch` was given with this secret. Pure, as `Intake.answer`.

        Raises Rejected unless the call shows the secret, compared in constant time: in a header (Google's
        X-Goog-Channel-Token), in each note of the body (Graph's clientState), or by a signature. A vendor without push: always.

        A vendor may try the callback before it watches (Graph's `validationToken`), while `watch` still waits for its answer
        and without the secret: it is answered as it asks, in plain text.

        A success has no events. Without a body it means "look at this place": nothing else that the call says is believed. With
        `renew` the vendor says that the watch is over, or has to be authorised anew (Graph's subscriptionRemoved and
        reauthorizationRequired): the host looks, and begins another one by `watch` before it ends this one by `unwatch`.
        """
        ...

    async def unwatch(self, place: str, state: str) -> None:
        """End a subscription: twice is fine, unknown is fine."""
        ...

    async def changed(self, place: str, cursor: str | None) -> Changes:
        """What changed since the cursor; None begins one, and tells no change."""
        ...
