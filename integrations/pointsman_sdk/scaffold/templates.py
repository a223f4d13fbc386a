"""The files of a new connector's package. `$name` is its name; a dollar sign of its own is written twice."""

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "pointsman-$dashed"
version = "0.1.0"
description = "$Title for Pointsman"
requires-python = ">=3.11"
dependencies = ["pointsman-sdk>=2,<3"]  # the first number is the contract's

[project.optional-dependencies]
testing = ["pointsman-sdk[testing]>=2,<3"]

# By this Pointsman finds the connector. The name is the manifest's.
[project.entry-points."pointsman.connectors"]
$name = "pointsman_$name:connector"

[tool.hatch.build.targets.wheel]
packages = ["pointsman_$name"]

[tool.pytest.ini_options]
pythonpath = [".", "tests"]
addopts = ["-p", "pointsman_sdk.testing.grade"]  # the last lines say how far the connector is
"""

INIT = '''\
"""$Title for Pointsman."""

from pointsman_$name.connector import ${Class}Config, ${Class}Connector, connector

__all__ = ["${Class}Config", "${Class}Connector", "connector"]
'''

CONNECTOR = '''\
"""The connector to $Title: messages, until you declare more."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pointsman_sdk import Auth, Capability, Context, Manifest, Method, Notice, RemoteRecord

#: Each text of the set-up form in German; leave `words` out of the manifest, and all of it is read in English.
GERMAN = {
    "Address of your $Title account": "Adresse Ihres Kontos bei $Title",
    "API token, from $Title's settings": "API-Token, aus den Einstellungen von $Title",
    "API token": "API-Token",
}


class ${Class}Config(BaseModel):
    """The set-up form is drawn from this model; what is a SecretStr is stored encrypted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(description="Address of your $Title account")]
    token: Annotated[SecretStr, Field(description="API token, from $Title's settings")]


class ${Class}Notices:
    """Messages through $Title."""

    def __init__(self, config: ${Class}Config, context: Context) -> None:
        self._config, self._context = config, context

    async def put(self, thing: Notice) -> RemoteRecord:
        """Deliver `thing.text` to `thing.place`. Whatever stands under `thing.key` already is not delivered again."""
        raise NotImplementedError("send the message to $Title, with thing.key as its id there")


class ${Class}Connector:
    """One $Title account. What it can do lies in attributes, named as the capability."""

    manifest = Manifest(
        name="$name",
        title="$Title",
        contract=(2, 2),
        capabilities=frozenset({Capability.NOTICES}),
        config=${Class}Config,
        auth=(Auth(method=Method.API_KEY, title="API token"),),
        docs="https://$dashed.example/api",
        maintainers=("you@example.com",),
        words={"de": GERMAN},
    )

    def __init__(self, config: ${Class}Config, context: Context) -> None:
        self.notices = ${Class}Notices(config, context)

    async def check(self) -> None:
        """One cheap authenticated call."""
        raise NotImplementedError("ask $Title something small that needs the token")

    async def aclose(self) -> None:
        """The client and the clock are the host's: there is nothing to let go of."""


connector = ${Class}Connector
'''

FAKE = '''\
"""$Title as its documentation describes it, in memory. The checks believe what it has, not what the connector says."""

import httpx

from pointsman_sdk import Capability
from pointsman_sdk.testing import Row


class Fake${Class}:
    """Answer in `handle` as $Title would: refuse a wrong token, keep messages by id, deliver each once."""

    address = "#sales"  # where the checks send their messages to

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}
        self.transport = httpx.MockTransport(self.handle)

    def handle(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(501)

    def rows(self, kind: Capability) -> list[Row]:
        """What was delivered."""
        return [Row(text=text) for text in self.messages.values()]

    def erase(self, kind: Capability) -> None:
        self.messages.clear()

    def annotate(self, kind: Capability, note: str) -> bool:
        return False  # there is no field beside the host's

    def gone(self, kind: Capability) -> str | None:
        return "#closed"  # a channel that is not there any more
'''

TESTS = '''\
"""Every check of the conformance kit: the docstring of one that fails says what to mend."""

import pytest
from fake_$name import Fake${Class}

from pointsman_$name import ${Class}Config, connector
from pointsman_sdk.testing import ConnectorSuite


class Test${Class}(ConnectorSuite):
    factory = connector

    @pytest.fixture
    def vendor(self) -> Fake${Class}:
        return Fake${Class}()

    @pytest.fixture
    def config(self) -> ${Class}Config:
        return ${Class}Config(url="https://$dashed.example", token="s3cret-token")
'''

README = """\
# $Title for Pointsman

```sh
pip install 'pointsman-sdk[testing]>=2,<3'
python -m pytest
```

Every check is red now, and says what to mend. `docs/connectors.md` of Pointsman leads from here to gold.
"""

TEMPLATES = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    "pointsman_$name/__init__.py": INIT,
    "pointsman_$name/py.typed": "",
    "pointsman_$name/connector.py": CONNECTOR,
    "tests/fake_$name.py": FAKE,
    "tests/test_$name.py": TESTS,
}
"""The text of each file by its path, with words to fill in."""
