"""Settings."""

import base64
import re
from pathlib import Path

import pytest

from pointsman.settings import Settings, SettingsError, load_settings

KEY = base64.urlsafe_b64encode(bytes(32)).decode()
URL = "postgresql://user:hunter2@db/pointsman"


def faults(**given: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    return caught.value.faults


def test_all_faults_are_listed_at_once_by_the_name_of_their_variable() -> None:
    found = faults(
        database_url="mysql://x", secret_keys="short", port=99999, public_url="ftp://x", private_networks="10/99"
    )
    named = ["DATABASE_URL", "SECRET_KEYS", "PORT", "PUBLIC_URL", "PRIVATE_NETWORKS"]
    assert len(found) == len(named)
    for name in named:
        assert any(f"POINTSMAN_{name}" in fault for fault in found), name


def test_what_is_missing_is_said_with_an_example() -> None:
    found = faults()
    assert len(found) == 2
    assert "postgresql://" in found[0]
    assert "pointsman keys secret" in found[1]


def test_a_fault_never_shows_the_secret_that_is_wrong() -> None:
    assert "hunter2" not in str(faults(database_url="mysql://user:hunter2@db", secret_keys="my-secret"))
    assert "my-secret" not in str(faults(database_url=URL, secret_keys="my-secret"))


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(load_settings(database_url=URL, secret_keys=KEY))
    assert "hunter2" not in shown
    assert KEY not in shown


@pytest.mark.parametrize(
    "address",
    [
        "app:Geheim%Wort1@db/x",
        "app:Geheim Wort1@db/x",
        "app:Geheim@Wort1@db/x",
        "app:Geheim@[::/x",
        "app:Geheim@db:port/x",
        "app:Geheim@a..b/x",
        "app:Geheim@db/x?hots=y",
        "app:Geheim%00@db/x",
    ],
)
def test_a_database_url_that_cannot_be_read_is_a_fault_that_says_how_to_write_it(address: str) -> None:
    (fault,) = faults(database_url=f"postgresql://{address}", secret_keys=KEY)
    assert "write % as %25, @ as %40" in fault
    assert "Geheim" not in fault
    assert "Wort1" not in fault


@pytest.mark.parametrize(
    "address",
    [
        "app:Geheim%25W%40rt@db:5432/x?sslmode=require",
        "/x?host=db1,db2&port=5432,5433",
        "/x?host=/var/run/postgresql",
        "[::1]:5432/x",
        "app@%2Ftmp%2Fsockets/x",
    ],
)
def test_a_database_url_may_be_whatever_libpq_takes(address: str) -> None:
    assert load_settings(database_url=f"postgresql://{address}", secret_keys=KEY).conninfo == f"postgresql://{address}"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_spelling_of_the_scheme_is_understood(scheme: str) -> None:
    settings = load_settings(database_url=f"{scheme}://db/x", secret_keys=KEY)
    assert settings.database_url == "postgresql+psycopg://db/x"
    assert settings.conninfo == "postgresql://db/x"


def test_the_environment_is_read_when_asked_and_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_DATABASE_URL", URL)
    monkeypatch.setenv("POINTSMAN_SECRET_KEYS", f"{KEY}, {KEY}")
    monkeypatch.setenv("POINTSMAN_PORT", "")
    monkeypatch.setenv("POINTSMAN_PRIVATE_NETWORKS", "10.0.0.0/8,::1/128")
    settings = load_settings()
    assert len(settings.secret_keys) == 2
    assert settings.port == 8000
    assert [str(network) for network in settings.private_networks] == ["10.0.0.0/8", "::1/128"]


def test_a_variable_that_was_read_from_a_file_is_taken_without_the_end_of_its_line() -> None:
    settings = load_settings(database_url=f"{URL}\n", secret_keys=f"{KEY}\r\n", public_url="https://a.example\n")
    plain = load_settings(database_url=URL, secret_keys=KEY, public_url="https://a.example")
    assert settings == plain


def test_the_public_address_defaults_to_where_it_listens() -> None:
    assert load_settings(database_url=URL, secret_keys=KEY, port=9000).public_url == "http://127.0.0.1:9000"
    given = load_settings(database_url=URL, secret_keys=KEY, public_url="https://leads.example.com/")
    assert given.public_url == "https://leads.example.com"


def test_the_sites_that_may_frame_the_booking_page_are_a_list_of_origins() -> None:
    given = load_settings(
        database_url=URL, secret_keys=KEY, booking_page_embedded_in="https://a.example, http://b:8080"
    )
    assert given.booking_page_embedded_in == ("https://a.example", "http://b:8080")
    for wrong in ("a.example", "https://a.example/page", "https://a.example; script-src *", "'self'"):
        (fault,) = faults(database_url=URL, secret_keys=KEY, booking_page_embedded_in=wrong)
        assert "POINTSMAN_BOOKING_PAGE_EMBEDDED_IN" in fault


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  # every address of a machine is no address for a sender
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_the_address_that_senders_are_given_is_one_they_can_call(host: str, url: str) -> None:
    assert load_settings(database_url=URL, secret_keys=KEY, host=host).public_url == url


def test_the_page_on_settings_names_each_with_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `POINTSMAN_(\w+)` \|([^|]*)\|", page, re.MULTILINE)
    rows = {name: default.strip() for name, default in found}
    fields = Settings.model_fields
    assert sorted(rows) == sorted(name.upper() for name in fields)
    for name, field in fields.items():
        if field.is_required() or field.default in ("", ()):
            wanted = "`http://HOST:PORT`" if name == "public_url" else ""
            assert rows[name.upper()] == wanted, name
        else:
            assert rows[name.upper()] == str(field.default).removesuffix(".0").replace("True", "true"), name


def test_proxies_are_addresses_and_never_everybody() -> None:
    good = load_settings(database_url=URL, secret_keys=KEY, trusted_proxies="10.0.0.5, 10.1.0.0/24,2001:db8::7")
    assert good.trusted_proxies == ("10.0.0.5", "10.1.0.0/24", "2001:db8::7")
    for given in ("proxy.local", "*", "10.0.0.1/24", "0.0.0.0/0", "::/0", "10.0.0.5;10.0.0.6"):
        with pytest.raises(SettingsError) as refused:
            load_settings(database_url=URL, secret_keys=KEY, trusted_proxies=given)
        assert "POINTSMAN_TRUSTED_PROXIES" in refused.value.faults[0], given


@pytest.mark.parametrize("url", ["https://x.example/a?b", "https://x.example#b", "https://x .example"])
def test_the_public_address_is_one_that_paths_can_follow(url: str) -> None:
    with pytest.raises(SettingsError, match="POINTSMAN_PUBLIC_URL: it ends before"):
        load_settings(database_url=URL, secret_keys=KEY, public_url=url)
