"""Names of people and companies, types of values, and which of two values counts."""

import functools
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads import coercion
from pointsman.domain.leads.facts import FactValue, FieldType
from pointsman.domain.leads.matching import choose_lead, merge_newer, sortable_timestamp
from pointsman.domain.leads.normalise import company_key, email_key
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import MatchingLists, domain_of_website, host_to_ascii

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
coerce = functools.partial(coercion.coerce, names=CODE_NAMES)
A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Mara.Vogel@Example.COM", "mara.vogel@example.com"),
        ("  mara@example.com \t", "mara@example.com"),
        ("mara+demo@example.com", "mara+demo@example.com"),
        ("m.a.r.a@gmail.com", "m.a.r.a@gmail.com"),
        ("ma\u200bra@example.com", "mara@example.com"),
        ("mara@Bücher.example", "mara@xn--bcher-kva.example"),
        ("mara@xn--bcher-kva.example", "mara@xn--bcher-kva.example"),
        ("mu\u0308ller@example.com", "müller@example.com"),
        ("mara@example.com.", "mara@example.com"),
    ],
)
def test_an_email_has_one_key_however_it_is_written(written: str, key: str) -> None:
    assert email_key(written, host_to_ascii) == key


@pytest.mark.parametrize(
    "written",
    ["", "mara", "@example.com", "mara@", "mara@localhost", "a b@example.com", "a@b@example.com", "<a@example.com>",
     "a@exa mple.com", "a@-.com.", "a@" + "x" * 300 + ".com", "x" * 70 + "@example.com", "a@[127.0.0.1]", "a,b@c.de"],
)  # fmt: skip
def test_what_is_no_address_has_no_key(written: str) -> None:
    assert email_key(written, host_to_ascii) is None


@pytest.mark.parametrize(
    ("local", "is_address"),
    [("x" * 64, True), ("x" * 65, False), ("ü" * 32, True), ("ü" * 33, False), ("ü" * 64, False), ("日" * 21, True),
     ("日" * 22, False)],
)  # fmt: skip
def test_the_part_before_the_at_has_at_most_64_bytes_however_few_its_characters_are(
    local: str, is_address: bool
) -> None:
    assert email_key(f"{local}@example.com", host_to_ascii) == (f"{local}@example.com" if is_address else None)


@given(st.text(max_size=60))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    key = email_key(text + "@example.com", host_to_ascii)
    assert key is None or email_key(key, host_to_ascii) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "MUELLER Gmbh & Co. KG"),
        ("Müller GmbH", "Mu\u0308ller G.m.b.H."),
        ("Straße AG", "STRASSE Aktiengesellschaft".replace("Aktiengesellschaft", "AG")),
        ("Nordlicht Ltd.", "nordlicht limited"),
        ("Café Élan S.A.R.L.", "cafe elan sarl"),
        ("Vogel & Söhne GmbH", "Vogel und Soehne"),
        ("Acme, Inc.", "ACME Inc"),
    ],
)
def test_a_company_is_the_same_with_another_legal_form_case_or_accent(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) is not None


@pytest.mark.parametrize("name", ["AG", "SE & Co. KG", "GmbH", "G. m. b. H.", "Gesellschaft mit beschränkter Haftung"])
def test_a_name_that_is_only_a_legal_form_is_no_name(name: str) -> None:
    assert company_key(name) is None


def test_different_companies_stay_different() -> None:
    names = ["Nordlicht GmbH", "Nordstern GmbH", "Vogel & Söhne", "Vogel", "A&B", "AB"]
    assert len({company_key(name) for name in names}) == len(names)


def test_a_name_without_letters_is_no_name() -> None:
    assert company_key(" -- ") is None
    assert company_key("\u200b") is None


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.acme.co.uk/about?x=1", "acme.co.uk"),
        ("ACME.de", "acme.de"),
        ("mail.sub.acme.de:8080", "acme.de"),
        ("www.bücher.de", "xn--bcher-kva.de"),
        ("nordlicht.example", "nordlicht.example"),
        ("a.github.io", "a.github.io"),
        ("gmail.com", None),
        ("www.gmx.de", None),
        ("co.uk", None),
        ("192.168.0.1", None),
        ("localhost", None),
        ("http://[broken", None),
        ("", None),
        ("own-mail.example", None),
    ],
)
def test_a_company_domain_is_the_registrable_one_and_never_a_free_mail_one(written: str, domain: str | None) -> None:
    assert domain_of_website(written, MatchingLists(free_mail=frozenset({"own-mail.example"}))) == domain


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("company.employees", "120", 120),
        ("company.employees", " 12.5 ", 12.5),
        ("company.employees", 120.0, 120),
        ("company.employees", "", None),
        ("company.employees", None, None),
        ("lead.country", "de", "DE"),
        ("lead.country", "Deutschland", "DE"),
        ("lead.country", "Österreich", "AT"),
        ("lead.language", "de-CH", "de"),
        ("account.status", "Customer", "customer"),
        ("lead.first_name", "  Ma\u0308ra ", "Mära"),
        ("lead.title", 7, "7"),
        ("lead.created_at", 1764000000000, datetime.fromtimestamp(1764000000, UTC)),
        ("lead.created_at", 1764000000000000, datetime.fromtimestamp(1764000000, UTC)),
        ("lead.created_at", "1764000000000", datetime.fromtimestamp(1764000000, UTC)),
        ("lead.created_at", "2026-11-22T13:00:00+01:00", NOW),
        ("lead.created_at", "2026-11-22T12:00:00", NOW),
        ("lead.created_at", "20261122", datetime(2026, 11, 22, tzinfo=UTC)),
        ("lead.email", "Mara Vogel <mara@acme.example>", "mara@acme.example"),
        ("lead.email", '"Vogel, M." <mara@acme.example>;', "mara@acme.example"),
        ("lead.email", "<mara@acme.example>", "mara@acme.example"),
        ("lead.email", "mailto:mara@acme.example?subject=Demo", "mara@acme.example"),
        ("lead.email", "MAILTO:mara@acme.example", "mara@acme.example"),
        ("lead.email", "mara@acme.example;", "mara@acme.example"),
        ("lead.email", "a@acme.example; b@acme.example", "a@acme.example; b@acme.example"),
        ("lead.email", "<>", "<>"),
    ],
)
def test_a_value_is_brought_into_its_fields_type(field: str, raw: object, value: FactValue | None) -> None:
    made = coerce(field, raw)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("company.employees", "12O"),
        ("company.employees", float("inf")),
        ("company.employees", True),
        ("company.employees", [120]),
        ("company.employees", 1e300),
        ("company.employees", "٣"),
        ("lead.country", "Atlantis"),
        ("account.status", "churned"),
        ("lead.language", "klingon"),
        ("lead.title", {"a": 1}),
        ("lead.title", "x" * 5_000),
        ("lead.created_at", "yesterday"),
        ("lead.created_at", True),
        ("lead.created_at", 10**30),
        ("lead.created_at", "9999-12-31"),
        ("lead.created_at", "20261122093000"),
        ("lead.created_at", "202611220930"),
        ("lead.created_at", 202611220930),
        ("lead.created_at", 20261129),
        ("lead.created_at", 45990),
        ("lead.created_at", 45990.5),
        ("lead.created_at", 0),
        ("lead.created_at", 1764000000000000000),
        ("lead.created_at", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_value_that_does_not_fit_says_so(field: str, raw: object) -> None:
    with pytest.raises(ValueError, match="is"):
        coerce(field, raw)


@pytest.mark.parametrize("sign", ["\u200b", "e\u0301", " ", "\u3164"])
@pytest.mark.parametrize(
    ("field", "kind", "most"),
    [
        ("lead.first_name", None, 8_000),
        ("lead.email", None, 8_000),
        ("lead.country", None, 8_000),
        ("company.employees", None, 8_000),
        ("lead.created_at", None, 8_000),
        ("lead.message", None, 40_000),
        ("custom.x", FieldType.BOOLEAN, 8_000),
        ("custom.x", FieldType.LIST, 40_000),
    ],
)
def test_a_large_text_is_refused_unread_whatever_is_in_it(
    field: str, kind: FieldType | None, most: int, sign: str
) -> None:
    with pytest.raises(ValueError, match="characters"):
        coerce(field, sign * (most + 1), kind)


def test_a_list_is_bounded_as_a_whole() -> None:
    assert len(coerce("custom.x", ["é" * 2_000] * 20, FieldType.LIST) or ()) == 20  # type: ignore[arg-type]  # a list
    with pytest.raises(ValueError, match="40000 characters in all"):
        coerce("custom.x", ["\u200b" * 7_000] * 6, FieldType.LIST)


def test_custom_fields_are_read_as_declared() -> None:
    assert coerce("custom.x", "ja", FieldType.BOOLEAN) is True
    assert coerce("custom.x", "0", FieldType.BOOLEAN) is False
    assert coerce("custom.x", "a; b ;", FieldType.LIST) == ("a", "b")
    assert coerce("custom.x", ["a", 2], FieldType.LIST) == ("a", "2")
    with pytest.raises(ValueError, match="neither"):
        coerce("custom.x", "maybe", FieldType.BOOLEAN)


def test_events_give_the_same_lead_in_every_order_of_arrival() -> None:
    events: list[tuple[datetime, dict[str, FactValue]]] = [
        (NOW, {"company.employees": 10, "lead.country": "DE"}),
        (NOW + timedelta(hours=1), {"company.employees": 20}),
        (NOW + timedelta(hours=2), {"lead.country": "AT", "lead.score": 7}),
    ]
    for order in permutations(events):
        values: dict[str, FactValue] = {}
        known_at: dict[str, str] = {}
        for at, news in order:
            merged = merge_newer(values, known_at, news, sortable_timestamp(at))
            values, known_at = dict(merged.values), dict(merged.known_at)
        assert values == {"company.employees": 20, "lead.country": "AT", "lead.score": 7}


def test_a_merge_names_what_changed() -> None:
    merged = merge_newer({"a": 1, "b": 2}, {}, {"a": 1, "b": 3, "c": True}, sortable_timestamp(NOW))
    assert merged.changed == {"b", "c"}


def test_stamps_sort_as_instants() -> None:
    instants = [datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), NOW, NOW + timedelta(microseconds=1)]
    assert sorted(map(sortable_timestamp, instants)) == [sortable_timestamp(at) for at in instants]
    assert sortable_timestamp(NOW.astimezone(timezone(timedelta(hours=14)))) == sortable_timestamp(NOW)


def test_the_external_id_wins_over_the_email_and_the_conflict_is_named() -> None:
    found = choose_lead(A, B)
    assert found is not None
    assert (found.lead_id, found.by, found.conflict) == (A, "external_id", B)


def test_email_and_external_id_of_one_lead_are_no_conflict() -> None:
    found = choose_lead(A, A)
    assert found is not None
    assert found.conflict is None
    assert choose_lead(None, None) is None
