"""Connectors are found by entry point, imported when used, and kept with a reason when they are broken."""

import difflib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.mail.notices import ConnectorNotices
from pointsman.connectors.pace.masks import Masks
from pointsman.connectors.registry import ConnectorRegistry, DuplicateConnector
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import MAX_FAULTS, Invalid, NotFound, Unavailable
from pointsman.services.ports import ConnectionRef

pytestmark = pytest.mark.anyio


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path, like site-packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("acme_"):
            del sys.modules[name]


def install(site: Path, distribution: str, *, entry: str, code: str = "") -> None:
    name, _, target = entry.partition(" = ")
    module = target.partition(":")[0]
    (site / f"{module}.py").write_text(code)
    info = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[pointsman.connectors]\n{name} = {target}\n")


GOOD = """
from pointsman_sdk import *
from pydantic import BaseModel, Field

class Config(BaseModel, extra="forbid"):
    region: str = Field(description="Where")
    workers: int = Field(default=1, description="How many", ge=1)

class Acme:
    manifest = Manifest(name="acme", title="Acme", contract=({contract}, {contract}), capabilities=frozenset(),
        auth=(Auth(method=Method.NONE, title="Nothing"), Auth(method=Method.OAUTH2, scopes=("all",))),
        config=Config, docs="https://acme.example", maintainers=("A",))
    def __init__(self, config, context):
        self.config = config
    async def check(self): ...
    async def aclose(self): ...
"""

SOUND = GOOD.format(contract=2)
WAYS = '(Auth(method=Method.NONE, title="Nothing"), Auth(method=Method.OAUTH2, scopes=("all",)))'


async def test_names_are_listed_without_importing_anything(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_plain:Acme", code="raise SystemExit('imported')")
    assert ConnectorRegistry.discover([str(site)]).names() == ["acme"]
    assert "acme_plain" not in sys.modules


async def test_connector_is_described_from_its_manifest(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_good:Acme", code=GOOD.format(contract=2))
    (info,) = ConnectorRegistry.discover([str(site)]).describe()
    assert (info.name, info.distribution, info.version, info.fault) == ("acme", "acme-connector", "1.2", None)
    assert (info.title, info.capabilities) == ("Acme", ())
    ways = [(way.method, way.title, way.scopes, way.signs_in) for way in info.auth]
    assert ways == [("none", "Nothing", (), False), ("oauth2", "", ("all",), False)]
    assert info.config_schema["properties"]["region"]["description"] == "Where"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_package", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def Acme(", "SyntaxError"),
        ("", "AttributeError"),
        ("Acme = 7", "has a manifest"),
        (GOOD.format(contract=1), "contract 2"),
        (GOOD.format(contract=2).replace('name="acme"', 'name="other"'), "'other'"),
        (SOUND.replace("contract=(2, 2)", "contract=2"), "Manifest` says: contract"),
        (SOUND.replace('title="Acme"', "title=None"), "Manifest` says: title"),
        (SOUND.replace("frozenset()", 'frozenset({"telepathy"})'), "Manifest` says: capabilities"),
        (SOUND.replace("config=Config", "config=dict"), "Manifest` says: config"),
        (SOUND.replace("config=Config", "config=Config, limits=5"), "Manifest` says: limits"),
        (SOUND.replace(WAYS, "Auth(method=Method.NONE)"), "Manifest` says: auth"),
        (SOUND.replace(WAYS, '(Auth(method=Method.NONE, fields="token"),)'), "Manifest` says: auth"),
        (SOUND.replace('maintainers=("A",)', 'maintainers="A"'), "Manifest` says: maintainers"),
        (SOUND.replace("docs=", "docs=None and "), "Manifest` says: docs"),
        (SOUND.replace("region: str", "region: __import__('typing').Callable[[], int]"), "JsonSchema"),
    ],
)
async def test_broken_connector_is_kept_with_its_reason(site: Path, code: str, reason: str) -> None:
    install(site, "acme-connector", entry="acme = acme_broken:Acme", code=code)
    registry = ConnectorRegistry.discover([str(site)])
    (info,) = registry.describe()
    assert reason in (info.fault or "")
    with pytest.raises(Unavailable, match="is broken"):
        registry.parse_config("acme", {})


async def test_connector_that_cannot_be_listed_takes_no_other_from_the_list(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_good5:Acme", code=SOUND)
    wrong = SOUND.replace('name="acme"', 'name="acme2"').replace("config=Config", "config=dict")
    install(site, "acme-other", entry="acme2 = acme_unlisted:Acme", code=wrong)
    faults = {info.name: info.fault for info in ConnectorRegistry.discover([str(site)]).describe()}
    assert faults["acme"] is None
    assert "config" in (faults["acme2"] or "")


@pytest.mark.parametrize(
    "code",
    [
        SOUND.replace("self.config = config", "raise KeyError(config.region)"),
        SOUND.replace("self.config = config", "raise SystemExit(config.region)"),
        SOUND.replace(
            "    workers:", "    def model_post_init(self, context):\n        raise KeyError(self.region)\n    workers:"
        ),
    ],
)
async def test_connector_that_fails_at_its_settings_is_broken_and_quotes_none(site: Path, code: str) -> None:
    install(site, "acme-connector", entry="acme = acme_begins:Acme", code=code)
    with pytest.raises(Unavailable, match=r"is broken: its (beginning|configuration) raised") as caught:
        ConnectorRegistry.discover([str(site)]).build("acme", {"region": "s3cret"}, None)  # type: ignore[arg-type]  # no connector asks for it here
    assert "s3cret" not in str(caught.value)


async def test_two_distributions_with_one_name_do_not_start(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_one:Acme")
    install(site, "acme-fork", entry="acme = acme_two:Acme")
    with pytest.raises(DuplicateConnector, match=r"acme-(connector|fork) and acme-(connector|fork)"):
        ConnectorRegistry.discover([str(site)])


async def test_one_distribution_twice_on_the_path_is_one(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_good2:Acme")
    assert ConnectorRegistry.discover([str(site), str(site)]).names() == ["acme"]


async def test_unknown_connector_is_not_found() -> None:
    with pytest.raises(NotFound, match="no connector 'acme'"):
        ConnectorRegistry({}).parse_config("acme", {})


async def test_words_are_looked_for_only_for_the_faults_that_are_listed(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "acme-connector", entry="acme = acme_good6:Acme", code=GOOD.format(contract=2))
    compared = list[str]()

    class Counted(difflib.SequenceMatcher[str]):
        def set_seq2(self, b: Any) -> None:
            compared.append(b)
            super().set_seq2(b)

    monkeypatch.setattr(difflib, "SequenceMatcher", Counted)
    with pytest.raises(Invalid) as caught:
        ConnectorRegistry.discover([str(site)]).parse_config("acme", {f"regoin{n}": 1 for n in range(5_000)})
    assert len(compared) <= 2 * MAX_FAULTS
    assert len(caught.value.faults) == MAX_FAULTS
    assert caught.value.faults_left_out == 5_001 - MAX_FAULTS


async def test_configuration_faults_have_paths_and_no_values(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_good3:Acme", code=GOOD.format(contract=2))
    registry = ConnectorRegistry.discover([str(site)])
    with pytest.raises(Invalid) as caught:
        registry.parse_config("acme", {"workers": "s3cret", "regoin": "eu"})
    paths = sorted(fault.path for fault in caught.value.faults)
    assert paths == ["body.config.region", "body.config.regoin", "body.config.workers"]
    said = {fault.path.rpartition(".")[2]: fault.message for fault in caught.value.faults}
    assert said["region"] == "Add this field; it is required: Where"
    assert said["regoin"] == "acme has no 'regoin'; did you mean 'region'?"
    assert "s3cret" not in str(said)


async def test_connector_is_built_with_its_own_configuration(site: Path) -> None:
    install(site, "acme-connector", entry="acme = acme_good4:Acme", code=GOOD.format(contract=2))
    contexts = ContextFactory(
        clock=lambda: datetime.now(UTC), transport=httpx.MockTransport(lambda _: httpx.Response(200))
    )
    registry = ConnectorRegistry.discover([str(site)])
    ref = ConnectionRef(id=UUID(int=1), connector="acme", config={"region": "eu"}, sealed=b"")
    config = registry.parse_config("acme", ref.config)
    lent = contexts.lend(ref, registry.manifest("acme"), config, Masks())
    built = registry.build("acme", ref.config, lent.context)
    assert built.config.region == "eu"  # type: ignore[attr-defined]  # the class above
    await contexts.aclose()


async def test_installed_connectors_are_all_sound() -> None:
    described = ConnectorRegistry.discover().describe()
    assert {"memory", "caldav"} <= {info.name for info in described}
    assert [info.fault for info in described if info.fault] == []


async def test_a_connector_sends_mail_when_its_manifest_says_so_and_a_broken_or_absent_one_does_not(site: Path) -> None:
    install(site, "acme-crm", entry="acme = acme_crm:Acme", code=SOUND)
    install(site, "acme-bad", entry="bad = acme_bad:Acme", code="raise RuntimeError('x')")
    registry, contexts = ConnectorRegistry.discover(), ContextFactory(clock=lambda: datetime.now(UTC))
    gateway = ConnectorGateway(registry=registry, vault=Vault([new_key()]), contexts=contexts)
    notices = ConnectorNotices(gateway=gateway, registry=registry)
    assert [notices.sends_mail(name) for name in ("memory", "acme", "bad", "gone")] == [True, False, False, False]
    await contexts.aclose()


async def test_a_calendar_invites_and_makes_meetings_when_its_manifest_says_so(site: Path) -> None:
    install(site, "acme-bad", entry="bad = acme_bad:Acme", code="raise RuntimeError('x')")
    registry, contexts = ConnectorRegistry.discover(), ContextFactory(clock=lambda: datetime.now(UTC))
    gateway = ConnectorGateway(registry=registry, vault=Vault([new_key()]), contexts=contexts)
    names = ("google", "microsoft", "caldav", "bad", "gone")
    assert [gateway.invites_guests(name) for name in names] == [True, True, False, False, False]
    assert [gateway.makes_meetings(name) for name in names] == [True, True, False, False, False]
    await contexts.aclose()


@pytest.mark.parametrize("kind", ["scalar", "bound", "shares", "hidden-sign", "time-zone", "too_long"])
async def test_a_strangers_fault_is_told_as_its_validator_says_it(site: Path, kind: str) -> None:
    """Also where it is called as one of a policy is, of which other parts are told."""
    refuses = f"""
from pydantic import field_validator
from pydantic_core import PydanticCustomError

class Strict(Config):
    @field_validator("region")
    @classmethod
    def _check(cls, region):
        raise PydanticCustomError("{kind}", "no such region", {{"max_length": object()}})

class Acme:"""
    code = SOUND.replace("\nclass Acme:", refuses).replace("config=Config", "config=Strict")
    install(site, "acme-connector", entry="acme = acme_strict:Acme", code=code)
    with pytest.raises(Invalid) as refused:
        ConnectorRegistry.discover([str(site)]).parse_config("acme", {"region": "here"})
    (fault,) = refused.value.faults
    assert (fault.path, fault.code, fault.message) == ("body.config.region", kind, "no such region")
    assert fault.told is None or json.dumps(fault.told.as_json())
