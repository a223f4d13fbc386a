"""Owners: the users of the account, who may own records. An owner's id is not the user's."""

from typing import Any

from pointsman_hubspot.api.client import Client
from pointsman_hubspot.api.shape import next_page, rows, shaped, text
from pointsman_sdk import Page, User

_PAGE = "100"
_ACTIVE, _ARCHIVED = "active", "archived"


class HubSpotOwners:
    """One owner is looked up by address: the whole list is for an admin who picks."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, email: str) -> User | None:
        for archived in (False, True):
            params = {"email": email.strip().lower(), "limit": _PAGE, "archived": _flag(archived)}
            answer = await self._client.call("GET", self._client.paths.owners(), params=params)
            for user in shaped(_users, answer):
                if user.email.casefold() == email.strip().casefold():
                    return user
        return None

    async def page(self, cursor: str | None = None) -> Page[User]:
        """The active ones first, then those who are not any more: HubSpot lists them apart."""
        part, _, after = (cursor or _ACTIVE).partition(":")
        archived = part == _ARCHIVED
        params = {"limit": _PAGE, "archived": _flag(archived)} | ({"after": after} if after else {})
        answer = await self._client.call("GET", self._client.paths.owners(), params=params)
        following = shaped(next_page, answer)
        next_part = None if archived else _ARCHIVED
        return Page(items=shaped(_users, answer), cursor=next_part if following is None else f"{part}:{following}")


def _flag(archived: bool) -> str:  # noqa: FBT001  # a value that is written
    return "true" if archived else "false"


def _users(answer: Any) -> list[User]:
    """Those with an address: a queue has none."""
    return [_user(row) for row in rows(answer) if row.get("email")]


def _user(row: Any) -> User:
    name = " ".join(part for part in (row.get("firstName"), row.get("lastName")) if isinstance(part, str) and part)
    email = text(row["email"])
    return User(id=text(row["id"]), email=email, name=name or email, active=row["archived"] is not True)
