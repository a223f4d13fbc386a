"""Which token a call carries: the signed-in user's, or one that the service account fetches for the calendar's owner."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from pointsman_google.config import GoogleConfig
from pointsman_google.service_key import ServiceKey
from pointsman_sdk import Context, PlaceGone, ReauthRequired, Rejected, Renew, Token, check_email
from pointsman_sdk.answers import RECORD_LIMITS, SMALL, read_answer
from pointsman_sdk.http import raise_for_status, send
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.events.freebusy",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)
"""The narrowest that the API's description names for each call: events are written, busy times and the list are read."""

_VENDOR = "Google's sign-in"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Calendars that are no user's own: secondary ones, rooms, holidays and other people's files.
_NO_USERS = (".calendar.google.com",)
_LONGEST_LIFE = timedelta(days=1)


class SignIn:
    """`subject` of a place is None where one user signed in for the whole connection."""

    def __init__(self, config: GoogleConfig, context: Context) -> None:
        self._config, self._context = config, context

    def subject(self, place: str | None) -> str | None:
        """The user to ask as: the owner of the calendar where its address is a user's, so that the invitation is theirs."""
        acting_as = self._config.acting_as
        if acting_as is None or place is None or place.endswith(_NO_USERS):
            return acting_as
        try:
            return check_email(place)
        except ValueError:
            return acting_as

    def params(self, subject: str | None) -> Mapping[str, str]:
        """Has Google count a call of a service account as that user's (`quotaUser`, at most 40 characters)."""
        return {} if subject is None else {"quotaUser": hashlib.sha256(subject.casefold().encode()).hexdigest()[:40]}

    def renew(self, subject: str | None) -> Renew | None:
        """Fetches a token for the user; None where the host renews it by itself."""
        if subject is None:
            return None

        async def fetch(_stale: Token | None) -> Token:
            return await self._fetch(subject)

        return fetch

    async def _fetch(self, subject: str) -> Token:
        context, content = self._context, self._config.service_account_key
        try:
            key = ServiceKey.of(content or SecretStr(""))
        except ValueError as fault:
            raise Rejected(f"the service account cannot sign in: {fault}") from None
        now, url = context.clock(), self._config.token_url
        signed = await asyncio.to_thread(key.assertion, subject=subject, scopes=SCOPES, audience=url, now=now)
        form = {"grant_type": _JWT_BEARER, "assertion": signed}
        request = context.http.build_request("POST", url, data=form, headers={"Accept": "application/json"})
        response = await send(context.http, request, vendor=_VENDOR, writes=False)
        if response.status_code in (400, 401):
            self._raise_refusal(response, subject)
        raise_for_status(response, vendor=_VENDOR, now=now, writes=False)
        said = await read_answer(
            context.readers, parse_json, response.content, vendor=_VENDOR, small=SMALL, limits=RECORD_LIMITS
        )
        return _token(said, now)

    def _raise_refusal(self, response: httpx.Response, subject: str) -> None:
        """What a refusal means (RFC 6749, 5.2; developers.google.com/identity/protocols/oauth2/service-account#error-codes).

        Google says by `invalid_grant`, too, that there is no such user, which is said of one calendar and not of the connection.
        """
        error, why = _refusal(response)
        if error == "invalid_grant" and "email" in why and subject != self._config.acting_as:
            raise PlaceGone("there is no user in the domain whose calendar this is, or no active one")
        if error == "unauthorized_client":
            raise ReauthRequired(
                "the domain does not let the service account act for its users: allow its client id and all of the scopes "
                "under domain-wide delegation in the Admin console"
            )
        if error in ("invalid_grant", "invalid_client"):
            raise ReauthRequired(
                "Google refused the service account: its key was removed, acting_as is no user of the domain, or this machine's "
                "clock is wrong"
            )


def _refusal(response: httpx.Response) -> tuple[str, str]:
    try:
        said = parse_json(response.content[:SMALL])
    except Unreadable:
        return "", ""
    match said:
        case {"error": str(error)}:
            return error, str(said.get("error_description", ""))[:500].casefold()
        case _:
            return "", ""


def _token(said: object, now: datetime) -> Token:
    match said:
        case {"access_token": str(access), "expires_in": int(seconds)} if access and access.isascii() and seconds > 0:
            return Token(
                access=SecretStr(access), expires_at=now + min(timedelta(seconds=min(seconds, 10**6)), _LONGEST_LIFE)
            )
        case _:
            raise Rejected(f"{_VENDOR} answered in an unknown shape")
