"""The connector's HTTP client: one place for the address, the token, and what a status means here."""

from typing import Any
from urllib.parse import quote

from pointsman_memory.config import MemoryConfig
from pointsman_memory.vendor import world
from pointsman_sdk import Context, SlotTaken
from pointsman_sdk.answers import SMALL, read_answer
from pointsman_sdk.http import make_client, raise_for_status, send
from pointsman_sdk.readers.strict_json import parse_json

VENDOR = "the memory vendor"
READS = frozenset({"GET"})


class Client:
    """Authenticated JSON calls to one memory vendor."""

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        # Without an address there is no network to go through: the vendor is called in this process.
        self._http = context.http if config.url else make_client(world(config.world).transport)
        self._base = (config.url or "http://memory.invalid").rstrip("/")
        self._token, self._clock, self._readers = config.token, context.clock, context.readers

    async def call(
        self,
        method: str,
        *path: str,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        absent_is_none: bool = False,
    ) -> Any:
        """The answer's JSON; None for 404 when `absent_is_none`. Raises ConnectorError."""
        url = "/".join([self._base, *(quote(part, safe="") for part in path)])
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        request = self._http.build_request(method, url, params=params, json=body, headers=headers)
        writes = method not in READS
        response = await send(self._http, request, vendor=VENDOR, writes=writes)
        if response.status_code == 404 and absent_is_none:
            return None
        if response.status_code == 409:
            raise SlotTaken("the time is taken in this calendar")
        raise_for_status(response, vendor=VENDOR, now=self._clock(), writes=writes)
        if method == "DELETE" and response.status_code == 204:
            return None
        return await read_answer(self._readers, parse_json, response.content, vendor=VENDOR, writes=writes, small=SMALL)
