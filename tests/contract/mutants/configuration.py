"""Connectors whose set-up form cannot be drawn, or whose configuration cannot be kept."""

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from contract.mutants.base import MANIFEST, fails
from pointsman_memory import MemoryConfig, MemoryConnector
from pointsman_sdk import Context


class SilentConfig(MemoryConfig):
    region: str = "eu"


@fails("test_config_explains_every_field")
class LeavesAFieldUnexplained(MemoryConnector):
    manifest = replace(MANIFEST, config=SilentConfig)


class LaxConfig(MemoryConfig, extra="ignore"):
    pass


@fails("test_config_refuses_unknown_fields")
class IgnoresMisspeltOptions(MemoryConnector):
    manifest = replace(MANIFEST, config=LaxConfig)


@fails("test_config_hides_secrets")
class KeepsTheTokenInTheOpen(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.token = config.token.get_secret_value()


class TrimmedConfig(MemoryConfig):
    region: Annotated[
        str | None, Field(description="Region"), AfterValidator(lambda text: text.strip())  # of None, too
    ] = None


@fails("test_config_takes_null_for_what_is_left_out")
class TripsOverWhatIsLeftOut(MemoryConnector):
    manifest = replace(MANIFEST, config=TrimmedConfig)


@fails("test_ways_to_sign_in_name_their_fields")
class NamesAFieldThatIsNone(MemoryConnector):
    manifest = replace(MANIFEST, auth=(MANIFEST.auth[0], replace(MANIFEST.auth[1], fields=("client_id", "secret"))))


@fails("test_ways_to_sign_in_name_their_fields")
class AsksNobodyForTheClient(MemoryConnector):
    manifest = replace(MANIFEST, auth=tuple(replace(way, fields=("client_secret",)) for way in MANIFEST.auth))


class ConfigWithAKey(MemoryConfig):
    key: Annotated[SecretStr | None, Field(description="Key of another way to sign in")] = None


@fails("test_ways_to_sign_in_name_their_fields")
class AsksNobodyForTheKey(MemoryConnector):
    manifest = replace(MANIFEST, config=ConfigWithAKey)


GERMAN = MANIFEST.words["de"]


@fails("test_words_are_said_whole_in_each_language")
class LeavesAFieldInEnglish(MemoryConnector):
    """Who reads German is asked in two languages."""

    manifest = replace(MANIFEST, words={"de": dict(list(GERMAN.items())[:-1])})


@fails("test_words_are_said_whole_in_each_language")
class SaysNothingOfAWay(MemoryConnector):
    manifest = replace(MANIFEST, words={"de": {**GERMAN, "API key": " "}})


@fails("test_words_are_said_whole_in_each_language")
class NamesNoLanguage(MemoryConnector):
    manifest = replace(MANIFEST, words={"German": GERMAN})
