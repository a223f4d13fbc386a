"""What ends a demo or a local server: English for logs, the terminal's language for its person."""

import httpx

from pointsman.demo.api import refusal_error
from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from support.wording import german


def test_an_error_is_english_as_text_and_has_german_words() -> None:
    error = LocalServerError(say("local.runs", command="`pointsman demo` (process 7)", folder="/srv/x"))
    assert str(error) == "`pointsman demo` (process 7) runs, with its state in /srv/x. Stop it first (Ctrl-C)."
    assert german(error.message).startswith("`pointsman demo` (process 7) läuft, mit dem Zustand in /srv/x.")


def test_an_answer_that_ends_the_demo_is_told_in_the_service_s_own_words() -> None:
    error = refusal_error("PUT /v1/roster", httpx.Response(409, json={"detail": "It is taken."}))
    assert str(error) == "PUT /v1/roster was answered 409: It is taken."
    assert german(error.message) == "auf PUT /v1/roster kam die Antwort 409: It is taken."
