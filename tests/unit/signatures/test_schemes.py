"""Signature schemes: the published vectors pass, every mutation fails, nothing crashes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from standardwebhooks.webhooks import Webhook

from pointsman_sdk import Rejected, WebhookRequest
from pointsman_sdk.signatures import BadSignature, Scheme, SignatureScheme, Signs, StaleSignature
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


def made(**document: Any) -> SignatureScheme:
    scheme: SignatureScheme = TypeAdapter(Scheme).validate_python(document)
    return scheme


def request(headers: dict[str, str], *, body: bytes = BODY, uri: str = URI, method: str = "POST") -> WebhookRequest:
    return WebhookRequest(method=method, url=uri, headers=headers, body=body)


Case = tuple[SignatureScheme, str, Callable[[], dict[str, str]]]
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
    made(scheme="standard_webhooks").verify(request(headers, body=b'{"test": 2432232314}'), [STANDARD_SECRET], now=at)


def test_the_published_vector_of_hubspot_v2_passes() -> None:
    headers = {"x-hubspot-signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"}
    get = request(headers, body=b"", uri="https://www.example.com/webhook_uri", method="GET")
    made(scheme="hubspot_v2").verify(get, ["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], now=NOW)


@every_scheme
def test_a_genuine_request_passes(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    verifier.verify(request(sign()), [secret], now=NOW)


@pytest.mark.parametrize(("name", "scheme"), [("standard", "seconds"), ("hubspot_v3", "milliseconds")])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_signature_is_good_for_300_seconds_before_and_after_and_not_a_moment_longer(
    name: str, scheme: str, side: int
) -> None:
    verifier, secret, sign = SCHEMES[name]
    edge = NOW + side * timedelta(seconds=300)
    verifier.verify(request(sign()), [secret], now=edge)
    for beyond in (timedelta(milliseconds=1), timedelta(seconds=1)):
        with pytest.raises(StaleSignature):
            verifier.verify(request(sign()), [secret], now=edge + side * beyond)


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
    verifier.verify(request(headers, uri=URI + written), [secret], now=NOW)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER "])
@pytest.mark.parametrize("token", ["a token with spaces", "two  spaces in a row", "trailing words here too"])
def test_a_bearer_token_may_have_spaces(scheme: str, token: str) -> None:
    verifier = SCHEMES["bearer"][0]
    assert verifier.secret_fault(token) is None
    for header in (scheme + token, f"{scheme} {token} "):
        verifier.verify(request({"authorization": header}), [token], now=NOW)
    for wrong in (token.partition(" ")[0], token.rpartition(" ")[2], token.replace(" ", ""), token + " x"):
        with pytest.raises(BadSignature):
            verifier.verify(request({"authorization": scheme + wrong}), [token], now=NOW)


@every_scheme
def test_either_secret_passes_while_one_is_rotated(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    other = "whsec_" + "QUFB" * 8
    verifier.verify(request(sign()), [other, secret], now=NOW)
    verifier.verify(request(sign()), [secret, other], now=NOW)


@every_scheme
def test_another_secret_fails(name: str) -> None:
    verifier, _, sign = SCHEMES[name]
    with pytest.raises(BadSignature):
        verifier.verify(request(sign()), ["whsec_" + "QUFB" * 8], now=NOW)


@every_scheme
def test_a_request_without_headers_fails(name: str) -> None:
    verifier, secret, _ = SCHEMES[name]
    with pytest.raises(BadSignature):
        verifier.verify(request({}), [secret], now=NOW)


@pytest.mark.parametrize("name", [name for name in SCHEMES if not name.startswith("bearer")])
def test_one_changed_byte_of_the_body_fails(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    for position in (0, len(BODY) // 2, len(BODY) - 1):
        changed = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
        with pytest.raises(BadSignature):
            verifier.verify(request(sign(), body=changed), [secret], now=NOW)


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
            with pytest.raises(BadSignature):
                verifier.verify(request({**sign(), header: mutated}), [secret], now=NOW)


@pytest.mark.parametrize("name", ["hubspot_v2", "hubspot_v3"])
def test_a_request_signed_for_another_address_or_method_fails(name: str) -> None:
    verifier, secret, sign = SCHEMES[name]
    with pytest.raises(BadSignature):
        verifier.verify(request(sign(), uri=URI + "?a=1"), [secret], now=NOW)
    with pytest.raises(BadSignature):
        verifier.verify(request(sign(), method="PUT"), [secret], now=NOW)


@pytest.mark.parametrize("name", ["standard", "hubspot_v3"])
@pytest.mark.parametrize("off", [timedelta(minutes=5, seconds=2), timedelta(minutes=-5, seconds=-2)])
def test_a_timestamp_more_than_five_minutes_away_fails_in_both_directions(name: str, off: timedelta) -> None:
    verifier, secret, sign = SCHEMES[name]
    verifier.verify(request(sign()), [secret], now=NOW + off * 0.9)
    with pytest.raises(StaleSignature, match="five minutes"):
        verifier.verify(request(sign()), [secret], now=NOW + off)


@pytest.mark.parametrize(
    "stamp", ["1674087231.9", " 1674087_231 ", "1_674", "-1", "0", "9" * 400, "0x10", "١٢٣", "nan", "1e9", "+1764"]
)
def test_odd_timestamps_fail_instead_of_being_read_generously(stamp: str) -> None:
    for name, header in (("standard", "webhook-timestamp"), ("hubspot_v3", "x-hubspot-request-timestamp")):
        verifier, secret, sign = SCHEMES[name]
        with pytest.raises(BadSignature):
            verifier.verify(request({**sign(), header: stamp}), [secret], now=NOW)


def test_one_good_signature_among_many_is_enough_for_standard_webhooks() -> None:
    headers = sign_standard(BODY, at=NOW)
    headers["webhook-signature"] = f"v1a,abc {'v1,' + 'A' * 44} {headers['webhook-signature']} junk"
    made(scheme="standard_webhooks").verify(request(headers), [STANDARD_SECRET], now=NOW)


def test_hubspot_v3_signs_the_documented_characters_decoded() -> None:
    written = "https://leads.example.com/v1/hooks/crm%3Aone?to=%2Fa%40b&keep=%20%2B"
    signed = "https://leads.example.com/v1/hooks/crm:one?to=/a@b&keep=%20%2B"
    headers = sign_hubspot_v3(BODY, uri=signed, at=NOW)
    made(scheme="hubspot_v3").verify(request(headers, uri=written), [SECRET], now=NOW)


def test_a_body_that_is_not_utf8_is_no_crash() -> None:
    for verifier, secret, sign in SCHEMES.values():
        if verifier.scheme == "bearer":
            continue
        with pytest.raises(BadSignature):
            verifier.verify(request(sign(), body=b"\xff\xfe\x00"), [secret], now=NOW)


@every_scheme
def test_a_signed_body_need_not_be_text(name: str) -> None:
    scheme, secret, _ = SCHEMES[name]
    body = b"\xff\xfe\x00"
    signed = scheme.sign(request({}, body=body), secret, now=NOW, event_id="msg_1")
    scheme.verify(request(dict(signed), body=body), [secret], now=NOW)


@given(header=st.text(max_size=80), body=st.binary(max_size=80))
def test_no_header_or_body_makes_a_verifier_crash(header: str, body: bytes) -> None:
    for verifier, secret, sign in SCHEMES.values():
        headers = dict.fromkeys(sign(), header)
        with pytest.raises(BadSignature):
            verifier.verify(request(headers, body=body), [secret], now=NOW)


@every_scheme
@pytest.mark.parametrize("secret", ["short", "", "ümlaut-in-a-long-enough-secret", "tab\tin-a-long-enough-secret"])
def test_a_secret_that_cannot_work_is_told(name: str, secret: str) -> None:
    scheme, good, _ = SCHEMES[name]
    assert scheme.secret_fault(good) is None
    assert scheme.secret_fault(secret)


def test_a_standard_webhooks_secret_must_be_base64() -> None:
    scheme = made(scheme="standard_webhooks")
    assert scheme.secret_fault(STANDARD_SECRET) is None
    assert (
        scheme.secret_fault("whsec_this is not base64 at all!")
        == "is not whsec_ followed by 16 or more bytes in base64"
    )
    assert scheme.secret_fault("whsec_MTIzNDU2Nzg5MDEy")  # twelve bytes
    assert scheme.secret_fault("whsec_long enough, but not in base64 either")


def test_standard_webhooks_name_their_events() -> None:
    named = {name: scheme.event_header for name, (scheme, _, _) in SCHEMES.items() if scheme.event_header}
    assert named == {"standard": "webhook-id"}


def test_what_goes_before_a_signature_or_a_token_is_asked_for() -> None:
    bare = sign_hmac(BODY, header="x-hub-signature-256")
    for name, headers in (("hmac_prefixed", bare), ("bearer", {"authorization": f"Basic {SECRET}"})):
        scheme, secret, _ = SCHEMES[name]
        with pytest.raises(BadSignature, match=r"does not begin with|not a bearer token"):
            scheme.verify(request(headers), [secret], now=NOW)


def test_a_key_that_is_not_base64_signs_nothing() -> None:
    unreadable = request(sign_standard(BODY, at=NOW, secret=""))
    with pytest.raises(BadSignature):
        made(scheme="standard_webhooks").verify(unreadable, ["whsec_this is not base64 at all!", "whsec_"], now=NOW)


@given(body=st.binary(max_size=80), event_id=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True))
def test_the_senders_own_library_and_we_sign_alike(body: bytes, event_id: str) -> None:
    text = body.decode("latin-1")
    theirs = Webhook(STANDARD_SECRET).sign(msg_id=event_id, timestamp=NOW, data=text)
    hook = request({}, body=text.encode())
    ours = made(scheme="standard_webhooks").sign(hook, STANDARD_SECRET, now=NOW, event_id=event_id)
    assert ours["webhook-signature"] == theirs


@every_scheme
def test_what_a_scheme_signs_is_what_its_senders_sign(name: str) -> None:
    scheme, secret, sign = SCHEMES[name]
    signed = scheme.sign(request({}), secret, now=NOW, event_id="msg_1")
    assert signed == sign()
    assert scheme.proof_headers <= signed.keys()
    assert scheme.event_header is None or signed[scheme.event_header] == "msg_1"


@every_scheme
def test_a_scheme_covers_the_body_and_the_time_as_it_says(name: str) -> None:
    scheme, secret, sign = SCHEMES[name]

    def passes(hook: WebhookRequest, now: datetime) -> bool:
        try:
            scheme.verify(hook, [secret], now=now)
        except BadSignature:
            return False
        return True

    other_body, other_time = passes(request(sign(), body=b"{}"), NOW), passes(request(sign()), NOW + timedelta(hours=1))
    assert scheme.signs == Signs(body=not other_body, time=not other_time)


def test_a_refusal_is_one_that_every_connector_may_raise() -> None:
    with pytest.raises(Rejected):
        made(scheme="typeform").verify(request({}), [SECRET], now=NOW)


@every_scheme
def test_every_secret_is_tried_though_the_first_one_matches(name: str) -> None:
    scheme, secret, sign = SCHEMES[name]
    tried: list[str] = []

    class Noted(str):
        __slots__ = ()

        def encode(self, *_: Any) -> bytes:  # a secret is either encoded or its prefix taken off
            tried.append(str(self))
            return super().encode()

        def removeprefix(self, prefix: str, /) -> str:
            tried.append(str(self))
            return super().removeprefix(prefix)

    scheme.verify(request(sign()), [Noted(secret), Noted("whsec_" + "QUFB" * 8)], now=NOW)
    assert set(tried) == {secret, "whsec_" + "QUFB" * 8}


def test_the_page_on_intakes_tells_what_each_scheme_covers() -> None:
    page = (Path(__file__).parents[3] / "docs" / "intake.md").read_text()
    table = page[page.index("| scheme |") :].partition("\n\n")[0]
    told = {}
    for row in table.splitlines()[2:]:
        names, _, body, time, _ = (cell.strip() for cell in row.strip("|").split("|"))
        told |= {name: Signs(body=body == "yes", time=time == "yes") for name in re.findall(r"`(\w+)`", names)}
    assert told == {scheme.scheme: scheme.signs for scheme, _, _ in SCHEMES.values()}
