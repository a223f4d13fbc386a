"""Callers of the HTTP API who do not give up: another API is asked where one does not answer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

_AGAIN_S, _MOST_TRIES = 1.0, 120


class Caller:
    """One caller with a key, who begins with another API each time."""

    def __init__(self, urls: Sequence[str], key: str) -> None:
        self._urls, self._turn = list(urls), 0
        self._http = httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False)

    async def call(
        self, method: str, path: str, body: Mapping[str, Any], *, once: str | None = None, may: Sequence[int] = ()
    ) -> httpx.Response:
        """The answer, at last; `once` is the idempotency key, `may` are other answers than success that it may be."""
        headers = {"Idempotency-Key": once} if once else {}
        said = "nothing"
        for _ in range(_MOST_TRIES):
            self._turn += 1
            url = self._urls[self._turn % len(self._urls)]
            try:
                answer = await self._http.request(method, url + path, json=body, headers=headers)
            except httpx.TransportError as error:
                said = repr(error)
            else:
                if answer.is_success or answer.status_code in may:
                    return answer
                said = f"{answer.status_code}:\n{answer.text}"
                if answer.status_code < 429:
                    break
            await asyncio.sleep(_AGAIN_S)
        raise SystemExit(f"{method} {path} was answered {said}")

    async def aclose(self) -> None:
        await self._http.aclose()
