"""Schemes as the use cases see them: read from a document, refused with a path, in the service's own errors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pointsman.connectors.signatures import ANY_SCHEME, SdkSignatureSchemes, scheme_components
from pointsman.domain.errors import Invalid, Unauthenticated
from pointsman.services.intake.signing_secrets import check_secrets
from pointsman.services.ports.intake.signatures import SignedRequest
from support.http.signing import SECRET, STANDARD_SECRET, sign_standard

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STANDARD = {"scheme": "standard_webhooks"}
read = SdkSignatureSchemes().read


def test_a_scheme_is_shown_as_it_was_asked_for_with_its_defaults() -> None:
    assert read({"scheme": "hmac", "header": "X-Sig"}).document == {
        "scheme": "hmac",
        "header": "x-sig",
        "encoding": "hex",
        "prefix": "",
        "algorithm": "sha256",
    }


@pytest.mark.parametrize(
    ("document", "path", "said"),
    [
        ({}, "verifier.scheme", "there is no scheme ''; known are bearer, hmac, "),
        ({"scheme": 3}, "verifier.scheme", "there is no scheme '3'; known are "),
        ({"scheme": "hmacs"}, "verifier.scheme", "did you mean 'hmac'?"),
        ({"scheme": "x" * 9_000}, "verifier.scheme", "there is no scheme 'xxx"),
        ({"scheme": "hmac", "header": "bad header"}, "verifier.header", "should match pattern"),
        ({"scheme": "hmac", "headr": "x"}, "verifier.headr", "hmac has no 'headr'; did you mean 'header'?"),
        ({"scheme": "hmac", "encoding": {"a": 1}}, "verifier.encoding", "'hex' or 'base64'"),
        ({"scheme": "bearer", "prefix": ""}, "verifier.prefix", "bearer has no 'prefix'"),
    ],
)
def test_what_is_no_scheme_is_refused_with_its_path_and_what_to_write(
    document: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(Invalid) as caught:
        read(document)
    (fault,) = caught.value.faults
    assert fault.path == path
    assert said in fault.message
    assert len(fault.message) < 250


@pytest.mark.parametrize(
    ("off", "headers", "code"),
    [
        (timedelta(), {"webhook-signature": "v1,AAAA"}, "bad-signature"),
        (timedelta(), {"webhook-id": ""}, "bad-signature"),
        (timedelta(minutes=6), {}, "stale-signature"),
    ],
)
def test_a_refused_request_says_whether_its_signature_or_its_time_is_wrong(
    off: timedelta, headers: dict[str, str], code: str
) -> None:
    signed = sign_standard(b"{}", at=NOW) | headers
    request = SignedRequest(method="POST", uri="https://a.example/h", headers=signed, body=b"{}")
    with pytest.raises(Unauthenticated) as caught:
        read(STANDARD).verify([STANDARD_SECRET], request, now=NOW + off)
    assert caught.value.code == code


def test_a_signed_request_passes() -> None:
    request = SignedRequest(method="POST", uri="", headers=sign_standard(b"{}", at=NOW), body=b"{}")
    read(STANDARD).verify([STANDARD_SECRET], request, now=NOW)


@pytest.mark.parametrize("secret", ["short", "", "ümlaut-in-a-long-enough-secret", "tab\tin-a-long-enough-secret"])
def test_a_secret_that_cannot_work_is_refused_when_it_is_saved(secret: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_secrets(read({"scheme": "hmac"}), [SECRET, secret])
    assert [fault.path for fault in caught.value.faults] == ["secrets[1]"]


@pytest.mark.parametrize("count", [0, 6])
def test_an_intake_has_some_secrets_and_not_many(count: int) -> None:
    with pytest.raises(Invalid, match="1 to 5 secrets"):
        check_secrets(read({"scheme": "hmac"}), [SECRET] * count)


def test_the_description_of_the_api_lists_every_scheme() -> None:
    components = scheme_components()
    named = {one["$ref"].rpartition("/")[2] for one in components[ANY_SCHEME]["oneOf"]}
    assert named == components.keys() - {ANY_SCHEME}
    assert {components[name]["properties"]["scheme"]["const"] for name in named} == {
        "bearer", "hmac", "hubspot_v2", "hubspot_v3", "standard_webhooks", "typeform",
    }  # fmt: skip
