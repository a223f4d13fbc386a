"""Every operation of the console, sent as its example stands there, against the demo floor."""

import os
from collections.abc import Iterator
from itertools import chain
from typing import Any

import httpx
import pytest

from pointsman.api.openapi import recorded_answers as kept
from support.floors.console_answers import first_difference, masked, shown, write
from support.floors.console_errors import refusals, shared_refusals
from support.floors.console_floor import Served, served_floor, served_in_process, sign_in
from support.floors.console_requests import operations, request_of, sent
from support.scenes import played
from support.scenes.empty_service import empty_service

pytestmark = pytest.mark.slow

#: What an example cannot but run into on this floor, where nothing is broken.
CONFLICTS = {
    "POST /v1/connections/{key}/sign-in": 409,  # nobody signs in to a calendar server by OAuth 2
    "GET /v1/connections/{key}/users": 422,  # nor has it users
    "PUT /v1/connections/{key}/users": 422,
    "GET /v1/connections/{key}/fields": 422,  # it is no CRM
    "POST /v1/connections/{key}/fields/preview": 422,
    "POST /v1/inbox/{inbox_id}/replay": 409,  # it is no dead letter
    "POST /v1/inbox/{inbox_id}/apply": 409,  # nor was it refused
    "POST /v1/deliveries/{delivery_id}/replay": 409,  # nor is this one
    "POST /v1/pools/{pool}/rebuild": 409,  # its ledger agrees with its history
    "POST /v1/appointments/{appointment_id}/attended": 409,  # it has not begun
    "POST /v1/appointments/{appointment_id}/no-show": 409,
    "POST /v1/appointments/{appointment_id}/outcome": 409,
    "POST /v1/appointments/{appointment_id}/reject": 409,  # it was accepted a moment ago
}

#: What is refused as 409 when it is sent once more, and so shows that error.
ONCE = {
    "POST /v1/intakes",
    "POST /v1/reps",
    "POST /v1/appointments",
    "POST /v1/overrides/{override_id}/revoke",
    "POST /v1/policies/{version}/publish",
    "POST /v1/leads/{lead_id}/merge",
    "POST /v1/accounts/{account_id}/merge",
}

RECORDING = "RECORD_EXAMPLES" in os.environ


@pytest.fixture(scope="module")
def served(database_server: Any, database_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        database_server.clone(database_template) as url,
        served_floor(url, tmp_path_factory.mktemp("console")) as floor,
    ):
        yield floor


@pytest.fixture
def unused(database_server: Any, database_template: str) -> Iterator[httpx.Client]:
    """A client, signed in as an admin, of a service that nobody has set up."""
    with (
        database_server.clone(database_template) as url,
        served_in_process(url) as (app, portal, client),
    ):
        sign_in(app, portal, client)
        yield client


def test_every_example_is_answered_as_the_console_shows(served: Served, unused: httpx.Client) -> None:
    description = served.client.get("/openapi.json").json()
    schemas = description["components"]["schemas"]
    faults = []
    answers: kept.RecordedAnswers = {}
    described = dict(operations(description))
    for name, operation in described.items():
        asked = list(request_of(served, name, operation, schemas))
        found = answers.setdefault(name, {})
        for status, refusal in refusals(served, name, operation, asked[0]):
            if str(refusal.status_code) == status:
                found[status] = shown(refusal)
        for path, parts in asked:
            answer = sent(served, name, path, parts)
            wanted = {CONFLICTS[name]} if name in CONFLICTS else range(200, 300)
            if answer.status_code not in wanted or str(answer.status_code) not in operation["responses"]:
                faults.append(f"{name} was answered {answer.status_code}: {answer.text[:400]}")
            elif answer.content:
                found.setdefault(str(answer.status_code), shown(answer))
                if answer.headers["content-type"] == "application/json":
                    served.answers[name] = answer.json()
        if name in ONCE:
            found["409"] = shown(again := sent(served, name, *asked[0]))
            faults += [] if again.status_code == 409 else [f"{name} was answered {again.status_code} when sent again"]
    for name, status, answer in chain(played(served), empty_service(unused)):
        if answer.status_code != status or str(status) not in described[name]["responses"]:
            faults.append(f"{name} was answered {answer.status_code}, not {status}: {answer.text[:400]}")
        answers[name][str(status)] = shown(answer)
    assert faults == []
    shared = shared_of(served, answers)
    if RECORDING:
        write(answers, shared, {name: operation["tags"][0] for name, operation in described.items()})
        return
    bound = served.answers["PUT /v1/reps/{key}/calendars"]["calendars"]
    assert [calendar["unreadable"] for calendar in bound] == [None]
    differing = [
        f"{name} {status}: {first_difference(masked(body), masked(kept.answer_of(name, status)))}"
        for name, found in answers.items()
        for status, body in found.items()
        if masked(body) != masked(kept.answer_of(name, status))
    ]
    assert differing == [], "run `make examples` where the new answer is right"
    assert masked(shared) == masked(kept.recorded_answers()[1])


def shared_of(served: Served, answers: kept.RecordedAnswers) -> dict[str, Any]:
    """The errors that come before an operation is reached, as the first operation with a body answers with them."""
    first = answers["POST /v1/reps"]
    before = {status: shown(answer) for status, answer in shared_refusals(served).items()}
    return {status: before.get(status, first.get(status)) for status in kept.SHARED}


def test_an_intake_of_the_demo_reads_the_example_of_a_webhook(served: Served) -> None:
    description = served.client.get("/openapi.json").json()
    content = description["paths"]["/v1/hooks/{connection}"]["post"]["requestBody"]["content"]
    tried = served.api.call("POST", "/v1/intakes/website-form/try", {"body": content["application/json"]["example"]})
    assert [event["usable"] for event in tried["events"]] == [True]
    assert tried["events"][0]["warnings"] == []
