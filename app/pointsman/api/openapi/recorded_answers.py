"""What the operations really answer: recorded on the demo floor by `make examples`, shown by the console."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

#: Errors that come before an operation is reached. They are kept once, for all that answer with the very same.
SHARED = ("400", "401", "403", "408", "413", "415", "429", "503")

#: Operation, such as `GET /v1/leads`, then status, then the body.
RecordedAnswers = dict[str, dict[str, Any]]

FOLDER = files("pointsman.api.openapi").joinpath("examples")
SHARED_FILE = "shared.json"


def file_name(tag: str) -> str:
    """The file that keeps the answers of a tag's operations."""
    return f"{tag.lower().replace(' ', '-')}.json"


@cache
def recorded_answers() -> tuple[RecordedAnswers, dict[str, Any]]:
    """All answers by operation, and the shared errors by status."""
    answers: RecordedAnswers = {}
    shared: dict[str, Any] = {}
    for file in FOLDER.iterdir():
        if file.name == SHARED_FILE:
            shared = json.loads(file.read_text("utf-8"))
        elif file.name.endswith(".json"):
            answers |= json.loads(file.read_text("utf-8"))
    return answers, shared


def answer_of(operation: str, status: str) -> Any:
    """The recorded body, or None where there is none."""
    answers, shared = recorded_answers()
    own = answers.get(operation, {})
    return own[status] if status in own else shared.get(status) if status in SHARED else None


def show_answers(operation: str, responses: dict[str, Any]) -> None:
    """Add to each documented answer of an operation what was recorded."""
    for status, response in responses.items():
        if (body := answer_of(operation, status)) is None:
            continue
        for kind, content in response.get("content", {}).items():
            if isinstance(body, str) or kind.endswith("json"):
                content["example"] = body
