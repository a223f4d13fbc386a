"""The service's API as the demo's admin and senders call it."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx


class DemoError(Exception):
    """The demo cannot go on; the message says what the service answered."""


class Api:
    """Calls with one key; an answer that is not a success ends the demo with its text."""

    def __init__(self, base_url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        )

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self._client.request(method, path, **parts)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **parts: Any) -> Any:
        answer = self.send(method, path, json=body, **parts)
        if not answer.is_success:
            raise DemoError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def every(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = self.call("GET", path, params={"limit": "100", **params, **cursor})
            yield from page["items"]
            if not page["next"]:
                return
            cursor = {"cursor": page["next"]}

    def close(self) -> None:
        self._client.close()
