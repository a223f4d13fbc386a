"""A vendor's words are stored and shown: short, printable, and without addresses and secrets."""

import pytest

from pointsman.domain.messages.message import rep_name, say
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError, failure_message, safe_error_text
from pointsman.services.ports import VendorRejectedError, VendorRetryableError
from support.wording import english, german


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no such calendar", "no such calendar"),
        ("401 for Authorization: Bearer eyJhbGciOi.abc-_", "401 for Authorization: Bearer (secret)"),
        ("basic dXNlcjpwYXNz is wrong", "basic (secret) is wrong"),
        ("GET /me?access_token=abc123&x=1: 403", "GET /me?access_token=(secret)&x=1: 403"),
        ('{"api_key": "k-123", "error": "no"}', '{"api_key": "(secret)", "error": "no"}'),
        ("password=hunter2; retry", "password=(secret); retry"),
        ("https://anna:pw@cal.example/dav is gone", "https://(secret)@cal.example/dav is gone"),
        ("BEARER eyJhbGciOi.abc-_ expired", "BEARER (secret) expired"),
        ("Authorization: Token 9944b09199c62bcf", "Authorization: Token (secret)"),
        ("token 9944b09199c62bcf is revoked", "token (secret) is revoked"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln was refused", "(secret) was refused"),
        ("key pat-na1-1b2c3d4e-aaaa-bbbb is unknown", "key (secret) is unknown"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a, sk-live-1234567890", "(secret), (secret)"),
        ("PWD=hunter2; db_pwd=x-y-z", "PWD=(secret); db_pwd=(secret)"),
        ("GET /blob?sv=2020&sig=a%2Bb%3D&se=1: 403", "GET /blob?sv=2020&sig=(secret)&se=1: 403"),
        ("next=/me%3Ftoken%3Dabc123", "next=/me%3Ftoken%3D(secret)"),
        ("Cookie: sessionid=38afes7a8; csrftoken=u32t4o; no such user", "Cookie: (secret); no such user"),
        ("Set-Cookie: sid=a3fWa; Path=/; HttpOnly", "Set-Cookie: (secret); HttpOnly"),
        ("JSESSIONID=1A530637289A03B0 is gone", "JSESSIONID=(secret) is gone"),
        ("password: hunter", "password: (secret)"),
        ('{"password": "hunter"}', '{"password": "(secret)"}'),
        ("password: not-a-word-of-ours", "password: (secret)"),
        ("password: required", "password: required"),
        ('{"password": ["required"], "token": "invalid"}', '{"password": ["required"], "token": "invalid"}'),
        ("token: must be renewed", "token: must be renewed"),
        ("Passwort: password: fehlt", "Passwort: password: fehlt"),
        ("token: Bearer eyJhbGciOi.abc-_", "token: Bearer (secret)"),
        ("the token has expired", "the token has expired"),
        ("unconsig=abc, compass: north", "unconsig=abc, compass: north"),
        ("a bearer of tidings", "a bearer of tidings"),
        ('{"said": "{\\"access_token\\":\\"s3cr3t\\"}"}', '{"said": "{\\"access_token\\":\\"(secret)\\"}"}'),
        ("Bearer abcdefghijklmnopqrst is unknown", "Bearer (secret) is unknown"),
        ('"password":"pa ss w0rd,x","user":"me"', '"password":"(secret)","user":"me"'),
        ("POST /token?code=4/0AbCdEfGh123&x=1: 400", "POST /token?code=(secret)&x=1: 400"),
        ("GET /?key=a1b2c3d4e5f6: 403, error code=invalid_grant", "GET /?key=(secret): 403, error code=invalid_grant"),
        ("Passwort: geheim123; Kennwort=falsch", "Passwort: (secret); Kennwort=falsch"),
        ('{"password":"Das:Geheimnis-26","x":1}', '{"password":"(secret)","x":1}'),
        ("password=No.1!Sommer is wrong", "password=(secret) is wrong"),
        ('password="O\'Brien-2026" is wrong', 'password="(secret)" is wrong'),
        ('{"password":"Sommer\\"26!geheim"}', '{"password":"(secret)"}'),
        ("passphrase=correct-horse, whsec_MfKQ9r8GKYqrTwjU", "passphrase=(secret), (secret)"),
        ("https://u:p,a@cal.example/dav", "https://(secret)@cal.example/dav"),
        (
            '{"refresh":"1//0abc-def"}, <password>x-y-z</password>',
            '{"refresh":"(secret)"}, <password>(secret)</password>',
        ),
        (
            'password => x-y-z, otp=123456, client_secret: "x\'y"',
            'password => (secret), otp=(secret), client_secret: "(secret)"',
        ),
        ('Digest username="me", response="6629fae49393a05397450978507c4ef1"', 'Digest username="me", (secret)"'),
        ("Negotiate YIIJvwYGKwYBBQUCoIIJszCC", "Negotiate (secret)"),
        ("Kennwort: nicht angegeben", "Kennwort: nicht angegeben"),
        ("password: field required", "password: field required"),
        ('{"token":"invalid","x":1}', '{"token":"invalid","x":1}'),
        ("AKIAIOSFODNN7EXAMPLE is not active", "(secret) is not active"),
        ('{"password": "is required", "code": 400}', '{"password": "is required", "code": 400}'),
        ("Basic authentication. Required", "Basic authentication. Required"),
        ("mara@example.com\x00\nis \u202eunknown", "(address)  is  unknown"),
        ("x" * 5_000, "x" * 300),
        ("", "VendorRejectedError"),
    ],
)
def test_what_a_vendor_said_is_short_printable_and_tells_no_secret(said: str, shown: str) -> None:
    assert safe_error_text(VendorRejectedError(said)) == shown
    assert failure_message(VendorRejectedError(said)) == say("vendor.said", said=shown)


def test_what_is_known_here_is_told_in_our_own_words_in_each_language() -> None:
    told = failure_message(OwnRefusalError(say("vendor.unknown-owner", rep=rep_name("clara"))))
    assert english(told).startswith("the CRM has no active user with the email address of Clara: ")
    assert german(told).startswith("das CRM hat keinen aktiven Benutzer mit der E-Mail-Adresse von Clara: ")
    assert english(failure_message(TimeoutError())) == "the vendor did not answer in time"
    assert german(failure_message(TimeoutError())) == "der Anbieter hat nicht rechtzeitig geantwortet"


def test_what_a_connector_says_is_told_as_its_words_where_a_sentence_is_in_another_language() -> None:
    told = failure_message(VendorRejectedError("this is no calendar"))
    assert english(told) == "this is no calendar"
    assert german(told) == "der Connector meldet: „this is no calendar“"


def test_what_the_host_found_out_itself_is_no_connector_s_word() -> None:
    told = failure_message(VendorRetryableError("caldav did not answer in time", told=say("vendor.no-answer")))
    assert german(told) == "der Anbieter hat nicht rechtzeitig geantwortet"
