"""Webhooks that go out while the fake answers others: one after the other, in a thread of their own."""

import threading
from queue import SimpleQueue

import httpx

from pointsman_sdk import WebhookRequest

_PATIENCE_S = 5.0


class BackgroundPost:
    """Takes a request and has it sent later. HubSpot waits five seconds for an answer; this one does not try again."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[WebhookRequest] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def __call__(self, request: WebhookRequest) -> httpx.Response:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self._thread.start()
        if request.url:
            self._waiting.put(request)
        return httpx.Response(202)

    def _run(self) -> None:
        while True:
            request = self._waiting.get()
            try:
                httpx.post(
                    request.url,
                    headers=dict(request.headers),
                    content=request.body,
                    timeout=_PATIENCE_S,
                    trust_env=False,
                )
            except httpx.HTTPError:
                continue
