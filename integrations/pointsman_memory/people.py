"""The CRM capability."""

from collections.abc import Sequence
from typing import Any

from pointsman_memory.client import Client
from pointsman_memory.shape import rows, shaped
from pointsman_sdk import Company, Contact, Kind, Meeting, Record, Rejected, User

MOST_PAGES = 1000


class People:
    """The vendor upserts by address and domain, and remembers every key it was given."""

    _client: Client

    async def person(self, email: str) -> Record | None:
        return await self._look_up(Kind.PERSON, {"natural": email})

    async def company(self, domain: str) -> Record | None:
        return await self._look_up(Kind.COMPANY, {"natural": domain})

    async def recorded(self, kind: Kind, key: str) -> Record | None:
        return await self._look_up(kind, {"key": key})

    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        return await self._upsert(Kind.PERSON, key, {"natural": contact.email, "name": contact.name, "of": company})

    async def upsert_company(self, key: str, company: Company) -> Record:
        return await self._upsert(Kind.COMPANY, key, {"natural": company.domain, "name": company.name})

    async def set_owner(self, record: Record, user_id: str) -> Record:
        changed = await self._client.call("PATCH", "records", record.kind, record.id, "owner", body={"owner": user_id})
        return shaped(_record, changed)

    async def log_meeting(self, meeting: Meeting) -> Record:
        body = {"natural": meeting.key, "name": meeting.title, "notes": meeting.notes, "of": meeting.person}
        return await self._upsert(Kind.MEETING, meeting.key, body)

    async def users(self) -> Sequence[User]:
        users: list[User] = []
        page: int | None = 0
        for _ in range(MOST_PAGES):
            if page is None:
                return users
            answer = await self._client.call("GET", "users", params={"page": str(page)})
            users += [shaped(_user, row) for row in rows(shaped(lambda data: data["users"], answer))]
            page = shaped(lambda data: data["next"], answer)
        raise Rejected("the memory vendor's list of users does not end")

    async def _look_up(self, kind: Kind, params: dict[str, str]) -> Record | None:
        found = rows(await self._client.call("GET", "records", kind, params=params))
        return shaped(_record, found[0]) if found else None

    async def _upsert(self, kind: Kind, key: str, body: dict[str, Any]) -> Record:
        return shaped(_record, await self._client.call("PUT", "records", kind, key, body=body))


def _record(row: Any) -> Record:
    return Record(id=row["id"], kind=Kind(row["kind"]), owner=row["owner"])


def _user(row: Any) -> User:
    return User(id=row["id"], email=row["email"], name=row["name"], active=row["active"])
