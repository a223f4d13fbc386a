"""The users of a CRM, as its vendor lists them now: all of them, as far as a bound goes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pointsman.domain.errors import Invalid, Unavailable
from pointsman.domain.messages.message import say
from pointsman.services.deliveries.vendor_error_text import failure_message, refusal_text
from pointsman.services.ports import Env, VendorError, VendorReauthError, VendorRejectedError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.crm import CrmUser

MOST_USERS = 10_000
_MOST_PAGES = 500
_PAGE_DEADLINE = timedelta(seconds=10)
_LIST_DEADLINE = timedelta(seconds=30)  # of the whole list: a person waits for the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class UserList:
    """Each user once. `complete`: there are no others."""

    users: Sequence[CrmUser]
    complete: bool

    def find(self, user_id: str) -> CrmUser | None:
        return next((one for one in self.users if one.id == user_id), None)


async def read_users(env: Env, connection: ConnectionRef) -> UserList:
    """Raises a `VendorError`, TimeoutError."""
    users: dict[str, CrmUser] = {}
    cursor: str | None = None
    async with asyncio.timeout(_LIST_DEADLINE.total_seconds()):
        for _ in range(_MOST_PAGES):
            page = await env.crm.user_page(connection, cursor, deadline=_PAGE_DEADLINE)
            # Of a user who was listed twice the later word counts: they may have left meanwhile.
            users.update((one.id, one) for one in page.users)
            cursor = page.cursor
            if cursor is None or len(users) > MOST_USERS:
                break
    return UserList(users=list(users.values())[:MOST_USERS], complete=cursor is None and len(users) <= MOST_USERS)


async def list_users(env: Env, connection: ConnectionRow) -> UserList:
    """For an admin who waits. Raises Invalid (`not-signed-in`, `credentials-refused`, `no-user-list`), Unavailable."""
    key = connection.key
    if connection.pending:
        raise Invalid(
            f"There is no list before a first sign-in: POST /v1/connections/{key}/sign-in gives the address to do so.",
            code="not-signed-in",
            told=say("refusal.no-list-before-sign-in", key=key),
        )
    try:
        return await read_users(env, connection.ref())
    except VendorReauthError as error:
        said = f"The vendor refuses the credentials of {key}: {refusal_text(error)}"
        told = say("refusal.credentials", why=failure_message(error))
        raise Invalid(said, code="credentials-refused", told=told) from error
    except VendorRejectedError as error:
        said = f"{key} does not list its users: {refusal_text(error)}"
        told = say("refusal.no-user-list", key=key, why=failure_message(error))
        raise Invalid(said, code="no-user-list", told=told) from error
    except (VendorError, TimeoutError) as error:
        told = failure_message(error)
        raise Unavailable(
            f"{key} does not answer: {refusal_text(error)}", code="vendor-unavailable", told=told
        ) from error
