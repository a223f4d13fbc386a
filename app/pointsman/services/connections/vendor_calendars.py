"""The calendars that a connection sees: an admin picks from them, and a wrong name is told with the likely one."""

from datetime import timedelta

from pointsman.domain.errors import Invalid, Unavailable
from pointsman.domain.messages.message import say
from pointsman.domain.text.suggestions import did_you_mean, suggest
from pointsman.services.connections.missing import no_connection
from pointsman.services.deliveries.vendor_error_text import failure_message, refusal_text
from pointsman.services.ports import Env, VendorError, VendorReauthError, VendorRejectedError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.calendars import VendorCalendar, VendorCalendarPage

LIST_DEADLINE = timedelta(seconds=10)
_SUGGESTION_DEADLINE = timedelta(seconds=3)
_MOST_PAGES = 5  # of a list that is read for a suggestion
_LONGEST_NAME = 200  # of a calendar that is suggested


async def list_vendor_calendars(env: Env, key: str, cursor: str | None) -> VendorCalendarPage:
    """A page of them, as the vendor answers now.

    Raises NotFound, Invalid (`no-calendar-list`: its connector or its vendor lists none; `credentials-refused`;
    `not-signed-in`), Unavailable.
    """
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
    if connection is None:
        raise no_connection(key)
    if connection.pending:
        raise Invalid(
            f"There is no list before a first sign-in: POST /v1/connections/{key}/sign-in gives the address to do so.",
            code="not-signed-in",
            told=say("refusal.no-list-before-sign-in", key=key),
        )
    try:
        return await env.calendars.calendar_page(connection.ref(), cursor, deadline=LIST_DEADLINE)
    except VendorReauthError as error:
        said = f"The vendor refuses the credentials of {key}: {refusal_text(error)}"
        told = say("refusal.credentials", why=failure_message(error))
        raise Invalid(said, code="credentials-refused", told=told) from error
    except VendorRejectedError as error:
        said = f"{key} does not list its calendars: {refusal_text(error)}. Name a calendar as its vendor does."
        raise Invalid(
            said, code="no-calendar-list", told=say("refusal.no-calendar-list", key=key, why=failure_message(error))
        ) from error
    except (VendorError, TimeoutError) as error:
        told = failure_message(error)
        raise Unavailable(
            f"{key} does not answer: {refusal_text(error)}", code="vendor-unavailable", told=told
        ) from error


async def suggest_calendar(env: Env, connection: ConnectionRow, wrong: str) -> str:
    """A sentence on which calendar was likely meant, by its id or its name; empty where nothing can be said."""
    known: list[VendorCalendar] = []
    cursor: str | None = None
    try:
        for _ in range(_MOST_PAGES):
            page = await env.calendars.calendar_page(connection.ref(), cursor, deadline=_SUGGESTION_DEADLINE)
            known += [one for one in page.calendars if len(one.id) <= _LONGEST_NAME]
            cursor = page.cursor
            if cursor is None:
                break
    except (VendorError, TimeoutError):
        return ""
    by_name = {one.name: one.id for one in known if one.name}
    found = suggest(wrong, by_name)
    if found is not None and found.are_alike:
        return f"did you mean '{by_name[found.names[0]]}', which is called '{found.names[0]}'?"
    return did_you_mean(wrong, [one.id for one in known])
