"""The service's API as the demo's admin and senders call it."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from pointsman.domain.messages.message import Message, say
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman.services.wording.english import english_sentence

RESTARTS_WITHIN_S = 20.0


class DemoError(Exception):
    """The demo cannot go on; the message says what the service answered."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.key)
        self.message = message

    def __str__(self) -> str:
        return english_sentence(self.message, {})


def never_lost() -> bool:
    """Nothing is ever lost: for a service that another operator runs."""
    return False


class ApiClient:
    """Calls with one key; an answer that is not a success ends the demo with its text.

    `lost` says whether the service is beyond recovery. Until then a refused connection is tried again for a while:
    nothing was sent over it, and a process that died is being started anew.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        lost: Callable[[], bool] = never_lost,
        client: httpx.Client | None = None,
        language: str = "en",
    ) -> None:
        self.base_url = base_url
        self._lost = lost
        self._signed_in = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self._client = client or httpx.Client(timeout=30, trust_env=False, verify=NO_AUTHORITIES)

    def post_unauthenticated(self, url: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """As a stranger: without our key, to a full address."""
        return self._sent(lambda: self._client.post(url, content=content, headers=headers))

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {**self._signed_in, **parts.pop("headers", {})}
        return self._sent(lambda: self._client.request(method, f"{self.base_url}{path}", headers=headers, **parts))

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **parts: Any) -> Any:
        answer = self.send(method, path, json=body, **parts)
        if not answer.is_success:
            raise refusal_error(f"{method} {path}", answer)
        return answer.json() if answer.content else None

    def iter_items(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = self.call("GET", path, params={"limit": "100", **params, **cursor})
            yield from page["items"]
            if not page["next"]:
                return
            cursor = {"cursor": page["next"]}

    def ensure_alive(self) -> None:
        """Raises DemoError when the service is beyond recovery."""
        if self._lost():
            raise DemoError(say("demo-floor.not-up"))

    def close(self) -> None:
        self._client.close()

    def _sent(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        deadline = time.monotonic() + RESTARTS_WITHIN_S
        while True:
            self.ensure_alive()
            try:
                return send()
            except httpx.ConnectError as error:
                if time.monotonic() > deadline:
                    raise DemoError(say("demo-floor.no-answer", url=self.base_url, why=str(error))) from error
                time.sleep(0.2)
            except httpx.TransportError as error:
                raise DemoError(say("demo-floor.broke-off", why=str(error) or type(error).__name__)) from error


def refusal_error(what: str, answer: httpx.Response) -> DemoError:
    """In the service's own words, as far as it had any."""
    try:
        said = answer.json()
        words = [said["detail"], *(f"{fault['path']}: {fault['message']}" for fault in said.get("faults", ()))]
    except (ValueError, KeyError, TypeError):
        words = [answer.text[:500]]
    return DemoError(say("demo-floor.answered", what=what, status=answer.status_code, said="; ".join(words)))
