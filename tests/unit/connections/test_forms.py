"""Each installed connector has a form: per way to sign in, the fields that this way needs."""

import ast
import inspect
from typing import Any

import pytest

from pointsman.cli.connections.host import in_words
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.examples import connection_examples
from pointsman.connectors.set_up.form import fields_of, titles_of, ways_of
from pointsman.domain.errors import Invalid
from pointsman.services.wording.rendering import MessageReader, render

REGISTRY = ConnectorRegistry.discover()
_GIVEN = ("permission", "sign_in")  # by the choice of a way


@pytest.mark.parametrize(
    ("connector", "wanted"),
    [
        ("caldav", [["base_url", "username", "password"]]),
        ("google", [["client_id", "client_secret"], ["service_account_key", "acting_as"]]),
        ("microsoft", [["tenant", "client_id", "client_secret"], ["tenant", "client_id", "client_secret", "mailbox"]]),
        (
            "smtp",
            [
                ["host", "username", "password", "sender"],
                ["host", "username", "client_id", "client_secret", "sender"],
                ["host", "username", "client_id", "client_secret", "tenant", "sender"],
                ["host", "username", "client_id", "client_secret", "tenant", "sender"],
                ["host", "sender"],
            ],
        ),
        ("memory", [[], ["client_id", "client_secret"]]),
    ],
)
def test_a_way_to_sign_in_asks_for_its_own_fields(connector: str, wanted: list[list[str]]) -> None:
    assert [[field.name for field in way.fields] for way in ways_of(REGISTRY.manifest(connector))] == wanted


def test_a_way_that_is_chosen_by_a_field_sets_it() -> None:
    assert [dict(way.given) for way in ways_of(REGISTRY.manifest("microsoft"))] == [
        {"permission": "delegated"},
        {"permission": "application"},
    ]


@pytest.mark.parametrize("connector", REGISTRY.names())
def test_no_field_is_lost_and_none_is_asked_twice(connector: str) -> None:
    manifest, asked = REGISTRY.manifest(connector), set[str]()
    for way in ways_of(manifest):
        names = [*way.given, *(field.name for field in (*way.fields, *way.further))]
        assert len(names) == len(set(names))
        asked |= set(names)
    assert asked == set(manifest.config.model_fields)


@pytest.mark.parametrize(
    ("connector", "way", "not_asked"),
    [
        ("smtp", 0, {"client_id", "client_secret", "tenant", "login_url", "authorize_url", "token_url"}),
        ("smtp", 1, {"password", "tenant", "login_url"}),
        ("smtp", 2, {"password", "authorize_url", "token_url"}),
        ("smtp", 4, {"username", "password", "client_id", "client_secret"}),
        ("google", 0, {"service_account_key", "acting_as"}),
        ("google", 1, {"client_id", "client_secret"}),
        ("microsoft", 0, {"mailbox"}),
    ],
)
def test_nobody_is_asked_for_what_another_way_to_sign_in_needs(connector: str, way: int, not_asked: set[str]) -> None:
    chosen = ways_of(REGISTRY.manifest(connector))[way]
    assert not_asked & {field.name for field in (*chosen.fields, *chosen.further)} == set()


@pytest.mark.parametrize("connector", REGISTRY.names())
def test_each_field_says_what_it_is_for(connector: str) -> None:
    fields = fields_of(REGISTRY.manifest(connector).config.model_json_schema())
    assert [field.name for field in fields if not field.description] == []


def test_a_field_is_read_with_its_choices_its_kind_and_its_secrecy() -> None:
    fields = {one.name: one for one in fields_of(REGISTRY.manifest("smtp").config.model_json_schema())}
    assert fields["security"].choices == ("starttls", "tls", "none")
    assert (fields["port"].kind, fields["port"].required, fields["port"].default) == ("integer", False, None)
    assert (fields["password"].secret, fields["host"].secret) == (True, False)


def test_an_admin_sees_an_example_for_each_way_of_each_connector() -> None:
    examples = connection_examples(REGISTRY)
    ways = sum(len(ways_of(REGISTRY.manifest(name))) for name in REGISTRY.names())
    assert len(examples) == ways
    for example in examples.values():
        connector: str = example["value"]["connector"]
        config: dict[str, Any] = example["value"]["config"]
        assert config.keys() <= REGISTRY.manifest(connector).config.model_fields.keys()
        assert all(f"`{name}`" in example["description"] for name in config if name not in _GIVEN)
    assert examples["google"]["value"]["config"].keys() == {"client_id", "client_secret"}
    assert examples["microsoft-2"]["value"]["config"]["permission"] == "application"


@pytest.mark.parametrize("connector", REGISTRY.names())
def test_the_form_of_our_own_connectors_is_german_where_german_is_read(connector: str) -> None:
    manifest = REGISTRY.manifest(connector)
    english, german = ways_of(manifest), ways_of(manifest, "de")
    for one, other in zip(english, german, strict=True):
        assert one.title != other.title
        for asked, said in zip((*one.fields, *one.further), (*other.fields, *other.further), strict=True):
            assert asked.name == said.name
            assert asked.description != said.description
    assert ways_of(manifest, "fr") == english


@pytest.mark.parametrize("connector", REGISTRY.names())
def test_each_way_to_sign_in_has_a_name_of_its_own(connector: str) -> None:
    for language in ("en", "de"):
        titles = titles_of(REGISTRY.manifest(connector), language)
        assert len(set(titles)) == len(titles)


def test_what_the_models_of_our_own_connectors_refuse_is_said_in_german() -> None:
    """Each text with which a validator refuses, but those with a guess in them."""
    for connector in REGISTRY.names():
        manifest = REGISTRY.manifest(connector)
        source = inspect.getsource(inspect.getmodule(manifest.config) or manifest.config)
        said = {
            call.args[0].value
            for call in ast.walk(ast.parse(source))
            if isinstance(call, ast.Call)
            and getattr(call.func, "id", "") == "ValueError"
            and isinstance(call.args[0], ast.Constant)
        }
        assert sorted(said - set(manifest.words["de"])) == []


@pytest.mark.parametrize(
    ("connector", "field", "value", "said"),
    [
        ("caldav", "base_url", "dav.example", "einen Rechner nennen; meinten Sie https://dav.example?"),
        ("caldav", "time_zone", "Berlin", "keine Zeitzone der IANA, etwa Europe/Berlin"),
        ("smtp", "host", "smtp://mail.example:25", "nur der Name eines Servers; meinten Sie"),
    ],
)
def test_a_wrong_answer_is_refused_in_german_with_what_was_meant(
    connector: str, field: str, value: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        REGISTRY.parse_config(connector, {field: value})
    (fault,) = [one for one in refused.value.faults if one.path == f"body.config.{field}"]
    told = in_words(fault.message, REGISTRY.manifest(connector).words["de"])
    assert told is not None
    assert said in render(told, MessageReader(language="de"))
