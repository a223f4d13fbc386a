"""The nurture and notify capabilities."""

from pointsman_memory.client import Client
from pointsman_sdk import Enrolment, Notice


class Outreach:
    """A programme holds an address once; a message has the host's key for its name."""

    _client: Client

    async def enrol(self, enrolment: Enrolment) -> None:
        await self._client.call("PUT", "programmes", enrolment.programme, enrolment.contact.email)

    async def enrolled(self, enrolment: Enrolment) -> bool:
        path = ("programmes", enrolment.programme, enrolment.contact.email)
        return await self._client.call("GET", *path, absent_is_none=True) is not None

    async def release(self, enrolment: Enrolment) -> None:
        path = ("programmes", enrolment.programme, enrolment.contact.email)
        await self._client.call("DELETE", *path, absent_is_none=True)

    async def notify(self, notice: Notice) -> None:
        body = {"to": notice.to, "subject": notice.subject, "text": notice.text}
        await self._client.call("PUT", "messages", notice.key, body=body)

    async def notified(self, key: str) -> bool:
        return await self._client.call("GET", "messages", key, absent_is_none=True) is not None
