"""What is kept of a refused request's headers: what names its events, and neither a secret nor a signature."""

from typing import Any
from uuid import UUID

import pytest

from pointsman.connectors.signatures import SdkSignatureSchemes
from pointsman.services.intake.intakes import Intake
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.intake.refused_items import MAX_HEADER_LENGTH, MAX_HEADERS, kept_headers


def intake(dedupe: str | None = None, **verifier: Any) -> Intake:
    return Intake(
        id=UUID(int=1),
        key="form",
        kind="lead",
        version=1,
        active=True,
        scheme=SdkSignatureSchemes().read(verifier or {"scheme": "hmac"}),
        secrets=(),
        mapping=IntakeMapping.model_validate({"fields": {"lead.email": "email"}, "dedupe": dedupe}),
    )


def test_the_kind_of_the_body_and_the_names_of_events_are_kept() -> None:
    given = {"content-type": "a/b", "x-request-id": "7", "x-github-delivery": "u", "idempotency-key": "k", "host": "h"}
    assert kept_headers(given | {"x-event": "9"}, intake("header: X-Event")) == {
        "content-type": "a/b",
        "x-event": "9",
        "x-request-id": "7",
        "x-github-delivery": "u",
        "idempotency-key": "k",
    }


@pytest.mark.parametrize(
    ("header", "verifier"),
    [
        ("authorization", {"scheme": "bearer"}),
        ("x-client-id", {"scheme": "bearer", "header": "X-Client-ID"}),
        ("x-proof-id", {"scheme": "hmac", "header": "x-proof-id"}),
        ("typeform-signature", {"scheme": "typeform"}),
        ("x-hubspot-signature-v3", {"scheme": "hubspot_v3"}),
        ("webhook-signature", {"scheme": "standard_webhooks"}),
        ("cookie", {}),
        ("x-session-id", {}),
        ("x-token-id", {}),
        ("x-api-key-id", {}),
        ("proxy-authorization", {}),
    ],
)
def test_secrets_and_signatures_are_not_kept_though_the_mapping_names_events_by_them(
    header: str, verifier: dict[str, Any]
) -> None:
    assert kept_headers({header: "s3cret"}, intake(f"header:{header}", **verifier)) == {}


def test_headers_are_kept_in_bounds_and_the_one_that_names_events_comes_first() -> None:
    many = {f"x-{n}-id": "v" for n in range(100)} | {"x-long-id": "v" * (MAX_HEADER_LENGTH + 1)} | {"x-event": "9"}
    kept = kept_headers(many, intake("header:x-event"))
    assert (len(kept), next(iter(kept))) == (MAX_HEADERS, "x-event")
    assert "x-long-id" not in kept_headers({"x-long-id": many["x-long-id"], "x-nul-id": "\x00"}, intake())
