"""Verifiers: the published vectors pass, every mutation fails, nothing crashes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pointsman.domain.errors import Invalid, Unauthenticated
from pointsman.services.intake.signatures import SignedRequest, Verifier, check_secrets, verify_signature
from support.http.signing import (
    SECRET,
    STANDARD_SECRET,
    sign_hmac,
    sign_hubspot_v2,
    sign_hubspot_v3,
    sign_standard,
    sign_typeform,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URI = "https://leads.example.com/v1/hooks/crm"
BODY = b'{"email":"mara@example.com"}'


def made(**document: Any) -> Verifier:
    verifier: Verifier = TypeAdapter(Verifier).validate_python(document)
    return verifier


def request(headers: dict[str, str], *, body: bytes = BODY, uri: str = URI, method: str = "POST") -> SignedRequest:
    return SignedRequest(method=method, uri=uri, headers=headers, body=body)


Case = tuple[Verifier, str, Callable[[], dict[str, str]]]
SCHEMES: dict[str, Case] = {
    "standard": (made(scheme="standard_webhooks"), STANDARD_SECRET, lambda: sign_standard(BODY, at=NOW)),
    "hubspot_v2": (made(scheme="hubspot_v2"), SECRET, lambda: sign_hubspot_v2(BODY, uri=URI)),
    "hubspot_v3": (made(scheme="hubspot_v3"), SECRET, lambda: sign_hubspot_v3(BODY, uri=URI, at=NOW)),
    "typeform": (made(scheme="typeform"), SECRET, lambda: sign_typeform(BODY)),
    "hmac": (made(scheme="hmac"), SECRET, lambda: sign_hmac(BODY)),
    "hmac_prefixed": (
        made(scheme="hmac", header="X-Hub-Signature-256", prefix="sha256="),
        SECRET,
        lambda: sign_hmac(BODY, header="x-hub-signature-256", prefix="sha256="),
    ),
    "bearer": (made(scheme="bearer"), SECRET, lambda: {"authorization": f"Bearer {SECRET}"}),
    "bearer_header": (made(scheme="bearer", header="x-token"), SECRET, lambda: {"x-token": SECRET}),
}
every_scheme = pytest.mark.parametrize("name", SCHEMES)


def test_the_published_vector_of_standard_webhooks_passes() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    verify_signature(
        made(scheme="standard_webhooks"), [STANDARD_SECRET], request(headers, body=b'{"test": 2432232314}'), now=at
    )


def test_the_published_vector_of_hubspot_v2_passes() -> None:
    headers = {"x-hubspot-signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"}
    get = request(headers, body=b"", uri="https://www.example.com/webhook_uri", method="GET")
    verify_signature(made(scheme="hubspot_v2"), ["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], get, now=NOW)


@every_scheme
def test_a_genuine_request_passes(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    verify_signature(verifier, [secret], request(sign()), now=NOW)


@pytest.mark.parametrize(("name", "scheme"), [("standard", "seconds"), ("hubspot_v3", "milliseconds")])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_signature_is_good_for_300_seconds_before_and_after_and_not_a_moment_longer(
    name: str, scheme: str, side: int
) -> None:
    verifier, secret, sign = SCHEMES[name]
    edge = NOW + side * timedelta(seconds=300)
    verify_signature(verifier, [secret], request(sign()), now=edge)
    for beyond in (timedelta(milliseconds=1), timedelta(seconds=1)):
        with pytest.raises(Unauthenticated) as caught:
            verify_signature(verifier, [secret], request(sign()), now=edge + side * beyond)
        assert caught.value.code == "stale-signature"


@pytest.mark.parametrize(
    ("written", "signed"),
    [
        ("?at=10%3a30", "?at=10:30"),
        ("?at=10%3A30", "?at=10:30"),
        ("?to=a%2fb%2Fc%40d%2ce", "?to=a/b/c@d,e"),
        ("?q=%c3%a9%20%3d", "?q=%c3%a9%20%3d"),  # what version 3 does not sign decoded stays as it is written
    ],
)
def test_an_address_is_signed_decoded_in_whichever_case_its_escapes_are_written(written: str, signed: str) -> None:
    verifier, secret, _ = SCHEMES["hubspot_v3"]
    headers = sign_hubspot_v3(BODY, uri=URI + signed, at=NOW)
    verify_signature(verifier, [secret], request(headers, uri=URI + written), now=NOW)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER "])
@pytest.mark.parametrize("token", ["a token with spaces", "two  spaces in a row", "trailing words here too"])
def test_a_bearer_token_may_have_spaces(scheme: str, token: str) -> None:
    verifier = SCHEMES["bearer"][0]
    check_secrets(verifier, [token])
    for header in (scheme + token, f"{scheme} {token} "):
        verify_signature(verifier, [token], request({"authorization": header}), now=NOW)
    for wrong in (token.partition(" ")[0], token.rpartition(" ")[2], token.replace(" ", ""), token + " x"):
        with pytest.raises(Unauthenticated):
            verify_signature(verifier, [token], request({"authorization": scheme + wrong}), now=NOW)


@every_scheme
def test_either_secret_passes_while_one_is_rotated(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    other = "whsec_" + "QUFB" * 8
    verify_signature(verifier, [other, secret], request(sign()), now=NOW)
    verify_signature(verifier, [secret, other], request(sign()), now=NOW)


@every_scheme
def test_another_secret_fails(name: str) -> None:
    verifier, _, sign = SCHEMES[name]
    with pytest.raises(Unauthenticated):
        verify_signature(verifier, ["whsec_" + "QUFB" * 8], request(sign()), now=NOW)


@every_scheme
def test_a_request_without_headers_fails(name: str) -> None:
    verifier, secret, _ = SCHEMES[name]
    with pytest.raises(Unauthenticated):
        verify_signature(verifier, [secret], request({}), now=NOW)


@pytest.mark.parametrize("name", [name for name in SCHEMES if not name.startswith("bearer")])
def test_one_changed_byte_of_the_body_fails(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    for position in (0, len(BODY) // 2, len(BODY) - 1):
        changed = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
        with pytest.raises(Unauthenticated):
            verify_signature(verifier, [secret], request(sign(), body=changed), now=NOW)


@every_scheme
def test_a_changed_header_value_fails(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    ignored = {"x-hubspot-signature-version"}
    for header, value in sign().items():
        if header in ignored:
            continue
        for mutated in ("", value[:-2], value + "A", value[::-1], value.swapcase(), " ", "\x00", "é", "v1,", "v1,!!!"):
            if mutated == value or (name.startswith("bearer") and mutated.strip() == value):
                continue
            with pytest.raises(Unauthenticated):
                verify_signature(verifier, [secret], request({**sign(), header: mutated}), now=NOW)


@pytest.mark.parametrize("name", ["hubspot_v2", "hubspot_v3"])
def test_a_request_signed_for_another_address_or_method_fails(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    with pytest.raises(Unauthenticated):
        verify_signature(verifier, [secret], request(sign(), uri=URI + "?a=1"), now=NOW)
    with pytest.raises(Unauthenticated):
        verify_signature(verifier, [secret], request(sign(), method="PUT"), now=NOW)


@pytest.mark.parametrize("name", ["standard", "hubspot_v3"])
@pytest.mark.parametrize("off", [timedelta(minutes=5, seconds=2), timedelta(minutes=-5, seconds=-2)])
def test_a_timestamp_more_than_five_minutes_away_fails_in_both_directions(name: str, off: timedelta) -> None:
    verifier, secret, sign = SCHEMES[name]
    verify_signature(verifier, [secret], request(sign()), now=NOW + off * 0.9)
    with pytest.raises(Unauthenticated, match="five minutes"):
        verify_signature(verifier, [secret], request(sign()), now=NOW + off)


@pytest.mark.parametrize(
    "stamp", ["1674087231.9", " 1674087_231 ", "1_674", "-1", "0", "9" * 400, "0x10", "١٢٣", "nan", "1e9", "+1764"]
)
def test_odd_timestamps_fail_instead_of_being_read_generously(stamp: str) -> None:
    for name, header in (("standard", "webhook-timestamp"), ("hubspot_v3", "x-hubspot-request-timestamp")):
        verifier, secret, sign = SCHEMES[name]
        with pytest.raises(Unauthenticated):
            verify_signature(verifier, [secret], request({**sign(), header: stamp}), now=NOW)


def test_one_good_signature_among_many_is_enough_for_standard_webhooks() -> None:
    headers = sign_standard(BODY, at=NOW)
    headers["webhook-signature"] = f"v1a,abc {'v1,' + 'A' * 44} {headers['webhook-signature']} junk"
    verify_signature(made(scheme="standard_webhooks"), [STANDARD_SECRET], request(headers), now=NOW)


def test_hubspot_v3_signs_the_documented_characters_decoded() -> None:
    written = "https://leads.example.com/v1/hooks/crm%3Aone?to=%2Fa%40b&keep=%20%2B"
    signed = "https://leads.example.com/v1/hooks/crm:one?to=/a@b&keep=%20%2B"
    headers = sign_hubspot_v3(BODY, uri=signed, at=NOW)
    verify_signature(made(scheme="hubspot_v3"), [SECRET], request(headers, uri=written), now=NOW)


def test_a_body_that_is_not_utf8_is_no_crash() -> None:
    for verifier, secret, sign in SCHEMES.values():
        if verifier.scheme == "bearer":
            continue
        with pytest.raises(Unauthenticated):
            verify_signature(verifier, [secret], request(sign(), body=b"\xff\xfe\x00"), now=NOW)


@given(header=st.text(max_size=80), body=st.binary(max_size=80))
def test_no_header_or_body_makes_a_verifier_crash(header: str, body: bytes) -> None:
    for verifier, secret, sign in SCHEMES.values():
        headers = dict.fromkeys(sign(), header)
        with pytest.raises(Unauthenticated):
            verify_signature(verifier, [secret], request(headers, body=body), now=NOW)


@pytest.mark.parametrize("secret", ["short", "", "ümlaut-in-a-long-enough-secret", "tab\tin-a-long-enough-secret"])
def test_a_secret_that_cannot_work_is_refused_when_it_is_saved(secret: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_secrets(made(scheme="hmac"), [SECRET, secret])
    assert [fault.path for fault in caught.value.faults] == ["secrets[1]"]


def test_a_standard_webhooks_secret_must_be_base64() -> None:
    check_secrets(made(scheme="standard_webhooks"), [STANDARD_SECRET])
    with pytest.raises(Invalid):
        check_secrets(made(scheme="standard_webhooks"), ["whsec_this is not base64 at all!"])
