"""Configuration checks: a set-up form can be drawn from what the connector says, and what was entered is kept and read again."""

import contextlib
import re
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from pointsman_sdk import Method
from pointsman_sdk.testing.bench import Bench, secrets_in
from pointsman_sdk.testing.tiers import Tier, proves

_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PLACE = re.compile(r"\{(\w+)\}")


class ConfigurationChecks(Bench):
    """The model of the configuration, and the ways to sign in that need its fields."""

    @proves(Tier.BRONZE)
    def test_config_explains_every_field(self, connector: Any) -> None:
        """Give each field of the config a description: the schema is drawn as the set-up form."""
        fields = connector.manifest.config.model_fields
        assert not [name for name, field in fields.items() if not field.description]

    @proves(Tier.BRONZE)
    def test_config_refuses_unknown_fields(self, connector: Any, config: BaseModel) -> None:
        """Set `extra="forbid"`: a misspelt option must be an error, not a default."""
        assert isinstance(config, connector.manifest.config)
        with pytest.raises(ValidationError, match="no_such_option"):
            connector.manifest.config.model_validate({**dict(config), "no_such_option": 1})

    @proves(Tier.BRONZE)
    def test_config_hides_secrets(self, connector: Any, config: BaseModel) -> None:
        """Type every credential as SecretStr."""
        if {auth.method for auth in connector.manifest.auth} <= {Method.NONE, Method.OAUTH2}:
            return  # such a config holds no credential of its own
        secrets = secrets_in(config)
        assert secrets, "no SecretStr field: where does the credential live?"
        shown = repr(config) + str(config) + config.model_dump_json() + repr(connector) + str(vars(connector))
        assert not [1 for secret in secrets if secret in shown]

    @proves(Tier.BRONZE)
    def test_config_takes_null_for_what_is_left_out(self, connector: Any, config: BaseModel) -> None:
        """Accept or refuse `null` in every field, without another error: the host keeps it where a field is left out."""
        kept, model = dict(config), connector.manifest.config
        assert model.model_validate(kept) == config
        for name in kept:
            with contextlib.suppress(ValidationError):
                model.model_validate({**kept, name: None})

    @proves(Tier.BRONZE)
    def test_ways_to_sign_in_name_their_fields(self, connector: Any) -> None:
        """Name in `Auth.fields` what a way needs and may be empty; what an Auth names is a field of the config."""
        fields = connector.manifest.config.model_fields
        ways = connector.manifest.auth
        for way in ways:
            named = [*way.fields, *(way.only_if or ())[:1]]
            named += _PLACE.findall(" ".join(filter(None, (way.authorize_url, way.token_url, way.issuer))))
            assert [name for name in named if name not in fields] == [], f"no such field: {way.title or way.method}"
            if way.token_url is not None:
                assert fields["client_id"].is_required() or "client_id" in way.fields, "nobody is asked for the client"
        asked = {name for way in ways for name in way.fields}
        secret = [
            name for name, field in fields.items() if field.default is None and SecretStr in _kinds(field.annotation)
        ]
        assert [name for name in secret if name not in asked] == [], "no way to sign in asks for this secret"

    @proves(Tier.BRONZE)
    def test_words_are_said_whole_in_each_language(self, connector: Any) -> None:
        """Say in `Manifest.words` all titles of ways to sign in and all descriptions, in each language that you name there."""
        manifest = connector.manifest
        said = [way.title for way in manifest.auth if way.title]
        said += [field.description for field in manifest.config.model_fields.values() if field.description]
        for language, words in manifest.words.items():
            assert _LANGUAGE.fullmatch(language), f"{language!r} is no language, such as de"
            assert [text for text in said if not words.get(text, "").strip()] == [], f"not said in {language}"


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))
